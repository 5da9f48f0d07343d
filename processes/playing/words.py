"""Who would get a step that is played through, who did it, and why it does not go on, in words. Pure.

Nobody is chosen: rules that look at the people there (fewest open tasks, taking turns) are told as rules.
What follows from the way taken (the same person as in a step, four eyes) is resolved along it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from processes import engine
from processes.models import Step
from processes.nets import CompiledVersion, StepInfo
from processes.playing.simulation import By, Passed, Run


@dataclass(frozen=True, slots=True)
class People:
    """What teams and people are called, by id."""

    teams: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets a step, and who of them may not; `did` says it of somebody who has done it."""

    who: str
    did: str
    not_by: str = ""

    def __str__(self) -> str:
        return f"{self.who}; {self.not_by}" if self.not_by else self.who


@dataclass(frozen=True, slots=True)
class _Case:
    version: CompiledVersion
    step: StepInfo
    data: Mapping[str, Any]
    done: Mapping[str, str]
    """Who did which step last; "" where nobody did (the clock)."""
    names: People

    @property
    def team(self) -> str:
        """The name of the step's team."""
        return self.names.teams.get(self.step.team_id or 0, "") or _("(no team)")


def doers(version: CompiledVersion, run: Run, names: People) -> dict[int, str]:
    """Who made each turn, in words, by its place in the way; the start is nobody's."""
    done: dict[str, str] = {}
    found: dict[int, str] = {}
    for number, one in enumerate(run.passed):
        found[number] = _doer(version, one, done, names)
        if one.turn is not None and version.steps[one.step].kind == Step.Kind.TASK:
            done[one.step] = found[number] if one.turn.by is By.PERSON else ""
    return found


def done_by(version: CompiledVersion, run: Run, names: People) -> dict[str, str]:
    """Who did each step last, in words; "" where the clock ended it."""
    told = doers(version, run, names)
    return {
        one.step: told[number] if one.turn and one.turn.by is By.PERSON else ""
        for number, one in enumerate(run.passed)
        if one.turn is not None and version.steps[one.step].kind == Step.Kind.TASK
    }


def _doer(version: CompiledVersion, one: Passed, done: Mapping[str, str], names: People) -> str:
    if one.turn is None:
        return _("who started the case")
    if one.turn.by is By.PERSON:
        return receiver(version, version.steps[one.step], one.visit, one.data, done, names).did
    if one.turn.by is By.CLOCK or version.steps[one.step].kind == Step.Kind.TIMER:
        return _("the clock")
    return _("the other process") if one.turn.by is By.CALL else _("automatic")


def receiver(
    version: CompiledVersion,
    step: StepInfo,
    visit: int,
    data: Mapping[str, Any],
    done: Mapping[str, str],
    names: People,
) -> Receiver:
    """Who gets a step that is reached for the `visit`-th time."""
    case = _Case(version, step, data, done, names)
    if step.config.repeat is not None:
        return Receiver(_("everybody on the list"), _("the vote"), _not_by(case))
    if step.max_visits is not None and visit > step.max_visits:
        text = _("the lead of the team %(team)s, because it is here for the %(visit)s. time")
        return Receiver(text % {"team": case.team, "visit": visit}, _lead(case), _not_by(case))
    rule = RULES.get(step.assignment, _inbox)
    found = rule(case)
    return Receiver(found.who, found.did, _not_by(case))


def _not_by(case: _Case) -> str:
    """Four eyes: whoever did one of these steps on this way."""
    apart = [key for key in case.version.steps if key in case.version.apart.get(case.step.key, ())]
    parts = [_who_did(case, key) for key in apart if case.done.get(key)]
    if case.step.assignment == Step.Assignment.STARTER_LEAD:
        parts.append(_("who started the case"))
    return _("not: %(people)s") % {"people": ", ".join(dict.fromkeys(parts))} if parts else ""


def _who_did(case: _Case, key: str) -> str:
    return _("who did “%(step)s”") % {"step": case.version.steps[key].name}


def _lead(case: _Case) -> str:
    return _("the lead of the team %(team)s") % {"team": case.team}


def _inbox(case: _Case) -> Receiver:
    words = {"team": case.team}
    return Receiver(_("Team %(team)s, team inbox") % words, _("somebody of the team %(team)s") % words)


def _instead(case: _Case, reason: str) -> Receiver:
    """The inbox, because the rule finds nobody."""
    inbox = _inbox(case)
    return Receiver(f"{inbox.who} ({reason})", inbox.did)


def _person(case: _Case) -> Receiver:
    name = case.names.people.get(case.step.person_id or 0)
    if not name:
        return _instead(case, _("the person is missing"))
    return Receiver(name, name)


def _starter(case: _Case) -> Receiver:
    return Receiver(_("who started the case"), _("who started the case"))


def _starter_lead(case: _Case) -> Receiver:
    text = _("the lead of who started the case")
    return Receiver(text, text)


def _same_person(case: _Case) -> Receiver:
    key = case.step.reference_keys[0] if case.step.reference_keys else ""
    if key not in case.version.steps:
        return _instead(case, _("the step it refers to is missing"))
    words = {"step": case.version.steps[key].name}
    if not case.done.get(key):
        return _instead(case, _("nobody did “%(step)s” on this way") % words)
    if key in case.version.apart.get(case.step.key, ()):
        return _instead(case, _("who did “%(step)s” may not") % words)
    same = _("the same person as in “%(step)s”") % words
    return Receiver(f"{same} ({case.done[key]})", same)


def _fewest(case: _Case) -> Receiver:
    text = _("whoever of the team %(team)s has the fewest open tasks") % {"team": case.team}
    return Receiver(text, text)


def _in_turn(case: _Case) -> Receiver:
    text = _("the team %(team)s in turn: whose turn was longest ago") % {"team": case.team}
    return Receiver(text, _("somebody of the team %(team)s") % {"team": case.team})


def _named(case: _Case) -> Receiver:
    spec, value = case.version.fields.get(case.step.field_key), case.data.get(case.step.field_key)
    words = {"field": spec.label if spec else case.step.field_key}
    if spec is None or not isinstance(value, int):
        return _instead(case, _("“%(field)s” is empty") % words)
    named = case.names.people if spec.type == "person" else case.names.teams
    if value not in named:
        return _instead(case, _("nobody is there whom “%(field)s” names") % words)
    if spec.type == "team":
        words = {"team": named[value]}
        return Receiver(_("Team %(team)s, team inbox") % words, _("somebody of the team %(team)s") % words)
    why = _("named in “%(field)s”") % words
    return Receiver(f"{named[value]} ({why})", named[value])


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


# -- why it does not go on -----------------------------------------------------------------------------------


def stands_still(version: CompiledVersion, joins: Iterable[str]) -> str:
    """Nothing is open, but something waits for what can no longer come."""
    names = ", ".join(_("“%(step)s”") % {"step": version.steps[key].name or key} for key in joins)
    text = _(
        "It does not go on here: at %(steps)s one way waits for others on which nothing can come any more."
    )
    return text % {"steps": names}


def refusal(version: CompiledVersion, error: engine.EngineError) -> str:
    """Why the engine has no answer, for people."""
    if isinstance(error, engine.NoBranch):
        return _no_branch(version, str(error))
    if isinstance(error, engine.TooManySteps):
        return _("It does not go on here: the way runs in a circle in which nobody has anything to do.")
    if str(error) == "no start":
        return _("It does not go on here: the process has no start.")
    return _("It does not go on here: the steps and ways make no process yet.")


def _no_branch(version: CompiledVersion, place: str) -> str:
    key, _colon, outcome = place.partition(": ")
    step = version.steps.get(key)
    words = {"step": (step.name if step else "") or key}
    if not _colon:
        return (
            _(
                "It does not go on here: at “%(step)s” no condition holds with these values, and there is no"
                " “otherwise”."
            )
            % words
        )
    known = step.outcome(outcome) if step else None
    if known is None:
        return _("It does not go on here: nothing follows “%(step)s”.") % words
    words["outcome"] = known.label
    return _("It does not go on here: nothing follows the outcome “%(outcome)s” of “%(step)s”.") % words
