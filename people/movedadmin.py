"""Pages whose saving moves open deadlines: first a preview of what would move, then saving (G10).

User admins see no cases, so the preview tells how many, of which team, process and step, from when to when,
and never which case.
The form is really saved, looked at, and taken back, so that the preview judges exactly what would be saved.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext

from people import calendars
from people.adminrights import viewer
from tasks import duetime
from tasks.clocks import recomputing
from tasks.models import NEVER

CONFIRMED = "_deadlines_seen"
"""Sent by the preview's button that saves."""
TYPING_ON = "_type_on"
"""Sent by its button that leads back to the form, with what was typed."""
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class _Shown:
    """A deadline that would move, as the page tells it: many may look the same."""

    process: str
    step: str
    team: str
    kind: str
    is_legal: bool
    old: str
    new: str


class _LookFirst(Exception):
    """Takes the saving back; deadlines would move, and nobody has seen which."""

    def __init__(self, obj: Any, found: recomputing.Preview) -> None:
        super().__init__()
        self.obj = obj
        self.found = found


class _TypedOn:
    """A form that is shown as it was typed and not saved, whether or not it could be."""

    def is_valid(self) -> bool:
        """Not yet; faults are found and marked as ever."""
        super().is_valid()  # type: ignore[misc]
        return False


class MovesDeadlines:
    """For pages of Django's admin that change calendars, or who has which."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The usual form; back from the preview one that does not save."""
        made = super().get_form(request, obj, change, **kwargs)  # type: ignore[misc]
        return type(made.__name__, (_TypedOn, made), {}) if TYPING_ON in request.POST else made

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The usual page, or the preview of what saving would move."""
        if request.method == "POST":
            request._calendar_stamp = calendars.current().stamp  # type: ignore[attr-defined]
        if TYPING_ON in request.POST:
            messages.warning(request, gettext("Nothing has been saved yet."))
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc,no-any-return]
        except _LookFirst as found:
            return _page(self, request, found)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Everything is written but not yet committed: take it back and show what moves, or go on."""
        self._look(request, obj)
        return super().response_change(request, obj)  # type: ignore[misc,no-any-return]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A new calendar may be the company's at once."""
        self._look(request, obj)
        return super().response_add(request, obj, post_url_continue)  # type: ignore[misc,no-any-return]

    def after_saving(self, request: HttpRequest, obj: Any) -> None:
        """What must not happen before it is sure that the form is saved."""

    def _look(self, request: HttpRequest, obj: Any) -> None:
        if calendars.current().stamp != request._calendar_stamp:  # type: ignore[attr-defined]
            found = recomputing.preview()
            if found.moves and CONFIRMED not in request.POST:
                raise _LookFirst(obj, found)
            if found.moves_any or not found.is_whole:
                recomputing.ask(viewer(request), obj)
            if found.moves:
                messages.info(request, _in_background(found))
        self.after_saving(request, obj)


def _page(model_admin: Any, request: HttpRequest, first: _LookFirst) -> HttpResponse:
    obj, found = first.obj, first.found
    alike = list(Counter(map(_shown, found.moves)).items())
    typed = [(name, value) for name in request.POST for value in request.POST.getlist(name)]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Deadlines would move"),
        "opts": model_admin.opts,
        "original": obj,
        "preview": found,
        "teams": [(team, _shift(days), *numbers) for team, days, *numbers in found.by_team()],
        "count": len(found.moves),
        "legal_count": sum(one.is_legal for one in found.moves),
        "rows": alike[:MOST_ROWS],
        "has_more": len(alike) > MOST_ROWS,
        "typed": [(name, value) for name, value in typed if name != "csrfmiddlewaretoken"],
        "confirmed": CONFIRMED,
        "typing_on": TYPING_ON,
    }
    return render(request, "admin/people/moved_deadlines.html", context)


def _shown(one: recomputing.Move) -> _Shown:
    old, new = _moment(one.old), _moment(one.new)
    return _Shown(one.process, one.step, one.team, one.kind, one.is_legal, old, new)


def _in_background(found: recomputing.Preview) -> str:
    """What happens next, and where it shows."""
    count = len(found.moves)
    text = ngettext(
        "%(count)s open deadline is moved in the background within a minute; until then it says so itself.",
        "%(count)s open deadlines are moved in the background within a minute; until then they say so "
        "themselves.",
        count,
    )
    if not found.is_whole:
        text = gettext("At least %(count)s open deadlines are moved in the background; this takes a while.")
    return text % {"count": count}


def _moment(at: dt.datetime) -> str:
    """A moment with its weekday and year; none where the deadline ends."""
    if at == NEVER:
        return duetime.full_text(at)
    day = date_format(timezone.localtime(at), pgettext("day of a preview", "D, j M Y"))
    return f"{day} {duetime.clock_text(at)}"


def _shift(days: int) -> str:
    if days > 0:
        return ngettext("%(days)s day later", "%(days)s days later", days) % {"days": days}
    if days < 0:
        return ngettext("%(days)s day earlier", "%(days)s days earlier", -days) % {"days": -days}
    return gettext("on the same day")
