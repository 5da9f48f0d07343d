"""History in sentences, made when it is shown, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Customer
from people.models import Team, User
from processes import fields
from processes.compiledversion import CompiledVersion, StepInfo
from processes.fields import FieldSpec
from processes.models import ProcessInstance, Urgency
from tasks import duetime, events
from tasks.clocks import tokenclocks
from tasks.events import Kind
from tasks.models import NEVER, CaseFile, Clock, ProcessEvent, Task


@dataclass(frozen=True, slots=True)
class Change:
    """A value that was changed, as shown."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One event as shown. `look` colours its mark: ok, now, danger or nothing."""

    seq: int
    kind: str
    icon: str
    look: str
    text: str
    who: str
    initials: str
    at: dt.datetime
    when: str
    note: str = ""
    changes: tuple[Change, ...] = ()
    task_id: int | None = None


ICONS = {
    Kind.STARTED: "play",
    Kind.COMPLETED: "check",
    Kind.CLAIMED: "user-check",
    Kind.RELEASED: "undo-2",
    Kind.REASSIGNED: "user-plus",
    Kind.COMMENTED: "message-square",
    Kind.CHECKED: "square-check",
    Kind.FILED: "paperclip",
    Kind.URGENCY: "flame",
    Kind.SUSPENDED: "pause",
    Kind.RESUMED: "play",
    Kind.CANCELLED: "circle-x",
    Kind.FINISHED: "flag",
    Kind.OVERDUE: "triangle-alert",
    Kind.ESCALATED: "megaphone",
    Kind.ERASED: "eraser",
    Kind.TIMED: "hourglass",
    Kind.DECIDED: "check",
    Kind.ACTED: "cog",
    Kind.GAVE_UP: "circle-x",
    Kind.RETURNED: "workflow",
    Kind.LATE: "circle-question-mark",
    Kind.VOIDED: "ban",
    Kind.RENEWED: "badge-check",
    Kind.INCIDENT: "triangle-alert",
    Kind.DEADLINE: "calendar-clock",
    Kind.POSTPONED: "alarm-clock",
    Kind.CAME_BACK: "alarm-clock-off",
    Kind.RESOLVED: "wrench",
    Kind.UNSENT: "flask-conical",
    Kind.EXCUSED: "flask-conical",
}


LOOKS = {
    Kind.COMPLETED: "ok",
    Kind.FINISHED: "ok",
    Kind.CLAIMED: "now",
    Kind.REASSIGNED: "now",
    Kind.OVERDUE: "danger",
    Kind.ESCALATED: "danger",
    Kind.CANCELLED: "danger",
    Kind.DECIDED: "ok",
    Kind.ACTED: "ok",
    Kind.RETURNED: "ok",
    Kind.RENEWED: "ok",
    Kind.TIMED: "now",
    Kind.GAVE_UP: "danger",
    Kind.VOIDED: "danger",
    Kind.INCIDENT: "danger",
}
SMALL = (Kind.CHECKED, Kind.COMMENTED, Kind.FILED)
"""Kinds left out of the short history; they have lists of their own on the page."""


SAID = ("note", "text", "reason", "name")
"""Parts of a payload that are shown below the sentence; an event has one of them."""


def events_of(instance: ProcessInstance) -> QuerySet[ProcessEvent]:
    """The events of a case, newest first, with what their sentences need."""
    rows = ProcessEvent.objects.filter(instance=instance)
    return rows.select_related("actor", "acting_for", "payload").order_by("-seq")


def of_instance(instance: ProcessInstance, version: CompiledVersion, *, most: int = 500) -> list[Line]:
    """The history of a case, newest first; a fixed number of statements."""
    return lines(events_of(instance)[:most], version)


def lines(
    rows: Iterable[ProcessEvent], version: CompiledVersion, at: dt.datetime | None = None
) -> list[Line]:
    """Events in words, seen from `at` (now); a fixed number of statements."""
    rows, now = list(rows), at or timezone.now()
    names = Names.of(rows, version)
    return [line(event, version, names, now) for event in rows]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the people, teams, customers and files that facts and values point to, read at once."""

    people: Mapping[int, str]
    teams: Mapping[int, str]
    customers: Mapping[int, str]
    files: Mapping[int, str]

    @classmethod
    def of(cls, rows: Iterable[ProcessEvent], version: CompiledVersion) -> Names:
        """At most four statements for all events."""
        wanted: dict[str, set[Any]] = {"person": set(), "team": set(), "customer": set(), "file": set()}
        for row in rows:
            facts = events.facts_of(row)
            wanted["person"] |= {facts.get("from"), facts.get("to_user"), *facts.get("recipients", ())}
            wanted["team"].add(facts.get("to_team"))
            for spec, values in _values(row, version):
                if spec.is_reference:
                    wanted[spec.type] |= {value for value in values if isinstance(value, int)}
        return cls(
            _names(User.objects.all(), wanted["person"]),
            _names(Team.objects.all(), wanted["team"]),
            _names(Customer.objects.all(), wanted["customer"]),
            _names(CaseFile.objects.all(), wanted["file"]),
        )

    def of_value(self, spec: FieldSpec, value: Any) -> str:
        """A stored value for reading."""
        if value is None:
            return ""
        if spec.is_reference:
            known = {
                "person": self.people,
                "team": self.teams,
                "customer": self.customers,
                "file": self.files,
            }
            gone = _("deleted file") if spec.type == "file" else str(value)
            return known[spec.type].get(value, gone)
        return fields.display(spec, value, get_language() or "de")


def _names(rows: QuerySet[Any], ids: set[int]) -> dict[int, str]:
    wanted = [pk for pk in ids if pk is not None]
    return {row.pk: str(row) for row in rows.filter(pk__in=wanted)} if wanted else {}


def _values(event: ProcessEvent, version: CompiledVersion) -> list[tuple[FieldSpec, list[Any]]]:
    """Fields an event changed, with their old and new values; none once they are erased."""
    values = events.personal_of(event).get("values") or {}
    return [
        (version.fields[key], [None, value] if event.kind == Kind.STARTED else value)
        for key, value in values.items()
        if key in version.fields
    ]


def line(event: ProcessEvent, version: CompiledVersion, names: Names, now: dt.datetime) -> Line:
    """One event in words."""
    kind, facts, personal = Kind(event.kind), events.facts_of(event), events.personal_of(event)
    icon, look = _sign(kind, facts, version)
    return Line(
        seq=event.seq,
        kind=event.kind,
        icon=icon,
        look=look,
        text=_sentence(kind, facts, version, names) + _skipped(facts, version),
        who=who(event),
        initials=event.actor.initials if event.actor else "",
        at=event.at,
        when=duetime.moment_text(event.at, now),
        note=str(next((personal[name] for name in SAID if personal.get(name)), "")),
        changes=tuple(
            Change(spec.label, names.of_value(spec, old), names.of_value(spec, new))
            for spec, (old, new) in _values(event, version)
        ),
        task_id=event.task_id,
    )


def _sign(kind: Kind, facts: Mapping[str, Any], version: CompiledVersion) -> tuple[str, str]:
    """The sign of an event and its colour; what was chosen among several and approves nothing has no tick."""
    step = version.steps.get(facts.get("step", "")) if kind in (Kind.COMPLETED, Kind.DECIDED) else None
    if step is not None and not step.affirms(facts.get("outcome", "")):
        return "arrow-right", ""
    return ICONS.get(kind, "circle"), LOOKS.get(kind, "")


def who(event: ProcessEvent) -> str:
    """Whom an event is put down to: the person, also the one represented, or nobody."""
    if event.actor is None:
        return _("automatic")
    if event.acting_for is not None:
        return _("%(actor)s for %(person)s") % {"actor": event.actor, "person": event.acting_for}
    return str(event.actor)


def _sentence(kind: Kind, facts: Mapping[str, Any], version: CompiledVersion, names: Names) -> str:
    step = version.steps.get(facts.get("step", ""))
    without = _("The whole case") if kind == Kind.ESCALATED else ""
    words: dict[str, Any] = {"step": step.name if step else without}
    if facts.get("outcome"):
        outcome = step.outcome(facts["outcome"]) if step else None
        words["outcome"] = outcome.label if outcome else facts["outcome"]
    if kind in (Kind.DEADLINE, Kind.POSTPONED, Kind.OVERDUE):
        words |= _moments(facts)
    if kind == Kind.DECIDED:
        words["votes"] = _votes(facts["votes"], step)
    elif kind == Kind.VOIDED:
        words["fields"] = ", ".join(version.fields[key].label for key in facts["fields"])
    elif kind == Kind.CHECKED:
        items = {item.key: item.text for item in step.checklist} if step else {}
        words["item"] = items.get(facts["item"], facts["item"])
    elif kind == Kind.REASSIGNED:
        words["to"] = names.people.get(facts["to_user"]) or names.teams.get(facts["to_team"], "")
    elif kind == Kind.URGENCY:
        words["level"] = Urgency(facts["new"]).label
    elif kind == Kind.ESCALATED:
        words["level"] = facts.get("name") or _("level %(n)s") % {"n": facts.get("level", "")}
        words["people"] = ", ".join(names.people.get(one, "") for one in facts["recipients"]) or "–"
    elif kind == Kind.UNSENT:
        words["what"] = _("E-mail") if facts["by_mail"] else _("Message")
        words["people"] = ", ".join(names.people.get(one, "") for one in facts["recipients"])
    elif kind == Kind.EXCUSED:
        other = version.steps.get(facts["other"])
        words["other"] = other.name if other else facts["other"]
    elif kind == Kind.FINISHED:
        end = version.steps.get(facts["result"])
        words["result"] = (end.result or end.name) if end else ""
    if kind == Kind.COMPLETED and step is not None and step.config.repeat is not None:
        return _("%(step)s: voice for “%(outcome)s”") % words
    return _pattern(kind, facts) % words


def _moments(facts: Mapping[str, Any]) -> dict[str, str]:
    """Moments among the facts, as people say them."""
    found = {name: facts[name] for name in ("old", "new", "until") if name in facts}
    return {name: duetime.full_text(dt.datetime.fromisoformat(text)) for name, text in found.items()}


def _votes(votes: Mapping[str, int], step: StepInfo | None) -> str:
    labels = {one.key: one.label for one in step.outcomes} if step else {}
    most_first = sorted(votes.items(), key=lambda one: -one[1])
    said = ", ".join(f"{number} × {labels.get(key, key)}" for key, number in most_first)
    return _("voices: %(votes)s") % {"votes": said} if said else _("no voices")


def _skipped(facts: Mapping[str, Any], version: CompiledVersion) -> str:
    """Tasks that ended without their checklist or details, because no person ended them."""
    steps = [version.steps[key].name for key in facts.get("gates_skipped", ()) if key in version.steps]
    return _(" (not completed: %(steps)s)") % {"steps": ", ".join(steps)} if steps else ""


def has_reached_somebody(instance: ProcessInstance, task: Task | None = None) -> bool:
    """Whether the last escalation of a case (or of one of its tasks) reached a person; one statement."""
    rows = ProcessEvent.objects.filter(instance=instance, task=task, kind=Kind.ESCALATED)
    last = rows.order_by("-seq").first()
    return last is not None and bool(events.facts_of(last)["recipients"])


def _pattern(kind: Kind, facts: Mapping[str, Any]) -> str:
    if kind == Kind.CHECKED and not facts["is_checked"]:
        return _("%(step)s: “%(item)s” unticked")
    if kind == Kind.DEADLINE and facts["clock"] in tokenclocks.KINDS:
        return {
            Clock.Kind.WAIT: _("%(step)s: waits until %(new)s (before: %(old)s)"),
            Clock.Kind.TIMEOUT: _("%(step)s: time is up on %(new)s (before: %(old)s)"),
        }[Clock.Kind(facts["clock"])]
    if kind == Kind.DEADLINE and facts["new"] == events.instant(NEVER):
        if not facts.get("step"):
            return _("The case has no deadline any more (before: %(old)s)")
        return _("%(step)s: no deadline any more (before: %(old)s)")
    if kind == Kind.TIMED and not facts.get("outcome"):
        return _("%(step)s: the wait is over")
    if kind in (Kind.DEADLINE, Kind.OVERDUE, Kind.URGENCY) and not facts.get("step"):
        return {
            Kind.URGENCY: _("Urgency of the case set to %(level)s"),
            Kind.DEADLINE: _("Deadline of the case: %(new)s (before: %(old)s)"),
            Kind.OVERDUE: _("Deadline of the case passed"),
        }[kind]
    if facts.get("trial"):
        return _pattern_in_trial(kind, facts)
    if kind == Kind.UNSENT and not facts["recipients"]:
        return _("Not sent in the trial run: %(what)s")
    if kind == Kind.ACTED and facts.get("unsent"):
        return {
            "mail": _("%(step)s: e-mail not sent in the trial run"),
            "webhook": _("%(step)s: other system not called in the trial run"),
        }.get(facts["unsent"], _("%(step)s: nothing entered for the customer in the trial run"))
    if kind == Kind.ESCALATED and facts.get("by_hand"):
        return _("%(step)s: %(people)s called in")
    if kind == Kind.RELEASED and facts.get("why") == "inactive":
        return _("%(step)s: back in the team's inbox, because the person has left")
    if kind == Kind.REASSIGNED and facts.get("why") == "inactive":
        return _("%(step)s: passed on to %(to)s, because the person has left")
    return {
        Kind.STARTED: _("Case started"),
        Kind.COMPLETED: _("%(step)s: %(outcome)s"),
        Kind.CLAIMED: _("%(step)s: taken over"),
        Kind.RELEASED: _("%(step)s: given back to the team"),
        Kind.REASSIGNED: _("%(step)s: passed on to %(to)s"),
        Kind.COMMENTED: _("Comment"),
        Kind.CHECKED: _("%(step)s: “%(item)s” done"),
        Kind.FILED: _("%(step)s: file added"),
        Kind.URGENCY: _("%(step)s: urgency set to %(level)s"),
        Kind.SUSPENDED: _("Case suspended"),
        Kind.RESUMED: _("Case resumed"),
        Kind.CANCELLED: _("Case cancelled"),
        Kind.FINISHED: _("Case finished: %(result)s"),
        Kind.OVERDUE: _("%(step)s: deadline passed"),
        Kind.ESCALATED: _("%(step)s: %(level)s, %(people)s told"),
        Kind.DEADLINE: _("%(step)s: deadline %(new)s (before: %(old)s)"),
        Kind.POSTPONED: _("%(step)s: put off until %(until)s"),
        Kind.CAME_BACK: _("%(step)s: back on the list"),
        Kind.ERASED: _("Personal data erased"),
        Kind.TIMED: _("%(step)s: %(outcome)s (time is up)"),
        Kind.DECIDED: _("%(step)s: decided for “%(outcome)s” (%(votes)s)"),
        Kind.ACTED: _("%(step)s: done automatically"),
        Kind.GAVE_UP: _("%(step)s: could not be done automatically"),
        Kind.RETURNED: _("%(step)s: %(outcome)s (the case of its own has ended)"),
        Kind.LATE: _("%(step)s: a result came too late and does not count"),
        Kind.VOIDED: _("Approval “%(step)s” void: %(fields)s changed"),
        Kind.RENEWED: _("Approval “%(step)s” renewed"),
        Kind.INCIDENT: _("%(step)s: stands still"),
        Kind.RESOLVED: _("%(step)s: goes on after standing still"),
        Kind.UNSENT: _("Not sent in the trial run: %(what)s to %(people)s"),
        Kind.EXCUSED: _(
            "%(step)s: in a real case somebody else than in “%(other)s” must do this (four eyes)"
        ),
    }[kind]


def _pattern_in_trial(kind: Kind, facts: Mapping[str, Any]) -> str:
    """What a trial only notes, because nobody else may know of it."""
    if kind == Kind.REASSIGNED:
        return _("%(step)s: in a real case passed on to %(to)s")
    if facts.get("by_hand"):
        return _("%(step)s: in a real case %(people)s called in")
    if facts["recipients"] or facts.get("addresses") != 0:
        return _("%(step)s: %(level)s")  # The next entry says who would have been told.
    return _("%(step)s: %(level)s; in a real case nobody is there to be told")


def reason(reason: Mapping[str, Any], version: CompiledVersion, names: Mapping[int, str]) -> str:
    """Why a task came to whom, in a sentence."""
    code, steps = str(reason.get("code")), _steps(reason, version)
    spec = version.fields.get(reason.get("field", ""))
    words = {
        "steps": steps,
        "person": names.get(reason.get("by") or 0, _("automatic")),
        "field": spec.label if spec else "",
        "visits": reason.get("visits"),
        "to": _stand_in(reason),
    }
    return _reasons(has_steps=bool(steps)).get(code, "") % words


def _steps(reason: Mapping[str, Any], version: CompiledVersion) -> str:
    keys = reason.get("steps") or [reason.get("step", "")]
    return ", ".join(
        _("“%(step)s”") % {"step": version.steps[key].name} for key in keys if key in version.steps
    )


def _stand_in(reason: Mapping[str, Any]) -> str:
    """What he is who got the task instead of the team."""
    words = {
        "lead": _("the team's lead"),
        "owner": _("the process owner"),
        "owner_lead": _("a lead of the owning team"),
    }
    return words.get(str(reason.get("who")), "")


def _reasons(*, has_steps: bool) -> dict[str, str]:
    """A sentence for each code that `processes.assignment` and `processes.runtime` store."""
    return {
        "pool": _("It stands in the team's inbox; whoever has time takes it over."),
        "person": _("This step is always given to a certain person."),
        "starter": _("Whoever started the case gets this step."),
        "starter_lead": _("This step is for the lead of whoever started the case; here that is %(to)s."),
        "same_as": _("Whoever did %(steps)s gets this step too."),
        "four_eyes": _("Four eyes: somebody else than in %(steps)s must do it."),
        "fewest_open": _("Of the team, this person had the fewest open tasks."),
        "round_robin": _("The team's members take turns with this step."),
        "from_field": _("The field “%(field)s” says who gets this step."),
        "voice": _("Everybody on a list has a voice in this step."),
        "fallback": _("The person meant is not available, so it stands in the team's inbox."),
        "visits": _("The case has come here %(visits)s times, too often; so it went to %(to)s."),
        "stand_in": _("Of the team, nobody else than in %(steps)s is there; so it went to %(to)s.")
        if has_steps
        else _("Of the team, nobody is there; so it went to %(to)s."),
        "nobody": _("Nobody is there who did not do %(steps)s already. Somebody has to be put into the team.")
        if has_steps
        else _("Nobody is there to do it. Somebody has to be put into the team."),
        "inactive": _("Its person has left; so it stands in the team's inbox."),
        "claimed": _("Taken over from the team's inbox."),
        "released": _("Given back to the team's inbox by %(person)s."),
        "reassigned": _("Passed on by %(person)s."),
    }
