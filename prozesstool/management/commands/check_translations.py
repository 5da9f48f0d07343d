"""`manage.py check_translations`: every sentence of the screen is in German, and compiled."""

from __future__ import annotations

import ast
import gettext
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

CATALOGUE = Path("locale", "de", "LC_MESSAGES", "django.po")
TRANSLATING = frozenset(f"{kind}gettext{lazy}" for kind in ("", "n", "p", "np") for lazy in ("", "_lazy")) | {
    "_"
}
"""What sentences of the screen are given to."""
IGNORED = (".*", "var", "tests", "docs", "static", "__pycache__")


class Command(BaseCommand):
    """Collects the sentences anew into a copy and compares; the catalogue itself stays as it is."""

    help = "Fail when a German sentence is missing, in doubt or not compiled."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError with everything that is wrong."""
        source = settings.BASE_DIR / CATALOGUE
        if not source.exists():
            raise CommandError("locale/de has no catalogue; run `make messages`.")
        with tempfile.TemporaryDirectory() as folder:
            fresh = collected(settings.BASE_DIR, Path(folder))
            wrong = [*listed(fresh, "--untranslated", "missing"), *listed(fresh, "--only-fuzzy", "in doubt")]
            wrong += unseen(settings.BASE_DIR)
            if not is_compiled(source, Path(folder)):
                wrong.append("locale/de is not compiled from its catalogue; run `make messages`.")
        if wrong:
            raise CommandError("\n".join(wrong))


def collected(base: Path, folder: Path) -> Path:
    """The catalogue, brought up to date with code and templates, in a copy of both.

    It must be a copy: collecting writes into whichever catalogue lies beside the code.
    """
    copy = folder / "copy"
    shutil.copytree(base, copy, ignore=shutil.ignore_patterns(*IGNORED))
    command = [sys.executable, "-m", "django", "makemessages", "-l", "de", "--no-location", "--no-obsolete"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)  # noqa: S603 - fixed command
    return copy / CATALOGUE


def listed(catalogue: Path, choice: str, word: str) -> list[str]:
    """The sentences that `msgattrib` chooses, one line each."""
    command = ["msgattrib", choice, "--no-obsolete", "--no-wrap", str(catalogue)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed command
    lines = [line for line in answer.stdout.splitlines() if line.startswith("msgid ")]
    return [f"{word}: {line.removeprefix('msgid ')}" for line in lines if line != 'msgid ""']


def unseen(base: Path) -> list[str]:
    """Sentences that collecting cannot see: it does not look into f-strings."""
    found = []
    for file in sorted(base.rglob("*.py")):
        place = file.relative_to(base)
        if not any(fnmatch(part, pattern) for part in place.parts for pattern in IGNORED):
            tree = ast.parse(file.read_text("utf-8"))
            lines = {call.lineno for call in _calls_in_f_strings(tree) if _name(call.func) in TRANSLATING}
            found += [f"not collected, because inside an f-string: {place}:{line}" for line in sorted(lines)]
    return found


def _calls_in_f_strings(tree: ast.AST) -> Iterator[ast.Call]:
    for text in ast.walk(tree):
        if isinstance(text, ast.JoinedStr):
            yield from (one for one in ast.walk(text) if isinstance(one, ast.Call))


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def is_compiled(source: Path, folder: Path) -> bool:
    """Whether the compiled file beside the catalogue says the same as the catalogue."""
    compiled, anew = source.with_suffix(".mo"), folder / "anew.mo"
    subprocess.run(["msgfmt", "-o", str(anew), str(source)], check=True)  # noqa: S603, S607 - fixed command
    return compiled.exists() and _entries(compiled) == _entries(anew)


def _entries(compiled: Path) -> dict[Any, str]:
    with compiled.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
