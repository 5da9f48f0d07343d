"""Celery jobs: a few lines each, no data; the database says what is to be done."""

from __future__ import annotations

from dataclasses import asdict

from celery import shared_task
from celery.worker import state
from django.conf import settings

from processes import runtime
from tasks import deadlines, leases, starts
from tasks.automatic import work
from tasks.clocks import recomputing, standstills
from tasks.messages import outbox


@shared_task
def tick() -> None:
    """Fire what is due, then start the cases that start by themselves; with nothing due, one statement."""
    if not standstills.show_life_if_quiet(asdict(deadlines.Sweep())):
        deadlines.sweep()
        starts.run()


@shared_task
def deliver() -> None:
    """Send the mail that waits, until none is left or the time of a tick is over."""
    is_over = leases.budget(settings.TICK_BUDGET_SECONDS)
    while (done := outbox.deliver(is_over=is_over)).total and not done.held_up:
        pass


@shared_task
def perform() -> None:
    """Do the automatic steps that wait, as above; between two of them a worker may end."""
    is_late = leases.budget(settings.TICK_BUDGET_SECONDS)
    while work.perform(is_over=lambda: state.should_stop is not None or is_late()).total:
        pass


@shared_task
def remove_trials() -> None:
    """Remove trial runs that are too old."""
    runtime.remove_old_trials()


@shared_task
def recompute() -> None:
    """Find deadlines anew after calendars have changed."""
    recomputing.run()
