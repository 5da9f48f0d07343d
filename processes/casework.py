"""One change of one case under its lock: what it reads, judges and writes, in few statements.

`runtime` opens a `Casework` inside its transaction, judges with it, tells it what happened, and closes it;
`close` writes events, values, grants, messages and the instance row. Nothing here opens a transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from customers.folding import searchable
from customers.models import Customer
from people.models import Team, User
from people.scope import Principal, Scope
from processes import assignment, engine, fields, nets, policy
from processes.errors import (
    FieldChanged,
    FieldMissing,
    FourEyes,
    NotAllowed,
    NotRunning,
    NoWayOn,
    StaleError,
    TaskEnded,
)
from processes.models import CaseAccess, ProcessInstance, Step, Urgency
from processes.nets import CompiledVersion, StepInfo
from tasks import events, outbox, schedule
from tasks.models import NEVER, CaseFile, FieldValue, Notification, Task


@dataclass
class Casework:
    """A locked case with the change in hand."""

    instance: ProcessInstance
    by: Principal
    at: dt.datetime
    version: CompiledVersion
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)
    changed_fields: list[str] = field(default_factory=list)
    awaited_files: list[CaseFile] = field(default_factory=list)
    """Files of a start form, which become this case's when it is written."""
    new_grants: list[CaseAccess] = field(default_factory=list)

    @property
    def scope(self) -> Scope | None:
        """Rights of the acting person; None for the system. Raises NotAllowed for a false stand-in."""
        if not policy.may_act_for(self.by):
            raise NotAllowed
        return policy.scope_of_principal(self.by)

    def record(self, kind: events.Kind, **what: Any) -> None:
        """Append an event of this change."""
        self.entries.append(events.append(self.instance, kind, by=self.by, at=self.at, **what))

    # -- judging -----------------------------------------------------------------------------------------

    def demand_running(self) -> None:
        """Raise NotRunning unless the case runs."""
        if self.instance.state != ProcessInstance.State.RUNNING:
            raise NotRunning(number=self.instance.number)

    def demand_apart(self, task: Task, persons: frozenset[int]) -> None:
        """Raise FourEyes if one of these persons has a part in a step that must be done by others."""
        found = assignment.conflict(self.version, self.instance, task, persons)
        if found is not None:
            person_id, step_key = found
            name = assignment.person_name(person_id)
            raise FourEyes(person=name, step=self.version.steps[step_key].name)

    # -- values ------------------------------------------------------------------------------------------

    def take_values(
        self, step: StepInfo, raw: Mapping[str, Any], *, read: Mapping[str, int] | None = None
    ) -> dict[str, list[Any]]:
        """Parse and store what the step may write; check what it requires.

        `read` = version of each field as the page showed it. Returns {key: [old, new]} of changed values.
        Raises FieldMissing (all faults at once) or FieldChanged.
        """
        faults: dict[str, Any] = {}
        changes: dict[str, list[Any]] = {}
        for use in step.fields:
            if not use.is_writable:
                continue
            spec, old = use.spec, self.instance.data.get(use.spec.key)
            try:
                new = self._value(spec, raw[spec.key], old) if spec.key in raw else old
            except fields.FieldError as fault:
                faults[spec.key] = fault
                continue
            if new is None and use.is_required:
                faults[spec.key] = fields.FieldError("required")
            if new != old:
                self._demand_unchanged(spec, read)
                changes[spec.key] = [old, new]
        faults |= self._unknown_references({key: new for key, (_old, new) in changes.items()})
        if faults:
            raise FieldMissing(faults)
        self._store_values(changes)
        return changes

    def _value(self, spec: fields.FieldSpec, raw: Any, old: Any) -> Any:
        """The canonical value. Limits bind new values only: a date once right stays right a week later."""
        today = timezone.localdate(self.at)
        new = fields.read(spec, raw, today=today)
        if new != old:
            fields.demand_limits(spec, new, today=today)
        return new

    def _unknown_references(self, values: Mapping[str, Any]) -> dict[str, fields.FieldError]:
        """Faults of values that point to nothing one may choose: a statement for each type that occurs."""
        wanted: dict[str, dict[str, int]] = {}
        for key, value in values.items():
            spec = self.version.fields[key]
            if spec.is_reference and value is not None:
                wanted.setdefault(spec.type, {})[key] = value
        unknown: set[str] = set()
        for type_, chosen in wanted.items():
            known = self._own_files(chosen) if type_ == "file" else _existing(type_, chosen)
            unknown |= set(chosen) - known
        return {key: fields.FieldError("not_a_reference") for key in unknown}

    def _own_files(self, chosen: Mapping[str, int]) -> set[str]:
        """Keys whose file was uploaded for this field: of this case, or by this person on its start form.

        Files that wait for their case are locked, so that only one case gets them.
        """
        uploader = self.by.user.pk if self.by.user and self.instance.event_seq == 0 else None
        rows = CaseFile.objects.filter(pk__in=chosen.values())
        own = rows.filter(instance=self.instance) | rows.waiting_of(uploader)
        found = {(row.field_key, row.pk): row for row in own.select_for_update(of=("self",))}
        self.awaited_files += [row for row in found.values() if row.instance_id is None]
        return {key for key, pk in chosen.items() if (key, pk) in found}

    def _demand_unchanged(self, spec: fields.FieldSpec, read: Mapping[str, int] | None) -> None:
        present = self.instance.field_versions.get(spec.key, 0)
        if read is not None and read.get(spec.key, present) != present:
            raise FieldChanged(field=spec.label)

    def _store_values(self, changes: Mapping[str, list[Any]]) -> None:
        for key, (_old, new) in changes.items():
            if new is None:
                self.instance.data.pop(key, None)
            else:
                self.instance.data[key] = new
            self.instance.field_versions[key] = self.instance.field_versions.get(key, 0) + 1
            self.changed_fields.append(key)

    # -- moving ------------------------------------------------------------------------------------------

    @property
    def marking(self) -> engine.Marking:
        """Where the case stands."""
        return engine.Marking.from_json(self.instance.marking)

    def fire(self, task: Task, event: engine.Event) -> engine.Moves:
        """Ask the engine what the event leads to. Raises NoWayOn where the definition has no answer."""
        try:
            return engine.fire(self.version.net, self.marking, task.token_id, event, self.instance.data)
        except engine.UnknownToken as error:
            raise StaleError from error
        except engine.EngineError as error:
            raise NoWayOn from error

    def follow(self, moves: engine.Moves) -> list[Task]:
        """Carry out moves: cancel tasks, make new ones with their clocks, end the case. Returns new tasks."""
        self.instance.marking = moves.marking.to_json()
        self._cancel_tasks(moves.cancelled)
        return self._make_tasks(moves.entered)

    def finish_if_over(self, moves: engine.Moves) -> None:
        """End the case when no token is left; its result is the first end reached on the whole way."""
        if not moves.finished:
            return
        end = self.version.steps.get(moves.marking.first_end)
        result = (end.result or end.name) if end else ""
        self.instance.finish(result=result, at=self.at)
        self.record(events.Kind.FINISHED, facts={"result": moves.marking.first_end})

    def _cancel_tasks(self, tokens: Iterable[engine.Token]) -> None:
        token_ids = [token.id for token in tokens]
        if not token_ids:
            return
        rows = Task.objects.filter(instance=self.instance, token_id__in=token_ids).open()
        task_ids = list(rows.values_list("pk", flat=True))
        Task.objects.filter(pk__in=task_ids).update(
            state=Task.State.CANCELLED, ended_at=self.at, wake_at=None, lock_version=F("lock_version") + 1
        )
        schedule.stop(task_ids)

    def _make_tasks(self, tokens: Iterable[engine.Token]) -> list[Task]:
        made = []
        for token in tokens:
            step = self.version.steps[token.at]
            if step.kind == Step.Kind.TASK:
                made.append(self._new_task(step, token))
        if not made:
            return []
        Task.objects.bulk_create(made)
        schedule.start([task for task in made if task.due_at is not None], at=self.at)
        for task in made:
            self._tell_assignee(task)
        return made

    def _new_task(self, step: StepInfo, token: engine.Token) -> Task:
        chosen = assignment.choose(self.version, step, self.instance)
        due_at = schedule.due_for(step, at=self.at)
        self.grant(team_id=chosen.team_id, user_id=chosen.assignee_id)
        return Task(
            instance=self.instance,
            root_id=self.instance.root_id or self.instance.pk,
            step_id=step.id,
            step_key=step.key,
            token_id=token.id,
            visit=token.visit,
            title=step.name,
            team_id=chosen.team_id,
            assignee_id=chosen.assignee_id,
            assignment_reason=chosen.reason,
            urgency=self.instance.urgency,
            created_at=self.at,
            due_at=due_at,
            due_sort_at=due_at or NEVER,
            is_confidential=self.instance.is_confidential,
        )

    def _tell_assignee(self, task: Task) -> None:
        if task.assignee_id is None or (self.by.user and task.assignee_id == self.by.user.pk):
            return
        self.tell("assigned", [task.assignee_id], task=task, key=f"assigned:{task.pk}:{task.lock_version}")

    # -- telling and granting ----------------------------------------------------------------------------

    def tell(self, kind: str, recipients: Iterable[int], *, task: Task | None, key: str) -> None:
        """Put in-app messages into the outbox of this transaction."""
        self.notices += outbox.notice(
            kind, recipients=recipients, key=key, at=self.at, instance=self.instance, task=task, mail=False
        )

    def grant(self, *, team_id: int | None = None, user_id: int | None = None) -> None:
        """Let a team or person see this case from now on; what is granted already costs nothing."""
        for name, value in (("team", team_id), ("user", user_id)):
            known = self.instance.granted.setdefault(name, [])
            if value is not None and value not in known:
                known.append(value)
                self.new_grants.append(CaseAccess(instance=self.instance, **{f"{name}_id": value}))

    # -- writing -----------------------------------------------------------------------------------------

    def close(self) -> None:
        """Write events, values, files, grants and messages, then the instance row."""
        self._take_files()
        events.write(self.entries)
        self._write_field_values()
        if self.new_grants:
            CaseAccess.objects.bulk_create(self.new_grants, ignore_conflicts=True)
        if self.notices:
            outbox.put(self.notices)
        self.instance.save(update_fields=INSTANCE_FIELDS)

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

    def _write_field_values(self) -> None:
        rows = []
        for key in self.changed_fields:
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


def _existing(type_: str, chosen: Mapping[str, int]) -> set[str]:
    """Keys whose person, team or customer can be chosen at present."""
    rows: Mapping[str, Any] = {
        "person": User.objects.active(),
        "team": Team.objects.filter(is_active=True),
        "customer": Customer.objects.current(),
    }
    ids = set(rows[type_].filter(pk__in=chosen.values()).values_list("pk", flat=True))
    return {key for key, pk in chosen.items() if pk in ids}


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
    "event_seq",
    "head_hash",
    "urgency",
)


def lock(instance_id: int, root_id: int, *, by: Principal, at: dt.datetime | None) -> Casework:
    """Lock the root row, then read the case. `at` defaults to the database's clock, read with the lock.

    Must be called inside a transaction, before anything is judged.
    """
    rows = ProcessInstance.objects.select_for_update(no_key=True, of=("self",))
    locked: Any = rows.annotate(db_now=Now()).get(pk=root_id)
    instance = locked if instance_id == root_id else ProcessInstance.objects.get(pk=instance_id)
    return Casework(
        instance=instance,
        by=by,
        at=at or locked.db_now,
        version=nets.compiled(instance.version_id),
    )


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
    return f"~{uuid.uuid4().hex}"


def is_urgency(value: int) -> bool:
    """Whether the number is one of the four levels."""
    return value in Urgency.values


def token_facts(moves: engine.Moves, made: Iterable[Task]) -> dict[str, Any]:
    """What a token-moving event keeps for recall and for rebuilding the state (semantics §4)."""
    return {
        "consumed": [[t.id, t.at, t.visit] for t in moves.consumed],
        "produced": [[t.id, t.at, t.visit] for t in moves.produced],
        "cancelled": [[t.id, t.at, t.visit] for t in moves.cancelled],
        "tasks": [[task.pk, task.token_id, task.step_key] for task in made],
    }
