"""History in sentences, made when it is shown, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from people.models import Team, User
from processes.models import ProcessInstance, Urgency
from processes.nets import CompiledVersion
from tasks import events
from tasks.events import Kind
from tasks.models import ProcessEvent


@dataclass(frozen=True, slots=True)
class Line:
    """One event as shown."""

    kind: str
    icon: str
    text: str
    who: str
    at: dt.datetime
    note: str = ""
    task_id: int | None = None


ICONS = {
    Kind.STARTED: "play",
    Kind.COMPLETED: "check",
    Kind.CLAIMED: "user-check",
    Kind.RELEASED: "undo-2",
    Kind.REASSIGNED: "user-plus",
    Kind.COMMENTED: "message-square",
    Kind.CHECKED: "square-check",
    Kind.URGENCY: "flame",
    Kind.SUSPENDED: "pause",
    Kind.RESUMED: "play",
    Kind.CANCELLED: "circle-x",
    Kind.FINISHED: "flag",
    Kind.OVERDUE: "triangle-alert",
    Kind.ESCALATED: "megaphone",
    Kind.ERASED: "eraser",
}


def of_instance(instance: ProcessInstance, version: CompiledVersion, *, most: int = 500) -> list[Line]:
    """The history of a case, newest first; a fixed number of statements."""
    rows = list(
        ProcessEvent.objects.filter(instance=instance)
        .select_related("actor", "acting_for", "payload")
        .order_by("-seq")[:most]
    )
    names = Names.of(rows)
    return [line(event, version, names) for event in rows]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the people and teams that facts point to, read at once."""

    people: Mapping[int, str]
    teams: Mapping[int, str]

    @classmethod
    def of(cls, rows: Iterable[ProcessEvent]) -> Names:
        """Two statements for all events."""
        facts = [events.facts_of(row) for row in rows]
        people = {fact[key] for fact in facts for key in ("from", "to_user") if fact.get(key)}
        people |= {person for fact in facts for person in fact.get("recipients", ())}
        teams = {fact["to_team"] for fact in facts if fact.get("to_team")}
        return cls(
            {user.pk: str(user) for user in User.objects.filter(pk__in=people)},
            {team.pk: str(team) for team in Team.objects.filter(pk__in=teams)},
        )


def line(event: ProcessEvent, version: CompiledVersion, names: Names) -> Line:
    """One event in words."""
    facts, personal = events.facts_of(event), events.personal_of(event)
    return Line(
        kind=event.kind,
        icon=ICONS.get(Kind(event.kind), "circle"),
        text=_sentence(Kind(event.kind), facts, version, names),
        who=_who(event),
        at=event.at,
        note=str(personal.get("note") or personal.get("text") or personal.get("reason") or ""),
        task_id=event.task_id,
    )


def _who(event: ProcessEvent) -> str:
    if event.actor is None:
        return _("automatic")
    if event.acting_for is not None:
        return _("%(actor)s for %(person)s") % {"actor": event.actor, "person": event.acting_for}
    return str(event.actor)


def _sentence(kind: Kind, facts: Mapping[str, Any], version: CompiledVersion, names: Names) -> str:
    step = version.steps.get(facts.get("step", ""))
    words: dict[str, Any] = {"step": step.name if step else ""}
    if kind == Kind.COMPLETED:
        outcome = step.outcome(facts["outcome"]) if step else None
        words["outcome"] = outcome.label if outcome else facts["outcome"]
    elif kind == Kind.CHECKED:
        items = {item.key: item.text for item in step.checklist} if step else {}
        words["item"] = items.get(facts["item"], facts["item"])
    elif kind == Kind.REASSIGNED:
        words["to"] = names.people.get(facts["to_user"]) or names.teams.get(facts["to_team"], "")
    elif kind == Kind.URGENCY:
        words["level"] = Urgency(facts["new"]).label
    elif kind == Kind.ESCALATED:
        words["people"] = ", ".join(names.people.get(one, "") for one in facts["recipients"]) or "–"
    elif kind == Kind.FINISHED:
        end = version.steps.get(facts["result"])
        words["result"] = (end.result or end.name) if end else ""
    return _pattern(kind, facts) % words


def _pattern(kind: Kind, facts: Mapping[str, Any]) -> str:
    if kind == Kind.CHECKED and not facts["is_checked"]:
        return _("%(step)s: “%(item)s” unticked")
    return {
        Kind.STARTED: _("Case started"),
        Kind.COMPLETED: _("%(step)s: %(outcome)s"),
        Kind.CLAIMED: _("%(step)s: taken over"),
        Kind.RELEASED: _("%(step)s: given back to the team"),
        Kind.REASSIGNED: _("%(step)s: passed on to %(to)s"),
        Kind.COMMENTED: _("Comment"),
        Kind.CHECKED: _("%(step)s: “%(item)s” done"),
        Kind.URGENCY: _("%(step)s: urgency set to %(level)s"),
        Kind.SUSPENDED: _("Case suspended"),
        Kind.RESUMED: _("Case resumed"),
        Kind.CANCELLED: _("Case cancelled"),
        Kind.FINISHED: _("Case finished: %(result)s"),
        Kind.OVERDUE: _("%(step)s: deadline passed"),
        Kind.ESCALATED: _("%(step)s: %(people)s told that it is overdue"),
        Kind.ERASED: _("Personal data erased"),
    }[kind]


def reason(reason: Mapping[str, Any], version: CompiledVersion, names: Mapping[int, str]) -> str:
    """Why a task came to whom, in a sentence."""
    steps = ", ".join(
        f"„{version.steps[key].name}“"
        for key in (reason.get("steps") or [reason.get("step", "")])
        if key in version.steps
    )
    words = {"steps": steps, "person": names.get(reason.get("by") or 0, _("automatic"))}
    sentences = {
        "pool": _("It stands in the team's inbox; whoever has time takes it over."),
        "person": _("This step is always given to a certain person."),
        "starter": _("Whoever started the case gets this step."),
        "same_as": _("Whoever did %(steps)s gets this step too."),
        "four_eyes": _("Four eyes: somebody else than in %(steps)s must do it."),
        "fewest_open": _("Of the team, this person had the fewest open tasks."),
        "fallback": _("The person meant is not available, so it stands in the team's inbox."),
        "claimed": _("Taken over from the team's inbox."),
        "released": _("Given back to the team's inbox by %(person)s."),
        "reassigned": _("Passed on by %(person)s."),
    }
    return sentences.get(str(reason.get("code")), "") % words
