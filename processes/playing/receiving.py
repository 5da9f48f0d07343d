"""Who would get a step that is played through and who did it, in words; where it is certain, by id. Pure.

Nobody is chosen: rules that look at the people there (fewest open tasks, taking turns) are told as rules.
What follows from the way taken (the same person as in a step, four eyes) is resolved along it, with the
values the case had when the step began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from processes.compiledversion import CompiledVersion, StepInfo
from processes.models import Step
from processes.playing.simulation import By, Passed, Run


@dataclass(frozen=True, slots=True)
class People:
    """What teams and people are called, by id; `idle` and `empty` = those to whom no work can be given."""

    teams: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)
    idle: frozenset[int] = frozenset()
    """People who have left or work in no active team."""
    empty: frozenset[int] = frozenset()
    """Teams with nobody in them."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets a step, and who of them may not; `did` says it of somebody who has done it.

    `team_id` = whose inbox it stands in or would stand in; `person_id` = who has it, where that is certain.
    By their calendars its deadlines are counted.
    """

    who: str
    did: str
    not_by: str = ""
    team_id: int | None = None
    person_id: int | None = None
    is_inbox: bool = False
    """Whether it waits there for somebody who takes it over."""

    def __str__(self) -> str:
        return f"{self.who}; {self.not_by}" if self.not_by else self.who


class Story:
    """Who got and did what along a way: `receivers` by token, `doers` in words, in the order of the turns."""

    def __init__(self, version: CompiledVersion, run: Run, people: People) -> None:
        self.version, self.people = version, people
        self.receivers: dict[int, Receiver] = {}
        self.doers: list[str] = []
        self.last: dict[str, Receiver | None] = {}
        """Who did each step last; None where nobody did (the clock)."""
        self._did: dict[str, set[int]] = {}
        self._holding: dict[int, str] = {}
        self._visits: Counter[str] = Counter()
        for one in run.passed:
            self._follow(one)

    def persons_of(self, key: str) -> frozenset[int]:
        """The person set of a step (semantics §6) as far as it is certain: who did it, and who has it now."""
        here = (self.receivers[token].person_id for token, step in self._holding.items() if step == key)
        return frozenset(self._did.get(key, ())) | {one for one in here if one is not None}

    def _follow(self, one: Passed) -> None:
        self.doers.append(self._doer(one))
        if one.turn is not None and one.turn.token in self.receivers:
            self._end(one.turn.token, one)
        self._holding = {token: step for token, step in self._holding.items() if step not in one.cancelled}
        for token, key in zip(one.tokens, one.entered, strict=True):
            self._visits[key] += 1
            if self.version.steps[key].kind == Step.Kind.TASK:
                self.receivers[token] = receiver(self, self.version.steps[key], self._visits[key], one.data)
                self._holding[token] = key

    def _end(self, token: int, one: Passed) -> None:
        """A task has ended, unless the clock chose an outcome beside it."""
        outcome = self.version.steps[one.step].outcome(one.turn.outcome) if one.turn else None
        if outcome is not None and outcome.is_clock and not outcome.is_interrupting:
            return
        by = self.receivers[token] if one.turn and one.turn.by is By.PERSON else None
        self.last[one.step] = by
        self._holding.pop(token, None)
        if by is not None and by.person_id is not None:
            self._did.setdefault(one.step, set()).add(by.person_id)

    def _doer(self, one: Passed) -> str:
        if one.turn is None:
            return _("who started the case")
        if one.turn.by is By.PERSON:
            return self.receivers[one.turn.token].did
        if one.turn.by is By.CLOCK or self.version.steps[one.step].kind == Step.Kind.TIMER:
            return _("the clock")
        return _("the other process") if one.turn.by is By.CALL else _("automatic")


# -- rules ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """A step that is reached, the way up to it, and the values of that moment."""

    story: Story
    step: StepInfo
    data: Mapping[str, Any]

    @property
    def team(self) -> str:
        """The name of the step's team."""
        return self.story.people.teams.get(self.step.team_id or 0, "") or _("(no team)")

    @property
    def apart(self) -> list[str]:
        """Steps that nobody may have done who does this one, in the order of the version."""
        wanted = self.story.version.apart.get(self.step.key, ())
        return [key for key in self.story.version.steps if key in wanted]

    def name(self, key: str) -> str:
        """What a step is called."""
        return self.story.version.steps[key].name

    def keeps_out(self, person_id: int | None) -> str:
        """The name of the step for which four eyes keep a person out of this one; "" for none."""
        return next((self.name(key) for key in self.apart if person_id in self.story.persons_of(key)), "")


def receiver(story: Story, step: StepInfo, visit: int, data: Mapping[str, Any]) -> Receiver:
    """Who gets a step that is reached for the `visit`-th time."""
    case = _Case(story, step, data)
    found = _by_rule(case, visit)
    team_id = found.team_id or step.team_id
    not_by = "" if found.person_id is not None else _not_by(case)
    return replace(found, not_by=not_by, team_id=team_id)


def _by_rule(case: _Case, visit: int) -> Receiver:
    if case.step.config.repeat is not None:
        return Receiver(_("everybody on the list"), _("the vote"))
    if case.step.max_visits is not None and visit > case.step.max_visits:
        text = _("the lead of the team %(team)s, because it is here for the %(visit)s. time")
        return Receiver(text % {"team": case.team, "visit": visit}, _lead(case))
    return RULES.get(case.step.assignment, _inbox)(case)


def _not_by(case: _Case) -> str:
    """Four eyes: whoever did one of these steps on this way."""
    done = [key for key in case.apart if case.story.last.get(key)]
    parts = [_("who did “%(step)s”") % {"step": case.name(key)} for key in done]
    if case.step.assignment == Step.Assignment.STARTER_LEAD:
        parts.append(_("who started the case"))
    return _("not: %(people)s") % {"people": ", ".join(dict.fromkeys(parts))} if parts else ""


def _lead(case: _Case) -> str:
    return _("the lead of the team %(team)s") % {"team": case.team}


def _inbox(case: _Case) -> Receiver:
    return _team_inbox(case.team)


def _team_inbox(name: str, team_id: int | None = None) -> Receiver:
    words = {"team": name}
    return Receiver(
        _("Team %(team)s, team inbox") % words,
        _("somebody of the team %(team)s") % words,
        team_id=team_id,
        is_inbox=True,
    )


def _instead(case: _Case, reason: str) -> Receiver:
    """The inbox, because the rule finds nobody."""
    inbox = _inbox(case)
    return replace(inbox, who=f"{inbox.who} ({reason})")


def _person(case: _Case) -> Receiver:
    person_id = case.step.person_id or 0
    name = case.story.people.people.get(person_id)
    if not name or person_id in case.story.people.idle:
        return _instead(case, _("the person is missing"))
    other = case.keeps_out(person_id)
    if other:
        return _instead(case, _("%(person)s is kept out by “%(step)s”") % {"person": name, "step": other})
    return Receiver(name, name, person_id=person_id)


def _starter(case: _Case) -> Receiver:
    return Receiver(_("who started the case"), _("who started the case"))


def _starter_lead(case: _Case) -> Receiver:
    text = _("the lead of who started the case")
    return Receiver(text, text)


def _same_person(case: _Case) -> Receiver:
    key = case.step.reference_keys[0] if case.step.reference_keys else ""
    if key not in case.story.version.steps:
        return _instead(case, _("the step it refers to is missing"))
    words = {"step": case.name(key)}
    before = case.story.last.get(key)
    if before is None:
        return _instead(case, _("nobody did “%(step)s” on this way") % words)
    if key in case.apart or case.keeps_out(before.person_id):
        return _instead(case, _("who did “%(step)s” may not") % words)
    same = _("the same person as in “%(step)s”") % words
    return Receiver(f"{same} ({before.did})", same, person_id=before.person_id)


def _fewest(case: _Case) -> Receiver:
    text = _("whoever of the team %(team)s has the fewest open tasks") % {"team": case.team}
    return Receiver(text, text)


def _in_turn(case: _Case) -> Receiver:
    text = _("the team %(team)s in turn: whose turn was longest ago") % {"team": case.team}
    return Receiver(text, _("somebody of the team %(team)s") % {"team": case.team})


def _named(case: _Case) -> Receiver:
    people = case.story.people
    spec, value = case.story.version.fields.get(case.step.field_key), case.data.get(case.step.field_key)
    words = {"field": spec.label if spec else case.step.field_key}
    if spec is None or not isinstance(value, int):
        return _instead(case, _("“%(field)s” is empty") % words)
    is_person = spec.type == "person"
    named, absent = (people.people, people.idle) if is_person else (people.teams, people.empty)
    if value not in named or value in absent:
        return _instead(case, _("nobody is there whom “%(field)s” names") % words)
    if not is_person:
        return _team_inbox(named[value], value)
    other = case.keeps_out(value)
    if other:
        text = _("whom “%(field)s” names is kept out by “%(step)s”")
        return _instead(case, text % {**words, "step": other})
    why = _("named in “%(field)s”") % words
    return Receiver(f"{named[value]} ({why})", named[value], person_id=value)


RULES: Mapping[str, Callable[[_Case], Receiver]] = {
    Step.Assignment.PERSON: _person,
    Step.Assignment.STARTER: _starter,
    Step.Assignment.STARTER_LEAD: _starter_lead,
    Step.Assignment.SAME_AS: _same_person,
    Step.Assignment.FEWEST_OPEN: _fewest,
    Step.Assignment.ROUND_ROBIN: _in_turn,
    Step.Assignment.FROM_FIELD: _named,
}
"""What is not here (the inbox, with or without four eyes) asks for no person."""
