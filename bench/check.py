"""Time of the model check for nets of shapes offices draw and worse ones, beside a search of the whole net.

`ours` is the check, `limit` a search without reduction in the same run, at most so many markings; `ratio` is
how many times faster the check is. Searches that were cut off count as if they had ended there.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from processes.checking.soundness import Verdict, explore
from processes.comparisons import Condition
from processes.graph import Flow, Kind, Net, Node, Outcome

MOST_NAIVE = 10_000
"""Markings after which the search without reduction is cut off."""


def run(rounds: int) -> list[dict[str, Any]]:
    """Check every net so many times; medians."""
    return [_row(case, net, rounds) for case, net in _nets().items()]


def _row(case: str, net: Net, rounds: int) -> dict[str, Any]:
    ours, verdict = _timed(lambda: explore(net), rounds)
    naive, whole = _timed(lambda: explore(net, most_markings=MOST_NAIVE, is_reducing=False), 1)
    return {
        "case": case,
        "ours": round(ours * 1000, 3),
        "limit": round(naive * 1000, 3),
        "ratio": round(naive / ours, 1),
        "unit": "ms",
        "steps": len(net.nodes),
        "markings": verdict.markings,
        "naive_markings": whole.markings,
        "rate": round(whole.markings / naive),
        "found": ", ".join(sorted({one.code for one in verdict.defects})) or "sound",
        "is_cut_off": whole.is_undecided,
    }


def _timed(check: Callable[[], Verdict], rounds: int) -> tuple[float, Verdict]:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        verdict = check()
        times.append(time.perf_counter() - begun)
    return statistics.median(times), verdict


def _nets() -> dict[str, Net]:
    return {
        "10 steps: two ways at once, one with a way back": _fork(2, 3, back=True),
        "20 steps: a choice in each of three ways": _fork(3, 5, back=True),
        "40 steps: one after another, each with a way back": _chain(38),
        "40 steps: 3 ways at once, 12 tasks each": _fork(3, 12),
        "40 steps: 5 ways at once, 7 tasks, each back": _fork(5, 7, back=True),
        "40 steps: any of 6 ways, 6 tasks each": _fork(6, 6, gate=Kind.INCLUSIVE),
        "10 ways at once, 4 tasks each, each back": _fork(10, 4, back=True),
        "16 ways at once, 4 tasks each, each back": _fork(16, 4, back=True),
        "16 ways at once, each with a reminder": _fork(16, 2, nag=True),
        "a task that skips the join of 4 ways": _fork(4, 8, leak=True),
        "a task that skips the join of 16 ways": _fork(16, 3, leak=True),
    }


def _chain(length: int) -> Net:
    tasks = [f"t{number}" for number in range(length)]
    flows = [("start", tasks[0], "")]
    flows += [(one, following, "ok") for one, following in pairwise([*tasks, "end"])]
    flows += [(following, one, "back") for one, following in pairwise(tasks)]
    return _net(Kind.PARALLEL, flows)


def _fork(
    ways: int,
    length: int,
    *,
    gate: Kind = Kind.PARALLEL,
    back: bool = False,
    leak: bool = False,
    nag: bool = False,
) -> Net:
    flows = [("start", "fork", ""), ("join", "end", "")]
    for way in range(ways):
        tasks = [f"t{way}-{number}" for number in range(length)]
        flows.append(("fork", tasks[0], ""))
        flows += [(one, following, "ok") for one, following in pairwise([*tasks, "join"])]
        if back:
            flows.append((tasks[-1], tasks[0], "back"))
        if nag:
            flows += [(tasks[-1], f"n{way}", NAG), (f"n{way}", "end", "ok")]
    if leak:
        flows.append(("t0-0", "end", "stop"))
    return _net(gate, flows)


NAG = "nag"
"""The outcome that the clock takes without ending the task."""


def _net(gate: Kind, flows: Iterable[tuple[str, str, str]]) -> Net:
    kinds = {"start": Kind.START, "end": Kind.END, "fork": gate, "join": gate}
    outcomes: dict[str, list[Outcome]] = {"end": []}
    made = []
    for number, (source, target, key) in enumerate(flows):
        outcome = Outcome(key, is_clock=key == NAG, interrupting=key != NAG)
        outcomes.setdefault(source, []).extend([outcome] if key else [])
        chosen = source == "fork" and gate is Kind.INCLUSIVE
        is_default = chosen and target == "t0-0"
        conditions = (Condition(target, "is_true"),) if chosen and not is_default else ()
        made.append(Flow(str(number), source, target, key or None, conditions, is_default, number))
    nodes = [
        Node(key, kinds.get(key, Kind.TASK), tuple(found), number)
        for number, (key, found) in enumerate(outcomes.items())
    ]
    return Net.build(nodes, made)
