"""What the page of one task shows: everything needed to end it, and what outcomes lead to. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from people.models import Team, User
from people.scope import Scope
from processes import assignment, casedata, doors, engine, fieldforms, nets, policy, urgencyforms
from processes.compiledversion import ENDS, CompiledVersion, ItemInfo, OutcomeInfo, StepInfo
from processes.durationfield import LAWFUL_UNITS
from processes.fieldforms import FieldView
from processes.fields import FieldError
from processes.marking import Marking
from processes.models import ProcessInstance, Step
from tasks import authors, duetime, history, standing, timingforms, whose, whydue
from tasks.clocks import trialclock
from tasks.events import Kind
from tasks.models import CaseFile, Task, TaskCheck
from tasks.urgencylook import UrgencyLook
from tasks.whydue import Deadlines

SHORT_HISTORY = 8
MOST_COMMENTS = 50
MOST_COLLEAGUES = 500
LONGEST_PATH = 5


@dataclass(frozen=True, slots=True)
class OutcomeButton:
    """An outcome with what comes after it, said before the click; `voice` = when, if it is one of several
    voices."""

    key: str
    label: str
    then: str
    icon: str
    look: str
    requires_note: bool
    note: str = ""
    is_open: bool = False
    voice: str = ""

    @property
    def note_name(self) -> str:
        """Name of its reason in the form."""
        return f"note_{self.key}"


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist."""

    id: int
    text: str
    is_mandatory: bool
    is_checked: bool
    who: str
    when: str
    is_part: bool = False
    has_parts: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was refused, and what had been entered, so that nothing typed is lost.

    `seen` = number of the last event the page had shown; `action` = the menu that was used, `entered` what
    stood in it, `field` which of it cannot be read.
    """

    problem: str = ""
    is_stale: bool = False
    faults: Mapping[str, FieldError] = field(default_factory=dict)
    typed: Mapping[str, Any] | None = None
    note: str = ""
    chosen: str = ""
    needs_note: bool = False
    comment: str = ""
    passed_to: str = ""
    seen: int | None = None
    action: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    field: str = ""


def context(task: Task, scope: Scope, refusal: Refusal | None = None) -> dict[str, Any]:
    """Everything the page shows; the number of statements does not depend on the rows."""
    refusal = refusal or Refusal()
    case = task.instance
    at, version = trialclock.now_of(case), nets.of_case(case)
    step = version.steps[task.step_key]
    is_running = task.is_open and case.state == ProcessInstance.State.RUNNING
    is_mine = is_running and policy.may_work(scope, task)
    items = checklist(task, step, at)
    fields = field_views(task, step, refusal, at, scope)
    deadlines = whydue.of_task(task, version, at) if task.is_open else Deadlines()
    vote = standing.vote(task, step)
    return {
        "area": "tasks",
        "task": task,
        "instance": case,
        "customer": case.customer,
        "step": step,
        "due": duetime.label(
            task.due_at,
            at,
            is_suspended=case.state == ProcessInstance.State.SUSPENDED,
            rests=deadlines.rests,
            is_legal=deadlines.is_legal,
            calendar=deadlines.calendar,
        ),
        "urgency": UrgencyLook.of(task.urgency),
        "reason": why(task, version) if task.is_open else "",
        "items": items,
        "clock_lines": standing.clock_lines(task, step, version, at) if is_running else [],
        "vote": vote,
        "void_approvals": standing.void_approvals(case, version, scope),
        "fields": fields,
        "has_authors": any(one.wrote for one in fields),
        "has_files": any(one.type == "file" and one.is_writable for one in fields),
        "files": casedata.files(version, case),
        "outcomes": outcome_buttons(version, step, task, refusal, vote.voice),
        "ended": ended_text(task, step, at),
        "names_team": bool(whose.names_team([task], scope)),
        "path": path(task),
        "lines": short_history(case, version, at),
        "comments": comments(case, version, at),
        "since": since(case, version, refusal.seen, at) if refusal.is_stale else [],
        "is_mine": is_mine,
        "is_running": is_running,
        "may_claim": is_running and policy.may_claim(scope, task),
        "may_release": is_running and policy.may_release(scope, task),
        "may_reassign": is_running and policy.may_reassign(scope, task),
        "may_comment": policy.may_comment(scope, case),
        "may_set_urgency": is_running and policy.may_set_urgency(scope, task),
        "judging": urgencyforms.Judging(task.urgency),
        **timing(task, scope, deadlines, is_running, at),
        "receivers": receivers(task) if is_running and policy.may_reassign(scope, task) else [],
        "key": doors.new_key(),
        "draft_time": duetime.clock_text(task.draft_saved_at) if task.draft_saved_at else "",
        "open_items": [item for item in items if item.id in step.mandatory_item_ids and not item.is_checked],
        "refusal": refusal,
        **progress(items),
    }


def field_views(
    task: Task, step: StepInfo, refusal: Refusal | None, at: dt.datetime, scope: Scope
) -> list[FieldView]:
    """The fields of the task as shown: what was just typed, else the draft, else what the case has."""
    typed, case = refusal.typed if refusal else None, task.instance
    return fieldforms.views(
        step.fields,
        case.data,
        versions=case.field_versions,
        typed=task.draft if typed is None else {**_drafted_files(task, step), **typed},
        errors=refusal.faults if refusal else {},
        language=get_language() or "de",
        files=CaseFile.objects.filter(instance=case),
        writers=authors.sentences(case, at) if step.fields else {},
        scope=scope,
    )


def _drafted_files(task: Task, step: StepInfo) -> dict[str, Any]:
    """Files come into the draft one by one, also while a form is sent that does not know them."""
    keys = [use.spec.key for use in step.fields if use.spec.type == "file"]
    return {key: task.draft[key] for key in keys if key in task.draft}


def timing(
    task: Task, scope: Scope, deadlines: Deadlines, is_running: bool, at: dt.datetime
) -> dict[str, Any]:
    """Why it is due when it is, and what may be done about it."""
    return {
        "deadlines": deadlines,
        "may_postpone": is_running and policy.may_postpone(scope, task),
        "may_move_deadline": is_running and deadlines.has_solution and policy.may_move_deadline(scope, task),
        "extension_units": LAWFUL_UNITS,
        "may_escalate": is_running and policy.may_handle(scope, task),
        "waits_for_choices": timingforms.waits_for_choices(
            has_deadline=deadlines.has_solution, is_legal=deadlines.is_legal, stays=deadlines.stays
        ),
        "waiting": timingforms.waiting_text(task.waits_for),
        "comes_back": duetime.moment_text(task.follow_up_at, at),
    }


def progress(items: list[Item]) -> dict[str, int]:
    """How many activities are done, those that have parts not counted; `eighths` is the meter's length."""
    single = [item for item in items if not item.has_parts]
    done = sum(item.is_checked for item in single)
    return {
        "done_items": done,
        "all_items": len(single),
        "eighths": round(8 * done / len(single)) if single else 0,
    }


def why(task: Task, version: CompiledVersion) -> str:
    """The sentence that says why the task came to whom."""
    if task.is_trial:
        return _why_in_trial(task, version)
    by = task.assignment_reason.get("by")
    names = {user.pk: str(user) for user in User.objects.filter(pk=by)} if by else {}
    return history.reason(task.assignment_reason, version, names)


def _why_in_trial(task: Task, version: CompiledVersion) -> str:
    """Who would have got it in a real case, and why."""
    meant, why = task.meant_for, task.assignment_reason["why"]
    sentence = history.reason(why, version, {})
    person = User.objects.filter(pk=meant.assignee_id or 0).first()
    team = Team.objects.filter(pk=meant.team_id or 0).first()
    if person is not None:
        return _("In a real case: %(who)s. %(why)s") % {"who": person, "why": sentence}
    if team is None or why.get("code") in assignment.FOLLOWS_PEOPLE:
        return _("In a real case: %(why)s") % {"why": sentence}
    return _("In a real case: inbox of the team %(team)s. %(why)s") % {"team": team, "why": sentence}


def checklist(task: Task, step: StepInfo, at: dt.datetime) -> list[Item]:
    """The activities with their ticks, each followed by its parts: one statement."""
    checks = {check.item_id: check for check in task.checks.select_related("changed_by") if check.is_checked}
    return [_item(item, step, checks, at) for item in step.checklist]


def _item(item: ItemInfo, step: StepInfo, checks: Mapping[int, TaskCheck], at: dt.datetime) -> Item:
    """One activity. One with parts is done when all of them are, by whoever ticked the last."""
    parts = [part.id for part in step.checklist if part.parent_id == item.id]
    ticks = [checks[one] for one in (parts or [item.id]) if one in checks]
    is_checked = len(ticks) == (len(parts) or 1)
    last = max(ticks, key=lambda tick: tick.changed_at) if is_checked else None
    return Item(
        id=item.id,
        text=item.text,
        is_mandatory=item.is_mandatory or _is_of_mandatory(item, step),
        is_checked=is_checked,
        who=str(last.changed_by or "") if last else "",
        when=duetime.moment_text(last.changed_at, at) if last else "",
        is_part=item.parent_id is not None,
        has_parts=bool(parts),
    )


def _is_of_mandatory(item: ItemInfo, step: StepInfo) -> bool:
    return any(other.id == item.parent_id and other.is_mandatory for other in step.checklist)


def outcome_buttons(
    version: CompiledVersion, step: StepInfo, task: Task, refusal: Refusal, voice: str
) -> list[OutcomeButton]:
    """Outcomes a person may choose, each with its "danach: …"; the chosen one keeps its reason."""
    done = set(
        Task.objects.filter(instance_id=task.instance_id, state=Task.State.DONE).values_list(
            "step_key", flat=True
        )
    )
    others = open_beside(Marking.from_json(task.instance.marking), task.token_id)
    return [
        replace(_button(version, step, outcome, done, others, refusal), voice=voice)
        for outcome in step.outcomes
        if outcome.is_choosable
    ]


def open_beside(marking: Marking, token_id: int) -> list[str]:
    """Keys of the steps at which a case stands besides."""
    return [one.at for one in marking.tokens if one.id != token_id]


def _button(
    version: CompiledVersion,
    step: StepInfo,
    outcome: OutcomeInfo,
    done: set[str],
    others: list[str],
    refusal: Refusal,
) -> OutcomeButton:
    following = version.follow_ups(step.key, outcome.key)
    icon, look = ("circle-check", "ok") if step.affirms(outcome.key) else ("circle-arrow-right", "")
    if any(after.key in done or after.key == step.key for after in following):
        icon, look = "undo-2", "ask"
    elif outcome.requires_note:
        icon, look = "message-square", "ask"
    is_chosen = refusal.chosen == outcome.key
    return OutcomeButton(
        key=outcome.key,
        label=outcome.label,
        then=then_text(version, step, outcome.key, others),
        icon=icon,
        look=look,
        requires_note=outcome.requires_note,
        note=refusal.note if is_chosen else "",
        is_open=is_chosen and outcome.requires_note,
    )


def then_text(
    version: CompiledVersion, step: StepInfo, outcome_key: str | None, others: Iterable[str]
) -> str:
    """What follows an outcome, in words: the next steps, or that the case ends; and which of the `others`
    open besides come first, because the next step waits for them."""
    names = [
        after.name if after.kind not in ENDS else _end_text(after.name or after.result)
        for after in version.follow_ups(step.key, outcome_key)
    ]
    gates = {
        version.net.nodes[flow.target].kind
        for flow in version.net.outgoing(step.key)
        if flow.outcome == outcome_key
    }
    is_choice = bool(gates & {engine.Kind.EXCLUSIVE, engine.Kind.INCLUSIVE})
    *all_but_last, last = names or [""]
    word = _(" or ") if is_choice else _(" and ")
    said = f"{', '.join(all_but_last)}{word}{last}" if all_but_last else last
    return _as_soon_as(said, [after.name for after in version.awaited(step.key, outcome_key, others)])


def _end_text(name: str) -> str:
    """An end by its name; one called nothing but “end” without saying so twice."""
    word = str(Step.Kind.END.label)
    return word if not name or name in (word, "Ende", "End") else _("end (%(result)s)") % {"result": name}


def _as_soon_as(said: str, awaited: list[str]) -> str:
    if not said or not awaited:
        return said
    text = ngettext(
        "%(steps)s, as soon as %(awaited)s is finished as well",
        "%(steps)s, as soon as %(awaited)s are finished as well",
        len(awaited),
    )
    named = _(" and ").join(_("“%(step)s”") % {"step": name} for name in awaited)
    return text % {"steps": said, "awaited": named}


def ended_text(task: Task, step: StepInfo, at: dt.datetime) -> str:
    """The banner of a task that is over: with which outcome, when, by whom."""
    if task.is_open:
        return ""
    if task.state == Task.State.CANCELLED:
        return _("This task is no longer needed.")
    outcome = step.outcome(task.outcome_key)
    who = str(task.completed_by or _("automatic"))
    if task.completed_for:
        who = _("%(actor)s for %(person)s") % {"actor": who, "person": task.completed_for}
    return _("Done: %(outcome)s, %(when)s, %(who)s") % {
        "outcome": outcome.label if outcome else task.outcome_key,
        "when": duetime.moment_text(task.ended_at, at),
        "who": who,
    }


def path(task: Task) -> list[str]:
    """The last steps done before this one, in order, each once; voices of its own vote left out."""
    done = (
        Task.objects.filter(instance_id=task.instance_id, state=Task.State.DONE)
        .exclude(Q(pk=task.pk) | Q(token_id=task.token_id, mi_index__gt=0, step_key=task.step_key))
        .order_by("ended_at", "id")
        .values_list("title", flat=True)
    )
    return list(dict.fromkeys(done))[-LONGEST_PATH:]


def short_history(case: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> list[history.Line]:
    """The last events without ticks and comments."""
    rows = history.events_of(case).exclude(kind__in=history.SMALL)[:SHORT_HISTORY]
    return history.lines(rows, version, at)


def comments(case: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> list[history.Line]:
    """The last comments of the case, oldest first."""
    rows = history.events_of(case).filter(kind=Kind.COMMENTED)[:MOST_COMMENTS]
    return history.lines(rows, version, at)[::-1]


def since(
    case: ProcessInstance, version: CompiledVersion, seen: int | None, at: dt.datetime
) -> list[history.Line]:
    """What happened after the page was shown (the last event where it is not known), newest first."""
    rows = history.events_of(case)
    return history.lines(rows.filter(seq__gt=seen)[:5] if seen is not None else rows[:1], version, at)


def receivers(task: Task) -> list[tuple[str, list[tuple[str, str]]]]:
    """Whom the task may be given to: people who work cases, teams; for confidential cases only its team."""
    people = User.objects.filter(is_active=True, memberships__team__is_active=True).distinct()
    teams = Team.objects.filter(is_active=True)
    if task.is_confidential and task.team_id is not None:
        people = people.filter(memberships__team_id=task.team_id)
        teams = teams.filter(pk=task.team_id)
    return [
        (_("People"), [(f"user-{person.pk}", str(person)) for person in people[:MOST_COLLEAGUES]]),
        (_("Teams"), [(f"team-{team.pk}", team.name) for team in teams]),
    ]
