"""`manage.py clean_files`: remove uploads that never came to belong to a case."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tasks import filestore


class Command(BaseCommand):
    """Safe at any time and as often as one likes: what is younger than a day stays."""

    help = "Remove files of start forms that were given up, and stored files without a row, after a day."

    def handle(self, *args: Any, **options: Any) -> None:
        """Clean, print what was removed."""
        rows, stored = filestore.clean(timezone.now())
        self.stdout.write(f"{rows} waiting files, {stored} stored files without a row removed")
