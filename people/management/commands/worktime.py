"""`manage.py worktime START DURATION`: a deadline, and why it is then."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from people import calendars, explain, explaining, legal, worktime
from people.explain import Explanation
from people.worktime import CALENDAR_UNITS, Calendar, Duration

SIGNED = re.compile(r"-[0-9]+\s*[a-z]*")


class Command(BaseCommand):
    """Prints the deadline in ISO 8601 on the calendar's wall clock; legal ones are days without a time."""

    help = (
        "Print the deadline DURATION after START: 8h, 90min, 3d (working time), 72ch (around the clock), "
        "10cd, 2w, 1m, 1y (calendar); negative ones count backwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What counts, in which calendar, by which rules."""
        # argparse takes "-3d" for an option unless it looks like a negative number to it.
        parser._negative_number_matcher = SIGNED
        parser.add_argument("start", help="ISO 8601; without an offset: the calendar's wall clock")
        parser.add_argument("duration")
        parser.add_argument(
            "--calendar", metavar="KEY", help="key, or DE-NW, AT-9, CH-ZH; else the company's"
        )
        parser.add_argument("--explain", action="store_true", help="also print why")
        parser.add_argument("--legal", action="store_true", help="legal deadline, BGB §§187 to 193")
        counting = parser.add_mutually_exclusive_group()
        counting.add_argument(
            "--event", action="store_true", help="legal: from an event on (§187 I), the usual"
        )
        counting.add_argument(
            "--start-of-day", action="store_true", help="legal: from a day's beginning (§187 II)"
        )
        parser.add_argument("--no-193", action="store_true", help="legal: the end stays on a day of rest")
        parser.add_argument("--notfrist", action="store_true", help="legal: can't be extended")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute and print; what can't be read or computed is said in one sentence."""
        try:
            calendar = self._calendar(options["calendar"])
            start = _start(options["start"], calendar)
            duration = worktime.parse_signed_duration(options["duration"])
            found = _legal(start, duration, calendar, options) if _is_legal(options) else None
            found = found or explain.explain_due(start, duration, calendar)
        except worktime.DurationError as error:
            text = _("%(duration)s is no duration here.") % {"duration": options["duration"]}
            raise CommandError(text) from error
        except calendars.UnknownCalendar as error:
            text = _("There is no calendar %(calendar)s.") % {"calendar": options["calendar"]}
            raise CommandError(text) from error
        except worktime.NeverOpen as error:
            raise CommandError(_("This calendar never opens there.")) from error
        except OverflowError as error:
            raise CommandError(_("No calendar reaches that far.")) from error
        self._print(found, options["explain"], calendar)

    def _calendar(self, key: str | None) -> Calendar:
        """The calendar asked for. A region's code and the standard week also do without a database."""
        try:
            known = calendars.current()
        except DatabaseError:
            self.stderr.write(_("The database can't be read, so the company's own calendars are not known."))
            known = calendars.NONE
        return known.by_key(key) if key else known.of(None, None, dt.date.min)

    def _print(self, found: Explanation, is_explained: bool, calendar: Calendar) -> None:
        self.stdout.write((found.due.at or found.due.day).isoformat())
        if not is_explained:
            return
        self.stdout.write(explaining.sentence(found))
        for line in explaining.lines(found):
            self.stdout.write(f"  {line}")
        if calendar is worktime.STANDARD:
            self.stdout.write(_("Counted without holidays: there is no working calendar yet."))


def _is_legal(options: dict[str, Any]) -> bool:
    return any(options[name] for name in ("legal", "event", "start_of_day", "no_193", "notfrist"))


def _start(text: str, calendar: Calendar) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        message = _("%(text)s is no moment of ISO 8601, such as 2026-05-22T15:00.") % {"text": text}
        raise CommandError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)


def _legal(
    start: dt.datetime, duration: Duration, calendar: Calendar, options: dict[str, Any]
) -> Explanation:
    """A legal deadline after the day of `start`, or the last day of a notice before it where negative."""
    day = calendar.local(start).date()
    if duration.unit not in CALENDAR_UNITS:
        raise worktime.DurationError(str(duration))
    is_backwards = duration.amount < 0
    term = legal.Term(
        -duration if is_backwards else duration,
        counting=legal.Counting.START_OF_DAY if options["start_of_day"] else legal.Counting.EVENT,
        is_shifted=not options["no_193"],
        is_unextendable=options["notfrist"],
        is_backwards=is_backwards,
    )
    return explain.explain_legal(legal.deadline(term, day, calendar), calendar)
