"""What a picture shows: boxes and arrows as plain frozen values, with what is to be said about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    """How a step is drawn. The values of `processes.graph.Kind`, and what only pictures have."""

    START = "start"
    TASK = "task"
    TIMER = "timer"
    ACTION = "action"
    SUBPROCESS = "subprocess"
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    PARALLEL = "parallel"
    END = "end"
    TERMINATE = "terminate"
    NOWHERE = "nowhere"
    """Stands where a way leads to no step."""


BARS = frozenset({Shape.PARALLEL})
"""Drawn as bars: every line arrives at a place of its own, because all of them count."""
CHOICES = frozenset({Shape.EXCLUSIVE, Shape.INCLUSIVE})
STEPS = frozenset({Shape.TASK, Shape.TIMER, Shape.ACTION, Shape.SUBPROCESS})
CORNER = frozenset({Shape.TIMER, Shape.ACTION, Shape.SUBPROCESS})
"""Kinds that keep their sign, in the corner, beside the sign of a state."""


class State(StrEnum):
    """How far a case has come at a step or on a way; PLAIN in pictures that show no case."""

    PLAIN = "plain"
    OPEN = "open"
    DONE = "done"
    CURRENT = "current"
    SKIPPED = "skipped"


class Mark(StrEnum):
    """What a picture points out about a step or a way."""

    NONE = ""
    FAULT = "fault"
    EXAMPLE = "example"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Box:
    """A step. `sub` is the small second line (who, or what kind), `note` a sentence about the mark."""

    key: str
    shape: Shape
    label: str
    sub: str = ""
    state: State = State.PLAIN
    mark: Mark = Mark.NONE
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one step to another; `label` is the outcome or the condition, `stops` says in words which
    other steps it ends, `clock` that the clock chooses it."""

    source: str
    target: str
    label: str = ""
    state: State = State.PLAIN
    mark: Mark = Mark.NONE
    stops: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a picture in the reader's language: of the shapes, states and marks (by their values)."""

    shapes: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    way: str = "%(source)s → %(target)s"
    """Said of a line without a label; with one, the label follows."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a drawing needs. Keys of boxes are unique; arrows name boxes of the picture.

    Raises ValueError where they do not.
    """

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    description: str = ""

    def __post_init__(self) -> None:
        keys = {box.key for box in self.boxes}
        if len(keys) != len(self.boxes):
            raise ValueError("two boxes with one key")
        for arrow in self.arrows:
            if arrow.source not in keys or arrow.target not in keys:
                raise ValueError(f"no box for {arrow.source} → {arrow.target}")
