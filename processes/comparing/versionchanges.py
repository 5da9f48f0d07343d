"""What differs between two versions, put into groups and words for whoever compares or publishes them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import Team, User
from processes.blueprint import Blueprint, DeadlinePlan, StepPlan
from processes.checking.stepchecks import people_named
from processes.comparing import versiondiff, worddiff
from processes.comparing.worddiff import Effort, Part
from processes.editing.sheet import Way
from processes.escalation import Level
from processes.models import EscalationPlan, FormField, ProcessDefinition, Step, StepField
from processes.models.definition import split_keys
from processes.words import levelwords, responsible, waywords
from processes.words.planwords import Names, clock, deadlines, duration, sentences
from processes.words.waywords import Ways

TAGS = {"same": "{}", "old": "<del>{}</del>", "new": "<ins>{}</ins>"}
LONG = 60
"""Characters from which on two texts are merged word by word instead of standing side by side."""
MOST_SHOWN = 300
"""Changes told in words in each table."""
MOST_LETTERS = 300_000
"""Characters after which a table tells no further change."""
LONGEST_TOLD = 20_000
"""Characters shown of one text."""
PROSE = ("instructions", "text", "help_text", "config")
"""Facts that may be long texts."""
TIMING = ("deadline", "deadlines", "plan_keys")
CHOSEN: Mapping[str, type[Any]] = {"kind": Step.Kind, "assignment": Step.Assignment, "type": FormField.Type}
"""Facts that are one of a list, with the words of the list."""
STEPS = ("reference_key", "apart_key", "cancels")
"""Facts that name steps."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that differs. `parts` is set instead of `old` and `new` where two long texts are merged."""

    about: str
    old: str
    new: str
    parts: tuple[Part, ...] = ()

    @property
    def size(self) -> int:
        """Characters it takes on a page."""
        return len(self.old) + len(self.new) + sum(len(one.text) for one in self.parts)

    @property
    def merged(self) -> SafeString:
        """The merged texts as HTML."""
        return as_html(self.parts)


def as_html(parts: Iterable[Part]) -> SafeString:
    """Merged texts with what is gone in `del` and what is new in `ins`, escaped. No blank is added: where
    line ends are kept, a template's own would be seen."""
    return SafeString("".join(format_html(TAGS[one.kind], one.text) for one in parts))


@dataclass(frozen=True, slots=True)
class Group:
    """A step or a field with what changed about it."""

    name: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A step that came or went: its name, what kind it is, who gets it."""

    name: str
    kind: str
    who: str


@dataclass(frozen=True)
class Changes:
    """What differs, in the order in which a page shows it: of each table as much as can be read."""

    added: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()
    changed: tuple[Group, ...] = ()
    fields: tuple[Group, ...] = ()
    timing: tuple[Group, ...] = ()
    others: tuple[Change, ...] = ()
    """Of the version as a whole: the order of its steps, the language of its texts."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """How many steps or fields each table is about, also those it has no room for."""
    more: int = 0
    """Changes that are not shown."""
    has_merged_texts: bool = field(default=False)

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.changed, self.fields, self.timing, self.others))


@dataclass(frozen=True, slots=True)
class Known:
    """Names of what stands outside of a version, by key; people by e-mail."""

    teams: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)


def known_to(*plans: Blueprint) -> Known:
    """The names these blueprints use; four statements."""
    emails = {step.person for plan in plans for step in plan.steps if step.person}
    emails |= {email for plan in plans for email, _path in people_named(plan)}
    return Known(
        teams=dict(Team.objects.values_list("key", "name")),
        people={one.email: str(one) for one in User.objects.filter(email__in=emails)},
        processes=dict(ProcessDefinition.objects.values_list("key", "name")),
        plans=dict(EscalationPlan.objects.values_list("key", "name")),
    )


Plans = Mapping[str, tuple[Level, ...]]
"""Levels of escalation plans by key, the standard plan under ""."""


def between(old: Blueprint, new: Blueprint, known: Known, plans: tuple[Plans, Plans] = ({}, {})) -> Changes:
    """What came, went and changed from one blueprint to the other; empty if nothing did.

    `plans` = the levels each of the two is watched by: publishing copies them, so they are part of a version.
    """
    before, after = _Side(old, known), _Side(new, known)
    facts: dict[str, _Facts] = {name: defaultdict(list) for name in TABLES}
    for path, values in _differing(before, after):
        place = _place(path, before, after)
        if place is not None:
            facts[place[0]][place[1]].append((path, values))
    effort = Effort()
    told = {name: _told(name, one, before, after, effort) for name, one in facts.items()}
    added = [step for step in after.plan.steps if step.key not in before.steps]
    removed = [step for step in before.plan.steps if step.key not in after.steps]
    plan_groups = tuple(_plan_groups(old, new, known, plans))
    groups = [group for one in told.values() for group in one.groups]
    return Changes(
        added=tuple(after.row(step) for step in added[:MOST_SHOWN]),
        removed=tuple(before.row(step) for step in removed[:MOST_SHOWN]),
        changed=told["steps"].groups,
        fields=told["fields"].groups,
        timing=(*told["timing"].groups, *plan_groups),
        others=tuple(change for group in told["others"].groups for change in group.changes),
        totals={
            **{name: len(one) for name, one in facts.items()},
            "timing": len(facts["timing"]) + len(plan_groups),
            "added": len(added),
            "removed": len(removed),
        },
        more=sum(one.more for one in told.values())
        + sum(max(0, len(one) - MOST_SHOWN) for one in (added, removed)),
        has_merged_texts=any(one.parts for group in groups for one in group.changes),
    )


TABLES = ("steps", "fields", "timing", "others")
_Facts = dict[str, list[tuple[str, list[Any]]]]
"""Paths with old and new value, by the key of a step or field."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A table in words, and how many facts it had no room for."""

    groups: tuple[Group, ...]
    more: int


def _told(table: str, facts: _Facts, before: _Side, after: _Side, effort: Effort) -> _Told:
    """The facts of a table in words, steps in their order and what is about the whole case first."""
    keys = [key for key in ("", *after.steps) if key in facts] if table != "fields" else list(facts)
    room, letters, groups, more = MOST_SHOWN, MOST_LETTERS, [], 0
    for key in keys:
        changes = []
        for path, values in facts[key]:
            if room <= 0 or letters <= 0:
                more += 1
                continue
            changes.append(_change(path, values, before, after, effort))
            room, letters = room - 1, letters - changes[-1].size
        if changes:
            groups.append(Group(_name(table, key, before, after), tuple(changes)))
    return _Told(tuple(groups), more)


def _place(path: str, before: _Side, after: _Side) -> tuple[str, str] | None:
    """The table a fact belongs to and the key of its step or field; none for steps that came or went."""
    kind, *rest = path.split(".")
    if kind == "fields":
        return "fields", rest[0]
    if kind != "steps" or not rest:
        return ("timing" if kind in TIMING else "others"), ""
    if rest[0] not in before.steps or rest[0] not in after.steps:
        return None
    return ("timing" if len(rest) == 2 and rest[1] in TIMING else "steps"), rest[0]


def _name(table: str, key: str, before: _Side, after: _Side) -> str:
    if table == "fields":
        return (after.fields.get(key) or before.fields[key]).label
    return after.names.step(key) if key else str(WHOLE_CASE)


WHOLE_CASE = _("The whole case")


def _differing(before: _Side, after: _Side) -> Iterator[tuple[str, list[Any]]]:
    """All that differs by path, with the old and the new value; ways as the editing page shows them."""
    for path, values in versiondiff.differences(before.plan, after.plan).items():
        if path.split(".")[2:3] != ["next"]:
            yield path, values
    yield from _ways_changed(before, after)


def _ways_changed(before: _Side, after: _Side) -> Iterator[tuple[str, list[Any]]]:
    """When steps begin and what follows them, where that differs: as the other facts, by path."""
    for key in (key for key in after.rows if key in before.rows):
        old, new = before.rows[key], after.rows[key]
        waits = [waywords.what_it_waits_for(one.wait) for one in (old, new)]
        if waits[0] != waits[1]:
            yield f"steps.{key}.begins", waits
        for outcome in dict.fromkeys([*old.ways, *new.ways]):
            ways = [waywords.without_gateways(one.ways.get(outcome, Way())) for one in (old, new)]
            if ways[0] != ways[1]:
                yield f"steps.{key}.next.{outcome}".rstrip("."), ways


def _change(path: str, values: Iterable[Any], before: _Side, after: _Side, effort: Effort) -> Change:
    if path.endswith(".begins"):
        return Change(gettext("begins"), _cut(before.begins(path)), _cut(after.begins(path)))
    about = versiondiff.about(path, after.plan, before.plan)
    if path == "steps":
        was, now = values
        return Change(about, "–", _cut(_moved(was, now, after)))
    old, new = (_cut(side.words(path, value)) for side, value in zip((before, after), values, strict=True))
    is_prose = path.rpartition(".")[2] in PROSE and "–" not in (old, new)
    if is_prose and max(len(old), len(new)) >= LONG:
        return Change(about, "", "", worddiff.merged(old, new, effort))
    return Change(about, old, new)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]} …"


def _moved(old: list[str], new: list[str], side: _Side) -> str:
    """What has moved: as few steps as possible, each with the one it stands in front of or behind now."""
    places = {key: place for place, key in enumerate(old)}
    stayed = _longest_in_order([places[key] for key in new])
    moved = (at for at, key in enumerate(new) if places[key] not in stayed)
    return " ".join(_now_at(at, new, side) for at in moved)


def _longest_in_order(places: Sequence[int]) -> set[int]:
    """A longest ascending selection of these numbers, of which no two are the same."""
    lasts: list[int] = []
    earlier: dict[int, int | None] = {}
    for number in places:
        length = bisect_left(lasts, number)
        earlier[number] = lasts[length - 1] if length else None
        lasts[length : length + 1] = [number]
    found: set[int] = set()
    one = lasts[-1] if lasts else None
    while one is not None:
        found.add(one)
        one = earlier[one]
    return found


def _now_at(place: int, order: Sequence[str], side: _Side) -> str:
    step = side.names.step(order[place])
    if place + 1 < len(order):
        facts = {"step": step, "other": side.names.step(order[place + 1])}
        return gettext("“%(step)s” stands before “%(other)s” now.") % facts
    return gettext("“%(step)s” stands at the end now.") % {"step": step}


def _plan_groups(old: Blueprint, new: Blueprint, known: Known, plans: tuple[Plans, Plans]) -> Iterator[Group]:
    """Plans that watch both versions and have other levels by now."""
    before, after = plans
    for key in sorted(_plans_used(old) & _plans_used(new) & before.keys() & after.keys()):
        if before[key] != after[key]:
            name = known.plans.get(key, key) if key else gettext("Standard")
            old_levels, new_levels = (_levels(one[key]) for one in plans)
            title = gettext("Escalation plan “%(name)s”") % {"name": name}
            yield Group(title, (Change(gettext("Levels"), old_levels, new_levels),))


def _levels(levels: Iterable[Level]) -> str:
    return "\n".join(levelwords.sentence(one) for one in levels) or "–"


def _plans_used(plan: Blueprint) -> set[str]:
    """Keys of the plans that can watch a deadline of the blueprint; none if there is no deadline."""
    has_deadline = plan.deadlines or any(step.deadline or step.deadlines for step in plan.steps)
    return {*plan.plans_named, ""} if has_deadline else set()


class _Side:
    """One of the two blueprints as its editing page shows it, and how its facts read."""

    def __init__(self, plan: Blueprint, known: Known) -> None:
        self.names = Names.of(plan, teams=known.teams, processes=known.processes, people=known.people)
        self.ways = Ways(plan, self.names)
        self.plan, self.known = waywords.as_read(self.ways.sheet), known
        self.rows = {row.step.key: row for row in self.ways.sheet.rows}
        self.steps = {step.key: step for step in self.plan.steps}
        self.fields = {one.key: one for one in plan.fields}

    def row(self, step: StepPlan) -> Row:
        """A step as a line of a table."""
        kind = str(Step.Kind(step.kind).label) if step.kind in Step.Kind.values else step.kind
        who = responsible.briefly(step, self.names) if step.kind == Step.Kind.TASK else ""
        return Row(self.names.step(step.key), kind, who)

    def begins(self, path: str) -> str:
        """When the step of a path begins."""
        row = self.rows[path.split(".")[1]]
        if row.wait is None:
            return gettext("as soon as one of the ways gets here")
        words = waywords.begins(row.wait, self.names)
        return f"{words} – {row.wait.name}" if row.wait.name else words

    def words(self, path: str, value: Any) -> str:
        """A fact as people read it."""
        if value is None or value == "" or value == []:
            return "–"
        kind, *rest = path.split(".")
        name = rest[-1] if rest else kind
        if rest[1:2] == ["next"]:
            return self.ways.sentence(self.rows[rest[0]], ".".join(rest[2:])) or "–"
        if len(rest) == 3 and rest[1] == "fields":
            return str(StepField.Mode(value).label)
        if name in CHOSEN and value in CHOSEN[name].values:
            return str(CHOSEN[name](value).label)
        return self._listed(name, value)

    def _listed(self, name: str, value: Any) -> str:
        """Facts that name something else, or hold several values."""
        if name in STEPS:
            keys = split_keys(value) if isinstance(value, str) else value
            return ", ".join(self.names.step(key) for key in keys)
        if name == "approves_fields":
            return ", ".join(self.names.field(key) for key in value)
        if name == "choices":
            return ", ".join(str(label) for _value, label in value)
        return self._spelt(name, value)

    def _spelt(self, name: str, value: Any) -> str:
        """Facts that are stored shorter than they read."""
        if name == "team":
            return self.known.teams.get(value, value)
        if name == "person":
            return self.known.people.get(value, value)
        if name == "field_key":
            return self.names.field(value)
        if name == "deadline":
            return duration(value)
        return self._structured(name, value)

    def _structured(self, name: str, value: Any) -> str:
        """Facts stored as tables, and what stands for itself."""
        if name == "deadlines":
            return "; ".join(deadlines((DeadlinePlan(**one) for one in value), self.names))
        if name == "plan_keys":
            return levelwords.plans(value, self.known.plans)
        if name == "config":
            written = value.get("action", {}).get("text", "")
            return " ".join([*sentences(value, self.names), written]).strip()
        if name == "after":
            return clock(value, self.names)
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, dict):
            return ", ".join(f"{key} {one}" for key, one in value.items())
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
