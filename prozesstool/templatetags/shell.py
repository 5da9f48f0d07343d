"""Small template helpers of the shell, available in every template."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from prozesstool import richtext as markdown

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """An inline Lucide icon, hidden from screen readers; the word beside it says what it means.

    Drawn once per name: a list shows the same few a hundred times.
    """
    try:
        return mark_safe(lucide(name, size=None, aria_hidden="true", **{"class": "ic"}))  # noqa: S308
    except IconDoesNotExist as error:
        raise template.TemplateSyntaxError(f"no icon {name}") from error


@register.filter
def richtext(text: str) -> SafeString:
    """Instructions with their bold words, lists and links."""
    return markdown.to_html(text)


@register.filter
def leading(label: str) -> str:
    """A label before what belongs to it: with a colon, unless it asks or ends with a sign of its own."""
    text = str(label)
    return text if text.rstrip().endswith(("?", "!", ":", "…")) else f"{text}:"
