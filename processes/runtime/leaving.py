"""When somebody leaves: the person's open tasks go back, case by case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from people.models import User
from people.scope import Principal
from processes import assignment
from processes.casework import Casework
from processes.retry import one_transaction
from processes.runtime.opening import open_case
from tasks import events, incidents
from tasks.clocks import rescheduling
from tasks.models import Task


@dataclass(frozen=True, slots=True)
class HandedBack:
    """How many tasks went back, and how many of them nobody is there for."""

    tasks: int = 0
    with_nobody: int = 0

    def __add__(self, other: HandedBack) -> HandedBack:
        return HandedBack(self.tasks + other.tasks, self.with_nobody + other.with_nobody)


def hand_back(user: User, *, by: Principal | User, at: dt.datetime | None = None) -> HandedBack:
    """Give all open tasks of a person back to their teams' inboxes, or to who stands in for the team.

    For accounts that were deactivated or belong to no team any more. May be repeated, and then does what was
    left undone. One transaction a case, suspended ones too; trials stay whose they are. `by` is named in the
    history and needs no right in the cases. A task that nobody is there for becomes an incident.
    """
    rows = Task.objects.open().filter(assignee=user, is_trial=False).order_by("root_id", "instance_id")
    done = HandedBack()
    for instance_id, root_id in rows.values_list("instance_id", "root_id").distinct():
        done += _in_case(instance_id, root_id, user, by, at)
    return done


@one_transaction
def _in_case(
    instance_id: int, root_id: int, user: User, by: Principal | User, at: dt.datetime | None
) -> HandedBack:
    work = open_case(instance_id, root_id, by, at)
    done = HandedBack()
    for row in Task.objects.open().filter(instance=work.instance, assignee=user).order_by("pk"):
        done += _give(work, row, user)
    work.close()
    return done


def _give(work: Casework, row: Task, former: User) -> HandedBack:
    chosen = assignment.hand_back(work.version, work.instance, row)
    row.team_id, row.assignee_id = chosen.team_id, chosen.assignee_id
    row.assignment_reason, row.claimed_at = chosen.reason, None
    row.lock_version += 1
    row.save(update_fields=["team", "assignee", "assignment_reason", "claimed_at", "lock_version"])
    work.grant(team_id=row.team_id, user_id=row.assignee_id)
    row.instance = work.instance
    rescheduling.follow_holder(row, work.version, at=work.at)
    _record(work, row, former)
    if chosen.is_nobody:
        incidents.open_incident(
            work.instance, assignment.NOBODY, at=work.at, token_id=row.token_id, step_key=row.step_key
        )
    return HandedBack(1, int(chosen.is_nobody))


def _record(work: Casework, row: Task, former: User) -> None:
    facts = {"step": row.step_key, "from": former.pk, "why": "inactive"}
    if row.assignee_id is None:
        work.record(events.Kind.RELEASED, task=row, facts=facts)
        return
    to = {"to_user": row.assignee_id, "to_team": row.team_id}
    work.record(events.Kind.REASSIGNED, task=row, facts={**facts, **to})
    work.tell("assigned", [row.assignee_id], task=row, key=f"assigned:{row.pk}:{row.lock_version}")
