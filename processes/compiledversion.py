"""A compiled version: what steps ask of people, and the net the engine runs. Frozen; made by `nets`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from people.legal import Term
from processes import engine
from processes.escalation import OF_CASE, Level
from processes.fields import FieldSpec
from processes.models import (
    DeadlineRule,
    Step,
    StepField,
)
from processes.moments import Basis, Moment
from processes.stepplans import StepConfig

WAITING = frozenset({Step.Kind.TASK, Step.Kind.TIMER, Step.Kind.ACTION, Step.Kind.SUBPROCESS})
ENDS = frozenset({Step.Kind.END, Step.Kind.TERMINATE})


@dataclass(frozen=True, slots=True)
class OutcomeInfo:
    """An outcome as the task page shows it."""

    id: int
    key: str
    label: str
    requires_note: bool
    is_clock: bool
    after: Moment | None = None
    is_interrupting: bool = True
    is_approval: bool = False
    is_no_agreement: bool = False

    @property
    def is_choosable(self) -> bool:
        """Whether a person may choose it."""
        return not self.is_clock and not self.is_no_agreement


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """A checklist item as the task page shows it; one with parts is ticked by ticking these."""

    id: int
    key: str
    text: str
    is_mandatory: bool
    parent_id: int | None = None
    has_parts: bool = False


@dataclass(frozen=True, slots=True)
class StepFieldInfo:
    """A field and what this step does with it."""

    spec: FieldSpec
    mode: str

    @property
    def is_writable(self) -> bool:
        """Whether the step may fill it in."""
        return self.mode in StepField.MODES_WRITING

    @property
    def is_shown(self) -> bool:
        """Whether the page shows it."""
        return self.mode != StepField.Mode.HIDDEN

    @property
    def is_required(self) -> bool:
        """Whether an outcome chosen by a person needs it."""
        return self.mode == StepField.Mode.REQUIRED


@dataclass(frozen=True, slots=True)
class DeadlineInfo:
    """A rule of a deadline; `term` is set for a legal one, which is counted by the calendar."""

    kind: str
    moment: Moment
    urgency: int | None = None
    is_latest: bool = False
    term: Term | None = None
    is_final: bool = False

    @property
    def is_legal(self) -> bool:
        """Whether it is the law's: counted by BGB §§187-193, or a Notfrist however that is counted (72 hours
        of Art. 33 DSGVO)."""
        return self.term is not None or self.is_final

    @property
    def is_notice(self) -> bool:
        """Whether it is the last day for a notice, counted backwards from a date."""
        return self.term is not None and self.term.is_backwards

    @property
    def rests(self) -> bool:
        """Whether it comes later by the time in which its task or case stood still."""
        return not (self.is_legal or self.moment.keeps_to_date)


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A step with everything that hangs on it."""

    id: int
    key: str
    kind: str
    name: str
    instructions: str
    team_id: int | None
    assignment: str
    person_id: int | None
    reference_keys: tuple[str, ...]
    apart_keys: tuple[str, ...]
    field_key: str
    max_visits: int | None
    approves_fields: tuple[str, ...]
    config: StepConfig
    deadlines: tuple[DeadlineInfo, ...]
    plan_keys: Mapping[str, str]
    result: str
    outcomes: tuple[OutcomeInfo, ...]
    checklist: tuple[ItemInfo, ...]
    fields: tuple[StepFieldInfo, ...]

    def affirms(self, outcome_key: str) -> bool:
        """Whether an outcome bears the sign of consent: it approves, or nothing else can be chosen."""
        choosable = [one for one in self.outcomes if one.is_choosable]
        return any(one.key == outcome_key and (one.is_approval or len(choosable) == 1) for one in choosable)

    def outcome(self, key: str) -> OutcomeInfo | None:
        """The outcome of that key, if the step has it."""
        return next((outcome for outcome in self.outcomes if outcome.key == key), None)

    @property
    def has_reaction_time(self) -> bool:
        """Whether a task has to be taken over until some time."""
        return any(rule.kind == DeadlineRule.Kind.REACTION for rule in self.deadlines)

    @property
    def timed_outcomes(self) -> tuple[OutcomeInfo, ...]:
        """Outcomes the clock chooses."""
        return tuple(outcome for outcome in self.outcomes if outcome.is_clock)

    @property
    def has_token_clocks(self) -> bool:
        """Whether the clock ends or adds something here: a wait, or an outcome of the clock."""
        return self.config.wait is not None or bool(self.timed_outcomes)

    @property
    def tickable_items(self) -> int:
        """How many activities have a tick of their own: all but those that have parts."""
        return sum(not item.has_parts for item in self.checklist)

    @property
    def mandatory_item_ids(self) -> tuple[int, ...]:
        """Items without which no person can end the task: mandatory ones and the parts of mandatory ones."""
        whole = {item.id for item in self.checklist if item.is_mandatory and item.has_parts}
        return tuple(
            item.id
            for item in self.checklist
            if not item.has_parts and (item.is_mandatory or item.parent_id in whole)
        )


@dataclass(frozen=True)
class CompiledVersion:
    """One version, ready to run."""

    version_id: int
    definition_id: int
    net: engine.Net
    steps: Mapping[str, StepInfo]
    fields: Mapping[str, FieldSpec]
    apart: Mapping[str, frozenset[str]]
    """Steps no person may do both of, both ways (four eyes)."""
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Approving steps that no way from the start leads around, by step."""
    deadlines: tuple[DeadlineInfo, ...] = ()
    """Deadlines of the whole case."""
    plan_keys: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    """Escalation plans by key, as they were when the version was published; "" = the standard one."""

    def plan(self, step: StepInfo | None, urgency: int) -> tuple[Level, ...]:
        """The levels for a step (or the case) and an urgency; none where there is no such plan."""
        return self.plans.get(self.plan_key(step, urgency), ())

    def plan_key(self, step: StepInfo | None, urgency: int) -> str:
        """Which escalation plan watches a step (or the case): its own, else the version's, else the standard
        one ("")."""
        own = step.plan_keys if step else {"": self.plan_keys.get(OF_CASE, "")}
        for keys in (own, self.plan_keys):
            key = keys.get(str(urgency), keys.get("", ""))
            if key:
                return key
        return ""

    @cached_property
    def approving(self) -> tuple[StepInfo, ...]:
        """Steps whose outcome approves values."""
        return tuple(step for step in self.steps.values() if step.approves_fields)

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """Everything that is counted from something, wherever it stands in the version."""
        found = [step.config.wait for step in self.steps.values()]
        found += [outcome.after for step in self.steps.values() for outcome in step.outcomes]
        found += [rule.moment for step in self.steps.values() for rule in step.deadlines]
        found += [rule.moment for rule in self.deadlines]
        return tuple(one for one in found if one is not None)

    @cached_property
    def date_keys(self) -> frozenset[str]:
        """Fields that waits and outcomes of the clock are counted from."""
        return frozenset(one.key for one in self.moments if one.basis is Basis.FIELD)

    @cached_property
    def after_keys(self) -> frozenset[str]:
        """Steps whose end waits, outcomes of the clock and deadlines are counted from."""
        return frozenset(one.key for one in self.moments if one.basis is Basis.AFTER)

    def leads_back(self, step_key: str, outcome_key: str, to: str) -> bool:
        """Whether a step can still be reached (again) after an outcome of another one."""
        flows = [flow for flow in self.net.outgoing(step_key) if flow.outcome == outcome_key]
        return any(to in self.net.reachable(flow.target) for flow in flows)

    @property
    def start(self) -> StepInfo:
        """The one start step; its fields are the start form."""
        return next(step for step in self.steps.values() if step.kind == Step.Kind.START)

    @property
    def customer_use(self) -> StepFieldInfo | None:
        """The first customer the start form demands: whom the case is about."""
        demanded = (use for use in self.start.fields if use.is_writable and use.is_required)
        return next((use for use in demanded if use.spec.type == "customer"), None)

    def follow_ups(self, step_key: str, outcome_key: str | None) -> tuple[StepInfo, ...]:
        """What an outcome (None: just going on) leads to, gateways looked through: waiting steps and ends,
        in order."""
        ahead = (self.steps[key] for key in self._ahead(step_key, outcome_key))
        return tuple(step for step in ahead if step.kind in WAITING or step.kind in ENDS)

    def awaited(self, step_key: str, outcome_key: str | None, open_at: Iterable[str]) -> tuple[StepInfo, ...]:
        """Which of the other steps open now come first: a join right behind an outcome waits for them.

        Those that the outcome stops are not waited for.
        """
        joins = {key for key in self._ahead(step_key, outcome_key) if self.net.is_join(key)}
        node = self.net.nodes[step_key]
        stopped = next((one.cancels for one in node.outcomes if one.key == outcome_key), frozenset())
        places = [key for key in dict.fromkeys(open_at) if key in self.steps and key not in stopped]
        return tuple(self.steps[key] for key in places if joins & self.net.reachable(key))

    def _ahead(self, step_key: str, outcome_key: str | None) -> tuple[str, ...]:
        """Gateways behind an outcome, and the waiting steps and ends they lead to."""
        found: dict[str, None] = {}
        queue = [flow.target for flow in self.net.outgoing(step_key) if flow.outcome == outcome_key]
        while queue:
            key = queue.pop(0)
            if key in found:
                continue
            found[key] = None
            if self.steps[key].kind not in WAITING | ENDS:
                queue.extend(flow.target for flow in self.net.outgoing(key))
        return tuple(found)
