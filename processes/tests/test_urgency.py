"""Urgency computed from impact and time pressure: the table, and what makes no judgement."""

from itertools import pairwise

import pytest

from processes.models import Urgency
from processes.urgency import CRITICAL, HIGH, LOW, NORMAL, TABLE, Impact, Judgement, Pressure, judged


def test_the_levels_are_those_of_cases_and_tasks():
    assert list(Urgency.values) == [CRITICAL, HIGH, NORMAL, LOW]


@pytest.mark.parametrize(
    ("impact", "pressure", "level"),
    [
        ("person", "can_wait", LOW),
        ("person", "normal", NORMAL),
        ("person", "stands_still", HIGH),
        ("team", "urgent", HIGH),
        ("teams", "can_wait", NORMAL),
        ("teams", "stands_still", CRITICAL),
        ("house", "urgent", CRITICAL),
    ],
)
def test_the_table(impact, pressure, level):
    found = judged(impact, pressure)
    assert found.level == level
    assert found.facts == {"impact": impact, "pressure": pressure}


def test_more_impact_or_more_pressure_never_makes_it_less_urgent():
    levels = {(one, other): Judgement(one, other).level for one in Impact for other in Pressure}
    for row in TABLE.values():
        assert list(row) == sorted(row, reverse=True)
    for less, more in pairwise(Impact):
        assert all(levels[more, pressure] <= levels[less, pressure] for pressure in Pressure)
    assert set(levels.values()) == set(Urgency.values)


@pytest.mark.parametrize(("impact", "pressure"), [("", ""), ("house", ""), ("", "urgent"), ("x", "urgent")])
def test_without_both_there_is_no_judgement(impact, pressure):
    assert judged(impact, pressure) is None
