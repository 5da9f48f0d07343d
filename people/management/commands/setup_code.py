"""`manage.py setup_code`: the one-time link to the first administrator's account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people import accounts


class Command(BaseCommand):
    """Prints the link; an earlier one ends. Refused when there is an administrator."""

    help = "Print the one-time link to the first administrator's account."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the link, of which only a hash is stored, and say how long it is good for."""
        try:
            link = accounts.make_setup_link()
        except accounts.AccountRefused as error:
            raise CommandError(str(error)) from error
        code = link.rstrip("/").rpartition("/")[2]
        self.stdout.write("First administrator: open this address, it works once.")
        self.stdout.write(f"  {link}")
        self.stdout.write(f"  one-time code: {code} (valid for {accounts.VALID_FOR.days} days)")
