"""What the editing page of a draft looks up while it is drawn."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from people.models import User
from processes.checking import findinghelp
from processes.checking.findings import Problem

register = template.Library()


@register.simple_tag
def help_with(problem: Problem, user: User) -> findinghelp.Help | None:
    """Who or what helps with a finding that the draft cannot mend."""
    return findinghelp.of(problem, user)


@register.filter
def remark(remarks: Mapping[str, str], element: str) -> str:
    """What is said about a row, by the id of the element that says it."""
    return remarks.get(element, "")
