"""`manage.py verify`: prove history and state; exit 1 and the broken places if something is wrong."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from processes.models import ProcessInstance
from tasks import verify
from tasks.models import ProcessEvent


class Command(BaseCommand):
    """Reads everything, changes nothing."""

    help = "Prove event chains, invariants, and that state follows from history."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each broken place, or what was proved."""
        found = 0
        for place in verify.all_breaks():
            found += 1
            self.stdout.write(str(place))
        cases, events = ProcessInstance.objects.count(), ProcessEvent.objects.count()
        if found:
            self.stderr.write(f"{found} broken places in {cases} cases, {events} events")
            sys.exit(1)
        self.stdout.write(f"{cases} cases, {events} events: all in order")
