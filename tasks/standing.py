"""Where a case stands besides its tasks: waits, called cases, automatic steps, void approvals; and what the
clock and a vote mean for one task. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.scope import Scope
from processes import assignment, policy
from processes.compiledversion import CompiledVersion, StepInfo
from processes.models import ProcessInstance
from processes.stepplans import Quorum, Repeat
from tasks import duetime
from tasks.models import NEVER, Clock, Job, Task, TaskGroup


@dataclass(frozen=True, slots=True)
class Standing:
    """Something the case waits for without anybody's task."""

    icon: str
    step: str
    text: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class VoidApproval:
    """An approval whose values have changed since."""

    step_key: str
    step: str
    fields: str
    may_renew: bool


def of_case(case: ProcessInstance, version: CompiledVersion, scope: Scope, at: dt.datetime) -> list[Standing]:
    """What the case waits for; three statements."""
    if not case.is_live:
        return []
    places = {row[0]: version.steps[row[1]] for row in case.marking["tokens"] if row[1] in version.steps}
    return [
        *(_wait(clock, places[clock.token_id], at) for clock in _waits(case) if clock.token_id in places),
        *(_job(job, places[job.token_id]) for job in _jobs(case) if job.token_id in places),
        *(_called(child, places[child.parent_token or 0], scope) for child in _children(case, places)),
    ]


def _waits(case: ProcessInstance) -> list[Clock]:
    return list(Clock.objects.filter(instance=case, kind=Clock.Kind.WAIT, next_level=0).order_by("due_at"))


def _wait(clock: Clock, step: StepInfo, at: dt.datetime) -> Standing:
    if clock.paused_at:
        return Standing("pause", step.name, _("waits; rests as long as the case is suspended"))
    if clock.due_at == NEVER:
        return Standing("circle-question-mark", step.name, _("waits for a date that is not filled in yet"))
    text = _("waits until %(when)s") % {"when": duetime.moment_text(clock.due_at, at)}
    return Standing("hourglass", step.name, text, duetime.full_text(clock.due_at))


def _jobs(case: ProcessInstance) -> list[Job]:
    return list(Job.objects.filter(instance=case, state__in=Job.OPEN_STATES).order_by("pk"))


def _job(job: Job, step: StepInfo) -> Standing:
    if job.state == Job.State.INCIDENT:
        return Standing("triangle-alert", step.name, _("could not be done automatically"))
    if job.tries:
        return Standing("refresh-cw", step.name, _("is tried again automatically"))
    return Standing("cog", step.name, _("is being done automatically"))


def _children(case: ProcessInstance, places: dict[int, StepInfo]) -> list[ProcessInstance]:
    running = ProcessInstance.objects.running().filter(parent=case, parent_token__in=list(places))
    return list(running.select_related("definition").order_by("pk"))


def _called(child: ProcessInstance, step: StepInfo, scope: Scope) -> Standing:
    """The called case by name only for those who may see it."""
    if not policy.visible_cases(scope).filter(pk=child.pk).exists():
        return Standing("workflow", step.name, _("runs as a case of its own"))
    words = {"process": child.definition.name, "number": child.number}
    text = _("runs as a case of its own: %(process)s, %(number)s") % words
    return Standing("workflow", step.name, text, url=reverse("processes:instance", args=[child.pk]))


def void_approvals(case: ProcessInstance, version: CompiledVersion, scope: Scope) -> list[VoidApproval]:
    """Approvals that do not hold any more; no statement where all do."""
    return [
        VoidApproval(
            step_key=key,
            step=version.steps[key].name,
            fields=", ".join(version.fields[one].label for one in entry["void"]),
            may_renew=case.state == ProcessInstance.State.RUNNING
            and policy.may_renew(scope, version.steps[key].team_id, assignment.persons_of(case, [key])),
        )
        for key, entry in case.approvals.items()
        if entry.get("void")
    ]


def clock_lines(task: Task, step: StepInfo, version: CompiledVersion, at: dt.datetime) -> list[str]:
    """What the clock will do if nobody ends the task before, in sentences."""
    if not step.timed_outcomes:
        return []
    clocks = Clock.objects.filter(
        instance_id=task.instance_id,
        token_id=task.token_id,
        kind=Clock.Kind.TIMEOUT,
        task__isnull=True,
        wake_at__isnull=False,
    )
    return [_clock_line(clock, step, version, at) for clock in clocks.order_by("wake_at")]


def _clock_line(clock: Clock, step: StepInfo, version: CompiledVersion, at: dt.datetime) -> str:
    outcome = step.outcome(clock.key)
    words = {
        "when": duetime.moment_text(clock.due_at, at),
        "outcome": outcome.label if outcome else clock.key,
        "steps": ", ".join(after.name for after in version.follow_ups(step.key, clock.key)),
    }
    if outcome is not None and not outcome.is_interrupting:
        return _("If this task is still open on %(when)s, “%(steps)s” begins as well.") % words
    return _("If nothing happens until %(when)s: “%(outcome)s”, next “%(steps)s”.") % words


@dataclass(frozen=True, slots=True)
class Vote:
    """How far a vote is and what decides it, and what one voice does. Says nothing of who voted how.

    `voice` is empty where a single voice decides: then an outcome leads where it says.
    """

    text: str = ""
    voice: str = ""


def vote(task: Task, step: StepInfo) -> Vote:
    """The vote an open task belongs to, an empty one for other tasks; two statements."""
    repeat = step.config.repeat
    if repeat is None or not task.is_open:
        return Vote()
    done, number = _tally(task)
    words = {"done": done, "all": number, "rule": _rule(repeat, number)}
    text = ngettext(
        "%(done)s of %(all)s voice given. %(rule)s", "%(done)s of %(all)s voices given. %(rule)s", number
    )
    return Vote(text % words, _voice(repeat.needed(number), number))


def votes(tasks: Iterable[Task], version: CompiledVersion) -> list[str]:
    """How far each vote these open tasks of a case belong to is; two statements a vote."""
    by_token = {task.token_id: task for task in tasks if task.mi_index}
    said = [(version.steps[task.step_key], task) for task in by_token.values()]
    return [f"{step.name}: {vote(task, step).text}" for step, task in said]


def _tally(task: Task) -> tuple[int, int]:
    """How many voices of the vote a task belongs to are given, of how many; two statements."""
    group = TaskGroup.objects.get(instance_id=task.instance_id, token_id=task.token_id)
    given = Task.objects.filter(instance_id=task.instance_id, token_id=task.token_id, state=Task.State.DONE)
    return given.count(), len(group.items)


def voice_given(task: Task, step: StepInfo, outcome: str) -> str:
    """What a voice just given was, and how far its vote is as long as others of it are open; empty for a step
    done once."""
    repeat = step.config.repeat
    if repeat is None:
        return ""
    others = Task.objects.open().filter(instance_id=task.instance_id, token_id=task.token_id)
    if not others.exists():
        return _("Voice given: %(outcome)s.") % {"outcome": outcome}
    done, number = _tally(task)
    words = {"outcome": outcome, "done": done, "all": number, "rule": _rule(repeat, number)}
    return _("Voice given: %(outcome)s (%(done)s of %(all)s). %(rule)s") % words


def _voice(needed: int, number: int) -> str:
    if needed <= 1:
        return ""
    return _("counts as a voice; with %(needed)s of %(all)s it is decided") % {
        "needed": needed,
        "all": number,
    }


def _rule(repeat: Repeat, number: int) -> str:
    if repeat.quorum is Quorum.ALL:
        return _("It is decided when all say the same.")
    if repeat.quorum is Quorum.FIRST:
        return _("The first voice decides.")
    needed = repeat.needed(number)
    text = ngettext("%(n)s equal voice decides.", "%(n)s equal voices decide.", needed)
    return text % {"n": needed}
