"""What the editing page of a draft looks up while it is drawn."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def remark(remarks: Mapping[str, str], element: str) -> str:
    """What is said about a row, by the id of the element that says it."""
    return remarks.get(element, "")
