"""What is wrong with deadlines and with the escalation plans that watch them, in sentences. Pure.

A plan is made for many processes. What does not fit is a fault where the step names the plan itself, and a
hint where the plan comes from the version or is the standard one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people import legal
from people.durations import CALENDAR_UNITS, Duration, DurationError
from processes.blueprint import Blueprint, DeadlinePlan, StepPlan
from processes.checking.callchecks import Outside
from processes.checking.emptyfields import may_be_empty
from processes.checking.findings import Place, Problem, error, warning
from processes.engine import WAITING, Net
from processes.escalation import OF_CASE, PERSON, Act, Do, Level
from processes.models import DeadlineRule, Urgency
from processes.moments import Basis, Moment, MomentError, signed
from processes.words.planwords import duration
from processes.words.shortlist import few


@dataclass(frozen=True, slots=True)
class _Part:
    """A step, or the whole case, with its rules and the plans that may watch them."""

    key: str
    name: Any
    path: Place
    listed: tuple[DeadlinePlan, ...]
    """Its rules without the short form of a step, which `checks` judges."""
    own_plans: Mapping[str, str]
    step: StepPlan | None = None

    @property
    def rules(self) -> tuple[DeadlinePlan, ...]:
        """All its rules."""
        return _rules_of(self.step) if self.step is not None else self.listed


def problems(plan: Blueprint, net: Net, outside: Outside) -> Iterator[Problem]:
    """Everything wrong with rules and plans."""
    for part in _parts(plan):
        for at, rule in enumerate(part.listed):
            yield from _about_rule(rule, part, (*part.path, "deadlines", at), plan, net)
        yield from _about_plans(part, plan, outside)
    yield from _about_common_plans(plan, outside)


def _parts(plan: Blueprint) -> Iterator[_Part]:
    whole = _("The whole case")
    yield _Part("", whole, (), plan.deadlines, plan.plan_keys)
    for step in plan.steps:
        if step.kind == "task":
            yield _Part(step.key, step.name, ("steps", step.key), step.deadlines, step.plan_keys, step)


def _rules_of(step: StepPlan) -> tuple[DeadlinePlan, ...]:
    """The short form of the step, and its other rules."""
    usual = (DeadlinePlan(offset=step.deadline),) if step.deadline else ()
    return (*usual, *step.deadlines)


def _applicable(rules: Iterable[DeadlinePlan], urgency: int) -> list[DeadlinePlan]:
    """The rules that say until when something is done; those made for the urgency win over those for all."""
    of_kind = [rule for rule in rules if rule.kind == DeadlineRule.Kind.SOLUTION]
    own = [rule for rule in of_kind if rule.urgency == urgency]
    return own or [rule for rule in of_kind if rule.urgency is None]


# -- rules ---------------------------------------------------------------------------------------------------


def _about_rule(rule: DeadlinePlan, part: _Part, path: Place, plan: Blueprint, net: Net) -> Iterator[Problem]:
    if part.step is None and rule.kind == DeadlineRule.Kind.REACTION:
        message = _(
            "Nobody takes over the whole case, so it has no reaction time: give one to a step, or say until"
            " when the case is to be done."
        )
        yield error("case_reaction", "", message, path)
        return
    try:
        moment = rule.moment
    except MomentError:
        message = _("“%(step)s”: the deadline “%(deadline)s” cannot be read; write 4h, 3d or 10cd.")
        shown = rule.offset or rule.on or rule.key
        yield error("deadline", part.key, message, path, step=part.name, deadline=shown)
        return
    legal_problem = next(_about_legal(rule, moment), None) if rule.is_legal else None
    if legal_problem is not None:
        code, message = legal_problem
        yield error(code, part.key, message, path, step=part.name)
    elif moment.basis in (Basis.STEP, Basis.CASE) and signed(moment.offset).amount <= 0:
        message = _("“%(step)s”: “%(offset)s” has to come after what it is counted from.")
        offset = duration(moment.offset)
        yield error("deadline_senseless", part.key, message, path, step=part.name, offset=offset)
    if moment.basis is Basis.FIELD:
        yield from _about_date(rule, moment, part, path, plan)
    if moment.basis is Basis.AFTER:
        yield from _about_earlier(moment, part, path, plan, net)


def _about_legal(rule: DeadlinePlan, moment: Moment) -> Iterator[tuple[str, Any]]:
    """What the law does not know: working time, a date without a date, half a month of weeks."""
    offset = signed(moment.offset) if moment.offset else None
    if offset is not None and (offset.unit not in CALENDAR_UNITS or not offset.amount):
        message = _("“%(step)s”: a legal deadline is counted by the calendar, not in working time.")
        yield "legal_working_time", message
    if moment.basis not in (Basis.FIELD, Basis.DATE) and (offset is None or offset.amount < 0):
        message = _("“%(step)s”: a legal deadline on a day, or before it, needs a date: field or date.")
        yield "legal_without_date", message
    if rule.adds_half_month and (offset is None or offset.unit != "m"):
        yield "half_month", _("“%(step)s”: half a month more belongs to whole months (1m, 2m).")
    if rule.days_before_end and not _leaves_days(rule, offset):
        message = _("“%(step)s”: fewer days have to go back from the end than the period has.")
        yield "days_before_end", message
    if not _is_warning(rule.early_warning):
        message = _("“%(step)s”: the early warning of a legal deadline is written 1w, 10cd or 0.")
        yield "early_warning", message


def _leaves_days(rule: DeadlinePlan, offset: Duration | None) -> bool:
    """Whether days can be counted back from the end of this period, and one of it is left."""
    if offset is None or offset.unit not in CALENDAR_UNITS or offset.amount < 1:
        return False
    try:
        legal.Term(offset, days_before_end=rule.days_before_end)
    except DurationError:
        return False
    return True


def _is_warning(text: str) -> bool:
    try:
        legal.read_warning(text)
    except DurationError:
        return False
    return True


def _about_date(
    rule: DeadlinePlan, moment: Moment, part: _Part, path: Place, plan: Blueprint
) -> Iterator[Problem]:
    known = next((one for one in plan.fields if one.key == moment.key), None)
    facts = {"step": part.name, "field": known.label if known else moment.key}
    if known is None:
        message = _("“%(step)s”: the field “%(field)s” does not exist.")
        yield error("field_unknown", part.key, message, path, **facts)
    elif known.type != "date":
        message = _("“%(step)s”: the field “%(field)s” is no date.")
        yield error("field_no_date", part.key, message, path, **facts)
    elif _is_all_there_is(rule, part, plan):
        message = _("“%(step)s”: the start form need not have the date “%(field)s”; then nothing is due.")
        if part.step is not None:
            message = _("“%(step)s”: the date “%(field)s” may still be empty there; then nothing is due.")
        yield warning("date_may_be_empty", part.key, message, path, **facts)


def _is_all_there_is(rule: DeadlinePlan, part: _Part, plan: Blueprint) -> bool:
    """Whether with some urgency nothing is due unless this date, or another that may be empty, is there."""
    by_urgency = [_applicable(part.rules, urgency) for urgency in Urgency.values]
    return any(
        rule in rules and not any(_is_always_known(one, part, plan) for one in rules) for rules in by_urgency
    )


def _is_always_known(rule: DeadlinePlan, part: _Part, plan: Blueprint) -> bool:
    """Whether it gives a deadline from the start of its step or case on, whatever is filled in later."""
    if part.step is not None:
        return rule.basis != Basis.FIELD or not may_be_empty(plan, rule.key, part.key)
    return rule.basis in (Basis.CASE, Basis.DATE) or (
        rule.basis == Basis.FIELD and _is_asked_first(plan, rule.key)
    )


def _is_asked_first(plan: Blueprint, key: str) -> bool:
    starts = [step for step in plan.steps if step.kind == "start"]
    return any(one.field_key == key and one.mode == "required" for step in starts for one in step.fields)


def _about_earlier(moment: Moment, part: _Part, path: Place, plan: Blueprint, net: Net) -> Iterator[Problem]:
    if part.step is None:
        message = _("The deadline of the whole case cannot be counted from the end of a step.")
        yield error("case_after_step", "", message, path)
        return
    earlier = next((one for one in plan.steps if one.key == moment.key), None)
    if earlier is None or earlier.kind not in WAITING or not _comes_before(net, moment.key, part.key):
        message = _("“%(step)s”: “%(other)s” is no step that ends before this one.")
        other = earlier.name if earlier else moment.key
        yield error("step_not_before", part.key, message, path, step=part.name, other=other)


def _comes_before(net: Net, earlier: str, later: str) -> bool:
    return earlier != later and any(later in net.reachable(flow.target) for flow in net.outgoing(earlier))


# -- plans ---------------------------------------------------------------------------------------------------


def _about_plans(part: _Part, plan: Blueprint, outside: Outside) -> Iterator[Problem]:
    plans = outside.plans
    if plans is None:
        return
    path: Place = (*part.path, "escalation")
    for key in dict.fromkeys(key for key in part.own_plans.values() if key not in plans):
        message = _("“%(step)s”: there is no escalation plan “%(plan)s”.")
        yield error("unknown_plan", part.key, message, path, step=part.name, plan=key)
    if part.rules and _names_its_plan(part):
        for unfit in _unfit_levels(part, plan, outside):
            yield error(unfit.code, part.key, unfit.message, path, step=part.name, **dict(unfit.facts))


def _names_its_plan(part: _Part) -> bool:
    return bool(part.own_plans) if part.step else OF_CASE in part.own_plans


def _about_common_plans(plan: Blueprint, outside: Outside) -> Iterator[Problem]:
    """What does not fit of plans that hold for many parts: one hint, with all the parts it is about."""
    found: dict[_Unfit, list[_Part]] = {}
    for part in _parts(plan):
        if part.rules and not _names_its_plan(part):
            for unfit in _unfit_levels(part, plan, outside):
                found.setdefault(unfit, []).append(part)
    for unfit, parts in found.items():
        key, path = (parts[0].key, parts[0].path) if len(parts) == 1 else ("", ())
        names = few(str(part.name) for part in parts)
        yield warning(unfit.code, key, unfit.message, (*path, "escalation"), step=names, **dict(unfit.facts))


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Something about a level of a plan that does not fit a part; the same of several parts is equal."""

    code: str
    message: Any
    facts: tuple[tuple[str, Any], ...]


def _unfit_levels(part: _Part, plan: Blueprint, outside: Outside) -> Iterator[_Unfit]:
    for key in _watching(part, plan):
        for level in (outside.plans or {}).get(key, ()):
            yield from _about_level(level, key, part, plan, outside)


def _watching(part: _Part, plan: Blueprint) -> Iterable[str]:
    """Keys of the plans that can watch a part ("" = the standard one), each once."""
    of_case = plan.plan_keys.get(OF_CASE)
    if part.step is None and of_case:
        return [of_case]
    usual = [key for urgency, key in plan.plan_keys.items() if urgency != OF_CASE]
    own = part.step.plan_keys.values() if part.step else ()
    return dict.fromkeys([*own] or usual or [""])


def _about_level(
    level: Level, plan_key: str, part: _Part, plan: Blueprint, outside: Outside
) -> Iterator[_Unfit]:
    facts = (
        ("plan", outside.plan_names.get(plan_key, plan_key) or _("Standard")),
        ("level", level.name or level.number),
    )
    for act in level.acts:
        for code, message, more in _about_act(act, part, plan, outside):
            yield _Unfit(code, message, (*facts, *more.items()))
    condition = level.condition
    if condition is not None:
        known = next((one for one in plan.fields if one.key == condition.field), None)
        if known is None or known.type != condition.type:
            field = known.label if known else condition.field
            yield _Unfit("plan_field", NO_FIELD, (*facts, ("field", field)))


NO_FIELD = _(
    "“%(step)s”: level “%(level)s” of the plan “%(plan)s” asks for the field “%(field)s”, which does not"
    " exist or is of another kind."
)
NO_OUTCOME = _(
    "“%(step)s”: level “%(level)s” of the plan “%(plan)s” chooses “%(outcome)s”, which is no outcome of the"
    " clock there."
)
NOT_PASSED_ON = _(
    "“%(step)s”: level “%(level)s” of the plan “%(plan)s” passes a task on; a whole case cannot be passed on."
)
NO_PERSON = _(
    "“%(step)s”: level “%(level)s” of the plan “%(plan)s” passes the task on to “%(person)s”, who has no"
    " active account."
)
NO_ADDRESS = _("“%(step)s”: level “%(level)s” of the plan “%(plan)s” tells “%(address)s”.")


def _about_act(
    act: Act, part: _Part, plan: Blueprint, outside: Outside
) -> Iterator[tuple[str, Any, dict[str, str]]]:
    if act.do is Do.OUTCOME and not _has_clock_outcome(part.step, act.key):
        yield "plan_outcome", NO_OUTCOME, {"outcome": _clock_outcome(plan, act.key)}
    if act.do is Do.REASSIGN and part.step is None:
        yield "plan_passes_case_on", NOT_PASSED_ON, {}
    email = act.to.removeprefix(PERSON)
    if act.do is Do.REASSIGN and act.to.startswith(PERSON) and email not in outside.plan_people:
        yield "plan_person", NO_PERSON, {"person": email}
    for address in act.whom if act.do is Do.NOTIFY else ():
        if "@" in address and not _is_address(address):
            yield "plan_address", NO_ADDRESS, {"address": address}


def _clock_outcome(plan: Blueprint, key: str) -> str:
    """What an outcome of the clock is called where the process has it, else its key.

    People may choose one of the same key elsewhere; its name would say something else.
    """
    every = (one for step in plan.steps for one in step.outcomes if one.key == key and one.is_clock)
    return next((one.label for one in every), key)


def _has_clock_outcome(step: StepPlan | None, key: str) -> bool:
    return step is not None and any(one.key == key and one.is_clock for one in step.outcomes)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def without_holidays(plan: Blueprint) -> Iterator[Problem]:
    """That deadlines are counted without holidays, as one hint for whoever publishes some."""
    if any(part.rules for part in _parts(plan)):
        message = _("There is no working calendar yet: holidays are not taken into account.")
        yield warning("no_calendar", "", message, ("steps",))


def without_deadline(step: StepPlan) -> list[Urgency]:
    """The urgencies with which nothing says until when a task is done. That it has to be taken over in time
    says nothing of it."""
    return [one for one in Urgency if step.kind == "task" and not _applicable(_rules_of(step), one)]


def undated(plan: Blueprint) -> Iterator[Problem]:
    """The tasks without any deadline, at least with some urgency, as one hint for whoever publishes."""
    names = [_undated_name(step, found) for step in plan.steps if (found := without_deadline(step))]
    if names:
        message = _("Without a deadline: %(steps)s.")
        yield warning("no_deadline", "", message, ("steps",), steps=", ".join(names))


def _undated_name(step: StepPlan, urgencies: list[Urgency]) -> str:
    name = step.name or gettext("(without a name)")
    if len(urgencies) == len(Urgency):
        return name
    labels = "/".join(str(one.label) for one in urgencies)
    return gettext("%(step)s (with the urgency %(urgencies)s)") % {"step": name, "urgencies": labels}
