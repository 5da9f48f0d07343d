"""Levels whose moment would lie before the start of what they watch."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from people import durations, worktime
from processes import escalation
from processes.adminpages import planchoices, planpreview
from processes.escalation import Level, Whom, acts_of
from processes.tests.builders import MONDAY

NOON = MONDAY + dt.timedelta(hours=4)
"""Four hours behind the start."""
REMINDER = Level(1, "Erinnerung", "-2d", acts_of(whom=(Whom.ASSIGNEE, Whom.TEAM)))


def timed(*levels: Level, due: dt.datetime = NOON) -> list[tuple[int, dt.datetime]]:
    plan = escalation.snapshot(levels, MONDAY, due)
    return [(one.level.number, one.at) for one in escalation.timed_levels(plan)]


def test_a_reminder_before_the_start_is_left_out():
    assert timed(REMINDER) == [(0, NOON)]
    assert timed(REMINDER, due=MONDAY + dt.timedelta(days=3)) == [
        (1, MONDAY + dt.timedelta(days=1)),
        (0, MONDAY + dt.timedelta(days=3)),
    ]


@pytest.mark.parametrize(
    "what",
    [
        {"whom": (Whom.LEAD,)},
        {"whom": (Whom.ASSIGNEE, Whom.OWNER)},
        {"whom": (Whom.LEADS_LEAD,)},
        {"whom": ("wache@example.org",)},
        {"raises": True},
        {"to": "lead"},
        {"whom": (Whom.TEAM,), "comment": "eilt"},
    ],
)
def test_what_reaches_higher_or_acts_happens_at_the_start(what: dict[str, object]):
    level = Level(2, "Stufe", "-10d", acts_of(**what))  # type: ignore[arg-type]
    assert timed(level) == [(2, MONDAY), (0, NOON)]


def test_what_is_counted_otherwise_stays_where_it_is():
    share, at_due, after = Level(1, "", "0%"), Level(2), Level(3, "", "1d")
    before = MONDAY - dt.timedelta(days=7)
    assert timed(share, at_due, after, due=before) == [
        (0, before), (1, before), (2, before), (3, before + dt.timedelta(days=1))
    ]  # fmt: skip


def test_the_preview_says_what_is_left_out_and_what_happens_at_the_start():
    lead = Level(2, "Leitung", "-3d", acts_of(whom=(Whom.LEAD,)))
    with translation.override("en"):
        found = planpreview.example(
            (REMINDER, lead),
            worktime.STANDARD,
            durations.parse_duration("4h"),
            dt.date(2026, 11, 12),
            planchoices.Known([], [], {}),
        )
    start, first, second, due = found.marks
    assert (start.at, first.at, second.at, due.at) == (MONDAY, MONDAY, MONDAY, NOON)
    assert first.about.startswith("left out here")
    assert second.about.startswith("at the start")
