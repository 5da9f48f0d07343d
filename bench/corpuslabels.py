"""What the labels of other checkers mean in our words: properties a model lacks, and rules of a linter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SAFE, COMPLETES, PROPER, ALIVE = "Safeness", "OptionToComplete", "ProperCompletion", "NoDeadActivities"

LABELS: Mapping[str, str] = {
    "unsafe": SAFE,
    "no option to complete": COMPLETES,
    "no proper completion": PROPER,
    "dead activity": ALIVE,
}
CODES: Mapping[str, frozenset[str]] = {
    SAFE: frozenset({"two_tokens_on_transition", "end_twice_by_one_way"}),
    COMPLETES: frozenset(
        {"deadlock", "livelock", "join_cannot_complete", "work_left_over", "no_way_to_an_end"}
        | {"two_tokens_on_transition"}
    ),
    PROPER: frozenset({"end_reached_twice", "end_twice_by_one_way"}),
    ALIVE: frozenset({"unreachable", "step_never_reached", "join_cannot_complete"}),
}
"""Codes that say a property is missing. Work that multiplies is not followed any further, so that it stands
for a missing option to complete as well."""


def wanted_properties(label: str) -> frozenset[str] | None:
    """Properties a label says are missing; None if it is no label. "fails A, B", or one of the short ones."""
    if label.startswith(("sound;", "all properties hold", "proper completion", "no dead activity")):
        return frozenset()
    if "fails " in label:
        return frozenset(name.strip() for name in label.rpartition("fails ")[2].split(","))
    parts = [part.strip() for part in label.split(",")]
    return frozenset(LABELS[part] for part in parts) if all(part in LABELS for part in parts) else None


def missing_properties(codes: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """The wanted properties that our findings name; where none is wanted, all that are named. A label names
    what its model was made for; more may be wrong with it."""
    named = frozenset(name for name, saying in CODES.items() if saying & codes)
    return named & wanted if wanted else named


@dataclass(frozen=True)
class Rule:
    """A rule of the linter: our codes that say the same, or the reason why there are none."""

    codes: frozenset[str] = frozenset()
    reason: str = ""
    is_about_whole: bool = False

    def why_not_comparable(self, codes: frozenset[str], *, is_bad: bool) -> str:
        """Empty if a file can be compared."""
        if self.reason:
            return self.reason
        if not self.codes & UNSUPPORTED and codes & UNSUPPORTED and not (is_bad and codes & self.codes):
            return "has elements we do not carry"
        if self.is_about_whole and not is_bad and codes & {"no_start", "no_end"}:
            return "a fragment without start or end"
        return ""


UNSUPPORTED = frozenset({"unsupported", "unsupported_compensation", "unsupported_loop"})
STYLE = "style, no fault of a run"


def _codes(*codes: str, is_about_whole: bool = False) -> Rule:
    return Rule(frozenset(codes), "", is_about_whole)


LINT: Mapping[str, Rule] = {
    "ad-hoc-sub-process": Rule(reason="ad hoc sub-processes are refused as such"),
    "conditional-event": Rule(reason="cases are started by people; the condition is not taken over"),
    "conditional-flows": _codes("condition_missing"),
    "end-event-required": _codes("no_end", "empty_subprocess"),
    "event-based-gateway": _codes("event_gateway"),
    "event-sub-process-typed-start-event": Rule(reason="event sub-processes are refused as such"),
    "fake-join": Rule(reason=f"{STYLE}: each way into a task starts it once"),
    "link-event": _codes("link_missing"),
    "no-complex-gateway": _codes("unsupported"),
    "no-disconnected": _codes("unreachable", is_about_whole=True),
    "no-duplicate-sequence-flows": Rule(reason=f"{STYLE}: two arrows are two ways"),
    "no-gateway-join-fork": Rule(reason=f"{STYLE}: a gateway may join and fork"),
    "no-implicit-end": _codes("no_way_on", "outcome_without_target"),
    "no-implicit-split": Rule(reason=f"{STYLE}: several arrows out of a task are all taken"),
    "no-implicit-start": _codes("unreachable"),
    "no-inclusive-gateway": Rule(reason=f"{STYLE}: inclusive gateways are carried"),
    "single-blank-start-event": _codes("second_start", "subprocess_starts"),
    "single-event-definition": _codes("several_events"),
    "start-event-required": _codes("no_start", "empty_subprocess", "subprocess_starts"),
    "sub-process-blank-start-event": Rule(
        reason=f"{STYLE}: what starts a sub-process does not change its runs"
    ),
    "superfluous-gateway": Rule(reason=STYLE),
    "superfluous-termination": Rule(reason=STYLE),
}
