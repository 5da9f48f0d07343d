"""The history of a case: appended in the transaction of the change itself, chained by hash.

`append` prepares an entry and moves the head of the chain on the (locked) instance row in memory; `write`
stores all prepared entries in at most two statements; the caller saves `event_seq` and `head_hash` with the
instance.
Text is rendered when shown (`tasks.history`), never stored.

Facts by kind (ids, keys and tokens only; whatever could be personal goes into the payload):

========== ===================================================== =================================
kind       facts                                                 payload
========== ===================================================== =================================
started    version, customer, moves, impact, pressure (if the    title, values {key: new}
           urgency was computed)
completed  step, outcome, visit, fields, moves (none while a     note, values {key: [old, new]}
           vote is not decided), gates_skipped (of others)
claimed    step                                                  -
released   step, from                                            -
reassigned step, from, to_user, to_team                          note
commented  -                                                     text
checked    step, item, is_checked                                -
filed      step, field, file, sha256                             name
urgency    step (none: of the case), old, new, impact, pressure  -
           (if it was computed)
suspended / resumed / cancelled: moves (cancelled only)          reason
finished   result                                                -
overdue    step, due_at, clock                                   -
escalated  step, level, name, clock, recipients, acts, by_hand   note
deadline   step, clock, old, new, why (moved, field, rules,      reason
           urgency, standstill), standstill (its id)
postponed  step, until, waits_for                                note
came_back  step                                                  -
timed      step, outcome (empty: a wait is over), moves,         -
           gates_skipped
decided    step, outcome, votes {outcome: number}, moves         -
acted      step, do, moves                                       values {key: [old, new]}
gave_up    step, moves                                           -
returned   step, child, end, outcome, moves                      values {key: [old, new]}
late       step, job                                             -
voided     step, fields                                          -
renewed    step                                                  note
incident   step, code                                            -
resolved   step, code                                            -
erased     seq                                                   -
unsent     what, recipients, by_mail (trials: a message that was text (plain addresses)
           not written)
excused    step, other (trials: four eyes, not asked for)        -
========== ===================================================== =================================

Of a trial, escalated and reassigned have the fact `trial`, and acted has `unsent` (what was not done: mail,
webhook, interaction) with the text in the payload.

`moves` = {consumed: [[id, at, visit]], produced: […], cancelled: […], tasks: [[task id, token id, step]],
jobs: [[job id, token id]], children: [[case id, token id]]}; `gates_skipped` names steps of tasks that ended
without their gates: by the clock, a cancel region, an end of everything or a decided vote (semantics §1).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.scope import Principal
from tasks import bulk
from tasks.bulk import Stored
from tasks.models import EventPayload, ProcessEvent

FORMAT = 1
"""Version of the hashed text; raised when its make-up changes, so that old chains stay provable."""


class Kind(models.TextChoices):
    """What can happen in a case."""

    STARTED = "started", _("Started")
    COMPLETED = "completed", _("Task completed")
    CLAIMED = "claimed", _("Taken over")
    RELEASED = "released", _("Given back")
    REASSIGNED = "reassigned", _("Passed on")
    COMMENTED = "commented", _("Comment")
    CHECKED = "checked", _("Activity ticked")
    FILED = "filed", _("File added")
    URGENCY = "urgency", _("Urgency changed")
    SUSPENDED = "suspended", _("Suspended")
    RESUMED = "resumed", _("Resumed")
    CANCELLED = "cancelled", _("Cancelled")
    FINISHED = "finished", _("Finished")
    OVERDUE = "overdue", _("Deadline passed")
    ESCALATED = "escalated", _("Escalated")
    TIMED = "timed", _("Time is up")
    DECIDED = "decided", _("Decided")
    ACTED = "acted", _("Automatic step done")
    GAVE_UP = "gave_up", _("Automatic step given up")
    RETURNED = "returned", _("Other process ended")
    LATE = "late", _("Result came too late")
    VOIDED = "voided", _("Approval void")
    RENEWED = "renewed", _("Approval renewed")
    DEADLINE = "deadline", _("Deadline changed")
    POSTPONED = "postponed", _("Put off")
    CAME_BACK = "came_back", _("Come back")
    INCIDENT = "incident", _("Incident")
    RESOLVED = "resolved", _("Incident resolved")
    ERASED = "erased", _("Personal data erased")
    UNSENT = "unsent", _("Not sent in the trial run")
    EXCUSED = "excused", _("Not asked for in the trial run")


TOWARDS_OTHERS = frozenset({Kind.ESCALATED, Kind.REASSIGNED})
"""Kinds that tell somebody or give something away."""


ENDING = frozenset({Kind.COMPLETED, Kind.DECIDED, Kind.TIMED, Kind.ACTED, Kind.GAVE_UP, Kind.RETURNED})
"""Kinds that can end a step: their moves consume the token that was there."""


class Head(Stored, Protocol):
    """A locked case, as far as its chain is concerned."""

    event_seq: int
    head_hash: str


class Event(NamedTuple):
    """A prepared event: the columns of `ProcessEvent`."""

    instance_id: int
    seq: int
    kind: str
    task_id: int | None
    actor_id: int | None
    acting_for_id: int | None
    at: dt.datetime
    facts: str
    payload_digest: str
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A prepared event and its personal part, not yet stored."""

    event: Event
    payload: EventPayload | None


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(value: Any) -> str:
    """One text for one value: sorted keys, no blanks, unescaped UTF-8 (semantics §4)."""
    return _canonical(value)


def instant(at: dt.datetime) -> str:
    """A moment in UTC to the microsecond."""
    return at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def payload_digest(salt: str, value: str) -> str:
    """What the event keeps of its payload: SHA-256 over salt and canonical value."""
    return hashlib.sha256(f"{salt}\n{value}".encode()).hexdigest()


def chain_hash(previous: str, event: ProcessEvent | Event) -> str:
    """SHA-256 over the predecessor's hash and everything the event states."""
    return hashlib.sha256(f"{previous}\n{hashed_text(event)}".encode()).hexdigest()


def hashed_text(event: ProcessEvent | Event) -> str:
    """What an event states, as canonical text; put together by hand, as a sweep needs very many of them."""
    return (
        f'{{"acting_for":{event.acting_for_id or "null"},"actor":{event.actor_id or "null"}'
        f',"at":"{instant(event.at)}","facts":{_canonical(event.facts)},"instance":{event.instance_id}'
        f',"kind":{_canonical(str(event.kind))},"payload":{_canonical(event.payload_digest)},"seq":{event.seq}'
        f',"task":{event.task_id or "null"},"v":{FORMAT}}}'
    )


def append(
    instance: Head,
    kind: Kind,
    *,
    by: Principal,
    at: dt.datetime,
    task: Stored | None = None,
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Entry:
    """Prepare the next event of a locked instance and move its head in memory; stores nothing."""
    payload = _payload(personal)
    event = Event(
        instance_id=instance.pk,
        seq=instance.event_seq + 1,
        kind=str(kind),
        task_id=task.pk if task else None,
        actor_id=by.user.pk if by.user else None,
        acting_for_id=by.acting_for.pk if by.acting_for else None,
        at=at,
        facts=canonical(facts or {}),
        payload_digest=payload_digest(payload.salt, payload.value) if payload else "",
        hash="",
    )
    digest = chain_hash(instance.head_hash, event)
    instance.event_seq, instance.head_hash = event.seq, digest
    return Entry(event._replace(hash=digest), payload)


def _payload(personal: Mapping[str, Any] | None) -> EventPayload | None:
    if not personal:
        return None
    present = {key: value for key, value in personal.items() if value not in ("", None, {}, [])}
    if not present:
        return None
    return EventPayload(salt=secrets.token_hex(16), value=canonical(present))


def write(entries: Sequence[Entry]) -> None:
    """Store prepared entries: one statement for the events, one for the payloads if there are any."""
    if any(entry.payload for entry in entries):
        _write_with_payloads(entries)
    else:
        bulk.insert(ProcessEvent, Event._fields, [entry.event for entry in entries])


def _write_with_payloads(entries: Sequence[Entry]) -> None:
    """A payload bears the key of its event, which only the database gives."""
    rows = ProcessEvent.objects.bulk_create([ProcessEvent(**entry.event._asdict()) for entry in entries])
    payloads = []
    for row, entry in zip(rows, entries, strict=True):
        if entry.payload is not None:
            entry.payload.event = row
            payloads.append(entry.payload)
    EventPayload.objects.bulk_create(payloads)


def facts_of(event: ProcessEvent) -> dict[str, Any]:
    """The plain facts of an event."""
    facts: dict[str, Any] = json.loads(event.facts)
    return facts


def personal_of(event: ProcessEvent) -> dict[str, Any]:
    """The personal part of an event; empty when there is none or it was erased."""
    try:
        value: dict[str, Any] = json.loads(event.payload.value)
    except EventPayload.DoesNotExist:
        return {}
    return value
