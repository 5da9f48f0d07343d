"""export_process KEY: a process as a file, to standard output."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from processes import blueprint, pictures, planrecords
from processes.files import yamlexport
from processes.importing import head_of
from processes.models import ProcessDefinition, ProcessVersion


class Command(BaseCommand):
    """Prints one version: the given one, else the published one, else the newest."""

    help = "Print a process definition as a file."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Let --version mean the version of the process, not that of Django."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Key, version, format."""
        parser.add_argument("key")
        parser.add_argument("--version", dest="number", type=int, metavar="N")
        parser.add_argument("--format", choices=["yaml", "svg"], default="yaml")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file to standard output."""
        version = _version(options["key"], options["number"])
        write = _svg if options["format"] == "svg" else _yaml
        self.stdout.write(write(version), ending="")


def _yaml(version: ProcessVersion) -> str:
    plan = blueprint.read(version)
    plans = planrecords.named_by(version, plan.plans_named)
    return yamlexport.dump(head_of(version.definition), plan, plans=plans, note=version.note)


def _svg(version: ProcessVersion) -> str:
    return pictures.svg_file(blueprint.read(version), title=str(version))


def _version(key: str, number: int | None) -> ProcessVersion:
    definition = ProcessDefinition.objects.filter(key=key).first()
    if definition is None:
        raise CommandError(_("There is no process “%(key)s”.") % {"key": key})
    versions = definition.versions.select_related("definition")
    found = versions.filter(number=number).first() if number else definition.published or versions.first()
    if found is None:
        raise CommandError(_("“%(key)s” has no such version.") % {"key": key})
    return found
