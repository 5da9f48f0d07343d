"""Who wrote the values of a case last, and when: read from its history, in one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from processes.models import ProcessInstance
from tasks import duetime, events, history
from tasks.events import Kind


@dataclass(frozen=True, slots=True)
class Author:
    """The last writing of one value."""

    who: str
    at: dt.datetime

    def sentence(self, now: dt.datetime) -> str:
        """Both in words."""
        return _("%(who)s, %(when)s") % {"who": self.who, "when": duetime.moment_text(self.at, now)}


def of_case(case: ProcessInstance) -> dict[str, Author]:
    """The last author of each field that was ever written; values taken away have one, too.

    What an event wrote stands in its facts; of the start it stands in the payload, until that is erased.
    """
    writing = Q(kind=Kind.STARTED) | Q(facts__contains='"fields":[')
    found: dict[str, Author] = {}
    for event in history.events_of(case).filter(writing):
        keys = events.facts_of(event).get("fields") or events.personal_of(event).get("values") or ()
        for key in keys:
            found.setdefault(key, Author(history.who(event), event.at))
    return found


def sentences(case: ProcessInstance, at: dt.datetime) -> dict[str, str]:
    """The same in words, by field, seen from `at`."""
    return {key: author.sentence(at) for key, author in of_case(case).items()}
