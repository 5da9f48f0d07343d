"""Runs the project over a folder of material by others, and compares with the labels that came with it.

`INDEX.csv` in the folder has one row a file: `file`, `kind`, `expect`. A section looks at one part of the
folder; it is one line in `SECTIONS`. Nothing of the folder is ever part of the tests.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import corpus_calendar
from bench.corpuslabels import LINT, Rule, missing_properties, wanted_properties
from processes import bpmn
from processes.checking import soundness


@dataclass(frozen=True)
class Row:
    """One comparison: `ours` of `limit` agree; `details` is for people, a line each."""

    case: str
    ours: int
    limit: int
    unit: str = "files"
    details: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The row as every benchmark prints it (design.md §5); no ratio where nothing could be compared."""
        ratio = round(self.ours / self.limit, 3) if self.limit else None
        return {"case": self.case, "ours": self.ours, "limit": self.limit, "ratio": ratio, "unit": self.unit}


def run(folder: Path) -> list[Row]:
    """Every section whose part of the folder is there."""
    return [row for section in SECTIONS.values() for row in section(folder)]


def index(folder: Path) -> list[dict[str, str]]:
    """The rows of the folder's index; none if it has none."""
    path = folder / "INDEX.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


# -- judging one file ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """What is said of a file: what cannot be taken over, notes, findings of its nets by code."""

    faults: tuple[bpmn.Fault, ...]
    notes: frozenset[str]
    findings: tuple[soundness.Defect, ...]
    repeated: frozenset[str]

    @property
    def codes(self) -> frozenset[str]:
        """Everything said, by code."""
        faults = {fault.code for fault in self.faults}
        return self.notes | self.repeated | faults | {finding.code for finding in self.findings}

    @property
    def verdict(self) -> str:
        """In one word or a few."""
        refused = sorted({fault.element or fault.code for fault in self.faults})
        if refused:
            return "not supported: " + ", ".join(refused)
        codes = sorted({finding.code for finding in self.findings})
        return ", ".join([*(codes or ["sound"]), *sorted(self.repeated)])


def judge(path: Path) -> Judged:
    """Read a file and check each of its processes."""
    file = bpmn.read(path.read_bytes())
    findings: list[soundness.Defect] = []
    repeated: set[str] = set()
    for process in file.processes:
        net = bpmn.to_net(process)
        findings.extend(soundness.check(net).defects)
        for one in soundness.ends_reached_twice(net) if net.start else ():
            repeated.add("end_reached_twice" if len(net.incoming(one.step)) > 1 else "end_twice_by_one_way")
    notes = frozenset(note.code for process in file.processes for note in process.notes)
    return Judged(file.all_faults, notes, tuple(findings), frozenset(repeated))


# -- sections ------------------------------------------------------------------------------------------------


def soundness_section(folder: Path) -> list[Row]:
    """Models labelled by another model checker."""
    details: list[str] = []
    agreeing = labelled = 0
    for row in index(folder):
        if row["kind"] != "soundness":
            continue
        judged = judge(folder / row["file"])
        wanted = wanted_properties(row["expect"])
        said = "no label"
        if wanted is not None and not judged.faults:
            labelled += 1
            is_same = wanted == missing_properties(judged.codes, wanted)
            agreeing += is_same
            said = "same" if is_same else "DIFFERS"
        name = Path(row["file"]).stem
        details.append(f"{name:<62} {row['expect'][:48]:<48} {said:<8} {judged.verdict}")
    return [Row("soundness: labelled models", agreeing, labelled, details=tuple(details))] if details else []


def lint_section(folder: Path) -> list[Row]:
    """Files labelled good or bad for a rule, one row a rule."""
    by_rule: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in index(folder):
        if row["kind"] == "lint":
            by_rule[Path(row["file"]).parent.name].append(row)
    return [_lint_row(folder, name, rows) for name, rows in by_rule.items()]


def _lint_row(folder: Path, name: str, rows: list[dict[str, str]]) -> Row:
    rule = LINT.get(name, Rule(reason="no rule known here"))
    details: list[str] = []
    agreeing = compared = 0
    for row in rows:
        is_bad = row["expect"].startswith("invalid")
        judged = judge(folder / row["file"])
        why = rule.why_not_comparable(judged.codes, is_bad=is_bad)
        if why:
            said = f"not comparable: {why}"
        else:
            is_named = bool(rule.codes & judged.codes)
            compared += 1
            agreeing += is_named == is_bad
            said = ("same: " if is_named == is_bad else "DIFFERS: ") + ("bad" if is_named else "good")
        details.append(f"{Path(row['file']).stem:<44} {'bad' if is_bad else 'good':<5} {said}")
    return Row(f"lint: {name}", agreeing, compared, details=tuple(details))


def bpmn_section(folder: Path) -> list[Row]:
    """What must be read, and what must be refused by name."""
    readable: list[tuple[str, Judged]] = []
    refused: list[tuple[str, str, Judged]] = []
    for row in index(folder):
        if row["kind"] in ("importable", "reference", "dialect"):
            readable.append((row["file"], judge(folder / row["file"])))
        elif row["kind"] == "unsupported":
            refused.append((row["file"], row["expect"].rpartition("name: ")[2], judge(folder / row["file"])))
    if not readable:
        return []
    unread = [f"{file}: {judged.verdict}" for file, judged in readable if judged.faults]
    silent = [
        f"{file}: {element} not named"
        for file, element, judged in refused
        if element not in {fault.element for fault in judged.faults}
    ]
    complete = len(readable) - len(unread)
    return [
        Row("bpmn: read completely", complete, len(readable), details=tuple(unread)),
        Row("bpmn: element refused by name", len(refused) - len(silent), len(refused), details=tuple(silent)),
    ]


def hostile_section(folder: Path) -> list[Row]:
    """Files that must be refused as a whole, without an error of ours."""
    rows = []
    for case, pattern in (
        ("xml: hostile files", "xml/*.xml"),
        ("bpmn: broken files", "bpmn/negative/**/*.bpmn"),
    ):
        files = sorted(folder.glob(pattern))
        told = [(path.name, bpmn.read(path.read_bytes())) for path in files]
        details = tuple(
            f"{name:<100} {file.faults[0].code if file.faults else 'READ'}" for name, file in told
        )
        if files:
            rows.append(Row(case, sum(bool(file.faults) for _, file in told), len(files), details=details))
    return rows


def calendar_section(folder: Path) -> list[Row]:
    """Working-time vectors by source and operation, with those that deviate and the convention behind."""
    if not (folder / corpus_calendar.VECTORS).exists():
        return []
    found = [
        Row(f"calendar: {row['case']}", row["ours"], row["limit"], row["unit"])
        for row in corpus_calendar.section(folder)
    ]
    details = tuple(
        f"{one['id']}: expected {one['expected']}, ours {one['ours']}: {one['convention'] or 'UNEXPLAINED'}"
        for one in corpus_calendar.deviations(folder)
    )
    agreeing, number = sum(row.ours for row in found), sum(row.limit for row in found)
    return [*found, Row("calendar: all vectors", agreeing, number, "vectors", details)]


Section = Callable[[Path], list[Row]]
SECTIONS: Mapping[str, Section] = {
    "soundness": soundness_section,
    "lint": lint_section,
    "bpmn": bpmn_section,
    "hostile": hostile_section,
    "calendar": calendar_section,
}


def table(rows: list[Row]) -> Iterator[str]:
    """The result for people."""
    for row in rows:
        yield f"{row.case}: {row.ours} of {row.limit} {row.unit}"
        yield from (f"    {line}" for line in row.details)
