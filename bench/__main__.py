"""`python -m bench NAME`: a table for people, then one JSON line.

completions [--seconds S] [--rounds R]: ended tasks per second, on a private PostgreSQL.
check [--rounds R]: the model check of nets of several shapes.
corpus DIR: what we say of files by others, beside what their labels say.
sweep [--tasks N] [--due N] [--rounds R]: escalated tasks per second, on a private PostgreSQL.
diagram: layout and drawing of processes with 10, 20 and 40 steps.
library: which outcomes and transitions of the shipped templates cases have taken to an end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import check, corpus, diagram, postgres


def main() -> None:
    """Run one benchmark and print its result."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("name", choices=["check", "completions", "corpus", "diagram", "library", "sweep"])
    parser.add_argument("folder", nargs="?", type=Path, help="the folder of a corpus")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often subjects take turns")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="open tasks of a sweep")
    parser.add_argument("--due", type=int, default=100_000, help="how many of them are due")
    options = parser.parse_args()
    if options.name == "corpus":
        if options.folder is None or not options.folder.is_dir():
            parser.error("corpus needs a folder")
        _print_corpus(corpus.run(options.folder))
        return
    rows = RUNS[options.name](options)
    for row in rows:
        sys.stdout.write(LINES[options.name].format(**row))
    _print_json(options.name, rows)


CHECK_LINE = (
    "{case:<50} {steps:>3} steps  check {ours:>9.2f} ms  whole {limit:>9.1f} ms ({naive_markings} markings,"
    " {rate}/s)  ratio {ratio:>9.1f}  {found}\n"
)
COMPLETIONS_LINE = "{case:<28} ours {ours:>8.1f}   plain SQL {limit:>8.1f} {unit}   ratio {ratio:.2f}\n"
DIAGRAM_LINE = (
    "{case:<30} {ours:>6.2f} {unit}   layout {layout:>6.2f}   drawing {drawing:>6.2f}   {bytes:>7} bytes\n"
)
SWEEP_LINE = (
    "{case:<32} ours {ours:>7}   plain SQL {limit:>7} {unit}   ratio {ratio:.2f}"
    "   in our tables {own_tables:>7}   ratio {ratio_own_tables:.2f}   {lag_seconds} s, {memory_mb} MB\n"
)
LIBRARY_LINE = (
    "{case:<20} {cases:>3} cases  outcomes {ours:>3} of {limit:>3}"
    "  transitions {transitions:>3} of {all_transitions:>3}  {seconds:>5.1f} s\n"
)
LINES = {
    "check": CHECK_LINE,
    "completions": COMPLETIONS_LINE,
    "diagram": DIAGRAM_LINE,
    "library": LIBRARY_LINE,
    "sweep": SWEEP_LINE,
}


def _print_corpus(rows: list[corpus.Row]) -> None:
    for text in corpus.table(rows):
        sys.stdout.write(f"{text}\n")
    _print_json("corpus", [row.as_json() for row in rows])


def _print_json(name: str, rows: list[dict[str, Any]]) -> None:
    sys.stdout.write(json.dumps({"bench": name, "rows": rows}) + "\n")


@contextmanager
def _private_database() -> Iterator[None]:
    """Let Django speak to a private PostgreSQL; what uses it is imported inside."""
    with postgres.private_server() as url:
        os.environ.update(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="prozesstool.settings", LOG_LEVEL="ERROR")
        yield


def _completions(options: argparse.Namespace) -> list[dict[str, Any]]:
    with _private_database():
        from bench import completions

        return completions.run(options.seconds, options.rounds)


def _sweep(options: argparse.Namespace) -> list[dict[str, Any]]:
    with _private_database():
        from bench import sweep

        return sweep.run(options.tasks, options.due, options.rounds)


def _library(_options: argparse.Namespace) -> list[dict[str, Any]]:
    with _private_database():
        from bench import library

        return library.run()


RUNS: Mapping[str, Callable[[argparse.Namespace], list[dict[str, Any]]]] = {
    "check": lambda options: check.run(options.rounds),
    "completions": _completions,
    "diagram": lambda options: diagram.run(options.rounds),
    "library": _library,
    "sweep": _sweep,
}


if __name__ == "__main__":
    main()
