"""The list of tasks a person looked at last: where a task was opened from, and where one comes back to.

Kept in the session, because a task is reached and left by many ways that know nothing of a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from people.scope import Scope
from tasks import inbox

KEY = "tasks_list"
KEPT = ("folder", "process", "urgency")
"""Parts of a list that are remembered; what was searched for may be somebody's name, and is not."""
FIRST = "mine"


@dataclass(frozen=True, slots=True)
class LastList:
    """A list to go back to."""

    folder: str
    url: str

    @property
    def name(self) -> str:
        """What its tab says."""
        return folder_names()[self.folder]


def folder_names() -> dict[str, str]:
    """The tabs of the inbox, in order."""
    return {
        "mine": _("My tasks"),
        "team": _("Team inbox"),
        "overdue": _("Overdue"),
        "later": _("Follow-ups"),
        "led": _("My teams' tasks"),
        "done": _("Done"),
    }


def remember(request: HttpRequest, folder: str) -> None:
    """Note that this list is shown; writes only when it is another one than before."""
    shown = {key: request.GET[key][:20] for key in KEPT if request.GET.get(key)} | {"folder": folder}
    if request.session.get(KEY, {"folder": FIRST}) != shown:
        request.session[KEY] = shown


def of(request: HttpRequest, scope: Scope) -> LastList:
    """The list looked at last, one's own tasks if there was none or it is no longer one's to see."""
    shown: dict[str, Any] = request.session.get(KEY, {})
    folder = shown.get("folder", FIRST)
    if folder not in inbox.FOLDERS or (folder == "led" and not scope.led_team_ids):
        shown, folder = {}, FIRST
    inbox_url = reverse("tasks:inbox")
    return LastList(
        folder, inbox_url if shown in ({}, {"folder": FIRST}) else f"{inbox_url}?{urlencode(shown)}"
    )
