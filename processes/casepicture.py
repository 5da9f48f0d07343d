"""The picture of one case: how it got where it is, who has what in hand, and where it can go from there.

It shows nothing the page of the case does not show: whoever may see a case may see its steps.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from processes import pictures, trail
from processes.compiledversion import CompiledVersion
from processes.diagram import listing
from processes.diagram.listing import Row
from processes.diagram.model import STEPS, Box, Picture, State
from processes.graph import ON_FLOW, Net
from processes.marking import Marking
from processes.models import ProcessInstance
from processes.outlines import outline_of_version
from processes.trail import Trail
from tasks import duetime
from tasks.models import ProcessEvent, Task

ROWS = "course-"
"""What ids of the rows of the list begin with."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Progress:
    """How far a case has come: the state of each step and of each transition."""

    steps: Mapping[str, State]
    flows: Mapping[str, State]


def picture_of(case: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> Picture:
    """The picture of a case; three statements, a fourth where rules name people, however long its history."""
    outline, progress = outline_of_version(version), progress_of(case, version)
    tasks: dict[str, list[Task]] = {}
    for task in _tasks(case):
        tasks.setdefault(task.step_key, []).append(task)
    boxes = {box.key: _box(box, progress.steps[box.key], tasks.get(box.key, []), at) for box in outline.boxes}
    looks = pictures.Looks(boxes, states=progress.flows, rest=State.OPEN if case.is_live else State.SKIPPED)
    picture = pictures.linked(pictures.compose(outline, looks, case.definition.name), ROWS)
    return replace(picture, description=description(boxes))


def rows_of(picture: Picture) -> list[Row]:
    """The same as a list."""
    return listing.rows(picture)


def _tasks(case: ProcessInstance) -> list[Task]:
    """The tasks of a case, the one to show for its step last: an open one, else the newest."""
    rows = Task.objects.filter(instance=case).exclude(state=Task.State.CANCELLED)
    rows = rows.select_related("assignee", "team", "completed_by")
    return sorted(rows, key=lambda task: (task.is_open, task.pk))


def progress_of(case: ProcessInstance, version: CompiledVersion) -> Progress:
    """Read it from history and from where the case stands; one statement."""
    marking = Marking.from_json(case.marking)
    return progress(
        version.net, marking, trail.trail(version.net, _moves(case, version), end=marking.first_end)
    )


def progress(net: Net, marking: Marking, taken: Trail) -> Progress:
    """How far one has come who went this way and stands here. Pure."""
    here = {net.step_at(token.at) for token in marking.tokens}
    ahead = trail.reachable(net, here)
    waiting = {token.at for token in marking.tokens if not token.at.startswith(ON_FLOW)}
    steps = {key: _state(key in taken.steps, key in here, key in ahead) for key in net.nodes}
    for step in here:
        steps[step] = State.CURRENT
    flows = {
        flow.id: _state(flow.id in taken.flows, flow.source in waiting, flow.source in ahead | here)
        for flow in net.flows.values()
    }
    return Progress(steps, flows)


def _state(is_taken: bool, is_next: bool, is_ahead: bool) -> State:
    if is_taken:
        return State.DONE
    if is_next:
        return State.CURRENT
    return State.OPEN if is_ahead else State.SKIPPED


def _moves(case: ProcessInstance, version: CompiledVersion) -> list[trail.Move]:
    """What moved the case, from its history. Giving a case up moves it nowhere."""
    rows = ProcessEvent.objects.filter(instance=case, facts__contains='"moves":').order_by("seq")
    moves = []
    for facts in map(json.loads, rows.values_list("facts", flat=True)):
        places = frozenset(at for _id, at, _visit in facts["moves"]["produced"])
        if "step" in facts:
            moves.append(trail.Move(facts["step"], facts.get("outcome"), places))
        elif "version" in facts:
            moves.append(trail.Move(version.start.key, None, places))
    return moves


def _box(box: Box, state: State, tasks: list[Task], at: dt.datetime) -> Box:
    """A step with who did it or has it in hand: of a vote, everybody with a task of that time."""
    if not tasks or state not in (State.CURRENT, State.DONE):
        return replace(box, state=state)
    task = tasks[-1]
    same = [one for one in tasks if one.token_id == task.token_id and one.is_open == task.is_open]
    sub = _all_of([_who(one, state) for one in same])
    if state is State.DONE and task.ended_at:
        sub = f"{sub}, {duetime.plain_day(task.ended_at, at)}"
    return replace(box, state=state, sub=sub, href=reverse("tasks:detail", args=[task.pk]))


def _all_of(names: list[str]) -> str:
    """Names of those who share a step; more than fit into a box only as a number."""
    if len(names) > MOST_NAMED:
        return _("%(n)s people") % {"n": len(names)}
    return ", ".join(dict.fromkeys(names))


def _who(task: Task, state: State) -> str:
    who = task.completed_by if state is State.DONE else task.assignee
    return str(who or _unassigned(task, state))


def _unassigned(task: Task, state: State) -> str:
    if state is State.DONE:
        return _("automatic")
    inbox = _("Team inbox")
    return f"{task.team} ({inbox})" if task.team else inbox


def description(boxes: Mapping[str, Box]) -> str:
    """How far it has come, in a sentence or two."""
    steps = [box for box in boxes.values() if box.shape in STEPS]
    said = _("%(done)s of %(total)s steps done.") % {
        "done": sum(box.state is State.DONE for box in steps),
        "total": len(steps),
    }
    now = ", ".join(f"{box.label} ({box.sub})" for box in steps if box.state is State.CURRENT)
    if not now:
        return said
    open_now = _("To be done now: %(steps)s.") % {"steps": now}
    return f"{said} {open_now}"
