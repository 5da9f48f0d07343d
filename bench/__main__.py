"""`python -m bench completions [--seconds S] [--rounds R]`: a table for people, then one JSON line."""

from __future__ import annotations

import argparse
import json
import os
import sys

from bench import postgres


def main() -> None:
    """Start a private PostgreSQL, run the benchmark on it, print the result."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("name", choices=["completions"])
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often subjects take turns")
    options = parser.parse_args()
    with postgres.private_server() as url:
        os.environ.update(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="prozesstool.settings", LOG_LEVEL="ERROR")
        from bench import completions

        rows = completions.run(options.seconds, options.rounds)
    for row in rows:
        sys.stdout.write(
            f"{row['case']:<28} ours {row['ours']:>8.1f}   plain SQL {row['limit']:>8.1f} {row['unit']}"
            f"   ratio {row['ratio']:.2f}\n"
        )
    sys.stdout.write(json.dumps({"bench": options.name, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
