"""Proves that what is stored is consistent: history unbroken, state as it tells, rows as tokens demand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from processes import nets, numbers
from processes.models import NumberCounter, ProcessInstance, Step
from tasks import events, unattended
from tasks.events import Kind
from tasks.models import Clock, EventPayload, Incident, Job, Notification, ProcessEvent, Task


@dataclass(frozen=True, slots=True)
class Break:
    """A place where something is wrong."""

    code: str
    where: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.code}{': ' + self.detail if self.detail else ''}"


def all_breaks() -> Iterator[Break]:
    """Everything that is wrong in this installation, case by case."""
    for instance in ProcessInstance.objects.order_by("pk").iterator(chunk_size=200):
        yield from instance_breaks(instance)
    yield from _doubled_tasks()
    yield from _number_breaks()
    yield from _stuck_notifications()
    yield from _unattended_tasks()


def instance_breaks(instance: ProcessInstance) -> Iterator[Break]:
    """What is wrong with one case: its chain, its state, its rows."""
    history = list(ProcessEvent.objects.filter(instance=instance).select_related("payload").order_by("seq"))
    yield from _chain_breaks(instance, history)
    yield from _state_breaks(instance, history)
    yield from _row_breaks(instance)


def _chain_breaks(instance: ProcessInstance, history: list[ProcessEvent]) -> Iterator[Break]:
    """Sequence without gaps, each hash over its predecessor, each payload as its digest says."""
    where, previous = instance.number, ""
    erased = {events.facts_of(event).get("seq") for event in history if event.kind == Kind.ERASED}
    for expected, event in enumerate(history, start=1):
        if event.seq != expected:
            yield Break("gap", where, f"event {expected} is missing")
            return
        if events.chain_hash(previous, event) != event.hash:
            yield Break("changed_event", where, f"event {event.seq}")
        previous = event.hash
        yield from _payload_breaks(where, event, erased)
    if (len(history), previous) != (instance.event_seq, instance.head_hash):
        yield Break("cut_tail", where, f"{len(history)} of {instance.event_seq} events")


def _payload_breaks(where: str, event: ProcessEvent, erased: set[Any]) -> Iterator[Break]:
    try:
        payload = event.payload
    except EventPayload.DoesNotExist:
        if event.payload_digest and event.seq not in erased:
            yield Break("missing_payload", where, f"event {event.seq}")
        return
    if events.payload_digest(payload.salt, payload.value) != event.payload_digest:
        yield Break("changed_payload", where, f"event {event.seq}")


def _state_breaks(instance: ProcessInstance, history: list[ProcessEvent]) -> Iterator[Break]:
    """Tokens and state rebuilt from history against the stored ones (I10)."""
    tokens, state = rebuild(history)
    stored = {tuple(token) for token in instance.marking.get("tokens", ())}
    if tokens != stored:
        yield Break("marking", instance.number, f"history {sorted(tokens)}, stored {sorted(stored)}")
    if state != instance.state:
        yield Break("state", instance.number, f"history {state}, stored {instance.state}")


def rebuild(history: list[ProcessEvent]) -> tuple[set[tuple[Any, ...]], str]:
    """Where a case stands according to its history: its tokens and its state."""
    tokens: set[tuple[Any, ...]] = set()
    state = str(ProcessInstance.State.RUNNING)
    for event in history:
        moves = events.facts_of(event).get("moves")
        if moves:
            tokens -= {tuple(token) for token in moves["consumed"] + moves["cancelled"]}
            tokens |= {tuple(token) for token in moves["produced"]}
        state = STATES.get(Kind(event.kind), state)
    return tokens, state


STATES = {
    Kind.SUSPENDED: "suspended",
    Kind.RESUMED: "running",
    Kind.CANCELLED: "cancelled",
    Kind.FINISHED: "finished",
}


def _row_breaks(instance: ProcessInstance) -> Iterator[Break]:
    """Each token has the row its step needs, and each open row its token (I2, I3, I6)."""
    steps = nets.compiled(instance.version_id, nets.AS_PUBLISHED).steps
    at_kind: dict[str, set[int]] = defaultdict(set)
    for token_id, at, _visit in instance.marking.get("tokens", ()):
        if at in steps:
            at_kind[steps[at].kind].add(token_id)
    excused = set(
        Incident.objects.filter(instance=instance, resolved_at__isnull=True).values_list(
            "token_id", flat=True
        )
    )
    for kind, rows in _open_rows(instance).items():
        for token in sorted(at_kind[kind] - rows - excused):
            yield Break(f"token_without_{WORDS[kind]}", instance.number, f"token {token}")
        for token in sorted(rows - at_kind[kind]):
            yield Break(f"{WORDS[kind]}_without_token", instance.number, f"token {token}")
    if instance.is_live and not instance.marking.get("tokens"):
        yield Break("standstill", instance.number, "running without a token")


WORDS = {
    Step.Kind.TASK: "task",
    Step.Kind.TIMER: "clock",
    Step.Kind.ACTION: "job",
    Step.Kind.SUBPROCESS: "called_case",
}


def _open_rows(instance: ProcessInstance) -> dict[Step.Kind, set[int]]:
    """Tokens that open tasks, waits, jobs and called cases belong to, by the kind of step."""
    clocks = Clock.objects.filter(instance=instance, kind=Clock.Kind.WAIT, next_level=0)
    waits = clocks.filter(Q(wake_at__isnull=False) | Q(paused_at__isnull=False))
    jobs = Job.objects.filter(instance=instance, state__in=Job.OPEN_STATES)
    called = ProcessInstance.objects.running().filter(parent=instance)
    return {
        Step.Kind.TASK: set(Task.objects.open().filter(instance=instance).values_list("token_id", flat=True)),
        Step.Kind.TIMER: {one for one in waits.values_list("token_id", flat=True) if one},
        Step.Kind.ACTION: set(jobs.values_list("token_id", flat=True)),
        Step.Kind.SUBPROCESS: {one for one in called.values_list("parent_token", flat=True) if one},
    }


def _doubled_tasks() -> Iterator[Break]:
    rows = (
        Task.objects.open()
        .order_by()
        .values("instance__number", "token_id", "mi_index")
        .annotate(number=Count("id"))
        .filter(number__gt=1)
    )
    for row in rows:
        yield Break("doubled_task", row["instance__number"], f"token {row['token_id']}")


def _number_breaks() -> Iterator[Break]:
    """A placeholder that was never replaced, or a running number that no case bears (G15)."""
    for number in ProcessInstance.objects.filter(number__startswith="~").values_list("number", flat=True):
        yield Break("unnumbered", number)
    for counter in NumberCounter.objects.all():
        if not numbers.is_valid_pattern(counter.prefix):
            continue
        begin, _seq, end = counter.prefix.partition("{seq}")
        rows = ProcessInstance.objects.filter(number__startswith=begin, number__endswith=end)
        given = (
            number[len(begin) : len(number) - len(end)] for number in rows.values_list("number", flat=True)
        )
        found = {int(one) for one in given if one.isdecimal()}
        for seq in sorted(set(range(1, counter.last + 1)) - found):
            yield Break("missing_number", numbers.render(counter.prefix, seq))


def _stuck_notifications() -> Iterator[Break]:
    rows = Notification.objects.filter(~Q(state=Notification.State.INCIDENT), tries__gt=5)
    for row in rows:
        yield Break("stuck_mail", f"notification {row.pk}", row.last_error)


def _unattended_tasks() -> Iterator[Break]:
    """A task of somebody who has left (`runtime.hand_back` helps), or one of nobody without an incident."""
    for row in unattended.of_the_gone().select_related("instance"):
        yield Break("task_of_the_gone", row.instance.number, f"task {row.pk}, person {row.assignee_id}")
    for row in unattended.unnoticed().select_related("instance"):
        yield Break("task_with_nobody", row.instance.number, f"task {row.pk}, team {row.team_id}")
