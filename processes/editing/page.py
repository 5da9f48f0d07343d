"""The editing page as a tree of forms over what was typed: every row with its parts and its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django import forms
from django.utils.translation import gettext as _

from processes.blueprint import FieldPlan, key_from
from processes.editing.choices import read_choices
from processes.editing.fieldrow import FieldForm
from processes.editing.headform import HeadForm
from processes.editing.momentforms import CaseMomentForm, RuleForm
from processes.editing.offer import Callable, Offer
from processes.editing.parts import RulePart, StepPart
from processes.editing.rowform import RowForm
from processes.editing.sheet import Gather
from processes.editing.stepforms import ENDS
from processes.editing.typed import ALWAYS, LONGEST_NAME, Typed
from processes.models import Step

JOIN = "wait:"
"""In front of the prefix of a step: what waits in front of it, as one of the things an outcome can stop."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to be corrected: the input it is about, where it stands, and the sentence."""

    anchor: str
    place: str
    message: str
    row: str = ""


@dataclass
class Page:
    """Everything the page shows; built anew for each request."""

    typed: Typed
    shows_faults: bool = False
    offered: Offer = field(default_factory=Offer)

    # -- names -----------------------------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Kind of each step, by prefix."""
        return {row: self._kind(row) for row in self.typed.rows("steps")}

    def _kind(self, row: str) -> str:
        kind = self.typed.get(f"{row}-kind")
        return kind if kind in Step.Kind.values else "task"

    @cached_property
    def step_names(self) -> Mapping[str, str]:
        """What each step is called, by prefix; the start is no target and has no name here."""
        found = {}
        for row, kind in self.kinds.items():
            if kind != "start":
                found[row] = self.typed.get(f"{row}-name")[:LONGEST_NAME] or _("(without a name)")
        return found

    @cached_property
    def types(self) -> Mapping[str, str]:
        """Type of each field, by prefix."""
        return {row: self.typed.get(f"{row}-type") or "text" for row in self.typed.rows("fields")}

    @cached_property
    def field_names(self) -> Mapping[str, str]:
        """Label of each field, by prefix."""
        return {
            row: self.typed.get(f"{row}-label")[:LONGEST_NAME] or _("(without a name)") for row in self.types
        }

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """Key of each step and field, by prefix: the typed one, or one made of the name. A key typed twice
        belongs to the first row; `clean_key` refuses the other."""
        steps = self._keys("steps", "name", "schritt")
        return {**steps, **self._keys("fields", "label", "feld")}

    def _keys(self, kind: str, source: str, fallback: str) -> dict[str, str]:
        rows = self.typed.rows(kind)
        first = {key: row for row in reversed(rows) if (key := self.typed.get(f"{row}-key"))}
        found = {row: key for key, row in first.items()}
        for row in rows:
            if row not in found:
                name = self.typed.get(f"{row}-{source}")[:LONGEST_NAME]
                found[row] = key_from(name, found.values(), fallback)
        return {row: found[row] for row in rows}

    @cached_property
    def field_plans(self) -> Mapping[str, FieldPlan]:
        """Each field as far as conditions need it, by prefix."""
        return {
            row: FieldPlan(
                self.keys[row],
                label,
                self.types[row],
                choices=read_choices(self.typed.get(f"{row}-choices_text")),
            )
            for row, label in self.field_names.items()
        }

    # -- questions about rows --------------------------------------------------------------------------------

    def is_task(self, row: str) -> bool:
        """Whether somebody does it."""
        return self.kinds.get(row) == "task"

    def goes_on(self, row: str) -> bool:
        """Whether a step goes on by itself: all but tasks, ends, and calls that tell their ends apart."""
        kind = self.kinds.get(row, "task")
        tells_apart = kind == "subprocess" and bool(self.typed.rows(f"{row}-outcomes"))
        return kind not in ("task", *ENDS) and not tells_apart

    def is_by_clock(self, outcome: str) -> bool:
        """Whether the clock chooses this outcome."""
        return self.typed.get(f"{outcome}-chosen_by") == "clock"

    def depends_on_data(self, way: str) -> bool:
        """Whether the ways on are chosen by conditions."""
        return self.typed.get(f"{way}-after") in ("data", "several")

    def is_otherwise(self, branch: str) -> bool:
        """Whether the branch is taken where no condition holds."""
        return bool(self.typed.get(f"{branch}-is_default"))

    def ways_of(self, row: str) -> list[str]:
        """Prefixes of everything that leads on from a step."""
        always = [f"{row}-{ALWAYS}"] if self.goes_on(row) else []
        return [*always, *self.typed.rows(f"{row}-outcomes")]

    def targets_of(self, way: str) -> list[str]:
        """Prefixes of the steps a way leads to."""
        branches = self.typed.rows(f"{way}-branches")
        if self.typed.get(f"{way}-after") in ("", "one"):
            branches = branches[:1]
        found = [self.typed.get(f"{one}-target") for one in branches]
        return [one for one in found if one in self.step_names]

    @cached_property
    def _leading(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.kinds:
            for target in dict.fromkeys(one for way in self.ways_of(row) for one in self.targets_of(way)):
                found.setdefault(target, []).append(row)
        return found

    def arriving(self, row: str) -> list[str]:
        """The steps, or the start, a way leads from to this step."""
        return self._leading.get(row, [])

    def leading_to(self, row: str) -> list[tuple[str, str]]:
        """The steps a way leads from to this one: prefix and name."""
        found = [one for one in self._leading.get(row, []) if one in self.step_names]
        chosen = [one for one in self.typed.data.getlist(f"{row}-sources") if one in self.step_names]
        return [(one, self.step_names[one]) for one in dict.fromkeys([*found, *chosen])]

    def stoppable(self, own: str) -> list[tuple[str, str]]:
        """What an outcome of a step can stop: other steps, and what waits in front of one."""
        found = []
        for row, name in self.step_names.items():
            if row != own and self.kinds[row] not in ENDS:
                found.append((row, name))
            if self.typed.get(f"{row}-gather") in (Gather.ALL, Gather.BEGUN):
                found.append((f"{JOIN}{row}", _("what waits in front of “%(step)s”") % {"step": name}))
        return found

    def called(self, row: str) -> Callable:
        """The process a step calls, as it is published."""
        key = self.typed.get(f"{row}-process")
        is_call = self.kinds.get(row) == "subprocess" and key in dict(self.offered.processes)
        return self.offered.called(key) if is_call else Callable()

    # -- the tree --------------------------------------------------------------------------------------------

    @cached_property
    def fields(self) -> list[FieldForm]:
        """The fields of the version."""
        return [FieldForm(self, row) for row in self.typed.rows("fields")]

    @cached_property
    def deadlines(self) -> list[RulePart]:
        """The deadline of the whole case."""
        return [
            RulePart(RuleForm(self, row), CaseMomentForm(self, row)) for row in self.typed.rows("deadlines")
        ]

    @cached_property
    def steps(self) -> list[StepPart]:
        """All steps."""
        return [StepPart(self, row) for row in self.kinds]

    @cached_property
    def head(self) -> HeadForm:
        """What is said about the version as a whole."""
        return HeadForm(self)

    # -- judging ---------------------------------------------------------------------------------------------

    def forms(self) -> Iterator[RowForm]:
        """Every form that counts."""
        yield self.head
        yield from self.fields
        for rule in self.deadlines:
            yield from (rule.form, rule.moment)
        for step in self.steps:
            yield from step.forms()

    @cached_property
    def faults(self) -> list[Fault]:
        """Everything to be corrected before it can be saved, from top to bottom."""
        return [fault for form in self.forms() for fault in self._faults(form)]

    def _faults(self, form: RowForm) -> Iterator[Fault]:
        row = (form.prefix or "").split("-")[0]
        place = self._place(row)
        for name, messages in form.errors.items():
            known: forms.BoundField | None = form[name] if name in form.fields else None
            label = ", ".join(str(part) for part in (place, form.about, known.label if known else "") if part)
            anchor = known.id_for_label if known is not None else f"step-{row}"
            for message in messages:
                yield Fault(anchor or f"step-{row}", label, str(message), row if row in self.keys else "")

    def _place(self, row: str) -> str:
        if row in self.kinds:
            return self.step_names.get(row) or _("Start")
        return self.field_names.get(row) or (_("Deadline of the case") if row else "")
