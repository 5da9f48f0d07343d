"""Where a case stands: the multiset of tokens that is stored with it. Pure and immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from processes.graph import EngineError


class UnknownToken(EngineError):
    """The marking has no such token, or it waits for no event."""

    code = "unknown_token"


@dataclass(frozen=True, slots=True)
class Token:
    """One thread of work: `at` a step's key, or `flow:<id>` on a transition into a join; `visit` = how often
    that step has been entered, this time included (1 on a transition)."""

    id: int
    at: str
    visit: int


@dataclass(frozen=True, slots=True)
class Marking:
    """Where a case stands. Ids are never reused; `visits` counts entries per step; `sparked` remembers which
    non-interrupting clock outcomes a token has fired; `first_end` is the first end reached, the result."""

    tokens: tuple[Token, ...] = ()
    next_id: int = 1
    visits: Mapping[str, int] = field(default_factory=dict)
    sparked: frozenset[tuple[int, str]] = frozenset()
    first_end: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, small, with a stable order."""
        return {
            "tokens": [[token.id, token.at, token.visit] for token in self.tokens],
            "next": self.next_id,
            "visits": dict(self.visits),
            "sparked": sorted([token, outcome] for token, outcome in self.sparked),
            "end": self.first_end,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Marking:
        """Read what `to_json` wrote; an empty mapping is the empty marking."""
        return cls(
            tokens=tuple(Token(*row) for row in value.get("tokens", ())),
            next_id=value.get("next", 1),
            visits=dict(value.get("visits", {})),
            sparked=frozenset((token, outcome) for token, outcome in value.get("sparked", ())),
            first_end=value.get("end", ""),
        )

    def token(self, token_id: int) -> Token:
        """The token of that id. Raises UnknownToken."""
        for token in self.tokens:
            if token.id == token_id:
                return token
        raise UnknownToken(token_id)
