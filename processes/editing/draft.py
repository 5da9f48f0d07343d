"""A draft as it was typed: what it would be if it were saved, what is wrong with it, what repairs make of it.

Nothing here is stored.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from processes import publishing, repairs
from processes.blueprint import Blueprint
from processes.checking import deadlinechecks
from processes.checking.findings import ERROR, Problem, warning
from processes.comparing.versiondiff import differences
from processes.editing import carrying, filling, headform, rearranging, showing
from processes.editing.folding import fold
from processes.editing.offer import Offer
from processes.editing.page import Page
from processes.editing.reading import all_keys, sheet_of
from processes.editing.sheet import Sheet
from processes.editing.stepforms import ENDS
from processes.editing.typed import TooManyRows, Typed
from processes.editing.unfolding import describe_gateway, unfold
from processes.errors import ProcessError
from processes.models import ProcessVersion
from processes.repairs import Facts, Repair

SWITCHES = ("whole", "pinned")
"""How the picture is looked at."""
INPUTS = {
    "apart": "apart",
    "approves": "approves",
    "deadlines": "due-amount",
    "escalation": "plan",
    "repeat": "over",
    "wait": "timer-amount",
    "to": "addresses",
    "subject": "subject",
    "text": "text",
    "url": "url",
}
"""The input of a step that a part of its path means."""
MOST_MARKINGS = 3_000
"""Markings visited while somebody types, about a quarter of a second."""
MOST_REPAIRS = 6
"""Findings of one page for which a repair is looked for."""
MOST_SECONDS = 1.0
"""After that no more are looked for."""
MOST_OPEN = 20
"""Rows that show their details at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the model check with the row it leads to."""

    problem: Problem
    row: str
    repair: Repair | None = None
    input: str = ""
    """The input it is about, where that is known."""
    do: str = ""
    """The button of the page that mends it without a repair, and what it says."""
    mends: str = ""

    @property
    def is_error(self) -> bool:
        """Whether it stands in the way of publishing."""
        return self.problem.severity == ERROR


@dataclass(frozen=True)
class Draft:
    """A draft as it was typed: its page, and what it would be if it were saved."""

    version: ProcessVersion
    page: Page
    sheet: Sheet
    plan: Blueprint
    focus: str = ""
    said: str = ""
    """What a button has done, in words."""
    opened: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, version: ProcessVersion, typed: Typed, kept: Blueprint, focus: str = "") -> Draft:
        """Read what was typed."""
        definition = version.definition
        page = Page(typed, offered=Offer(definition.key, definition.owner_team_id))
        sheet = sheet_of(page, kept)
        return cls(version, page, sheet, unfold(sheet), focus, opened=_opened(typed))

    def facts(self) -> Facts:
        """What it is judged by; its runs are looked at no longer than somebody who types waits."""
        return replace(publishing.facts(self.version, self.plan), most_markings=MOST_MARKINGS)

    def findings(self) -> list[Finding]:
        """What the model check and all other checks say of it, errors first; of one that was not begun, what
        to do first."""
        if self.is_fresh:
            return [self._first()]
        facts = self.facts()
        problems = [_patient(one) for one in facts.problems(self.plan)]
        offered = self._repairs(problems, facts)
        found = _once([self._finding(one, offered.pop(_pair(one), None)) for one in problems])
        found += [self._blind(row) for row in filling.blind(self.page)]
        return [*found, *(Finding(one, self._undated()) for one in deadlinechecks.undated(self.plan))]

    def _finding(self, one: Problem, repair: Repair | None) -> Finding:
        row = self.row_of(one.step)
        part = str(one.path[2]) if len(one.path) > 2 and row else ""
        return Finding(one, row, repair, f"{row}-{INPUTS[part]}" if part in INPUTS else "")

    @property
    def is_fresh(self) -> bool:
        """Whether it has nothing yet but a start and ends that nothing leads to."""
        kinds = list(self.page.kinds.values())
        return kinds.count("start") == 1 and {*kinds} <= {"start", *ENDS} and not self.plan.flows

    def _first(self) -> Finding:
        message = _("This process has no tasks yet. First say what is to be done after the start.")
        start = next(row for row, kind in self.page.kinds.items() if kind == "start")
        return Finding(warning("fresh", "", message), "", do=f"insert:{start}", mends=_("Add the first task"))

    def _blind(self, row: str) -> Finding:
        message = _("“%(step)s” shows nothing of the case: what was filled in before cannot be read there.")
        name = {"step": self.page.step_names[row]}
        found = warning("shows_nothing", self.page.keys[row], message % name)
        return Finding(found, row, do=f"show:{row}", mends=_("Show for reading what was filled in before"))

    def _undated(self) -> str:
        """The first task without a deadline."""
        undated = (step for step in self.plan.steps if deadlinechecks.without_deadline(step))
        return next((self.row_of(step.key) for step in undated), "")

    def _repairs(self, problems: list[Problem], facts: Facts) -> dict[tuple[str, str], Repair | None]:
        """The repairs of findings, one for all of a code at a step. Each is tried out, so only the first few
        are asked for one."""
        first = {_pair(one): one for one in reversed(problems[:MOST_REPAIRS])}
        until = time.monotonic() + MOST_SECONDS
        return {
            pair: repairs.repair_of(self.plan, one, problems, facts)
            for pair, one in reversed(first.items())
            if time.monotonic() < until
        }

    def row_of(self, key: str) -> str:
        """The row a step or a gateway of the plan belongs to; empty if there is none."""
        if key in self._rows or not key:
            return self._rows.get(key, "")
        known = describe_gateway(self.sheet, key)
        return self._rows.get(known[0], "") if known else ""

    @cached_property
    def _rows(self) -> dict[str, str]:
        """Row of each step, by its key."""
        return {self.page.keys[row]: row for row in self.page.kinds}


def _once(found: list[Finding]) -> list[Finding]:
    """Of findings of a kind that the same repair mends, the first: the others say no more, and go with it."""
    kept: dict[object, Finding] = {}
    for place, one in enumerate(found):
        kept.setdefault((one.problem.code, str(one.repair.label)) if one.repair else place, one)
    return list(kept.values())


def _opened(typed: Typed) -> list[str]:
    """The rows opened last."""
    return list(dict.fromkeys(typed.data.getlist(rearranging.OPEN)))[-MOST_OPEN:]


def _pair(one: Problem) -> tuple[str, str]:
    return one.code, one.step


def _patient(one: Problem) -> Problem:
    """That the page gave up looking is no fault: publishing looks longer."""
    if one.code != publishing.UNDECIDED:
        return one
    message = _("The check of this process takes longer; it is finished when the version is published.")
    return warning(one.code, one.step, message)


class Unfinished(ProcessError):
    """What is not whole yet on a page would be lost by a repair."""

    code = "unfinished"
    message = _lazy("Please complete what is typed first: this repair would lose it.")


def repaired(draft: Draft, code: str, step: str, kept: Blueprint) -> Draft:
    """The draft after the repair of a finding, with everything else as it was typed; as it was where there is
    no such finding any more. Raises Unfinished."""
    facts = draft.facts()
    repair = repairs.find(draft.plan, facts.problems(draft.plan), code, step, facts)
    if repair is None:
        return draft
    try:
        found = _drawn_anew(draft, repair, kept)
        carried = _carried(draft, repair, kept)
    except TooManyRows:
        return draft
    if not differences(carried.plan, found.plan):
        found = carried
    elif draft.page.faults:
        raise Unfinished
    return replace(found, focus=found.row_of(step), said=str(repair.label))


def _carried(draft: Draft, repair: Repair, kept: Blueprint) -> Draft:
    """What was typed, with what the repair changes of it. Raises TooManyRows."""
    before, after = showing.typed_of(fold(draft.plan)), showing.typed_of(fold(repair.plan))
    typed = carrying.changed(draft.page.typed, all_keys(draft.page), before, after)
    rearranging.settle(typed)
    return Draft.of(draft.version, typed, kept)


def _drawn_anew(draft: Draft, repair: Repair, kept: Blueprint) -> Draft:
    """The page as it would be opened if the repaired draft were stored. Raises TooManyRows."""
    typed = showing.typed_of(fold(repair.plan))
    headform.carry(draft.page.typed, typed)
    rearranging.settle(typed)
    return opened_alike(draft, typed, kept)


def opened_alike(draft: Draft, typed: Typed, kept: Blueprint) -> Draft:
    """Another page of the same draft, with the same rows open: they may have other prefixes."""
    for name in SWITCHES:
        typed.set(name, *draft.page.typed.data.getlist(name))
    changed = Draft.of(draft.version, typed, kept)
    rows = {key: row for row, key in changed.page.keys.items()}
    keys = [draft.page.keys[row] for row in draft.opened if row in draft.page.keys]
    return replace(changed, opened=[rows[key] for key in keys if key in rows])


def shown(version: ProcessVersion, stored: Blueprint) -> Typed:
    """The page as it is first opened."""
    typed = showing.typed_of(fold(stored))
    headform.show(typed, version)
    rearranging.settle(typed)
    return typed


def settled(version: ProcessVersion, typed: Typed, kept: Blueprint) -> Draft:
    """What is to be saved; where a list is full, what depends on it stays as it was typed."""
    with suppress(TooManyRows):
        rearranging.settle(typed)
    return Draft.of(version, typed, kept)
