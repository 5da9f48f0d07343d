"""Time of laying out and drawing a process: a main line of tasks with shortcuts and ways back.

CPU time, so that other work on the machine does not count.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from processes.diagram import layout
from processes.diagram.drawing import draw
from processes.diagram.model import Arrow, Box, Picture, Shape, Words

LIMIT = 20.0
"""Milliseconds a diagram of 40 steps may take."""
NETS = 9
LABELS = ("ja", "nein", "berechtigt", "nicht berechtigt", "Rückfrage", "Gewährleistung oder Garantie")


def run(rounds: int) -> list[dict[str, Any]]:
    """Several processes of each size, each so many times; medians in milliseconds."""
    return [_row(steps, rounds) for steps in (10, 20, 40)]


def _row(steps: int, rounds: int) -> dict[str, Any]:
    pictures = [_process(steps, seed) for seed in range(NETS)]
    laid_out = [_milliseconds(lambda shown=shown: _lay_out(shown), rounds) for shown in pictures]  # type: ignore[misc]
    drawn = [_milliseconds(lambda shown=shown: draw(shown, Words()), rounds) for shown in pictures]  # type: ignore[misc]
    both = statistics.median(map(sum, zip(laid_out, drawn, strict=True)))
    return {
        "case": f"{steps} steps",
        "ours": round(both, 2),
        "limit": LIMIT,
        "ratio": round(both / LIMIT, 3),
        "unit": "ms",
        "layout": round(statistics.median(laid_out), 2),
        "drawing": round(statistics.median(drawn), 2),
        "slowest": round(max(map(sum, zip(laid_out, drawn, strict=True))), 2),
        "bytes": round(statistics.median(len(draw(shown, Words()).encode()) for shown in pictures)),
    }


def _lay_out(picture: Picture) -> None:
    layout.forget()
    layout.lay_out(picture)


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times) * 1000


def _process(steps: int, seed: int) -> Picture:
    """So many boxes with half as many shortcuts and ways back; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    keys = [f"s{number}" for number in range(steps)]
    shapes = {keys[0]: Shape.START, keys[-1]: Shape.END}
    boxes = [Box(key, shapes.get(key, Shape.TASK), f"Antrag prüfen {key}", "Kundenservice") for key in keys]
    arrows = [Arrow(one, other, chance.choice(LABELS)) for one, other in pairwise(keys)]
    for _ in range(steps // 2):
        arrows.append(Arrow(chance.choice(keys[1:-1]), chance.choice(keys[1:]), chance.choice(LABELS)))
    return Picture("Messung", tuple(boxes), tuple(arrows))
