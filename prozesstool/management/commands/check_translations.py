"""`manage.py check_translations`: every sentence of the screen is in German, and compiled."""

from __future__ import annotations

import gettext
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

CATALOGUE = Path("de", "LC_MESSAGES", "django.po")
IGNORED = [".venv", "var", "tests", "docs", "node_modules"]


class Command(BaseCommand):
    """Collects the sentences anew into a copy and compares; the catalogue itself stays as it is."""

    help = "Fail when a German sentence is missing, in doubt or not compiled."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError with everything that is wrong."""
        source = Path(settings.LOCALE_PATHS[0]) / CATALOGUE
        if not source.exists():
            raise CommandError("locale/de has no catalogue; run `make messages`.")
        with tempfile.TemporaryDirectory() as folder:
            fresh = collected(source, Path(folder))
            wrong = [*listed(fresh, "--untranslated", "missing"), *listed(fresh, "--only-fuzzy", "in doubt")]
            if not is_compiled(source, Path(folder)):
                wrong.append("locale/de is not compiled from its catalogue; run `make messages`.")
        if wrong:
            raise CommandError("\n".join(wrong))


def collected(source: Path, folder: Path) -> Path:
    """A copy of the catalogue, brought up to date with code and templates."""
    copy = folder / CATALOGUE
    copy.parent.mkdir(parents=True)
    shutil.copy(source, copy)
    with override_settings(LOCALE_PATHS=[str(folder)]):
        call_command(
            "makemessages",
            locale=["de"],
            ignore_patterns=IGNORED,
            no_location=True,
            no_obsolete=True,
            verbosity=0,
        )
    return copy


def listed(catalogue: Path, choice: str, word: str) -> list[str]:
    """The sentences that `msgattrib` chooses, one line each."""
    command = ["msgattrib", choice, "--no-obsolete", "--no-wrap", str(catalogue)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed command
    lines = [line for line in answer.stdout.splitlines() if line.startswith("msgid ")]
    return [f"{word}: {line.removeprefix('msgid ')}" for line in lines if line != 'msgid ""']


def is_compiled(source: Path, folder: Path) -> bool:
    """Whether the compiled file beside the catalogue says the same as the catalogue."""
    compiled, anew = source.with_suffix(".mo"), folder / "anew.mo"
    subprocess.run(["msgfmt", "-o", str(anew), str(source)], check=True)  # noqa: S603, S607 - fixed command
    return compiled.exists() and _entries(compiled) == _entries(anew)


def _entries(compiled: Path) -> dict[Any, str]:
    with compiled.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
