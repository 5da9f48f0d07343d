"""What a BPMN 2.0 file says, in our words: processes of steps and transitions, and what could not be taken.
Pure and immutable. Keys are the ids of the file, so that a later import can name its places.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from processes.graph import Kind


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be taken over (or, among the notes, was taken over with a loss).

    `element` is its type in the file (`boundaryEvent:compensate`), `id` and `name` which one; the sentence
    for `code` is in `reasons`.
    """

    code: str
    line: int = 0
    element: str = ""
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """What a timer waits for: `kind` is `duration`, `date`, `cycle` or empty, `text` as the file has it."""

    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BpmnOutcome:
    """What a step can end with; one with a timer is the clock's."""

    key: str
    name: str = ""
    is_clock: bool = False
    is_interrupting: bool = True
    timer: Timer = field(default_factory=Timer)


@dataclass(frozen=True, slots=True)
class BpmnNode:
    """A step. `element` is its type in the file, `lane` the innermost lane's name, `loop` is empty,
    `parallel` or `sequential`, `is_waiting` marks a task that waits for a message from outside."""

    id: str
    kind: Kind
    name: str = ""
    element: str = ""
    lane: str = ""
    line: int = 0
    text: str = ""
    loop: str = ""
    called: str = ""
    is_waiting: bool = False
    timer: Timer = field(default_factory=Timer)
    outcomes: tuple[BpmnOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class BpmnFlow:
    """A transition, in the order of the file; `outcome` is the key of the outcome it belongs to."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    is_default: bool = False
    outcome: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class BpmnProcess:
    """One process (of a pool, if the file has pools)."""

    id: str
    name: str = ""
    pool: str = ""
    line: int = 0
    nodes: tuple[BpmnNode, ...] = ()
    flows: tuple[BpmnFlow, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all of it could be taken over."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class BpmnFile:
    """Everything of a file; `faults` are those of the file itself."""

    processes: tuple[BpmnProcess, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        """Faults of the file and of its processes."""
        return (*self.faults, *(fault for process in self.processes for fault in process.faults))
