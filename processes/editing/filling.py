"""Which fields of a page a step can show because an earlier one fills them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes.models import StepField
from processes.stepplans import Do

if TYPE_CHECKING:
    from processes.editing.page import Page


def filled_before(page: Page, row: str) -> list[str]:
    """The fields that a step from which a way leads to this one may have filled, in the order of the page."""
    earlier = _earlier(page, row)
    filled = {field for step in earlier for field in _filled(page, step)}
    return [field for field in page.types if field in filled]


def unseen(page: Page, row: str) -> list[str]:
    """Fields that a button adds to a step at once: what was filled before and is not shown yet; for the start
    form all that it does not ask for."""
    shown = set(_shown(page, row))
    offered = list(page.types) if page.kinds.get(row) == "start" else filled_before(page, row)
    return [field for field in offered if field not in shown]


def blind(page: Page) -> list[str]:
    """Tasks that show nothing of what earlier steps fill in: no field at all, or only fields that are filled
    in there first."""
    return [row for row in page.kinds if page.is_task(row) and _is_blind(page, row)]


def _is_blind(page: Page, row: str) -> bool:
    before = filled_before(page, row)
    return bool(before) and set(before).isdisjoint(_shown(page, row))


def _earlier(page: Page, row: str) -> set[str]:
    found: set[str] = set()
    queue = list(page.arriving(row))
    while queue:
        step = queue.pop()
        if step not in found and step != row:
            found.add(step)
            queue.extend(page.arriving(step))
    return found


def _shown(page: Page, row: str) -> list[str]:
    return [page.typed.get(f"{one}-field") for one in page.typed.rows(f"{row}-shown")]


def _filled(page: Page, row: str) -> list[str]:
    """The fields a step asks for, sets by itself, or brings back from the process it calls."""
    typed, kind = page.typed, page.kinds[row]
    if kind == "action" and typed.get(f"{row}-do") == Do.SET:
        return [typed.get(f"{one}-field") for one in typed.rows(f"{row}-values")]
    if kind == "subprocess":
        return [typed.get(f"{one}-ours") for one in typed.rows(f"{row}-outputs")]
    asked = typed.rows(f"{row}-shown") if kind in ("task", "start") else []
    writing = (one for one in asked if typed.get(f"{one}-mode") in StepField.MODES_WRITING)
    return [typed.get(f"{one}-field") for one in writing]
