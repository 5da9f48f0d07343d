"""The model check against random nets: what it calls sound never gets stuck, what it calls unsound is shown,
and leaving blocks out changes no verdict."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processes.checking import structure
from processes.checking.following import Following
from processes.checking.reduction import most_at_once, reduced
from processes.checking.soundness import explore
from processes.tests.drawnnets import BLOCKS, VALUES, asking_nets, bent_nets, built, graphs
from processes.tests.examples import examples
from processes.tests.proofs import assert_cases_run_to_the_end, assert_runs_to_the_end, assert_shown
from processes.tests.test_engine_properties import BLOCKS as PLAIN_BLOCKS
from processes.tests.test_engine_properties import any_net, build

SEEDS = st.integers(0, 10**6)
MOST = 600


def whole(net):
    """The verdict of a search that leaves nothing out; None where it is undecided, or runs say nothing."""
    verdict = None if structure.check(net) else explore(net, most_markings=MOST, is_reducing=False)
    return None if verdict is None or verdict.is_undecided else verdict


@examples(100)
@given(tree=PLAIN_BLOCKS, seed=SEEDS)
def test_nets_of_blocks_are_judged_sound_and_run_to_their_end(tree, seed):
    net = build(tree)
    assert explore(net).defects == ()
    for number in range(5):
        assert_runs_to_the_end(net, seed + number)


@examples(250)
@given(net=bent_nets() | graphs(), seed=SEEDS)
def test_nets_of_all_the_engine_can_do_are_judged_truly(net, seed):
    """Clocks, extra paths, cancel regions, terminate, failing actions; sound ones are run at random."""
    if "endless" in {found.code for found in structure.check(net)}:
        return
    verdict = explore(net, most_markings=MOST)
    for defect in verdict.defects:
        assert_shown(net, defect)
    if verdict.is_sound:
        for number in range(6):
            assert_runs_to_the_end(net, seed + number)


@examples(150)
@given(net=any_net(), seed=SEEDS)
def test_any_net_is_judged_truly(net, seed):
    if "endless" in {found.code for found in structure.check(net)}:
        return
    verdict = explore(net, most_markings=200)
    for defect in verdict.defects:
        assert_shown(net, defect)
    if verdict.is_sound:
        assert_runs_to_the_end(net, seed)


@examples(300)
@given(net=bent_nets() | graphs() | BLOCKS.map(built))
def test_the_smaller_net_is_sound_exactly_if_the_whole_is(net):
    following = Following(net)
    smaller = reduced(net, following, most_at_once(net))
    verdict = whole(net)
    if smaller is None or verdict is None:
        return
    assert len(smaller.net.nodes) <= len(net.nodes)
    alone = explore(smaller.net, is_reducing=False, places=smaller.most_at_once)
    assert alone.is_sound or not verdict.is_sound
    assert explore(net).is_sound == verdict.is_sound


@examples(250)
@given(net=asking_nets(), seed=SEEDS)
def test_nets_whose_conditions_are_followed_are_judged_truly(net, seed):
    """Whether blocks are left out or not; those judged sound are run with data."""
    verdict = whole(net)
    if verdict is None:
        return
    found = explore(net)
    assert found.is_sound == verdict.is_sound
    for defect in found.defects:
        assert_shown(net, defect, is_followed=True)
    if found.is_sound:
        for number in range(6):
            assert_cases_run_to_the_end(net, seed + number, VALUES)
