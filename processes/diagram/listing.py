"""The same as a picture in rows: steps in order, each with its outcomes and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from processes.diagram.layout import ranks
from processes.diagram.model import Arrow, Box, Picture


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
    leaving: dict[str, list[Onward]] = {box.key: [] for box in picture.boxes}
    for arrow in picture.arrows:
        leaving[arrow.source].append(Onward(arrow, by_key[arrow.target]))
    ordered = sorted(
        zip(ranks(picture), range(len(by_key)), picture.boxes, strict=True), key=lambda one: one[:2]
    )
    return [Row(box, tuple(leaving[box.key])) for _rank, _place, box in ordered]
