"""Pages whose saving moves open deadlines: first a preview of what would move, then saving (G10).

User admins see no cases, so the preview tells numbers, teams and moments, and never what a case is about.
The form is really saved, looked at, and taken back, so that the preview judges exactly what would be saved.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from people import calendars
from people.adminrights import viewer
from tasks.clocks import recomputing

CONFIRMED = "_deadlines_seen"
"""Sent by the preview's button."""
MOST_ROWS = 50


class _LookFirst(Exception):
    """Takes the saving back; deadlines would move, and nobody has seen which."""

    def __init__(self, obj: Any, found: recomputing.Preview) -> None:
        super().__init__()
        self.obj = obj
        self.found = found


class MovesDeadlines:
    """For pages of Django's admin that change calendars, or who has which."""

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
        self.after_saving(request, obj)


def _page(model_admin: Any, request: HttpRequest, first: _LookFirst) -> HttpResponse:
    obj, found = first.obj, first.found
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
        "rows": found.moves[:MOST_ROWS],
        "typed": [(name, value) for name, value in typed if name != "csrfmiddlewaretoken"],
        "confirmed": CONFIRMED,
    }
    return render(request, "admin/people/moved_deadlines.html", context)


def _shift(days: int) -> str:
    if days > 0:
        return ngettext("%(days)s day later", "%(days)s days later", days) % {"days": days}
    if days < 0:
        return ngettext("%(days)s day earlier", "%(days)s days earlier", -days) % {"days": -days}
    return gettext("on the same day")
