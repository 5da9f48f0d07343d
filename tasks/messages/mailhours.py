"""When mail may reach people: in their working hours (G10). Messages in the application never wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings

from people import calendars, worktime
from people.calendars import Calendars
from tasks.messages.recipients import Staff


@dataclass(slots=True)
class MailHours:
    """From when mail of one moment may go to whom; calendars are read with the first question."""

    staff: Staff
    at: dt.datetime
    _calendars: Calendars | None = None
    _found: dict[int | None, dt.datetime] = field(default_factory=dict)

    @property
    def calendars(self) -> Calendars:
        """The calendars as they were when they were first asked for."""
        if self._calendars is None:
            self._calendars = calendars.current()
        return self._calendars

    def moved_to(self, at: dt.datetime) -> MailHours:
        """The same office at another moment."""
        return MailHours(self.staff, at, self.calendars)

    def opens(self, user_id: int | None) -> dt.datetime:
        """The next opening of a person's calendar, else the first of those of the person's teams, else (as
        for plain addresses) the company's; at once for who wishes so, or where mail does not wait."""
        if not settings.MAIL_WAITS or user_id in self.staff.at_once:
            return self.at
        if user_id not in self._found:
            self._found[user_id] = self._opening(user_id)
        return self._found[user_id]

    def _opening(self, user_id: int | None) -> dt.datetime:
        teams: Iterable[int | None] = self.staff.teams.get(user_id or 0) or (None,)
        offices = [self.calendars.from_moment(user_id, team_id, self.at) for team_id in teams]
        return min(worktime.next_opening(self.at, office) for office in offices)
