"""What stays as it was typed when something else changes the draft. Pure.

A repair changes a blueprint, and a blueprint knows nothing of what is not whole yet: a condition without a
value, a number that is none, a way without a target. So the page of the draft before and the one after are
compared, name by name, and only what differs is taken over to what was typed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from processes.editing.typed import LETTERS, Typed, list_of, names_rows
from processes.editing.undoing import with_removed

LISTS = ("fields", "steps", "deadlines")
"""Lists of the page itself."""
NAMED = ("fields", "steps")
"""Lists whose rows others mean."""
KNOWN_BY = {
    "steps": "key",
    "fields": "key",
    "outcomes": "key",
    "checklist": "text",
    "deadlines": "basis",
    "branches": "target",
    "conditions": "field",
    "shown": "field",
    "values": "field",
    "inputs": "theirs",
    "outputs": "theirs",
}
"""What a row of a list is known by on two pages."""
ROW = re.compile(r"[a-z][0-9]+")
"""What a row of a list is called in the names of what belongs to it."""
IN_FRONT = ("field", "after", "wait")
"""Words in front of a row, where a value is more than the row."""


def changed(typed: Typed, keys: Mapping[str, str], before: Typed, after: Typed) -> Typed:
    """What was typed, with what differs between two pages of its draft: `before` is the one it has without
    what is not whole. `keys` = those of steps, fields and outcomes, by their prefixes in what was typed.
    Raises TooManyRows."""
    ours = Typed(typed.data)
    rows = {key: row for row, key in keys.items() if "-" not in row}
    change = _Change(ours, keys, _Page.of(before, ours, rows), _Page.of(after, ours, rows))
    for name in LISTS:
        change.take_list(name, name, name)
    return ours


class _Page:
    """A page that is only read, with the names of what was typed for its steps and fields."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self._names: dict[str, list[str]] = defaultdict(list)
        for name in typed.data:
            self._names[name.partition("-")[0]].append(name)

    @classmethod
    def of(cls, page: Typed, ours: Typed, rows: dict[str, str]) -> _Page:
        """With names that are free for what has a new key. Raises TooManyRows."""
        found = {}
        for kind in NAMED:
            for row in page.rows(kind):
                key = page.get(f"{row}-key")
                if key not in rows:
                    rows[key] = ours.add(kind)
                found[row] = rows[key]
        return cls(Typed(dict(_renamed(page, found))))

    def below(self, row: str) -> dict[str, list[str]]:
        """What belongs to a row, by the rest of its name; rows of it by the rest of theirs."""
        return {
            rest: [one.removeprefix(f"{row}-") for one in values] if _is_list(rest) else values
            for name in self._names[row.partition("-")[0]]
            if (rest := name.removeprefix(f"{row}-")) != name and (values := self.typed.data.getlist(name))
        }

    def own(self, row: str) -> dict[str, list[str]]:
        """What belongs to a row itself, not to a row of it."""
        found = self.below(row).items()
        return {rest: values for rest, values in found if not any(map(ROW.fullmatch, rest.split("-")))}


def _renamed(page: Typed, rows: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for name, values in page.data.lists():
        found = [_with_row(one, rows) for one in values] if names_rows(name) else values
        yield _with_row(name, rows), found


def _with_row(text: str, rows: Mapping[str, str]) -> str:
    word, colon, rest = text.partition(":")
    if colon:
        return f"{word}:{_with_row(rest, rows)}" if word in IN_FRONT else text
    row, dash, part = text.partition("-")
    return f"{rows.get(row, row)}{dash}{part}"


@dataclass(frozen=True, slots=True)
class _Change:
    """What was typed, and its page before and after the change."""

    ours: Typed
    keys: Mapping[str, str]
    before: _Page
    after: _Page

    def take_list(self, ours: str, before: str, after: str) -> None:
        """Take over what differs of a list, which may have another name on each page."""
        was, now, here = self.before.typed.rows(before), self.after.typed.rows(after), self.ours.rows(ours)
        if list(map(self.before.below, was)) == list(map(self.after.below, now)):
            return
        earlier = _known(self.before.typed, was)
        known = _pairs(earlier, _known(self.ours, here, self.keys))
        same = _pairs(_known(self.after.typed, now), earlier)
        gone = [known[one] for one in was if one in known and one not in same.values()]
        for one in gone:
            self.ours.remove(one)
        free = [one for one in here if one not in known.values() and _leads_nowhere(self.ours, one)]
        rows = []
        for one in now:
            former = same.get(one, "")
            if former in known:
                self._take_row(known[former], former, one)
            rows.append(known.get(former) or self._new_row(ours, one, free))
        self.ours.set(ours, *with_removed(rows, here, gone))

    def _take_row(self, ours: str, before: str, after: str) -> None:
        was, now = self.before.own(before), self.after.own(after)
        for part in dict.fromkeys((*was, *now)):
            if _is_list(part):
                self.take_list(f"{ours}-{part}", f"{before}-{part}", f"{after}-{part}")
            elif was.get(part) != now.get(part):
                self.ours.set(f"{ours}-{part}", *now.get(part, ()))

    def _new_row(self, name: str, after: str, free: list[str]) -> str:
        """A row that was not there before takes the place of one that leads nowhere yet, if there is any."""
        ours = after if name in NAMED else free.pop(0) if free else self.ours.add(name)
        for rest, values in self.after.below(after).items():
            found = [f"{ours}-{one}" for one in values] if _is_list(rest) else values
            self.ours.set(f"{ours}-{rest}", *found)
        return ours


def _is_list(name: str) -> bool:
    return name.rpartition("-")[2] in LETTERS


def _known(page: Typed, rows: Iterable[str], keys: Mapping[str, str] | None = None) -> dict[str, str]:
    """What rows are known by."""
    return {one: (keys or {}).get(one) or page.get(f"{one}-{KNOWN_BY[_kind(one)]}") for one in rows}


def _kind(row: str) -> str:
    return list_of(row).rpartition("-")[2]


def _pairs(theirs: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Which rows of two pages are the same: those known by the same, else, if as many are left, in order."""
    places = {place: row for row, place in _places(ours).items()}
    found = {row: places[place] for row, place in _places(theirs).items() if place in places}
    left = [one for one in theirs if one not in found]
    other = [one for one in ours if one not in found.values()]
    has_keys = any(KNOWN_BY[_kind(one)] == "key" for one in left)
    return found if has_keys or len(left) != len(other) else found | dict(zip(left, other, strict=True))


def _places(known: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """By row what it is known by, and the how manyth of these it is."""
    count: Counter[str] = Counter()
    found = {}
    for row, word in known.items():
        count[word] += 1
        found[row] = word, count[word]
    return found


def _leads_nowhere(page: Typed, row: str) -> bool:
    """Whether a way says nothing yet."""
    is_way = _kind(row) == "branches"
    return is_way and not page.get(f"{row}-target") and not page.rows(f"{row}-conditions")
