"""`python -m bench NAME`: a table for people, then one JSON line.

completions [--seconds S] [--rounds R]: ended tasks per second, on a private PostgreSQL.
check: the model check of nets of several shapes.
diagram: layout and drawing of processes with 10, 20 and 40 steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from bench import check, diagram, postgres


def main() -> None:
    """Run one benchmark and print its result."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("name", choices=["check", "completions", "diagram"])
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often subjects take turns")
    options = parser.parse_args()
    line = LINES[options.name]
    rows = _completions(options) if options.name == "completions" else RUNS[options.name](options.rounds)
    for row in rows:
        sys.stdout.write(line.format(**row))
    sys.stdout.write(json.dumps({"bench": options.name, "rows": rows}) + "\n")


CHECK_LINE = (
    "{case:<44} {steps:>3} steps {markings:>6} markings {ms:>9.1f} ms {rate:>8.0f} markings/s  {found}\n"
)
DIAGRAM_LINE = (
    "{case:<30} {ours:>6.2f} {unit}   layout {layout:>6.2f}   drawing {drawing:>6.2f}   {bytes:>7} bytes\n"
)
COMPLETIONS_LINE = "{case:<28} ours {ours:>8.1f}   plain SQL {limit:>8.1f} {unit}   ratio {ratio:.2f}\n"

LINES = {"check": CHECK_LINE, "completions": COMPLETIONS_LINE, "diagram": DIAGRAM_LINE}
RUNS = {"check": check.run, "diagram": diagram.run}


def _completions(options: argparse.Namespace) -> list[dict[str, Any]]:
    with postgres.private_server() as url:
        os.environ.update(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="prozesstool.settings", LOG_LEVEL="ERROR")
        from bench import completions

        return completions.run(options.seconds, options.rounds)


if __name__ == "__main__":
    main()
