"""What lists in the administration have in common: what they may be asked, how they are called, and tables
nobody changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext

COMPARISONS = ("", "__exact", "__isnull", "__id__exact")
"""What the links of filters carry behind the name of their field."""
DATE_PARTS = ("__year", "__month", "__day", "__gte", "__lt")
LONGEST_NUMBER = 18
"""Digits; every number so short fits into the database."""


class OfferedFiltersOnly:
    """Filters only by what the list offers.

    Django allows any comparison of any column of the row (`?password__startswith=`), by which columns that
    are never shown can be read letter by letter.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Whether the list may be filtered so; 400 where not."""
        if len(str(value)) > LONGEST_NUMBER and str(value).isdecimal():
            return False
        names = [_name(one) for one in getattr(self, "list_filter", ())]
        offered = {name + end for name in names for end in COMPARISONS}
        hierarchy = getattr(self, "date_hierarchy", None)
        if hierarchy:
            offered |= {hierarchy + end for end in DATE_PARTS}
        return lookup in offered

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list under the name of its rows.

        Django's sentences ("Select … to change") take any name as it is; German would need another case.
        """
        names = {
            "title": capfirst(str(self.opts.verbose_name_plural)),  # type: ignore[attr-defined]
            "module_name": gettext("entries"),
        }
        return super().changelist_view(request, {**names, **(extra_context or {})})  # type: ignore[misc,no-any-return]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Refused before the row is looked for: Django tells missing rows from those one may not see."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)  # type: ignore[misc,no-any-return]


def _name(offered: Any) -> str:
    """What a filter is called in the query string; Django takes fields, pairs and classes."""
    if isinstance(offered, tuple):
        return str(offered[0])
    return str(getattr(offered, "parameter_name", offered))


class ReadOnly(OfferedFiltersOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows written by what happens: to be read by those a subclass names, to be changed by nobody."""

    list_display_links = None
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
