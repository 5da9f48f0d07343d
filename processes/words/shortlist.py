"""Many names in one sentence: the first of them, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import ngettext

MOST_NAMES = 3


def few(names: Iterable[str]) -> str:
    """The names one after the other, each once; of many the first and how many more there are."""
    found = list(dict.fromkeys(names))
    rest = len(found) - MOST_NAMES
    if rest > 0:
        found[MOST_NAMES:] = [ngettext("%(count)s more", "%(count)s more", rest) % {"count": rest}]
    return ", ".join(found)
