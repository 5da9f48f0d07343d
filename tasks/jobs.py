"""Celery jobs: three lines each, no data; the database says what is to be done."""

from __future__ import annotations

from dataclasses import asdict

from celery import shared_task
from celery.worker import state

from processes import runtime
from tasks import deadlines, outbox, recomputing, standstills, starts, work


@shared_task
def tick() -> None:
    """Fire what is due, then start the cases that start by themselves; with nothing due, one statement."""
    if not standstills.show_life_if_quiet(asdict(deadlines.Sweep())):
        deadlines.sweep()
        starts.run()


@shared_task
def deliver() -> None:
    """Send the mail that waits."""
    outbox.deliver()


@shared_task
def perform() -> None:
    """Do the automatic steps that wait; between two of them a worker may end."""
    work.perform(is_over=lambda: state.should_stop is not None)


@shared_task
def remove_trials() -> None:
    """Remove trial runs that are too old."""
    runtime.remove_old_trials()


@shared_task
def recompute() -> None:
    """Find deadlines anew after calendars have changed."""
    recomputing.run()
