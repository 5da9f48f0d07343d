"""The parts of a step on the editing page. Forms are made when they are asked for: most steps need few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from processes.editing import filling, meeting
from processes.editing.momentforms import MomentForm, RuleForm
from processes.editing.rowform import RowForm
from processes.editing.sheet import After, Gather
from processes.editing.stepforms import (
    ENDS,
    GATEWAYS,
    KINDS,
    ActionForm,
    CallForm,
    ItemForm,
    PairForm,
    RepeatForm,
    ShownForm,
    StepForm,
    TaskForm,
    ValueForm,
    WaitForm,
)
from processes.editing.typed import ALWAYS, ASKED_BY
from processes.editing.wayforms import AFTERS, BranchForm, ConditionForm, OutcomeForm, WayForm

if TYPE_CHECKING:
    from processes.editing.page import Page

BEGINS: Mapping[str, Any] = {
    Gather.ALL: _("begins when all of these are done: %(steps)s"),
    Gather.BEGUN: _("begins when all of these are done that have begun: %(steps)s"),
    Gather.FIRST: _("begins with the first of these, which stops the others: %(steps)s"),
}


@dataclass(frozen=True, slots=True)
class BranchPart:
    """One way on with its conditions."""

    form: BranchForm
    conditions: list[ConditionForm]

    @classmethod
    def of(cls, page: Page, prefix: str) -> BranchPart:
        """The branch of this prefix."""
        rows = page.typed.rows(f"{prefix}-conditions")
        return cls(BranchForm(page, prefix), [ConditionForm(page, one) for one in rows])

    @property
    def sentence_id(self) -> str:
        """The element that says its conditions in a sentence."""
        return f"{self.form.prefix}-sentence"


@dataclass(frozen=True, slots=True)
class WayPart:
    """What follows an outcome, or a step that has none."""

    form: WayForm
    branches: list[BranchPart]

    @classmethod
    def of(cls, form: WayForm) -> WayPart:
        """The way of this form."""
        rows = form.page.typed.rows(f"{form.prefix}-branches")
        return cls(form, [BranchPart.of(form.page, one) for one in rows])

    @property
    def after_now(self) -> str:
        """How many ways on there are."""
        return self.form.page.typed.get(f"{self.form.prefix}-after") or str(After.ONE)

    @property
    def by_data(self) -> bool:
        """Whether they are chosen by conditions."""
        return self.form.page.depends_on_data(self.form.prefix or "")

    @property
    def is_by_clock(self) -> bool:
        """Whether the clock chooses it."""
        return self.form.page.is_by_clock(self.form.prefix or "")

    @property
    def manner(self) -> str:
        """How several ways on are meant, in a word; empty for one."""
        return "" if self.after_now == After.ONE else str(dict(AFTERS)[After(self.after_now)])

    @property
    def next_steps(self) -> list[tuple[str, str]]:
        """Prefix and name of each step it leads to."""
        page = self.form.page
        return [(row, page.step_names[row]) for row in page.targets_of(self.form.prefix or "")]

    def forms(self) -> Iterator[RowForm]:
        """All forms that count, its own first."""
        yield self.form
        for branch in self.branches:
            yield branch.form
            if self.by_data and not self.form.page.is_otherwise(branch.form.prefix or ""):
                yield from branch.conditions


class OutcomePart:
    """An outcome, when the clock chooses it, and what follows."""

    def __init__(self, page: Page, prefix: str) -> None:
        self.form = OutcomeForm(page, prefix)
        self.way = WayPart.of(self.form)

    @cached_property
    def clock(self) -> MomentForm:
        """When the clock chooses it."""
        return MomentForm(self.form.page, f"{self.form.prefix}-clock")

    def forms(self) -> Iterator[RowForm]:
        """All forms that count."""
        yield from self.way.forms()
        if self.form.page.is_by_clock(self.form.prefix or ""):
            yield self.clock


@dataclass(frozen=True, slots=True)
class RulePart:
    """A further rule of a deadline."""

    form: RuleForm
    moment: MomentForm


@dataclass(frozen=True, slots=True)
class Asked:
    """The way that asked for a new step: prefixes of its step and of its branch, and their names."""

    row: str
    branch: str
    step: str
    outcome: str


class StepPart:
    """A step with everything that belongs to it."""

    def __init__(self, page: Page, prefix: str) -> None:
        self.page, self.prefix = page, prefix
        self.form = StepForm(page, prefix)

    # -- what kind of step it is -----------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """What kind of step it is."""
        return self.page.kinds[self.prefix]

    @property
    def kind_label(self) -> str:
        """The kind in words; empty for a task, which is the usual one."""
        return "" if self.kind == "task" else str(dict([*KINDS, *GATEWAYS]).get(self.kind, ""))

    @property
    def has_outcomes(self) -> bool:
        """Whether somebody, the clock or a called process chooses how it ends."""
        return self.kind == "task" or (bool(self.outcomes) and not self.is_end)

    @property
    def goes_on(self) -> bool:
        """Whether it goes on by itself."""
        return self.page.goes_on(self.prefix)

    @property
    def is_end(self) -> bool:
        """Whether the case ends there."""
        return self.kind in ENDS

    @property
    def is_lasting(self) -> bool:
        """Whether it can be moved and removed: all but the start."""
        return self.kind != "start"

    @property
    def waits(self) -> bool:
        """Whether it waits for several steps."""
        return bool(self.page.typed.get(f"{self.prefix}-gather"))

    @property
    def can_wait(self) -> bool:
        """Whether several ways lead there, so that it can wait for them."""
        return self.is_lasting and (self.waits or len(self.page.leading_to(self.prefix)) > 1)

    @property
    def begins(self) -> str:
        """What it waits for, in words; empty if it does not."""
        gather = self.page.typed.get(f"{self.prefix}-gather")
        waited = self.page.typed.data.getlist(f"{self.prefix}-sources")
        names = [self.page.step_names[one] for one in self.page.arriving(self.prefix) if one in waited]
        sentence = BEGINS.get(gather) if len(names) > 1 else None
        return str(sentence) % {"steps": ", ".join(names)} if sentence else ""

    @property
    def waits_for_one(self) -> bool:
        """Whether it waits for others although one of them leads there only."""
        waited = self.page.typed.data.getlist(f"{self.prefix}-sources")
        leading = [one for one in self.page.arriving(self.prefix) if one in waited]
        gather = self.page.typed.get(f"{self.prefix}-gather")
        return gather in (Gather.ALL, Gather.BEGUN) and len(leading) == 1

    @property
    def meeting(self) -> str:
        """The steps that lead there at the same time and are not waited for; empty if there are none."""
        found = [] if self.waits else meeting.at_once(self.page, self.prefix)
        return ", ".join(self.page.step_names.get(one, "") for one in found)

    @property
    def hides_fields(self) -> bool:
        """Whether there are fields that a button adds to those it shows."""
        return bool(filling.unseen(self.page, self.prefix))

    @property
    def is_repeated(self) -> bool:
        """Whether it is done by several people, or several times."""
        return self.kind == "task" and bool(self.page.typed.get(f"{self.prefix}-over"))

    @property
    def asked(self) -> Asked | None:
        """The way it was made for; None for any other step, and where that leads elsewhere now."""
        page, typed = self.page, self.page.typed
        branch = typed.get(f"{self.prefix}-{ASKED_BY}")
        row, way = branch.partition("-")[0], branch.rpartition("-")[0]
        is_still = row in page.kinds and branch in typed.rows(f"{way}-branches")
        if not is_still or typed.get(f"{branch}-target") != self.prefix:
            return None
        return Asked(row, branch, page.step_names.get(row) or _("Start"), typed.get(f"{way}-label"))

    # -- its forms -------------------------------------------------------------------------------------------

    @cached_property
    def task(self) -> TaskForm:
        """Who does it and what is to be done."""
        return TaskForm(self.page, self.prefix)

    @cached_property
    def due(self) -> MomentForm:
        """Its deadline."""
        return MomentForm(self.page, f"{self.prefix}-due")

    @cached_property
    def latest(self) -> MomentForm:
        """The “at the latest” of its deadline."""
        return MomentForm(self.page, f"{self.prefix}-latest")

    @cached_property
    def wait(self) -> WaitForm:
        """What it waits for."""
        return WaitForm(self.page, self.prefix)

    @cached_property
    def timer(self) -> MomentForm:
        """How long it waits."""
        return MomentForm(self.page, f"{self.prefix}-timer")

    @cached_property
    def repeat(self) -> RepeatForm:
        """By how many it is done."""
        return RepeatForm(self.page, self.prefix)

    @cached_property
    def action(self) -> ActionForm:
        """What it does by itself."""
        return ActionForm(self.page, self.prefix)

    @cached_property
    def call(self) -> CallForm:
        """Which process it calls."""
        return CallForm(self.page, self.prefix)

    @cached_property
    def always(self) -> WayPart:
        """The way on that belongs to no outcome."""
        return WayPart.of(WayForm(self.page, f"{self.prefix}-{ALWAYS}"))

    @cached_property
    def outcomes(self) -> list[OutcomePart]:
        """What it can end with."""
        return [OutcomePart(self.page, one) for one in self._rows("outcomes")]

    @cached_property
    def rules(self) -> list[RulePart]:
        """Further rules of its deadline."""
        rows = self._rows("deadlines")
        return [RulePart(RuleForm(self.page, one), MomentForm(self.page, one)) for one in rows]

    @cached_property
    def checklist(self) -> list[ItemForm]:
        """Activities."""
        return [ItemForm(self.page, one) for one in self._rows("checklist")]

    @cached_property
    def shown(self) -> list[ShownForm]:
        """Fields it shows."""
        return [ShownForm(self.page, one) for one in self._rows("shown")]

    @cached_property
    def inputs(self) -> list[PairForm]:
        """What a called process is given."""
        return [PairForm(self.page, one) for one in self._rows("inputs")]

    @cached_property
    def outputs(self) -> list[PairForm]:
        """What a called process brings back."""
        return [PairForm(self.page, one) for one in self._rows("outputs")]

    @cached_property
    def values(self) -> list[ValueForm]:
        """Fields it fills in by itself."""
        return [ValueForm(self.page, one) for one in self._rows("values")]

    def _rows(self, kind: str) -> list[str]:
        return self.page.typed.rows(f"{self.prefix}-{kind}")

    # -- all together ----------------------------------------------------------------------------------------

    @property
    def has_latest(self) -> bool:
        """Whether anything is said about “at the latest”."""
        typed = self.page.typed
        basis = typed.get(f"{self.prefix}-latest-basis")
        return bool(typed.get(f"{self.prefix}-latest-amount")) or basis not in ("", "step")

    def ways(self) -> list[tuple[str, WayPart]]:
        """What it can end with, in a word (empty: it just goes on), and what follows."""
        always = [("", self.always)] if self.goes_on else []
        outcomes = self.outcomes if self.has_outcomes else []
        return [*always, *((str(one.form["label"].value() or ""), one.way) for one in outcomes)]

    def forms(self) -> Iterator[RowForm]:
        """All forms that count for the kind of the step."""
        yield from (self.form, self.task)
        if self.waits:
            yield self.wait
        yield from self._own_forms()
        if self.goes_on:
            yield from self.always.forms()
        for outcome in () if self.is_end else self.outcomes:
            yield from outcome.forms()

    def _own_forms(self) -> Iterator[RowForm]:
        """Forms that only steps of one kind have."""
        if self.kind == "task":
            yield from self._forms_of_task()
        elif self.kind == "start":
            yield from self.shown
        elif self.kind == "timer":
            yield self.timer
        elif self.kind == "action":
            yield from (self.action, *self.values)
        elif self.kind == "subprocess":
            yield from (self.call, *self.inputs, *self.outputs)

    def _forms_of_task(self) -> Iterator[RowForm]:
        yield self.due
        if self.has_latest:
            yield self.latest
        if self.is_repeated:
            yield self.repeat
        for rule in self.rules:
            yield from (rule.form, rule.moment)
        yield from self.checklist
        yield from self.shown
