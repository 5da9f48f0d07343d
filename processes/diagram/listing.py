"""The same as a picture in rows: steps in order, each with its outcomes and what comes next.

Where ways only meet or part at the same time stands no row: the step before tells all that follows, the step
behind what it waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from processes.diagram.layout import ranks
from processes.diagram.model import BARS, CHOICES, Arrow, Box, Picture


@dataclass(frozen=True, slots=True)
class Onward:
    """An outcome or condition (empty where a step just goes on) and the step it leads to."""

    arrow: Arrow
    target: Box


@dataclass(frozen=True, slots=True)
class Row:
    """A step and everything that can follow it."""

    box: Box
    onward: tuple[Onward, ...]


def rows(picture: Picture) -> list[Row]:
    """Steps from the start on: by the layers of the drawing, within a layer in the order of the picture."""
    by_key = {box.key: box for box in picture.boxes}
    leaving: dict[str, list[Arrow]] = {box.key: [] for box in picture.boxes}
    for arrow in picture.arrows:
        leaving[arrow.source].append(arrow)
    passed = {key for key, box in by_key.items() if _is_passed(box, leaving[key])}
    ordered = sorted(
        zip(ranks(picture), range(len(by_key)), picture.boxes, strict=True), key=lambda one: one[:2]
    )
    return [
        Row(box, tuple(one for arrow in leaving[box.key] for one in _onward(arrow, by_key, leaving, passed)))
        for _rank, _place, box in ordered
        if box.key not in passed
    ]


def _is_passed(box: Box, leaving: Sequence[Arrow]) -> bool:
    """Whether nothing is decided there."""
    return box.shape in BARS or (box.shape in CHOICES and len(leaving) == 1)


def _onward(
    arrow: Arrow, boxes: Mapping[str, Box], leaving: Mapping[str, Sequence[Arrow]], passed: set[str]
) -> Iterator[Onward]:
    """The steps an arrow leads to, through all that is only passed; each with what is waited for there."""
    queue: list[tuple[str, str]] = [(arrow.target, "")]
    seen: set[str] = set()
    while queue:
        key, waits = queue.pop(0)
        if key in seen:
            continue
        seen.add(key)
        box = boxes[key]
        if key in passed:
            waits = (box.sub or box.label) if len(leaving[key]) == 1 and _waits(box) else waits
            queue.extend((one.target, waits) for one in leaving[key])
        else:
            yield Onward(arrow, replace(box, label=f"{box.label} ({waits})") if waits else box)


def _waits(box: Box) -> bool:
    """Whether more than one way has to arrive there."""
    return box.shape in BARS or bool(box.sub)
