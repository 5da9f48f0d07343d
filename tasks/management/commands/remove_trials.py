"""`manage.py remove_trials`: remove trial runs that are older than two weeks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from processes import runtime


class Command(BaseCommand):
    """Safe at any time and as often as one likes; beat does the same every hour."""

    help = "Remove trial runs that were started more than two weeks ago, with everything in them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove, print how many."""
        self.stdout.write(f"{runtime.remove_old_trials()} trial runs removed")
