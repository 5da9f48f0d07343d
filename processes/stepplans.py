"""What automatic and repeated steps do, as a definition says it: typed values kept as JSON on the step. Pure.

Nothing here is ever executed as code: texts carry placeholders such as `{betrag}`, which are replaced by
values of the case and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from processes.moments import Moment

Pairs = tuple[tuple[str, str], ...]
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
CASE_WORDS = ("number", "title", "process", "customer", "starter", "link")
"""Placeholders every case has; all others are keys of fields."""


def placeholders(text: str) -> frozenset[str]:
    """Words in braces that a text uses."""
    return frozenset(PLACEHOLDER.findall(text))


class PlanError(ValueError):
    """The values make no plan."""


class Do(StrEnum):
    """What an action does."""

    MAIL = "mail"
    SET = "set"
    WEBHOOK = "webhook"
    INTERACTION = "interaction"


@dataclass(frozen=True, slots=True)
class Action:
    """An automatic step.

    `to` = recipients of a mail: `customer`, `starter`, `owner`, `team:KEY`, `field:KEY` (a person, customer
    or text field) or an address. `values` = fields to set: a canonical value as text, `=other` copies a
    field, `today`, empty clears. `fields` = what a webhook is told (empty: nothing but the case's number).
    `channel` = of the recorded interaction.
    """

    do: Do
    to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    values: Pairs = ()
    url: str = ""
    fields: tuple[str, ...] = ()
    channel: str = ""

    def placeholders(self) -> frozenset[str]:
        """Words in braces that its texts use."""
        return placeholders(f"{self.subject}\n{self.text}")


@dataclass(frozen=True, slots=True)
class Call:
    """A called process: which one, what goes in and comes out, and what its ends mean here.

    `inputs` = (its field, our field), `outputs` = (our field, its field), `ends` = (its end's key, our
    outcome); an end not named means the outcome `otherwise`, which is mandatory.
    """

    process: str
    inputs: Pairs = ()
    outputs: Pairs = ()
    ends: Pairs = ()
    otherwise: str = ""

    def outcome_of(self, end: str) -> str:
        """Our outcome for one of its ends."""
        return dict(self.ends).get(end, self.otherwise)


class Over(StrEnum):
    """What a step is repeated over."""

    PERSONS = "persons"
    TEAM = "team"
    FIELD = "field"


class Quorum(StrEnum):
    """When a repeated step is decided: an outcome has so many of the n votes."""

    ALL = "all"
    FIRST = "first"
    MAJORITY = "majority"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Multiple instances of one task (BPMN 2.0 §13.3.6): one per person of a list, member of a team, or value
    of a field; all at once or one after another; decided when an outcome has reached the quorum."""

    over: Over
    persons: tuple[str, ...] = ()
    key: str = ""
    is_sequential: bool = False
    quorum: Quorum = Quorum.ALL
    count: int = 0

    def needed(self, number: int) -> int:
        """Votes an outcome needs when there are so many instances."""
        if self.quorum is Quorum.FIRST:
            return 1
        if self.quorum is Quorum.MAJORITY:
            return number // 2 + 1
        return self.count if self.quorum is Quorum.COUNT else number


@dataclass(frozen=True, slots=True)
class StepConfig:
    """The parts of a step that only some kinds have."""

    wait: Moment | None = None
    action: Action | None = None
    call: Call | None = None
    repeat: Repeat | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, without empty ones."""
        found: dict[str, Any] = {}
        if self.wait is not None:
            found["wait"] = self.wait.to_json()
        for name in ("action", "call", "repeat"):
            part = getattr(self, name)
            if part is not None:
                found[name] = {key: _plain(value) for key, value in asdict(part).items() if value}
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StepConfig:
        """Read what `to_json` wrote. Raises PlanError."""
        try:
            return cls(
                wait=Moment.from_json(value["wait"]) if "wait" in value else None,
                action=_action(value["action"]) if "action" in value else None,
                call=_call(value["call"]) if "call" in value else None,
                repeat=_repeat(value["repeat"]) if "repeat" in value else None,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PlanError(str(error)) from error


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, StrEnum) else value


def _pairs(value: Any) -> Pairs:
    return tuple((str(left), str(right)) for left, right in value)


def _action(value: Mapping[str, Any]) -> Action:
    return Action(
        do=Do(value["do"]),
        to=tuple(value.get("to", ())),
        subject=value.get("subject", ""),
        text=value.get("text", ""),
        values=_pairs(value.get("values", ())),
        url=value.get("url", ""),
        fields=tuple(value.get("fields", ())),
        channel=value.get("channel", ""),
    )


def _call(value: Mapping[str, Any]) -> Call:
    return Call(
        process=value["process"],
        inputs=_pairs(value.get("inputs", ())),
        outputs=_pairs(value.get("outputs", ())),
        ends=_pairs(value.get("ends", ())),
        otherwise=value.get("otherwise", ""),
    )


def _repeat(value: Mapping[str, Any]) -> Repeat:
    return Repeat(
        over=Over(value["over"]),
        persons=tuple(value.get("persons", ())),
        key=value.get("key", ""),
        is_sequential=bool(value.get("is_sequential", False)),
        quorum=Quorum(value.get("quorum", "all")),
        count=int(value.get("count", 0)),
    )
