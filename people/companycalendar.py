"""The company's working calendar: made when an installation is set up. Without it no holiday is known."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from people import adminlog, calendars
from people.models import User, WorkCalendar, WorkWindow
from people.publicholidays import region_of
from people.workweek import OFFICE

KEY = "firma"
MONDAY, FRIDAY = 0, 4


def is_missing() -> bool:
    """Whether deadlines are counted without holidays wherever neither a team nor a person has a calendar."""
    return calendars.current().default_id is None


@transaction.atomic
def create(code: str, *, by: User | None, at: dt.datetime | None = None) -> WorkCalendar:
    """Write the calendar: Monday to Friday 9 to 17 in the zone of the region, with the holidays there.

    Without a code it has none. Raises UnknownRegion.
    """
    region = region_of(code) if code else None
    row = WorkCalendar(key=KEY, name=_("Company"), is_default=True)
    if region is not None:
        row.region, row.zone = region.code, str(region.zone)
    row.save()
    ((opens, closes),) = OFFICE
    window = WorkWindow.objects.create(
        calendar=row, first_weekday=MONDAY, last_weekday=FRIDAY, opens=opens, closes=closes
    )
    changes = {"zone": [None, row.zone], "region": [None, row.region], "windows": [None, str(window)]}
    adminlog.record(by, "calendar_created", row, changes, at=at)
    return row
