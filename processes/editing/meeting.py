"""Where ways of a page meet that run at the same time. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from processes.editing.sheet import After
from processes.editing.stepforms import ENDS

if TYPE_CHECKING:
    from processes.editing.page import Page

FEW = "few"
"""Name that marks a step to which fewer than two ways lead, so that the page can tell a second one."""


def note_few(page: Page) -> None:
    """Mark these steps."""
    for row in page.step_names:
        page.typed.set(f"{row}-{FEW}", *["on"] * (len(page.arriving(row)) < 2))


def at_once(page: Page, row: str) -> list[str]:
    """The steps that lead to a step, if they lie in different branches of one “several at the same time”,
    none in two; else nothing. An end is not asked: a case ends with its last way."""
    arriving = page.arriving(row)
    if len(arriving) < 2 or page.kinds[row] in ENDS:
        return []
    for way in _dividing(page):
        homes = _homes(page, way, row, arriving)
        if all(len(one) == 1 for one in homes) and len({one[0] for one in homes}) > 1:
            return arriving
    return []


def one_a_branch(page: Page, row: str) -> list[str]:
    """The same, if each branch gets there from one step: else waiting for all of them is in vain."""
    arriving = at_once(page, row)
    for way in _dividing(page) if arriving else ():
        homes = [one for found in _homes(page, way, row, arriving) for one in found]
        if len(homes) == len(set(homes)) == len(arriving):
            return arriving
    return []


def _dividing(page: Page) -> list[str]:
    """Ways that begin several steps at the same time."""
    ways = [way for row in page.kinds for way in page.ways_of(row)]
    return [one for one in ways if page.typed.get(f"{one}-after") == After.ALL]


def _homes(page: Page, way: str, row: str, arriving: Collection[str]) -> list[list[int]]:
    """For each of the steps that lead to `row` the branches of a way that get there."""
    owner = way.split("-")[0]
    branches = [_reached(page, one, {row, owner}) for one in page.targets_of(way)]
    return [[place for place, found in enumerate(branches) if one in found] for one in arriving]


def _reached(page: Page, origin: str, without: Collection[str]) -> set[str]:
    found: set[str] = set()
    queue = [origin]
    while queue:
        row = queue.pop()
        if row not in found and row not in without:
            found.add(row)
            queue.extend(one for way in page.ways_of(row) for one in page.targets_of(way))
    return found
