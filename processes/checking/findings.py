"""One finding about a version: what, where, how grave, and a sentence put together when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from processes.checking import advice

ERROR, WARNING = "error", "warning"
EXAMPLE = "example"
"""The fact of a message that is a run; the sentence it stands in is the last."""
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One finding. `path` is its place as our file format spells it, for the line of an import."""

    code: str
    severity: str
    step: str
    message: Any
    path: Place = field(default=(), compare=False)

    @property
    def sentence(self) -> str:
        """The message without the course that shows it."""
        return self.message.head() if isinstance(self.message, Sentence) else str(self.message)

    @property
    def course(self) -> list[str]:
        """How it comes to that, step by step; empty where nothing has to happen first."""
        example = self.message.facts.get(EXAMPLE) if isinstance(self.message, Sentence) else None
        return example.steps() if example is not None else []

    @property
    def advice(self) -> str:
        """What to do about it on the page of the draft; may be empty."""
        return advice.about(self.code)


class Sentence:
    """A translatable message with its facts, put together when it is shown."""

    def __init__(self, message: Any, facts: Mapping[str, Any]) -> None:
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message) % self.facts

    def head(self) -> str:
        """What stands before the sentence that tells an example."""
        if EXAMPLE not in self.facts:
            return str(self)
        mark = "\0"
        told = str(self.message) % {**self.facts, EXAMPLE: mark}
        return f"{told.partition(mark)[0].rpartition('. ')[0]}."

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sentence) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def error(code: str, step: str, message: Any, path: Place = (), /, **facts: Any) -> Problem:
    """A fault: with it no version is published. Without a path it is about the step as a whole."""
    return _finding(ERROR, code, step, message, path, facts)


def warning(code: str, step: str, message: Any, path: Place = (), /, **facts: Any) -> Problem:
    """A hint: it does not stand in the way of publishing."""
    return _finding(WARNING, code, step, message, path, facts)


def _finding(
    severity: str, code: str, step: str, message: Any, path: Place, facts: Mapping[str, Any]
) -> Problem:
    return Problem(code, severity, step, Sentence(message, facts), path or (("steps", step) if step else ()))
