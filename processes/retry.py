"""Runs a change in one transaction, and again when the database gave it up for a conflict."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

MOST_TRIES = 3
CONFLICTS = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock; everything else is no reason to try again."""


def one_transaction(change: Callable[P, R]) -> Callable[P, R]:
    """Wrap a change in `atomic()`; retry at most three times on 40001/40P01 (semantics §2).

    Inside a surrounding transaction nothing is retried, because only the outermost one can start anew.
    """

    @functools.wraps(change)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tries = 1 if connection.in_atomic_block else MOST_TRIES
        for attempt in range(1, tries + 1):
            try:
                with transaction.atomic():
                    return change(*args, **kwargs)
            except OperationalError as error:
                if attempt == tries or not is_conflict(error):
                    raise
        raise AssertionError("unreachable")

    return run


def is_conflict(error: BaseException) -> bool:
    """Whether the database says that trying again may help."""
    cause: Any = error.__cause__
    return getattr(cause, "pgcode", None) in CONFLICTS
