"""What a finding of the model check must show, and random runs that must never get stuck."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from processes import engine
from processes.checking import soundness
from processes.checking.soundness import replay
from processes.engine import Chosen, Clock, EngineError, JobDone, JobFailed, Kind, Net, SubEnded


def assert_shown(net: Net, defect: soundness.Defect, *, is_followed: bool = False) -> None:
    """The example, run again by the engine, ends in the fault it was given for. Where conditions are
    followed, random runs, which answer them freely, say nothing about a loop."""
    if not defect.example:
        assert defect.code in ("step_never_reached", "undecided")
        return
    try:
        marking = replay(net, defect.example).marking
    except EngineError:
        assert defect.code in ("deadlock", "no_default")
        assert defect.code == "no_default" or defect.example[-1].step == defect.step
        return
    steps = [net.step_at(token.at) for token in marking.tokens]
    assert defect.step in steps
    if defect.code == "two_tokens_on_transition":
        places = [token.at for token in marking.tokens if net.step_at(token.at) == defect.step]
        assert len(set(places)) < len(places)
    elif defect.code == "livelock":
        assert is_followed or not leads_to_rest(net, marking)
    else:
        assert nothing_moves(net, marking)
        assert (defect.code != "work_left_over") or marking.first_end


def answers(node: engine.Node) -> list[engine.Event]:
    """What a waiting step can be answered with, written down a second time for the tests."""
    by_kind = {
        Kind.TASK: [Chosen(one.key) for one in node.outcomes if not one.is_clock],
        Kind.TIMER: [JobDone()],
        Kind.ACTION: [JobDone(), *(JobFailed() for one in node.outcomes if one.key == "failed")],
        Kind.SUBPROCESS: [SubEnded(one.key) for one in node.outcomes if not one.is_clock]
        if node.outcomes
        else [SubEnded("")],
    }
    return [*by_kind[node.kind], *(Clock(one.key) for one in node.outcomes if one.is_clock)]


def something(
    net: Net, marking: engine.Marking, dice: random.Random
) -> tuple[engine.Token, engine.Event] | None:
    """One event at one token; None where nobody can do anything."""
    waiting = [token for token in marking.tokens if token.at in net.nodes and answers(net.nodes[token.at])]
    if not waiting:
        return None
    token = dice.choice(waiting)
    return token, dice.choice(answers(net.nodes[token.at]))


def at_random(net: Net, marking: engine.Marking, dice: random.Random) -> engine.Moves | None:
    """`something` done, conditions judged by the dice."""
    done = something(net, marking, dice)
    if done is None:
        return None
    token, event = done
    return engine.fire_judged(net, marking, token.id, event, lambda flow: dice.random() < 0.5)


def nothing_moves(net: Net, marking: engine.Marking) -> bool:
    """Whether no answer leads anywhere."""
    return not any(
        engine.fire_judged(net, marking, token.id, event, lambda flow: False).flows
        for token in marking.tokens
        if token.at in net.nodes
        for event in answers(net.nodes[token.at])
    )


def leads_to_rest(net: Net, marking: engine.Marking) -> bool:
    """Whether random runs from a marking come to an end or get stuck."""
    dice = random.Random(1)
    for _ in range(20):
        now: engine.Moves | None = None
        for _ in range(50):
            with suppress(EngineError):
                now = at_random(net, now.marking if now else marking, dice)
                if now is None or now.finished:
                    return True
    return False


def assert_runs_to_the_end(net: Net, seed: int) -> None:
    """A run by dice never raises and never leaves anything over; that it ends is checked for blocks."""
    dice = random.Random(seed)
    moves = engine.begin_judged(net, lambda flow: dice.random() < 0.5)
    for _ in range(300):
        if moves.finished:
            return
        following = at_random(net, moves.marking, dice)
        assert following is not None, [token.at for token in moves.marking.tokens]
        moves = following


def assert_cases_run_to_the_end(net: Net, seed: int, values: Mapping[str, Sequence[Any]]) -> None:
    """The same with data: a field has one value until a step at work writes another, or always may change if
    no step is known to write it."""
    dice = random.Random(seed)
    data = {name: dice.choice(possible) for name, possible in values.items()}
    known = frozenset[str]().union(*(node.writes for node in net.nodes.values()))
    moves = engine.begin(net, data)
    for _ in range(300):
        if moves.finished:
            return
        at_work = [net.nodes[token.at] for token in moves.marking.tokens if token.at in net.nodes]
        free = (values.keys() - known).union(*(node.writes for node in at_work))
        data |= {name: dice.choice(values[name]) for name in sorted(free)}
        done = something(net, moves.marking, dice)
        assert done is not None, [token.at for token in moves.marking.tokens]
        token, event = done
        moves = engine.fire(net, moves.marking, token.id, event, data)
