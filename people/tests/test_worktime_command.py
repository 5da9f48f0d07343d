"""`manage.py worktime`: the deadline on the first line, why on the next ones."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.utils import translation

from people.tests.test_calendars import make_calendar

pytestmark = pytest.mark.django_db


def ask(*args: str) -> list[str]:
    out = io.StringIO()
    with translation.override("en"):
        call_command("worktime", *args, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("args", "due"),
    [
        (("2026-05-22T15:00", "8h"), "2026-05-25T15:00:00+02:00"),
        (("2026-05-22T15:00", "8h", "--calendar", "DE-NW"), "2026-05-26T15:00:00+02:00"),
        (("2026-05-22T13:00Z", "8h", "--calendar", "DE-NW"), "2026-05-26T15:00:00+02:00"),
        (("2026-05-22 15:00", "90min", "--calendar=DE-NW"), "2026-05-22T16:30:00+02:00"),
        (("2026-05-22T15:00", "3d", "--calendar", "DE-NW"), "2026-05-28T15:00:00+02:00"),
        # Friday evening, over the weekend, and over both changes of the clock
        (("2026-05-22T20:15", "72ch", "--calendar", "DE-NW"), "2026-05-25T20:15:00+02:00"),
        (("2026-10-24T20:00", "24ch"), "2026-10-25T19:00:00+01:00"),
        (("2026-03-28T20:00", "24ch"), "2026-03-29T21:00:00+02:00"),
        (("2026-10-25T19:00+01:00", "-24ch"), "2026-10-24T20:00:00+02:00"),
        (("2026-05-22T15:00", "10cd"), "2026-06-01T15:00:00+02:00"),
        (("2026-10-20T15:00", "2w"), "2026-11-03T15:00:00+01:00"),
        (("2026-01-31T15:00", "1m"), "2026-02-28T15:00:00+01:00"),
        (("2028-02-29T15:00", "1y"), "2029-02-28T15:00:00+01:00"),
        (("2026-05-26T15:00", "-8h", "--calendar", "DE-NW"), "2026-05-22T15:00:00+02:00"),
        (("2026-05-26T15:00", "-3d", "--calendar", "DE-NW"), "2026-05-20T15:00:00+02:00"),
        (("2026-05-26T15:00", "-1m"), "2026-04-26T15:00:00+02:00"),
        (("2026-05-22T16:30", "1h", "--calendar", "AT-W"), "2026-05-26T09:30:00+02:00"),
        (("2026-01-31", "1m", "--legal"), "2026-03-02"),
        (("2026-01-31", "1m", "--legal", "--no-193"), "2026-02-28"),
        (("2026-06-15", "1m", "--start-of-day"), "2026-07-14"),
        (("2026-06-18", "-1w", "--legal"), "2026-06-10"),
        (("2026-06-15", "-4w", "--legal", "--start-of-day", "--no-193"), "2026-05-18"),
        (("2026-05-08", "2w", "--event", "--calendar", "DE-NW"), "2026-05-22"),
    ],
)
def test_prints_the_deadline(args: tuple[str, ...], due: str) -> None:
    assert ask(*args) == [due]


def test_negative_durations_also_work_from_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    execute_from_command_line(["manage.py", "worktime", "2026-05-26T15:00", "-8h", "--calendar", "DE-NW"])
    assert capsys.readouterr().out == "2026-05-22T15:00:00+02:00\n"


def test_explains() -> None:
    assert ask("2026-05-22T15:00", "8h", "--calendar", "DE-NW", "--explain") == [
        "2026-05-26T15:00:00+02:00",
        "Start Fri 22 May 15:00; Fri 2 h; Mon 25 May Pfingstmontag (NW), day off; Tue 6 h → Tue 26 May 15:00",
        "  Start Fri 22 May 15:00",
        "  Fri 22 May 2 h",
        "  Sat 23 May no working day",
        "  Sun 24 May no working day",
        "  Mon 25 May Pfingstmontag (NW), day off",
        "  Tue 26 May 6 h",
        "  due Tue 26 May 15:00",
    ]


def test_takes_the_companys_calendar_and_a_named_one() -> None:
    make_calendar("company", 18, is_default=True)
    make_calendar("short", 12)
    assert ask("2026-05-22T17:00", "1h") == ["2026-05-22T18:00:00+02:00"]
    assert ask("2026-05-22T17:00", "1h", "--calendar", "short") == ["2026-05-25T10:00:00+02:00"]


@pytest.mark.parametrize(
    "args",
    [
        ("yesterday", "8h"),
        ("2026-13-01", "8h"),
        ("2026-05-22", "8"),
        ("2026-05-22", "eight"),
        ("2026-05-22", "99999999h"),
        ("2026-05-22", "8h", "--calendar", "nix"),
        ("2026-05-22", "8h", "--legal"),
        ("2026-05-22", "0m", "--legal"),
        ("2026-05-22", "1m", "--event", "--start-of-day"),
        ("9999-12-30", "3d"),
        ("9999-12-30", "1m", "--legal"),
        ("0001-01-01", "-100y"),
        ("0001-01-01T10:00", "-8h"),
    ],
)
def test_refuses_in_one_sentence(args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        ask(*args)
