"""A smaller net for the model check that is sound exactly if the whole one is. Pure.

A block is one step: fork and join, choice and merge, a loop, a chain. It is not looked for as a whole. Small
rules, each of which keeps the verdict, are applied until none fits any more, and every well-formed block
melts down to one step, from the inside out:

* a gateway with one way out is no step (`_skip_gateway`), a step that only leads on to another one takes no
  time (`_skip_step`);
* branches of one fork that come together in one join say the same (`_fuse_together`), and so do
  alternatives that come together again (`_fuse_alternatives`): one of them stays;
* what leads back to where it came from can be left out, if there is another way (`_drop_way_back`,
  `_unroll`);
* a choice right behind a task is a choice of the task (`_fold_choice`);
* what ends on its own, or ends everything, can be left out outside of loops (`_drop_loose_end`,
  `_drop_terminate`).

One step always stays, so that too many tokens at once are still seen. Steps named in a cancel region keep
their place, ways that cancel something stay, and so do gateways and steps that followed conditions concern.
Nets in which some transition can plainly never be taken stay whole, so that it is found: a step nothing leads
to may be what a join waits for in vain.
"""

from __future__ import annotations

from collections.abc import Mapping

from processes.checking.following import Following
from processes.checking.loosenet import Draft, Reduced
from processes.checking.reductionrules import RULES
from processes.graph import Net


def most_at_once(net: Net) -> Mapping[str, int]:
    """How many tokens may rest at each step, each having come along another transition."""
    return {key: max(1, len(net.incoming(key))) for key in net.nodes}


def reduced(net: Net, following: Following, places: Mapping[str, int]) -> Reduced | None:
    """The smaller net; None if there is nothing to leave out. `places` as `most_at_once` has them."""
    draft = Draft.of(net, following, places)
    if draft is None:
        return None
    while _change(draft):
        draft.is_changed = True
    return draft.result() if draft.is_changed else None


def _change(draft: Draft) -> bool:
    """Apply the rules at each step until none fits there; whether any did something."""
    is_changed = False
    for knot in draft.all():
        while knot.key in draft.knots and any(rule(draft, knot) for rule in RULES):
            is_changed = True
    return is_changed
