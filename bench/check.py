"""Time of the model check and markings visited per second, for nets of shapes offices draw and worse ones."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from processes.comparisons import Condition
from processes.graph import Flow, Kind, Net, Node, Outcome
from processes.soundness import explore


def run(rounds: int) -> list[dict[str, Any]]:
    """Check every net so many times; medians."""
    return [_row(case, net, rounds) for case, net in _nets().items()]


def _row(case: str, net: Net, rounds: int) -> dict[str, Any]:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        verdict = explore(net)
        times.append(time.perf_counter() - begun)
    middle = statistics.median(times)
    return {
        "case": case,
        "steps": len(net.nodes),
        "markings": verdict.markings,
        "answers": verdict.answers,
        "ms": round(middle * 1000, 2),
        "rate": round(verdict.markings / middle),
        "found": ", ".join(sorted({one.code for one in verdict.defects})) or "sound",
    }


def _nets() -> dict[str, Net]:
    return {
        "one after another, each with a way back": _chain(38),
        "3 ways at once, 12 tasks each": _fork(3, 12),
        "5 ways at once, 7 tasks, each back to the first": _fork(5, 7, back=True),
        "8 ways at once, 4 tasks each": _fork(8, 4),
        "10 ways at once, 3 tasks each": _fork(10, 3),
        "any of 6 ways, 5 tasks each": _fork(6, 5, gate=Kind.INCLUSIVE),
        "a task that skips the join of 4 ways": _fork(4, 8, leak=True),
        "16 ways at once: more than can be tried": _fork(16, 2, back=True),
    }


def _chain(length: int) -> Net:
    tasks = [f"t{number}" for number in range(length)]
    flows = [("start", tasks[0], "")]
    flows += [(one, following, "ok") for one, following in pairwise([*tasks, "end"])]
    flows += [(following, one, "back") for one, following in pairwise(tasks)]
    return _net(Kind.PARALLEL, flows)


def _fork(
    ways: int, length: int, *, gate: Kind = Kind.PARALLEL, back: bool = False, leak: bool = False
) -> Net:
    flows = [("start", "fork", ""), ("join", "end", "")]
    for way in range(ways):
        tasks = [f"t{way}-{number}" for number in range(length)]
        flows.append(("fork", tasks[0], ""))
        flows += [(one, following, "ok") for one, following in pairwise([*tasks, "join"])]
        if back:
            flows.append((tasks[-1], tasks[0], "back"))
    if leak:
        flows.append(("t0-0", "end", "stop"))
    return _net(gate, flows)


def _net(gate: Kind, flows: Iterable[tuple[str, str, str]]) -> Net:
    kinds = {"start": Kind.START, "end": Kind.END, "fork": gate, "join": gate}
    outcomes: dict[str, list[Outcome]] = {"end": []}
    made = []
    for number, (source, target, outcome) in enumerate(flows):
        outcomes.setdefault(source, []).extend([Outcome(outcome)] if outcome else [])
        chosen = source == "fork" and gate is Kind.INCLUSIVE
        is_default = chosen and target == "t0-0"
        conditions = (Condition(target, "is_true"),) if chosen and not is_default else ()
        made.append(Flow(str(number), source, target, outcome or None, conditions, is_default, number))
    nodes = [
        Node(key, kinds.get(key, Kind.TASK), tuple(found), number)
        for number, (key, found) in enumerate(outcomes.items())
    ]
    return Net.build(nodes, made)
