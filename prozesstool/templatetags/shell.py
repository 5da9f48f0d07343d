"""Small template helpers of the shell, available in every template."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
def icon(name: str, *, size: int = 18, **attributes: Any) -> SafeString:
    """An inline Lucide icon, hidden from screen readers; the word beside it says what it means."""
    try:
        return lucide(name, size=size, aria_hidden="true", **attributes)
    except IconDoesNotExist as error:
        raise template.TemplateSyntaxError(f"no icon {name}") from error
