"""Explanations: the rows say what the arithmetic did, and the sentence says what one would ask."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from people import explain, explaining, legal, worktime
from people.durations import Duration, parse_signed_duration
from people.explain import Code
from people.officedays import Kind, OfficeDay, build, office_of
from people.publicholidays import region_of
from people.workweek import OFFICE, STANDARD, Calendar, in_turn

BERLIN = ZoneInfo("Europe/Berlin")
NW = office_of(region_of("DE-NW"))
NOON = dt.time(12)
OFFICE_DAYS = [
    OfficeDay(Kind.HALF, 12, 24, name="Heiligabend", windows=((dt.time(9), NOON),)),
    OfficeDay(Kind.OFF, 5, 15, 2026, name="Brückentag"),
    OfficeDay(Kind.OFF, 7, 13, 2026),
]
COMPANY = build((*[OFFICE] * 5, (), ()), region=region_of("DE-NW"), days=OFFICE_DAYS)
LUNCH = Calendar(windows=(((dt.time(9), NOON), (dt.time(13), dt.time(17))),) * 7)
NIGHTS = Calendar(windows=(((dt.time(22), dt.time(6)),),) * 7)


def berlin(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def why(start: str, duration: str, calendar: Calendar = NW) -> explain.Explanation:
    return explain.explain_due(berlin(start), parse_signed_duration(duration), calendar)


def told(start: str, duration: str, calendar: Calendar = NW, language: str = "en") -> str:
    with translation.override(language):
        return explaining.sentence(why(start, duration, calendar))


def test_rows_say_what_was_counted_and_what_was_not() -> None:
    rows = why("2026-05-22 15:00", "8h").rows
    assert [(row.code, row.day.day, row.seconds, row.name) for row in rows] == [
        (Code.START, 22, 0, ""),
        (Code.WORKED, 22, 2 * 3600, ""),
        (Code.REST_DAY, 23, 0, ""),
        (Code.REST_DAY, 24, 0, ""),
        (Code.DAY_OFF, 25, 0, "Pfingstmontag (NW)"),
        (Code.WORKED, 26, 6 * 3600, ""),
        (Code.DUE, 26, 0, ""),
    ]
    assert rows[-1].at == berlin("2026-05-26 15:00")


def test_the_sentence_in_german() -> None:
    assert told("2026-05-22 15:00", "8h", language="de") == (
        "Start Fr 22.05. 15:00; Fr 2 h; Mo 25.05. Pfingstmontag (NW) frei; Di 6 h → Di 26.05. 15:00"
    )


@pytest.mark.parametrize(
    ("start", "duration", "calendar", "sentence"),
    [
        ("2026-11-23 10:00", "90min", NW, "Start Mon 23 Nov 10:00; Mon 1 h 30 min → Mon 23 Nov 11:30"),
        (
            "2026-11-20 20:15",
            "72ch",
            NW,
            "Start Fri 20 Nov 20:15; 72 hours around the clock → Mon 23 Nov 20:15",
        ),
        ("2026-11-23 11:00", "2h", LUNCH, "Start Mon 23 Nov 11:00; Mon 2 h → Mon 23 Nov 14:00"),
        (
            "2026-11-22 11:00",
            "2h",
            NW,
            "Start Sun 22 Nov 11:00; Mon 23 Nov 09:00: counting begins; Mon 2 h → Mon 23 Nov 11:00",
        ),
        (
            "2026-12-23 16:00",
            "5h",
            COMPANY,
            "Start Wed 23 Dec 16:00; Wed 1 h; Thu Heiligabend 3 h; "
            "Fri 25 Dec Erster Weihnachtstag (NW), day off; Mon 1 h → Mon 28 Dec 10:00",
        ),
        (
            "2026-05-13 10:00",
            "1d",
            COMPANY,
            "Start Wed 13 May 10:00; Thu 14 May Christi Himmelfahrt (NW), day off; "
            "Fri 15 May Brückentag, day off; Mon 18 May after 1 working day → Mon 18 May 10:00",
        ),
        (
            "2026-07-10 10:00",
            "1d",
            COMPANY,
            "Start Fri 10 Jul 10:00; Mon 13 Jul day off; Tue 14 Jul after 1 working day → Tue 14 Jul 10:00",
        ),
        (
            "2026-12-22 15:00",
            "10d",
            NW,
            "Start Tue 22 Dec 15:00; Wed 23 Dec after 1 working day; Thu 24 Dec after 2 working days; "
            "Fri 25 Dec Erster Weihnachtstag (NW), day off; Mon 28 Dec–Thu 31 Dec after 3 to 6 working days; "
            "Fri 1 Jan 2027 Neujahr (NW), day off; Mon 4 Jan 2027–Thu 7 Jan 2027 after 7 to 10 working days "
            "→ Thu 7 Jan 2027 15:00",
        ),
        (
            "2026-06-15 09:00",
            "80h",
            STANDARD,
            "Start Mon 15 Jun 09:00; Mon 15 Jun–Fri 26 Jun 10 × 8 h → Fri 26 Jun 17:00",
        ),
        (
            "2026-05-26 15:00",
            "-8h",
            NW,
            "Start Tue 26 May 15:00; Tue −6 h; Mon 25 May Pfingstmontag (NW), day off; Fri −2 h "
            "→ Fri 22 May 15:00",
        ),
        (
            "2026-05-22 15:00",
            "-1d",
            NW,
            "Start Fri 22 May 15:00; Thu 21 May earlier by 1 working day → Thu 21 May 15:00",
        ),
        (
            "2026-05-22 15:00",
            "-4d",
            NW,
            "Start Fri 22 May 15:00; Thu 21 May–Mon 18 May earlier by 1 to 4 working days → Mon 18 May 15:00",
        ),
        ("2026-05-22 15:00:30", "-1m", NW, "Start Fri 22 May 15:00:30; −1 month → Wed 22 Apr 15:00:30"),
        ("2026-11-24 03:00", "4h", NIGHTS, "Start Tue 24 Nov 03:00; Mon 3 h; Tue 1 h → Tue 24 Nov 23:00"),
    ],
)
def test_the_sentence(start: str, duration: str, calendar: Calendar, sentence: str) -> None:
    assert told(start, duration, calendar) == sentence


def test_lines_name_the_weekend_too() -> None:
    with translation.override("en"):
        shown = [str(line) for line in explaining.lines(why("2026-05-22 15:00", "8h"))]
    assert shown == [
        "Start Fri 22 May 15:00",
        "Fri 22 May 2 h",
        "Sat 23 May no working day",
        "Sun 24 May no working day",
        "Mon 25 May Pfingstmontag (NW), day off",
        "Tue 26 May 6 h",
        "due Tue 26 May 15:00",
    ]


@pytest.mark.parametrize(
    ("term", "begins", "sentence"),
    [
        (
            legal.Term(Duration(1, "m")),
            "2026-04-25",
            "Sat 25 Apr event; its day isn't counted (BGB § 187 I); Mon 25 May 1 month counted (BGB § 188); "
            "Mon 25 May Pfingstmontag (NW): on to the next working day (BGB § 193); Tue 19 May early warning "
            "→ Tue 26 May",
        ),
        (
            legal.Term(
                Duration(30, "cd"), legal.Counting.START_OF_DAY, is_shifted=False, is_unextendable=True
            ),
            "2026-05-02",
            "Sat 2 May first day, it is counted (BGB § 187 II); Sun 31 May 30 days counted (BGB § 188); "
            "Sun 31 May Sunday: the end stays, BGB § 193 isn't applied; "
            "Sun 31 May statutory deadline, it can't be extended → Sun 31 May",
        ),
        (
            legal.Term(Duration(1, "m"), extra_days=15, early_warning=Duration(0, "cd")),
            "2026-01-31",
            "Sat 31 Jan event; its day isn't counted (BGB § 187 I); "
            "Sun 15 Mar 1 month + 15 days counted (BGB § 188); "
            "Sun 15 Mar Sunday: on to the next working day (BGB § 193) → Mon 16 Mar",
        ),
    ],
)
def test_a_legal_deadline_names_its_paragraphs(term: legal.Term, begins: str, sentence: str) -> None:
    found = legal.deadline(term, dt.date.fromisoformat(begins), NW)
    with translation.override("en"):
        assert explaining.sentence(explain.explain_legal(found, NW)) == sentence


@pytest.mark.parametrize(
    ("counting", "is_shifted", "sentence"),
    [
        (
            legal.Counting.EVENT,
            True,
            "Thu 18 Jun event; its day isn't counted; Sun 14 Jun −3 days counted (BGB § 188); "
            "Sun 14 Jun Sunday: moved to the working day before; "
            "Sat 13 Jun Saturday: moved to the working day before → Fri 12 Jun",
        ),
        (
            legal.Counting.START_OF_DAY,
            False,
            "Thu 18 Jun last day of the period; Mon 15 Jun −3 days counted (BGB § 188) → Mon 15 Jun",
        ),
    ],
)
def test_a_notice_is_explained_backwards(counting: legal.Counting, is_shifted: bool, sentence: str) -> None:
    term = legal.Term(Duration(3, "cd"), counting, is_shifted=is_shifted, is_backwards=True)
    with translation.override("en"):
        assert lawful(legal.deadline(term, dt.date(2026, 6, 18), NW)) == sentence


def lawful(found: legal.LegalDeadline) -> str:
    return explaining.sentence(explain.explain_legal(found, NW))


def test_what_a_month_and_a_half_a_set_day_and_an_extension_are_counted_from() -> None:
    and_a_half = legal.deadline(legal.Term(Duration(1, "m"), extra_days=15), dt.date(2026, 6, 1), NW)
    set_day = legal.deadline(legal.Term(None), dt.date(2026, 6, 15), NW)
    longer = legal.extended(set_day, Duration(1, "w"), NW)
    with translation.override("en"):
        assert "1 month + 15 days counted (BGB § 188)" in lawful(and_a_half)
        assert lawful(set_day) == "Mon 15 Jun the last day, as it was set → Mon 15 Jun"
        assert lawful(longer).startswith(
            "Mon 15 Jun former end; the extension is counted from here (BGB § 190)"
        )
        in_court = legal.extended(set_day, Duration(1, "w"), NW, is_procedural=True)
        assert "(ZPO § 224 III)" in lawful(in_court)


CALENDARS = st.sampled_from([NW, COMPANY, LUNCH, NIGHTS, STANDARD])
MOMENTS = st.integers(0, 365 * 24 * 3600).map(
    lambda seconds: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
SOME = st.builds(Duration, st.integers(-40, 40), st.sampled_from(["h", "min", "d", "cd", "w", "m", "y"]))


@given(CALENDARS, MOMENTS, SOME)
def test_the_rows_add_up_to_the_deadline(calendar: Calendar, start: dt.datetime, duration: Duration) -> None:
    found = explain.explain_due(start, duration, calendar)
    assert found.due.at == worktime.due(start, duration, calendar)
    worked = sum(row.seconds for row in found.rows)
    assert worked == duration.amount * worktime.WORKING_SECONDS.get(duration.unit, 0)
    counted = [row.amount for row in found.rows if row.code == Code.DAY]
    assert len(counted) == (abs(duration.amount) if duration.unit == "d" else 0)
    closed = [row.day for row in found.rows if row.code in (Code.REST_DAY, Code.DAY_OFF)]
    assert not any(calendar.windows_on(day) for day in closed)
    assert explaining.sentence(found).count("→") == 1


def test_after_a_change_of_calendars_its_own_weekdays_count() -> None:
    short = build((OFFICE, OFFICE, OFFICE, (), (), (), ()), region=region_of("DE-NW"))
    both = in_turn(short, [(dt.date(2026, 6, 1), NW)])
    assert "Fronleichnam (NW), day off" in told("2026-05-27 10:00", "5d", both)


@pytest.mark.parametrize("duration", ["1d", "4h"])
def test_a_day_with_other_hours_says_why(duration: str) -> None:
    assert "Heiligabend" in told("2026-12-23 15:00", duration, COMPANY)
    assert "Heiligabend" not in told("2026-12-21 15:00", duration, COMPANY)


def test_what_the_office_does_on_a_saturday_is_no_reason_of_the_law() -> None:
    stocktaking = OfficeDay(Kind.OPEN, 11, 28, 2026, name="Inventur", windows=((dt.time(9), NOON),))
    company = build((*[OFFICE] * 5, (), ()), region=region_of("DE-NW"), days=[stocktaking])
    term = legal.Term(Duration(2, "w"), is_shifted=False)
    found = explain.explain_legal(legal.deadline(term, dt.date(2026, 11, 14), company), company)
    with translation.override("en"):
        assert "Saturday: the end stays" in explaining.sentence(found)
