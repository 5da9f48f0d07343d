"""Case numbers: gap-free per rendered pattern and year, never reused (G15)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.db import connection

SEQUENCE = re.compile(r"\{seq(?::0?(\d{1,2}))?\}")
PLACE = re.compile(r"\{\s*([^\W\d_]+)\s*(:\s*0?\d{1,2})?\s*\}")
WORDS = {"jahr": "year", "year": "year", "nummer": "seq", "nr": "seq", "number": "seq", "seq": "seq"}
"""What people call the two placeholders, and what they are called where a pattern is stored."""
LONGEST = 60
"""Characters of a pattern and of a number."""
MANY = 99_999_999
OFFICE_ZONE = ZoneInfo("Europe/Berlin")


def canonical(pattern: str) -> str:
    """The pattern as it is stored, of one typed with German names (`{Jahr}`, `{Nummer:05}`) or with another
    spelling of its digits (`{seq:5}`). Other words stay, so that they are refused."""
    return PLACE.sub(_stored, pattern)


def _stored(match: re.Match[str]) -> str:
    word = WORDS.get(match.group(1).casefold())
    if word is None:
        return match.group(0)
    digits = int((match.group(2) or "0").strip(": "))
    return f"{{{word}:{digits:02}}}" if digits > 1 else f"{{{word}}}"


def worded(pattern: str, words: Mapping[str, str]) -> str:
    """A stored pattern with other words for its placeholders, by their stored name: the way back from
    `canonical`, if that knows the words."""
    return PLACE.sub(lambda found: _in_words(found, words), pattern)


def _in_words(match: re.Match[str], words: Mapping[str, str]) -> str:
    word = words.get(match.group(1))
    return f"{{{word}{match.group(2) or ''}}}" if word else match.group(0)


def is_valid_pattern(pattern: str) -> bool:
    """Whether the pattern has exactly one {seq}, no placeholder but {year}, and numbers that fit."""
    if len(SEQUENCE.findall(pattern)) != 1 or not fits(pattern):
        return False
    rest = SEQUENCE.sub("", pattern).replace("{year}", "")
    return "{" not in rest and "}" not in rest


def fits(pattern: str) -> bool:
    """Whether pattern and numbers have room where they are stored, those of called cases (`/1/1`) too."""
    return len(pattern) <= LONGEST and len(render(pattern.replace("{year}", "2026"), MANY)) <= LONGEST - 10


def prefix(pattern: str, at: dt.datetime) -> str:
    """The pattern with the year (Europe/Berlin) in, the running number still open."""
    return pattern.replace("{year}", str(at.astimezone(OFFICE_ZONE).year))


def render(filled: str, seq: int) -> str:
    """Put the running number into a prefix, padded with zeros as the pattern says."""
    return SEQUENCE.sub(lambda match: str(seq).zfill(int(match.group(1) or 0)), filled)


def take(pattern: str, at: dt.datetime) -> str:
    """Give out the next number. Locks its counter row until commit, so call it last (semantics §2)."""
    filled = prefix(pattern, at)
    return render(filled, next_of(counter_of(filled)))


def counter_of(filled: str) -> str:
    """The key of the counter: however many digits two patterns ask for, their numbers must not meet."""
    return SEQUENCE.sub("{seq}", filled)


def next_of(key: str, *, first: int = 1) -> int:
    """Count a counter on and return where it stands. Locks its row until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO processes_numbercounter (prefix, last) VALUES (%s, %s)"
            " ON CONFLICT (prefix) DO UPDATE SET last = processes_numbercounter.last + 1 RETURNING last",
            [key, first],
        )
        return int(cursor.fetchone()[0])
