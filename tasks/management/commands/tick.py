"""`manage.py tick`: one round of the clock, of automatic steps and of mail; prints JSON.

For cron or by hand.
"""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tasks import deadlines, leases, starts
from tasks.automatic import work
from tasks.clocks import recomputing
from tasks.messages import outbox


class Command(BaseCommand):
    """Works without Celery and without the broker."""

    help = "Fire what is due, do and deliver what waits; prints what was done as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--at` sets the moment, for trying out."""
        parser.add_argument("--at", help="ISO 8601 moment, such as 2026-11-23T17:00:00+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, start what starts by itself, find deadlines anew, deliver and work, print."""
        at = self._moment(options["at"])
        is_over = leases.budget(settings.TICK_BUDGET_SECONDS)
        done = deadlines.sweep(at=at)
        begun = starts.run(at=at)
        found = recomputing.run(at=at)
        sent, worked = self._by_turns(at, is_over)
        counts = {**asdict(done), **asdict(sent), "started": begun.started, "recomputed": found.moved}
        self.stdout.write(json.dumps({**counts, "jobs": asdict(worked)}))

    def _by_turns(
        self, at: dt.datetime | None, is_over: Callable[[], bool]
    ) -> tuple[outbox.Delivery, work.Performed]:
        """Mails and automatic steps, a batch each, until nothing is left or the time is over, so that neither
        keeps the other waiting. Mails come first, as steps can take long."""
        sent, worked = outbox.Delivery(), work.Performed()
        while True:
            mails = outbox.Delivery() if sent.held_up else outbox.deliver(at=at, is_over=is_over)
            steps = work.perform(at=at, is_over=is_over)
            sent.add(mails)
            worked.add(steps)
            if not (mails.total or steps.total):
                return sent, worked

    def _moment(self, raw: str | None) -> dt.datetime | None:
        if not raw:
            return None
        try:
            at = parse_datetime(raw)
        except ValueError:
            at = None
        if at is None:
            raise CommandError(f"--at {raw!r} is no ISO 8601 moment, such as 2026-11-23T17:00:00+01:00")
        at = at if at.tzinfo else timezone.make_aware(at)
        if settings.PRODUCTION and at > timezone.now():
            raise CommandError("--at in the future is refused when PRODUCTION=1")
        return at
