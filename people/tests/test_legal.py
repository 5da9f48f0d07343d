"""Legal deadlines; each row of a table names the rule it shows (of the BGB unless said otherwise)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import legal
from people.durations import Duration, DurationError, parse_duration
from people.legal import CannotExtend, Counting, Extension, Target, Term
from people.officedays import Kind, OfficeDay, build, office_of
from people.publicholidays import region_of
from people.worktime import OFFICE

NW = office_of(region_of("DE-NW"))
BY = office_of(region_of("DE-BY"))
HH = office_of(region_of("DE-HH"))
EVENT, START_OF_DAY = Counting.EVENT, Counting.START_OF_DAY


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("rule", "counting", "begins", "duration", "last"),
    [
        ("§187 I, §188 I: the day of the event isn't counted", EVENT, "2026-06-01", "10cd", "2026-06-11"),
        ("§187 II 1, §188 I: the first day is counted", START_OF_DAY, "2026-06-01", "10cd", "2026-06-10"),
        ("§188 II: the same weekday", EVENT, "2026-06-03", "2w", "2026-06-17"),
        ("§188 II: the weekday before", START_OF_DAY, "2026-06-03", "2w", "2026-06-16"),
        ("§188 II: the same number", EVENT, "2026-06-15", "1m", "2026-07-15"),
        ("§188 II: the number before", START_OF_DAY, "2026-06-15", "1m", "2026-07-14"),
        ("§188 II: from a 1st to the end of a month", START_OF_DAY, "2026-02-01", "1m", "2026-02-28"),
        ("§188 III: no 31st in February", EVENT, "2026-01-31", "1m", "2026-02-28"),
        ("§188 III: leap year", EVENT, "2028-01-31", "1m", "2028-02-29"),
        ("§188 III: no 31st in April", EVENT, "2026-03-31", "1m", "2026-04-30"),
        ("§188 II: from a month's last day, no rounding up", EVENT, "2026-04-30", "1m", "2026-05-30"),
        (
            "§188 III: the 30th is missing, the 31st decides nothing",
            START_OF_DAY,
            "2026-01-31",
            "1m",
            "2026-02-28",
        ),
        ("§188 III: the 29th is missing", START_OF_DAY, "2026-01-30", "1m", "2026-02-28"),
        ("§188 II: the 28th exists", START_OF_DAY, "2026-01-29", "1m", "2026-02-28"),
        ("§188 II: the 30th of April exists", START_OF_DAY, "2026-03-31", "1m", "2026-04-30"),
        ("§188 II: a year", EVENT, "2026-06-15", "1y", "2027-06-15"),
        ("§188 II: a year from New Year", START_OF_DAY, "2026-01-01", "1y", "2026-12-31"),
        ("§188 III: a year from 29 February", EVENT, "2028-02-29", "1y", "2029-02-28"),
        (
            "§187 II 2: 18 years of age are complete the day before",
            START_OF_DAY,
            "2008-06-15",
            "18y",
            "2026-06-14",
        ),
        ("§187 II 2: born on 29 February", START_OF_DAY, "2008-02-29", "18y", "2026-02-28"),
        ("§189 I: a quarter", EVENT, "2026-11-30", "3m", "2027-02-28"),
    ],
    ids=lambda value: value if isinstance(value, str) and "§" in value else "",
)
def test_the_last_day_of_a_period(
    rule: str, counting: Counting, begins: str, duration: str, last: str
) -> None:
    assert legal.last_day(Term(parse_duration(duration), counting), day(begins)) == day(last)


def test_days_go_back_from_the_end_of_the_period() -> None:
    """Six months less 14 days; from 31 August six months end on the last of February."""
    term = Term(Duration(6, "m"), days_before_end=14)
    found = [legal.last_day(term, day(one)) for one in ("2026-09-01", "2026-08-31")]
    assert found == [day("2027-02-15"), day("2027-02-14")]
    counted = Term(Duration(6, "m"), START_OF_DAY, days_before_end=14)
    assert legal.last_day(counted, day("2026-09-01")) == day("2027-02-14")


@pytest.mark.parametrize(
    ("duration", "days", "is_backwards"),
    [
        (Duration(2, "w"), 14, False),
        (Duration(1, "m"), 28, False),
        (Duration(1, "m"), 1, True),
        (None, 1, False),
    ],
)
def test_days_that_leave_nothing_of_a_period_are_refused(
    duration: Duration | None, days: int, is_backwards: bool
) -> None:
    with pytest.raises(DurationError):
        Term(duration, days_before_end=days, is_backwards=is_backwards)


def test_an_extension_goes_on_from_the_day_that_was_due() -> None:
    found = legal.deadline(Term(Duration(6, "m"), days_before_end=14), day("2026-09-01"), NW)
    longer = legal.extended(found, Duration(1, "w"), NW)
    assert (found.due_on, longer.due_on) == (day("2027-02-15"), day("2027-02-22"))


def test_half_a_month_is_15_days_and_is_counted_last() -> None:
    """§189: half months; one month and a half from 31 January is 28 February and 15 days."""
    assert legal.last_day(Term(legal.HALF_MONTH), day("2026-06-01")) == day("2026-06-16")
    assert legal.last_day(Term(Duration(1, "m"), extra_days=15), day("2026-01-31")) == day("2026-03-15")


@pytest.mark.parametrize(
    ("rule", "calendar", "begins", "duration", "due"),
    [
        ("§193: Saturday", NW, "2026-06-06", "1w", "2026-06-15"),
        ("§193: Sunday", NW, "2026-06-07", "1w", "2026-06-15"),
        ("§193: Whit Monday after a Saturday", NW, "2026-05-09", "2w", "2026-05-26"),
        ("§193: Good Friday to Tuesday after Easter", NW, "2026-03-03", "1m", "2026-04-07"),
        ("§193: Christmas on Friday and Saturday", NW, "2026-11-25", "1m", "2026-12-28"),
        ("§193: New Year's Day", NW, "2026-12-01", "1m", "2027-01-04"),
        ("§193: a holiday there", BY, "2025-12-23", "2w", "2026-01-07"),
        ("§193: no holiday there", HH, "2025-12-23", "2w", "2026-01-06"),
        ("§193: the beginning is never moved", NW, "2026-06-06", "2cd", "2026-06-08"),
        ("§193: days of rest inside the period count", NW, "2026-12-23", "5cd", "2026-12-28"),
        ("ZPO §222 II; BAG 25.4.2013, 8 AZR 287/08", NW, "2012-11-30", "1m", "2012-12-31"),
        ("the second month is counted from the same day", NW, "2012-11-30", "2m", "2013-01-30"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 12 else "",
)
def test_an_end_on_a_day_of_rest_moves_on(rule: str, calendar, begins: str, duration: str, due: str) -> None:
    found = legal.deadline(Term(parse_duration(duration)), day(begins), calendar)
    assert found.due_on == day(due)
    assert found.was_shifted == (found.nominal_on != day(due))


def test_the_end_of_a_notice_period_stays() -> None:
    """BGH NJW 2005, 1354: §193 does not shift the end of a period that protects the other side."""
    found = legal.deadline(Term(Duration(4, "w"), is_shifted=False), day("2026-05-02"), NW)
    assert found.due_on == day("2026-05-30")
    assert not found.was_shifted


def test_days_off_of_the_office_shift_nothing() -> None:
    """§193 knows Saturdays, Sundays and statutory holidays alone: Christmas Eve is a working day."""
    eve = OfficeDay(Kind.OFF, 12, 24, name="Betriebsruhe")
    calendar = build((*[OFFICE] * 5, (), ()), region=region_of("DE-NW"), days=[eve])
    assert legal.deadline(Term(Duration(1, "w")), day("2026-12-17"), calendar).due_on == day("2026-12-24")


@pytest.mark.parametrize(
    ("begins", "term", "warn"),
    [
        ("2026-06-15", Term(Duration(1, "m")), "2026-07-08"),
        ("2026-06-15", Term(Duration(1, "y")), "2027-06-08"),
        ("2026-06-10", Term(Duration(2, "w")), "2026-06-19"),
        ("2026-06-03", Term(Duration(2, "w")), "2026-06-12"),
        ("2026-06-15", Term(Duration(10, "cd")), None),
        ("2026-04-25", Term(Duration(1, "m")), "2026-05-19"),
        ("2026-05-11", Term(Duration(1, "m")), "2026-06-03"),
        ("2026-06-15", Term(Duration(1, "m"), early_warning=Duration(2, "w")), "2026-07-01"),
        ("2026-06-15", Term(Duration(1, "m"), early_warning=Duration(0, "cd")), None),
        ("2026-06-15", Term(Duration(1, "w"), early_warning=Duration(1, "w")), None),
    ],
)
def test_the_early_warning_is_on_a_working_day_before(begins: str, term: Term, warn: str | None) -> None:
    found = legal.deadline(term, day(begins), NW)
    assert found.warn_on == (day(warn) if warn else None)


def test_an_extension_goes_on_from_the_end() -> None:
    """§190: old and new period are one; ZPO §224 III: from the working day (BGH NJW-RR 2010, 211)."""
    found = legal.deadline(Term(Duration(2, "w")), day("2026-05-09"), NW)
    assert (found.nominal_on, found.due_on) == (day("2026-05-23"), day("2026-05-26"))
    civil = legal.extended(found, Duration(1, "w"), NW)
    assert (civil.nominal_on, civil.extension) == (day("2026-05-30"), Extension.CIVIL)
    procedural = legal.extended(found, Duration(1, "w"), NW, is_procedural=True)
    assert (procedural.due_on, procedural.extension) == (day("2026-06-02"), Extension.PROCEDURAL)


def test_a_day_a_court_has_set_is_extended_from_there() -> None:
    """§190."""
    found = legal.deadline(Term(None), day("2026-06-15"), NW)
    again = legal.extended(found, Duration(1, "m"), NW)
    assert (again.due_on, again.warn_on) == (day("2026-07-15"), day("2026-07-08"))


def test_a_notfrist_is_never_extended() -> None:
    """ZPO §224 I, II."""
    found = legal.deadline(Term(Duration(1, "m"), is_unextendable=True), day("2026-06-15"), NW)
    with pytest.raises(CannotExtend):
        legal.extended(found, Duration(1, "w"), NW)


@pytest.mark.parametrize(
    ("rule", "target", "on", "duration", "latest"),
    [
        ("a week before a meeting (GmbHG §51 I)", Target.EVENT, "2026-06-18", "1w", "2026-06-10"),
        ("three days before a hearing", Target.EVENT, "2026-06-18", "3cd", "2026-06-14"),
        ("a month before an event", Target.EVENT, "2026-06-18", "1m", "2026-05-17"),
        ("four weeks to the 15th (§622 I)", Target.END_OF_DAY, "2026-06-15", "4w", "2026-05-18"),
        ("four weeks to the end of a month (§622 I)", Target.END_OF_DAY, "2026-02-28", "4w", "2026-01-31"),
        ("a month to the end of a month (§622 II)", Target.END_OF_DAY, "2026-06-30", "1m", "2026-05-31"),
        ("a month to the end of February (§188 III)", Target.END_OF_DAY, "2026-02-28", "1m", "2026-01-31"),
        ("three months to the end of a year", Target.END_OF_DAY, "2026-12-31", "3m", "2026-09-30"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_the_latest_day_for_a_notice(rule: str, target: Target, on: str, duration: str, latest: str) -> None:
    assert legal.latest_before(day(on), parse_duration(duration), target=target) == day(latest)


def test_a_notice_is_due_on_a_sunday_or_the_working_day_before_but_never_later() -> None:
    """BGH NJW 2005, 1354."""
    stays = Term(Duration(3, "cd"), is_shifted=False, is_backwards=True)
    assert legal.deadline(stays, day("2026-06-18"), NW).due_on == day("2026-06-14")
    moves = replace(stays, is_shifted=True)
    assert legal.deadline(moves, day("2026-06-18"), NW).due_on == day("2026-06-12")


def test_a_notice_is_warned_of_before_its_last_day_and_never_extended() -> None:
    """The usual early warning of its period, on a working day (6 September 2026 is a Sunday)."""
    term = Term(Duration(3, "m"), START_OF_DAY, is_shifted=False, is_backwards=True)
    found = legal.deadline(term, day("2026-12-13"), NW)
    assert (found.due_on, found.warn_on) == (day("2026-09-13"), day("2026-09-04"))
    with pytest.raises(CannotExtend):
        legal.extended(found, Duration(1, "w"), NW)


def test_a_month_and_a_half_before_a_day() -> None:
    """§189 II read backwards: from 30 April on a month and 15 days are complete on 14 June, not later."""
    term = Term(Duration(1, "m"), extra_days=15, is_shifted=False, is_backwards=True)
    assert legal.deadline(term, day("2026-06-15"), NW).due_on == day("2026-04-30")


@pytest.mark.parametrize(
    ("rule", "term", "due", "warn"),
    [
        ("§193: Whit Saturday", Term(None), "2026-05-26", None),
        ("not where it is switched off", Term(None, is_shifted=False), "2026-05-23", None),
        ("an own early warning", Term(None, early_warning=Duration(1, "w")), "2026-05-26", "2026-05-19"),
    ],
)
def test_a_day_a_court_has_set_needs_no_period(rule: str, term: Term, due: str, warn: str | None) -> None:
    """ZPO §221, §222 II: a deadline named by its date ends with it; there is no usual early warning."""
    found = legal.deadline(term, day("2026-05-23"), NW)
    assert (found.due_on, found.warn_on) == (day(due), day(warn) if warn else None)


@pytest.mark.parametrize("more", [{"extra_days": 15}, {"is_backwards": True}])
def test_without_a_period_nothing_can_be_added_or_counted_back(more: dict[str, Any]) -> None:
    with pytest.raises(DurationError):
        Term(None, **more)


@pytest.mark.parametrize(
    ("text", "found"),
    [("", None), ("0", Duration(0, "cd")), ("1w", Duration(1, "w")), ("10cd", Duration(10, "cd"))],
)
def test_an_early_warning_is_read(text: str, found: Duration | None) -> None:
    assert legal.read_warning(text) == found


@pytest.mark.parametrize("text", ["3d", "4h", "bald", "-1w"])
def test_no_early_warning_is_counted_in_working_time(text: str) -> None:
    with pytest.raises(DurationError):
        legal.read_warning(text)


@pytest.mark.parametrize(
    "duration", [Duration(3, "d"), Duration(8, "h"), Duration(0, "m"), Duration(-1, "m")]
)
def test_working_time_is_no_legal_period(duration: Duration) -> None:
    with pytest.raises(DurationError):
        Term(duration)


def test_a_day_ends_at_midnight_there() -> None:
    """§188 I: with the expiry of the last day."""
    assert legal.last_moment(day("2026-06-15"), NW).isoformat() == "2026-06-15T21:59:59+00:00"
    assert legal.last_moment(day("2026-12-15"), NW).isoformat() == "2026-12-15T22:59:59+00:00"


@pytest.mark.parametrize(
    ("part", "found"), [("beginning", "2026-02-01"), ("middle", "2026-02-15"), ("end", "2026-02-28")]
)
def test_parts_of_a_month(part: str, found: str) -> None:
    """§192."""
    assert legal.named_day(day("2026-02-10"), part) == day(found)


def test_periods_that_need_not_run_on_end() -> None:
    """§191: a month has 30 days, a year 365."""
    assert [legal.days_of(Duration(2, unit)) for unit in ("cd", "w", "m", "y")] == [2, 14, 60, 730]


DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31))
DURATIONS = st.builds(Duration, st.integers(1, 30), st.sampled_from(["cd", "w", "m", "y"]))


@given(DAYS, DURATIONS, st.sampled_from(Target))
def test_a_day_later_would_be_too_late_for_the_notice(
    on: dt.date, duration: Duration, target: Target
) -> None:
    latest = legal.latest_before(on, duration, target=target)
    limit = on if target == Target.END_OF_DAY else on - dt.timedelta(days=1)
    assert legal.last_day(Term(duration), latest) <= limit
    assert legal.last_day(Term(duration), latest + dt.timedelta(days=1)) > limit


@given(DAYS, DURATIONS)
def test_counting_the_first_day_ends_a_day_earlier_or_on_the_same_month_end(
    on: dt.date, duration: Duration
) -> None:
    event, start = (legal.last_day(Term(duration, counting), on) for counting in (EVENT, START_OF_DAY))
    assert event - start in (dt.timedelta(0), dt.timedelta(days=1))


@given(DAYS, DURATIONS)
def test_a_shifted_end_is_a_working_day_and_never_earlier(on: dt.date, duration: Duration) -> None:
    found = legal.deadline(Term(duration), on, NW)
    assert found.due_on >= found.nominal_on
    assert not NW.is_rest_day(found.due_on)
    assert found.warn_on is None or on < found.warn_on < found.due_on
