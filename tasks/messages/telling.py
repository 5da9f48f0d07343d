"""What a level of escalation tells, to whom, and when: the one rule of sweeps and of levels that act.

After a standstill of the clock a level that became due in it tells the lead alone, in one message about all
of them (semantics §3). Mail waits for working hours, unless something is critical or the level acts (G10).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from processes.escalation import Act, Timed, Whom
from processes.models import ProcessInstance, Urgency
from tasks.clocks import standstills
from tasks.clocks.watched import WatchedCase, WatchedTask
from tasks.messages import outbox, recipients
from tasks.messages.mailhours import MailHours
from tasks.messages.outbox import Notice
from tasks.messages.recipients import Staff, Told, read_staff
from tasks.models import Standstill, Task


class Watching(Protocol):
    """A clock, as far as messages name it."""

    pk: int
    kind: str
    generation: int
    due_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Office:
    """Who works here, when mail may reach them, and when the clock has stood still of late."""

    at: dt.datetime
    staff: Staff
    hours: MailHours
    stills: tuple[Standstill, ...] = ()


def office(at: dt.datetime, stills: tuple[Standstill, ...] = ()) -> Office:
    """The office as it is at a moment (two statements)."""
    staff = read_staff()
    return Office(at, staff, MailHours(staff, at), stills)


@dataclass(frozen=True, slots=True)
class Message:
    """Who is told; `blind` are those of them who have to be let into the case first. Whoever is told in one
    message about a whole standstill (`still`) gets no notice of this level."""

    told: Told
    blind: list[int]
    notices: list[Notice]
    still: Standstill | None = None


def message(
    clock: Watching,
    one: Timed,
    act: Act,
    case: WatchedCase | ProcessInstance,
    task: WatchedTask | Task | None,
    known: Office,
) -> Message:
    """What a level tells by one act. Writes nothing."""
    still = standstills.fell_due_in(known.stills, one.at)
    holder = task.meant_for if task is not None else None
    found = recipients.told((Whom.LEAD,) if still else act.whom, holder, case, known.staff)
    blind = recipients.blind(found.users, case, known.staff)
    if still is not None and not case.is_trial:
        return Message(found, blind, [], still)
    urgency = case.urgency if task is None else task.urgency
    is_urgent = urgency == Urgency.CRITICAL or one.level.is_moving
    notices = outbox.notice(
        "overdue" if one.at >= clock.due_at else "reminder",
        recipients=found.users,
        addresses=found.addresses,
        key=f"level:{clock.pk}:{clock.generation}:{one.level.number}",
        at=known.at,
        instance=case,
        task=task,
        data=facts_of(clock, one),
        opens=None if is_urgent else known.hours.opens,
    )
    return Message(found, blind, notices)


def facts_of(clock: Watching, one: Timed) -> dict[str, Any]:
    """What messages and history keep of a level that fired."""
    return {"level": one.level.number, "name": one.level.name, "clock": str(clock.kind)}


def digest(still: Standstill, people: list[int], known: Office) -> list[Notice]:
    """One message a person about everything that became due in a standstill; told again, it adds nothing."""
    return outbox.notice(
        "standstill",
        recipients=people,
        key=f"standstill:{still.pk}",
        at=known.at,
        data={"standstill": still.pk},
        opens=known.hours.opens,
    )
