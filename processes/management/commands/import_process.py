"""import_process FILE…: bring process files in; one line for each problem."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from processes.checking.findings import ERROR, Problem, Sentence
from processes.files.yamlsource import MAX_BYTES
from processes.importing import Report, import_yaml

YAML_SUFFIXES = (".yaml", ".yml")


class Command(BaseCommand):
    """Imports process files; a refused file leaves nothing behind, and the exit code is then 1."""

    help = "Import process definitions from files (.yaml, .yml)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files and switches."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--check", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--publish", action="store_true", help="publish each imported version at once")
        parser.add_argument("--json", action="store_true", help="print one JSON object per file")
        parser.add_argument("--create-teams", action="store_true", help="create teams that are missing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the files one by one; the refusal of one does not stop the others."""
        is_refused = False
        for name in options["files"]:
            report = self._import(name, options)
            if options["json"]:
                self.stdout.write(json.dumps(_as_json(name, report), ensure_ascii=False))
            else:
                self._print(name, report, only_check=options["check"])
            is_refused = is_refused or not report.is_imported
        if is_refused:
            sys.exit(1)

    def _import(self, name: str, options: dict[str, Any]) -> Report:
        path = Path(name)
        suffix = path.suffix.lower()
        if suffix == ".bpmn":
            return _refused("bpmn", gettext_lazy("BPMN files cannot be imported yet; this comes later."))
        if suffix not in YAML_SUFFIXES:
            return _refused("file_type", gettext_lazy("Only .yaml and .yml files can be imported."))
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except OSError as error:
            return _refused(
                "unreadable", gettext_lazy("The file cannot be read: %(why)s."), why=error.strerror
            )
        return import_yaml(
            raw,
            publish=options["publish"],
            create_teams=options["create_teams"],
            only_check=options["check"],
        )

    def _print(self, name: str, report: Report, *, only_check: bool) -> None:
        for index, problem in enumerate(report.problems):
            self.stderr.write(f"{name}: {problem.code}: {_where(report, index)}: {problem.message}")
        if not report.is_imported:
            if len(report.problems) > 1:
                self.stderr.write(_("%(file)s: refused, nothing was written.") % {"file": name})
        elif only_check or report.version is None:
            self.stdout.write(_("%(file)s: can be imported.") % {"file": name})
        else:
            facts = {"file": name, "process": report.process, "number": report.version.number}
            facts["state"] = report.version.get_state_display()
            self.stdout.write(_("%(file)s: %(process)s version %(number)s, %(state)s.") % facts)


def _refused(code: str, message: Any, **facts: Any) -> Report:
    report = Report()
    report.add(Problem(code, ERROR, "", Sentence(message, facts)), None)
    return report


def _where(report: Report, index: int) -> str:
    line = report.lines.get(index)
    step = report.problems[index].step
    place = _("line %(line)s") % {"line": line} if line is not None else ""
    return " ".join(part for part in (place, f"({step})" if step else "") if part) or "-"


def _as_json(name: str, report: Report) -> dict[str, Any]:
    return {
        "file": name,
        "imported": report.is_imported,
        "publishable": report.is_publishable,
        "problems": [_problem_json(report, index) for index in range(len(report.problems))],
        "process": report.process,
        "steps": report.steps,
        "transitions": report.transitions,
    }


def _problem_json(report: Report, index: int) -> dict[str, Any]:
    problem = report.problems[index]
    line = report.lines.get(index)
    text = str(problem.message)
    if line is not None:
        text = _("line %(line)s") % {"line": line} + ": " + text
    return {"code": problem.code, "severity": problem.severity, "step": problem.step, "message": text}
