"""The blueprint of an editing page: gateways are written where its ways and waits ask for them. Pure.

A new gateway is called after the step it follows (`nach_pruefen`) or stands in front of (`vor_zahlen`); one
that is there already keeps its key, also when it changes what it does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, StepPlan, key_from
from processes.editing.graph import AFTER, BEFORE, BEHIND, GATHER, others_of
from processes.editing.sheet import After, Gather, Sheet, Wait, Way

DIVIDING = {after: kind for kind, after in AFTER.items()}
JOINING = {gather: kind for kind, gather in GATHER.items()}
MERGING = DIVIDING[After.DATA]


def unfold(sheet: Sheet) -> Blueprint:
    """The blueprint a page stands for. Ways to a step that does not exist are left out."""
    draft = _Draft(sheet)
    steps = [step for place in range(len(sheet.rows)) for step in draft.steps_at(place)]
    flows = [flow for place in range(len(sheet.rows)) for flow in draft.flows_at(place)]
    return Blueprint(
        fields=sheet.fields,
        steps=_stopping(draft, steps, flows),
        flows=tuple(flows),
        deadlines=sheet.deadlines,
        plan_keys=sheet.plan_keys,
        language=sheet.language,
        translations=sheet.translations,
    )


def describe_gateway(sheet: Sheet, key: str) -> tuple[str, str] | None:
    """Where a gateway of the unfolded blueprint is found on its page: the row and the outcome it follows, or
    the row that waits and ""; None for a key that is a row or nothing."""
    draft = _Draft(sheet)
    found = (place for place, gateway in draft.keys.items() if gateway == key)
    return next(((sheet.rows[one.row].step.key, one.outcome) for one in found), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a gateway belongs: behind an outcome of a row, or in front of a row, perhaps for one source."""

    row: int
    outcome: str = ""
    is_before: bool = False
    source: str = ""


class _Draft:
    """A page, and the gateways it asks for."""

    def __init__(self, sheet: Sheet) -> None:
        self.rows = sheet.rows
        self.first: dict[str, int] = {}
        for place, row in enumerate(sheet.rows):
            self.first.setdefault(row.step.key, place)
        self.leading = Counter(
            (branch.target, row.step.key)
            for row in sheet.rows
            for way in row.ways.values()
            for branch in way.branches
        )
        self.waits = {key: wait for key in self.first if (wait := self._wait(key)) is not None}
        self.wanted = {place: step for row in range(len(self.rows)) for place, step in self._gateways(row)}
        self.keys = self._named()

    def _wait(self, key: str) -> Wait | None:
        """What a step waits for, without sources that do not lead to it; None where too few are left. A join
        that is there stays with one, so that it waits again when another way leads there."""
        wait = self.rows[self.first[key]].wait
        if wait is None:
            return None
        sources = tuple(one for one in dict.fromkeys(wait.sources) if self.leading[key, one])
        is_kept = bool(sources) and wait.gather in JOINING and bool(wait.gateway)
        return replace(wait, sources=sources) if len(sources) > 1 or is_kept else None

    def _gateways(self, place: int) -> Iterator[tuple[_Place, StepPlan]]:
        """Gateways of a row in their order; the key of a new one is empty."""
        row = self.rows[place]
        wait = self._join_at(place)
        if wait is not None:
            names = {one.source: (one.key, one.name) for one in wait.merges}
            for source in self._merged(row.step.key, wait):
                key, name = names.get(source, ("", ""))
                yield _Place(place, is_before=True, source=source), StepPlan(key, MERGING, name)
            yield _Place(place, is_before=True), StepPlan(wait.gateway, JOINING[wait.gather], wait.name)
        for outcome, way in row.ways.items():
            if _divides(row.step, way):
                yield _Place(place, outcome), StepPlan(way.gateway, DIVIDING[way.after], way.question)

    def _join_at(self, place: int) -> Wait | None:
        key = self.rows[place].step.key
        wait = self.waits.get(key)
        is_join = wait is not None and wait.gather in JOINING and self.first[key] == place
        return wait if is_join else None

    def _merged(self, key: str, wait: Wait) -> list[str]:
        """Sources whose ways meet before the join: one that waits for all counts each transition into it."""
        named = {one.source for one in wait.merges}
        return [
            one
            for one in wait.sources
            if self.leading[key, one] > 1 and (wait.gather is Gather.ALL or one in named)
        ]

    def _named(self) -> dict[_Place, str]:
        """Keys of gateways: first those that have one which is still free, then new ones."""
        found: dict[_Place, str] = {}
        taken = set(self.first)
        for place, step in self.wanted.items():
            if step.key and step.key not in taken:
                found[place] = step.key
                taken.add(step.key)
        for place in [one for one in self.wanted if one not in found]:
            found[place] = key_from(self._name(place), taken)
            taken.add(found[place])
        return found

    def _name(self, place: _Place) -> str:
        row = self.rows[place.row].step.key
        if place.is_before and not place.source:
            return f"{BEFORE}_{row}"
        return f"{BEHIND}_{place.source or row}"

    def steps_at(self, place: int) -> Iterator[StepPlan]:
        """A row, the gateways in front of it, and those behind it."""
        made = [(one, replace(step, key=self.keys[one])) for one, step in self._gateways(place)]
        yield from (step for one, step in made if one.is_before)
        yield self.rows[place].step
        yield from (step for one, step in made if not one.is_before)

    def flows_at(self, place: int) -> Iterator[FlowPlan]:
        """The transitions that leave a row and its gateways."""
        row = self.rows[place]
        for outcome, way in row.ways.items():
            gateway = self.keys.get(_Place(place, outcome))
            if gateway is not None:
                yield FlowPlan(row.step.key, gateway, outcome)
            for branch in way.branches:
                if branch.target in self.first:
                    source, by = (row.step.key, outcome) if gateway is None else (gateway, "")
                    target = self._entrance(branch.target, row.step.key)
                    yield FlowPlan(source, target, by, branch.is_default, branch.conditions)
        for one, _step in self._gateways(place):
            if one.is_before:
                onward = self.keys[replace(one, source="")] if one.source else row.step.key
                yield FlowPlan(self.keys[one], onward)

    def outcomes(self, source: str, target: str) -> list[str]:
        """The outcomes of a row that lead to a step."""
        ways = (way for row in self.rows if row.step.key == source for way in row.ways.items())
        return [key for key, way in ways if any(one.target == target for one in way.branches)]

    def _entrance(self, target: str, source: str) -> str:
        """What a way of a row leads to: the step it names, or what stands in front of it for this row."""
        wait = self.waits.get(target)
        if wait is None or wait.gather not in JOINING or source not in wait.sources:
            return target
        join = _Place(self.first[target], is_before=True)
        return self.keys.get(replace(join, source=source), self.keys[join])


def _divides(step: StepPlan, way: Way) -> bool:
    """Whether a gateway stands behind an outcome.

    Several at once need none, unless it asks a question or follows a gateway, which would choose among them;
    and what a gateway does by itself needs no other.
    """
    if way.after is After.ONE:
        return False
    own = AFTER.get(step.kind)
    if way.gateway or own is way.after:
        return bool(way.gateway)
    return way.after is not After.ALL or bool(way.question) or own is not None


def _stopping(draft: _Draft, steps: Sequence[StepPlan], flows: Sequence[FlowPlan]) -> tuple[StepPlan, ...]:
    """The steps, with the regions that outcomes stop which lead to a step that begins with the first. A join
    that is not there any more is stopped by nobody."""
    stops: dict[tuple[str, str], set[str]] = defaultdict(set)
    firsts = {key: one.sources for key, one in draft.waits.items() if one.gather is Gather.FIRST}
    for target, sources in firsts.items():
        for source, others in others_of(flows, sources, target).items():
            for outcome in draft.outcomes(source, target):
                stops[source, outcome] |= others
    order = [step.key for step in steps]
    gone = {row.wait.gateway for row in draft.rows if row.wait} - {"", *order}
    return tuple(
        replace(
            step,
            outcomes=tuple(
                _with_cancels(_without(one, gone), stops[step.key, one.key], order) for one in step.outcomes
            ),
        )
        for step in steps
    )


def _without(outcome: OutcomePlan, gone: set[str]) -> OutcomePlan:
    if gone.isdisjoint(outcome.cancels):
        return outcome
    return replace(outcome, cancels=tuple(one for one in outcome.cancels if one not in gone))


def _with_cancels(outcome: OutcomePlan, stops: set[str], order: Sequence[str]) -> OutcomePlan:
    more = (key for key in order if key in stops)
    return replace(outcome, cancels=tuple(dict.fromkeys((*outcome.cancels, *more)))) if stops else outcome
