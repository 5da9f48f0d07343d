"""The locked case with the change in hand: who acts, what is judged, what is written at the end."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Now

from customers.folding import searchable
from people import calendars
from people.scope import Principal, Scope
from processes import assignment, engine, fields, nets, policy
from processes.compiledversion import CompiledVersion
from processes.errors import AlreadyVoted, FourEyes, NotAllowed, NotRunning, StaleError, TaskEnded
from processes.models import CaseAccess, ProcessInstance, Urgency
from tasks import events
from tasks.clocks import trialclock
from tasks.messages import outbox
from tasks.models import CaseFile, FieldValue, Task


@dataclass(frozen=True, slots=True)
class Followup:
    """What follows at once from what has just been written: a call that ended, a vote that is decided, or
    (without an event) the begin of a called case."""

    work: Casework
    token_id: int
    event: engine.Event | None
    kind: events.Kind
    facts: dict[str, Any]
    personal: dict[str, Any] = field(default_factory=dict)

    @property
    def is_due(self) -> bool:
        """Whether the case and the token it is for are still there (something in between may end them)."""
        if self.event is None:
            return self.work.instance.is_live
        return any(token.id == self.token_id for token in self.work.marking.tokens)


@dataclass
class Family:
    """Cases of one call tree that take part in this change, by id; the root row's lock covers them all."""

    members: dict[int, Casework] = field(default_factory=dict)
    followups: deque[Followup] = field(default_factory=deque)
    moves: int = 0
    """How often tokens were moved in this change."""


@dataclass
class Casework:
    """A locked case with the change in hand."""

    instance: ProcessInstance
    by: Principal
    at: dt.datetime
    version: CompiledVersion
    family: Family = field(default_factory=Family)
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[outbox.Notice] = field(default_factory=list)
    changed_fields: list[str] = field(default_factory=list)
    awaited_files: list[CaseFile] = field(default_factory=list)
    """Files of a start form, which become this case's when it is written."""
    new_grants: list[CaseAccess] = field(default_factory=list)
    calendar_stamp: Any = calendars.UNREAD
    """Of which calendars deadlines are counted, read with the lock."""

    def __post_init__(self) -> None:
        self.family.members[self.instance.pk] = self

    def relative(self, instance: ProcessInstance) -> Casework:
        """The same change in another case of the call tree (its root is locked already)."""
        known = self.family.members.get(instance.pk)
        if known is not None:
            return known
        version = nets.of_case(instance)
        return Casework(
            instance, self.by, self.at, version, family=self.family, calendar_stamp=self.calendar_stamp
        )

    @property
    def scope(self) -> Scope | None:
        """Rights of the acting person; None for the system. Raises NotAllowed for a false stand-in."""
        if not policy.may_act_for(self.by):
            raise NotAllowed
        return policy.scope_of_principal(self.by)

    @property
    def marking(self) -> engine.Marking:
        """Where the case stands."""
        return engine.Marking.from_json(self.instance.marking)

    def record(self, kind: events.Kind, **what: Any) -> None:
        """Append an event of this change; in a trial nobody is really told or given anything."""
        if self.instance.is_trial and kind in events.TOWARDS_OTHERS:
            what["facts"] = {**what.get("facts", {}), "trial": True}
        self.entries.append(events.append(self.instance, kind, by=self.by, at=self.at, **what))

    # -- judging -----------------------------------------------------------------------------------------

    def demand_running(self) -> None:
        """Raise NotRunning unless the case runs."""
        if self.instance.state != ProcessInstance.State.RUNNING:
            raise NotRunning(number=self.instance.number)

    def demand_apart(self, task: Task, persons: frozenset[int]) -> None:
        """Raise FourEyes if one of these persons has a part in a step that must be done by others, and
        AlreadyVoted if one of them has another voice in the same vote. A trial only says so."""
        found = assignment.conflict(self.version, self.instance, task, persons)
        if found is not None:
            person_id, step_key = found
            if self.instance.is_trial:
                self.record(events.Kind.EXCUSED, task=task, facts={"step": task.step_key, "other": step_key})
                return
            name = assignment.person_name(person_id)
            raise FourEyes(person=name, step=self.version.steps[step_key].name)
        taken = assignment.voices_beside(self.version, self.instance, task) & persons
        if taken:
            raise AlreadyVoted(person=assignment.person_name(min(taken)))

    # -- telling and granting ----------------------------------------------------------------------------

    def tell(self, kind: str, recipients: Iterable[int], *, task: Task | None, key: str) -> None:
        """Put in-app messages into the outbox of this transaction."""
        self.notices += outbox.notice(
            kind, recipients=recipients, key=key, at=self.at, instance=self.instance, task=task, mail=False
        )

    def tell_assignee(self, task: Task) -> None:
        """Tell the person who has got a task, unless it was the person's own doing."""
        person_id = task.meant_for.assignee_id
        if person_id is None or (self.by.user and person_id == self.by.user.pk):
            return
        self.tell("assigned", [person_id], task=task, key=f"assigned:{task.pk}:{task.lock_version}")

    def grant(self, *, team_id: int | None = None, user_id: int | None = None) -> None:
        """Let a team or person see this case from now on; what is granted already costs nothing. A trial
        only keeps in mind who would see it."""
        for name, value in (("team", team_id), ("user", user_id)):
            known = self.instance.granted.setdefault(name, [])
            if value is not None and value not in known:
                known.append(value)
                if not self.instance.is_trial:
                    self.new_grants.append(CaseAccess(instance=self.instance, **{f"{name}_id": value}))

    # -- writing -----------------------------------------------------------------------------------------

    def close(self) -> None:
        """Write everything and last the instance rows, callers before the called."""
        members = sorted(self.family.members.values(), key=lambda one: one.instance.pk)
        for work in members:
            work._number()
            work._write()

    def _number(self) -> None:
        """A new called case is numbered below its caller: REK-2026-00001/1."""
        parent_id = self.instance.parent_id
        if parent_id is None or not self.instance.number.startswith(PLACEHOLDER):
            return
        caller = self.family.members[parent_id].instance
        former = ProcessInstance.objects.filter(parent_id=parent_id, pk__lt=self.instance.pk).count()
        self.instance.number = f"{caller.number}/{former + 1}"

    def record_file(self, row: CaseFile, *, task: Task | None = None) -> None:
        """Append the event of an added file; its name may be personal."""
        facts = {
            "step": task.step_key if task else self.version.start.key,
            "field": row.field_key,
            "file": row.pk,
            "sha256": row.sha256,
        }
        self.record(events.Kind.FILED, task=task, facts=facts, personal={"name": row.name})

    def _take_files(self) -> None:
        """Give the files of a start form to the case they waited for."""
        for row in self.awaited_files:
            row.instance = self.instance
            row.save(update_fields=["instance"])
            self.record_file(row)

    def _note_unsent(self) -> None:
        """In a trial messages become entries of the history."""
        for what in outbox.unsent(self.notices):
            self.record(events.Kind.UNSENT, **what)
        self.notices = []

    def _write(self) -> None:
        self._take_files()
        if self.instance.is_trial:
            self._note_unsent()
        events.write(self.entries)
        self._write_field_values()
        if self.new_grants:
            CaseAccess.objects.bulk_create(self.new_grants, ignore_conflicts=True)
        outbox.put(self.notices)
        self.instance.save(update_fields=INSTANCE_FIELDS)

    def _write_field_values(self) -> None:
        rows = []
        for key in dict.fromkeys(self.changed_fields):
            spec, value = self.version.fields[key], self.instance.data.get(key)
            # A file is found by its row; nobody looks for its number.
            if (spec.is_indexed or spec.is_reference) and spec.type != "file":
                index = fields.index_value(spec, value)
                words = searchable(fields.search_text(spec, value)) if spec.is_searchable else ""
                rows.append(
                    FieldValue(
                        instance=self.instance,
                        key=key,
                        text=index.text[:500],
                        number=index.number,
                        date=index.date,
                        ref=index.ref,
                        words=words[:1000],
                    )
                )
        if rows:
            FieldValue.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["instance", "key"],
                update_fields=["text", "number", "date", "ref", "words"],
            )


PLACEHOLDER = "~"
INSTANCE_FIELDS = (
    "number",
    "root",
    "state",
    "result",
    "ended_at",
    "data",
    "field_versions",
    "marking",
    "granted",
    "approvals",
    "event_seq",
    "head_hash",
    "urgency",
    "due_at",
)


def lock(
    instance_id: int,
    root_id: int,
    *,
    by: Principal,
    at: dt.datetime | None,
    skip_locked: bool = False,
) -> Casework:
    """Lock the root row, then read the case. `at` defaults to the database's clock, read with the lock.

    Must be called inside a transaction, before anything is judged. With `skip_locked` (workers, sweeps)
    raises Busy instead of waiting for somebody else's change.
    """
    rows = ProcessInstance.objects.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
    beside = {"calendar_stamp": calendars.stamp_beside(), "texts_stamp": nets.stamp_beside()}
    locked: Any = rows.annotate(db_now=Now(), **beside).filter(pk=root_id).first()
    if locked is None:
        raise Busy
    others = ProcessInstance.objects.annotate(texts_stamp=nets.stamp_beside())
    instance = locked if instance_id == root_id else others.get(pk=instance_id)
    return Casework(
        instance=instance,
        by=by,
        at=at or _now_of(locked),
        version=nets.of_case(instance),
        calendar_stamp=locked.calendar_stamp,
    )


def _now_of(locked: Any) -> dt.datetime:
    """The database's clock; that of a trial may have been put forward."""
    now: dt.datetime = locked.db_now
    return trialclock.reached(locked.pk, now) if locked.is_trial else now


class Busy(Exception):
    """Somebody else holds the case at this moment; try later."""


def read_task(task_id: int, mandatory: Iterable[int] = ()) -> Task:
    """Re-read a task under the lock, by primary key alone, with the number of its ticked mandatory items."""
    wanted = list(mandatory)
    if not wanted:
        return Task.objects.get(pk=task_id)
    ticked = Count("checks", filter=Q(checks__is_checked=True, checks__item_id__in=wanted))
    return Task.objects.annotate(ticked=ticked).get(pk=task_id)


def demand_open(task: Task, expected_version: int | None = None) -> None:
    """Raise TaskEnded or StaleError unless the task is open and as the page showed it."""
    if not task.is_open:
        raise TaskEnded(task=task.title)
    if expected_version is not None and expected_version != task.lock_version:
        raise StaleError


def placeholder_number() -> str:
    """Stands in the number column until the real number is taken, last of all."""
    return f"{PLACEHOLDER}{uuid.uuid4().hex}"


def is_urgency(value: int) -> bool:
    """Whether the number is one of the four levels."""
    return value in Urgency.values
