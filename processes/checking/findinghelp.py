"""Who or what helps with a finding that its draft cannot mend, depending on who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from people.models import Team, User
from processes import library, policy
from processes.checking.findings import Problem, Sentence

OF_TEAMS = frozenset({"team_new", "team_empty", "team_inactive", "team_without_lead"})
"""Codes of findings that only the administration of teams can mend."""
MOST_NAMED = 3
"""So many of those who can help are named."""


@dataclass(frozen=True, slots=True)
class Help:
    """A sentence, or a link with its words."""

    text: str
    href: str = ""


def of(problem: Problem, user: User) -> Help | None:
    """Help with a finding; None where it is mended in the draft. At most one statement."""
    key = _facts(problem).get("key", "")
    if problem.code in OF_TEAMS:
        return _of_team(key, user)
    template = library.template(key) if problem.code == "call_unknown" else None
    if template is None:
        return None
    text = _("Take over the template “%(name)s”") % {"name": template.head.name}
    return Help(text, reverse("admin:process_template", args=[template.key]))


def _facts(problem: Problem) -> Any:
    return problem.message.facts if isinstance(problem.message, Sentence) else {}


def _of_team(key: str, user: User) -> Help | None:
    if policy.may_manage_users(user):
        team = Team.objects.filter(key=key).first()
        return Help(_("Open the team"), reverse("admin:people_team_change", args=[team.pk])) if team else None
    admins = User.objects.active().filter(is_user_admin=True).order_by("last_name", "first_name")
    names = ", ".join(str(one) for one in admins[:MOST_NAMED])
    if not names:
        return Help(_("The user administration can add people to it."))
    return Help(_("The user administration (%(names)s) can add people to it.") % {"names": names})
