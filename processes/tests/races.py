"""Runs two or more changes at the same moment, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def at_once(changes: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all changes together; returns each one's result, or the exception it raised."""
    barrier = threading.Barrier(len(changes))
    results: list[Any] = [None] * len(changes)

    def run(number: int, change: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            results[number] = change()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(changes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def losers(results: Sequence[Any], *allowed: type[Exception]) -> int:
    """How many lost with one of the allowed refusals; any other exception is raised."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, allowed):
            raise result
    return sum(isinstance(result, Exception) for result in results)
