"""What is wrong with waits, clock outcomes, approvals, actions and repetition, in sentences. Pure.

Called processes are judged by `callchecks`; both are called by `checks`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from processes import plannedvalues, webaddresses
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, OutcomePlan, StepPlan
from processes.checking.callchecks import Outside
from processes.checking.emptyfields import may_be_empty
from processes.checking.findings import Place, Problem, Sentence, error, warning
from processes.engine import FAILED, WAITING
from processes.moments import Basis, Moment, MomentError, signed
from processes.stepplans import CASE_WORDS, Action, Do, Over, PlanError, Quorum, Repeat, StepConfig
from processes.words.planwords import duration

CLOCKED = frozenset({"task", "subprocess"})
"""Kinds of steps whose outcomes the clock may choose."""
WORDS_TO = frozenset({"customer", "starter", "owner"})
"""Recipients every case knows."""
TEAM = "team:"
"""In front of the key of a team that gets a mail."""
ADDRESSED = frozenset({"person", "customer", "text"})
"""Types of fields that can name a recipient."""
REPEATED = frozenset({"person", "team", "multichoice"})
"""Types of fields a task can be repeated over."""
NAMELESS = frozenset({"person", "team", "customer", "file"})
"""Types whose values mean nothing in another installation; they are copied or emptied only."""
LENGTHS: Mapping[str, tuple[str, int]] = {
    "min": ("working time", 1),
    "h": ("working time", 60),
    "d": ("working days", 1),
    "ch": ("hours", 1),
    "cd": ("days", 1),
    "w": ("days", 7),
    "m": ("months", 1),
    "y": ("months", 12),
}
"""Units that can be compared whatever the calendar says, with their lengths."""
ANY_MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def problems(plan: Blueprint, outside: Outside) -> Iterator[Problem]:
    """Everything wrong with the parts only some kinds of steps have."""
    around = _Around.of(plan, outside)
    for step in plan.steps:
        yield from _about_outcomes(step, around)
        yield from _about_approval(step, around)
        try:
            config = StepConfig.from_json(step.config)
        except PlanError:
            message = _("“%(step)s”: what the step does cannot be read.")
            yield error("part_unreadable", step.key, message, step=step.name)
            continue
        if step.kind == "timer":
            yield from _about_wait(step, config.wait, around)
        if step.kind == "action":
            yield from _about_action(step, config.action, around)
        yield from _about_repeat(step, config.repeat, around)


def teams_named(plan: Blueprint) -> Iterator[tuple[str, Place]]:
    """Keys of teams that mails go to and tasks are repeated over, and where they stand."""
    for step, config in _configs(plan):
        for one in config.action.to if config.action else ():
            if one.startswith(TEAM):
                yield one.removeprefix(TEAM), ("steps", step.key, "to")
        if config.repeat and config.repeat.over is Over.TEAM:
            yield config.repeat.key, ("steps", step.key, "repeat", "team")


def people_named(plan: Blueprint) -> Iterator[tuple[str, Place]]:
    """E-mails of people tasks are repeated over, and where they stand."""
    for step, config in _configs(plan):
        for index, email in enumerate(config.repeat.persons if config.repeat else ()):
            yield email, ("steps", step.key, "repeat", "persons", index)


def _configs(plan: Blueprint) -> Iterator[tuple[StepPlan, StepConfig]]:
    for step in plan.steps:
        try:
            yield step, StepConfig.from_json(step.config)
        except PlanError:
            continue


@dataclass(frozen=True, slots=True)
class _Around:
    """What the parts of a plan name: its fields and steps, and what lies outside."""

    plan: Blueprint
    fields: Mapping[str, FieldPlan]
    steps: Mapping[str, StepPlan]
    outside: Outside

    @classmethod
    def of(cls, plan: Blueprint, outside: Outside) -> _Around:
        return cls(plan, {one.key: one for one in plan.fields}, {one.key: one for one in plan.steps}, outside)

    def is_before(self, earlier: str, later: str) -> bool:
        """Whether a way leads from one step to the other."""
        found, waiting = set[str](), [earlier]
        while waiting:
            key = waiting.pop()
            onward = {flow.target for flow in self.plan.flows if flow.source == key} - found
            found |= onward
            waiting.extend(onward)
        return later in found


# -- time ----------------------------------------------------------------------------------------------------


def _about_wait(step: StepPlan, wait: Moment | None, around: _Around) -> Iterator[Problem]:
    path: Place = ("steps", step.key, "wait")
    if wait is None:
        message = _("“%(step)s”: it is not said how long is waited.")
        yield error("wait_missing", step.key, message, step=step.name)
    else:
        yield from _about_moment(step, wait, path, around)


def _about_moment(step: StepPlan, moment: Moment, path: Place, around: _Around) -> Iterator[Problem]:
    facts = {"step": step.name, "offset": duration(moment.offset)}
    if moment.basis is Basis.FIELD:
        yield from _about_date(step, moment.key, path, around)
    elif moment.offset and moment.basis is not Basis.DATE and signed(moment.offset).amount <= 0:
        message = _("“%(step)s”: “%(offset)s” has to come after what it is counted from.")
        yield error("wait_senseless", step.key, message, path, **facts)
    if moment.basis is Basis.AFTER:
        yield from _about_earlier(step, moment.key, path, around)


def _about_date(step: StepPlan, key: str, path: Place, around: _Around) -> Iterator[Problem]:
    known = around.fields.get(key)
    facts = {"step": step.name, "field": known.label if known else key}
    if known is None:
        message = _("“%(step)s”: the field “%(field)s” does not exist.")
        yield error("field_unknown", step.key, message, path, **facts)
    elif known.type != "date":
        message = _("“%(step)s”: the field “%(field)s” is no date.")
        yield error("field_no_date", step.key, message, path, **facts)
    elif may_be_empty(around.plan, key, step.key):
        message = _("“%(step)s”: the date “%(field)s” may still be empty there; then nothing is due.")
        yield warning("date_may_be_empty", step.key, message, path, **facts)


def _about_earlier(step: StepPlan, key: str, path: Place, around: _Around) -> Iterator[Problem]:
    earlier = around.steps.get(key)
    if (
        earlier is None
        or earlier is step
        or earlier.kind not in WAITING
        or not around.is_before(key, step.key)
    ):
        message = _("“%(step)s”: “%(other)s” is no step that ends before this one.")
        other = earlier.name if earlier else key
        yield error("step_not_before", step.key, message, path, step=step.name, other=other)


# -- outcomes ------------------------------------------------------------------------------------------------


def _about_outcomes(step: StepPlan, around: _Around) -> Iterator[Problem]:
    taken = {flow.outcome for flow in around.plan.flows if flow.source == step.key}
    for one in step.outcomes:
        path: Place = ("steps", step.key, "outcomes", one.key)
        facts = {"step": step.name, "name": step.name, "outcome": one.label}
        if one.is_clock:
            yield from _about_clock(step, one, path, around)
        elif not one.is_interrupting:
            message = _("“%(step)s”: only the clock can begin a further way (“%(outcome)s”).")
            yield error("further_way", step.key, message, path, **facts)
        if step.kind not in CLOCKED and not (step.kind == "action" and one.key == FAILED):
            message = _("“%(step)s”: this kind of step cannot have the outcome “%(outcome)s”.")
            yield error("outcome_misplaced", step.key, message, path, **facts)
        elif step.kind != "task" and one.key not in taken:
            message = _("“%(name)s”: the outcome “%(outcome)s” leads nowhere.")
            yield error("outcome_without_target", step.key, message, path, **facts)
        yield from _about_cancels(step, one, (*path, "cancels"), around)
    yield from _about_late_deadlines(step)


def _about_late_deadlines(step: StepPlan) -> Iterator[Problem]:
    """Deadlines that come after the clock has ended the task; of several clocks the first is named."""
    clocks = [(one, moment) for one in step.outcomes if (moment := _ends_at(one)) is not None]
    for path, deadline in _deadlines(step):
        for one, moment in clocks:
            if _is_later(deadline, moment):
                message = _(
                    "“%(step)s”: the deadline of %(deadline)s is never reached, because after %(clock)s the"
                    " clock chooses “%(outcome)s”."
                )
                facts = {"deadline": duration(deadline.offset), "clock": duration(moment.offset)}
                facts |= {"step": step.name, "outcome": one.label}
                yield warning("deadline_after_clock", step.key, message, path, **facts)
                break


def _ends_at(one: OutcomePlan) -> Moment | None:
    """When the clock ends the step with this outcome."""
    if not one.is_clock or not one.is_interrupting or not one.after:
        return None
    try:
        return Moment.from_json(one.after)
    except MomentError:
        return None


def _deadlines(step: StepPlan) -> Iterator[tuple[Place, Moment]]:
    """Until when a task is done, the short form included; what cannot be read is told elsewhere."""
    path: Place = ("steps", step.key)
    plans = [((*path, "deadlines", at), one) for at, one in enumerate(step.deadlines)]
    for place, one in [((*path, "deadline"), DeadlinePlan(offset=step.deadline)), *plans]:
        with suppress(MomentError):
            if one.kind == "solution" and one.offset:
                yield place, one.moment


def _is_later(deadline: Moment, clock: Moment) -> bool:
    """Whether one moment always comes after the other: counted from the same, in units of one kind."""
    if (deadline.basis, deadline.key, deadline.on) != (clock.basis, clock.key, clock.on) or not clock.offset:
        return False
    late, early = signed(deadline.offset), signed(clock.offset)
    (late_kind, late_length), (early_kind, early_length) = LENGTHS[late.unit], LENGTHS[early.unit]
    return late_kind == early_kind and late.amount * late_length > early.amount * early_length


def _about_clock(step: StepPlan, one: OutcomePlan, path: Place, around: _Around) -> Iterator[Problem]:
    facts = {"step": step.name, "outcome": one.label}
    if step.kind not in CLOCKED:
        message = _("“%(step)s”: here the clock can choose no outcome (“%(outcome)s”).")
        yield error("clock_misplaced", step.key, message, path, **facts)
    elif not one.after:
        message = _("“%(step)s”: it is not said when the clock chooses “%(outcome)s”.")
        yield error("clock_without_moment", step.key, message, path, **facts)
    else:
        try:
            moment = Moment.from_json(one.after)
        except MomentError:
            message = _("“%(step)s”: when the clock chooses “%(outcome)s” cannot be read.")
            yield error("part_unreadable", step.key, message, path, **facts)
        else:
            yield from _about_moment(step, moment, (*path, "after"), around)


def _about_cancels(step: StepPlan, one: OutcomePlan, path: Place, around: _Around) -> Iterator[Problem]:
    for key in one.cancels:
        facts = {"step": step.name, "outcome": one.label, "other": key}
        if key not in around.steps:
            message = _("“%(step)s”: “%(outcome)s” stops the step “%(other)s”, which does not exist.")
            yield error("cancels_unknown", step.key, message, path, **facts)
        elif key == step.key:
            message = _("“%(step)s”: “%(outcome)s” stops its own step; it ends anyway.")
            yield error("cancels_itself", step.key, message, path, **facts)


def _about_approval(step: StepPlan, around: _Around) -> Iterator[Problem]:
    path: Place = ("steps", step.key, "approves")
    for key in step.approves_fields:
        if key not in around.fields:
            message = _("“%(step)s” approves the field “%(field)s”, which does not exist.")
            yield error("approves_unknown", step.key, message, path, step=step.name, field=key)
    approvals = [one for one in step.outcomes if one.is_approval]
    if step.approves_fields and not approvals:
        message = _("“%(step)s” approves fields, but no outcome is marked as the approval.")
        yield error("approval_missing", step.key, message, path, step=step.name)
    if approvals and not step.approves_fields:
        message = _("“%(step)s”: “%(outcome)s” is an approval, but it is not said of which fields.")
        place: Place = ("steps", step.key, "outcomes", approvals[0].key)
        yield warning(
            "approval_of_nothing", step.key, message, place, step=step.name, outcome=approvals[0].label
        )


# -- actions -------------------------------------------------------------------------------------------------


def _about_action(step: StepPlan, action: Action | None, around: _Around) -> Iterator[Problem]:
    if action is None:
        message = _("“%(step)s”: it is not said what is done automatically.")
        yield error("action_missing", step.key, message, step=step.name)
        return
    yield from ACTIONS[action.do](step, action, around)
    for word in sorted(action.placeholders() - set(CASE_WORDS) - around.fields.keys()):
        place = "subject" if f"{{{word}}}" in action.subject else "text"
        message = _("“%(step)s”: there is no field for “{%(word)s}” in the text.")
        yield error(
            "placeholder_unknown", step.key, message, ("steps", step.key, place), step=step.name, word=word
        )


def _about_mail(step: StepPlan, action: Action, around: _Around) -> Iterator[Problem]:
    path: Place = ("steps", step.key, "to")
    if not action.to:
        message = _("“%(step)s”: it is not said who gets the mail.")
        yield error("recipient_missing", step.key, message, step=step.name)
    for text in action.to:
        yield from _about_recipient(step, text, path, around)
    if not action.subject:
        message = _("“%(step)s”: the mail has no subject.")
        yield error("subject_missing", step.key, message, step=step.name)
    if not action.text:
        message = _("“%(step)s”: the mail has no text.")
        yield error("text_missing", step.key, message, step=step.name)
    if "customer" in action.to:
        yield from _about_customer(step, around)


def _about_recipient(step: StepPlan, text: str, path: Place, around: _Around) -> Iterator[Problem]:
    kind, _colon, key = text.partition(":")
    facts = {"step": step.name, "recipient": text, "field": key}
    if kind == "team" and key:
        yield from around.outside.demand_team(step, key, path)
    elif kind == "field" and key:
        known = around.fields.get(key)
        if known is None:
            message = _("“%(step)s”: the field “%(field)s” does not exist.")
            yield error("field_unknown", step.key, message, path, **facts)
        elif known.type not in ADDRESSED:
            message = _("“%(step)s”: the field “%(field)s” names nobody who could get a mail.")
            yield error("recipient_field", step.key, message, path, **facts)
    elif text not in WORDS_TO and not _is_address(text):
        message = _("“%(step)s”: “%(recipient)s” is no recipient of a mail.")
        yield error("recipient_unknown", step.key, message, path, **facts)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _about_customer(step: StepPlan, around: _Around) -> Iterator[Problem]:
    """A case may have no customer; then the step fails, unless it says what comes then."""
    start = next((one for one in around.plan.steps if one.kind == "start"), None)
    demanded = {one.field_key for one in start.fields if one.mode == "required"} if start else set()
    has_customer = any(one.type == "customer" and one.key in demanded for one in around.plan.fields)
    if not has_customer and not any(one.key == FAILED for one in step.outcomes):
        message = _("“%(step)s” needs a customer; a case without one stops there.")
        yield warning("customer_may_be_missing", step.key, message, step=step.name)


def _about_set(step: StepPlan, action: Action, around: _Around) -> Iterator[Problem]:
    if not action.values:
        message = _("“%(step)s”: it is not said which field is set.")
        yield error("values_missing", step.key, message, step=step.name)
    for key, text in action.values:
        path: Place = ("steps", step.key, "values", key)
        known = around.fields.get(key)
        if known is None:
            message = _("“%(step)s”: the field “%(field)s” does not exist.")
            yield error("field_unknown", step.key, message, path, step=step.name, field=key)
        elif text.startswith("="):
            yield from _about_copy(step, known, text.removeprefix("="), path, around)
        elif text and not _is_value(known, text):
            message = _("“%(step)s”: “%(value)s” is no value of the field “%(field)s”.")
            yield error("value_unfit", step.key, message, path, step=step.name, value=text, field=known.label)


def _about_copy(
    step: StepPlan, known: FieldPlan, key: str, path: Place, around: _Around
) -> Iterator[Problem]:
    origin = around.fields.get(key)
    if origin is None:
        message = _("“%(step)s”: the field “%(field)s” does not exist.")
        yield error("field_unknown", step.key, message, path, step=step.name, field=key)
    elif origin.type != known.type:
        message = _("“%(step)s”: “%(other)s” cannot be copied to “%(field)s”; the types differ.")
        facts = {"step": step.name, "other": origin.label, "field": known.label}
        yield error("copy_unfit", step.key, message, path, **facts)


def _is_value(known: FieldPlan, text: str) -> bool:
    if known.type in NAMELESS:
        return False
    spec = known.spec
    try:
        plannedvalues.resolve(((known.key, text),), {known.key: spec}, {}, at=ANY_MOMENT)
    except plannedvalues.Unfit:
        return False
    return True


def _about_webhook(step: StepPlan, action: Action, around: _Around) -> Iterator[Problem]:
    path: Place = ("steps", step.key, "url")
    refusal = _refusal(action.url, around)
    if not action.url:
        message = _("“%(step)s”: it is not said which address is called.")
        yield error("url_missing", step.key, message, step=step.name)
    elif refusal is not None and (refusal.code == "bad_address" or not action.url.startswith("https:")):
        message = _("“%(step)s”: “%(url)s” is no address that begins with https:// and a name.")
        yield error("url_unsafe", step.key, message, path, step=step.name, url=action.url)
    elif refusal is not None:
        message = _("“%(step)s”: “%(host)s” may not be called; an administrator has to allow it.")
        yield error("url_not_allowed", step.key, message, path, step=step.name, host=refusal.host)
    for key in action.fields:
        if key not in around.fields:
            message = _("“%(step)s”: the field “%(field)s” does not exist.")
            place: Place = ("steps", step.key, "send")
            yield error("field_unknown", step.key, message, place, step=step.name, field=key)


def _refusal(url: str, around: _Around) -> webaddresses.BadAddress | None:
    """Why an address may not be called; plain HTTP is for hosts only that are listed so."""
    try:
        webaddresses.target(url, webaddresses.listed(around.outside.webhook_hosts))
    except webaddresses.BadAddress as refusal:
        return refusal
    return None


def _about_interaction(step: StepPlan, action: Action, around: _Around) -> Iterator[Problem]:
    if not action.text:
        message = _("“%(step)s”: the contact entry has no text.")
        yield error("text_missing", step.key, message, step=step.name)
    yield from _about_customer(step, around)


ACTIONS: Mapping[Do, Callable[[StepPlan, Action, _Around], Iterator[Problem]]] = {
    Do.MAIL: _about_mail,
    Do.SET: _about_set,
    Do.WEBHOOK: _about_webhook,
    Do.INTERACTION: _about_interaction,
}


# -- repetition ----------------------------------------------------------------------------------------------


def _about_repeat(step: StepPlan, repeat: Repeat | None, around: _Around) -> Iterator[Problem]:
    none_agreed = [one for one in step.outcomes if one.is_no_agreement]
    path: Place = ("steps", step.key, "repeat")
    if repeat is None:
        if none_agreed:
            message = _("“%(step)s” is done once; “%(outcome)s” can never be reached.")
            place: Place = ("steps", step.key, "outcomes", none_agreed[0].key)
            yield error(
                "no_agreement_alone", step.key, message, place, step=step.name, outcome=none_agreed[0].label
            )
        return
    if step.kind != "task":
        message = _("“%(step)s”: only a task can be repeated.")
        yield error("repeat_misplaced", step.key, message, path, step=step.name)
        return
    if len(none_agreed) != 1 or none_agreed[0].is_clock:
        message = _("“%(step)s”: exactly one outcome must say what comes when no agreement is reached.")
        yield error("no_agreement_missing", step.key, message, path, step=step.name)
    choosable = [one for one in step.outcomes if not one.is_clock and not one.is_no_agreement]
    if not choosable:
        message = _("“%(step)s”: the task has no outcome that could be chosen.")
        yield error("nothing_to_choose", step.key, message, path, step=step.name)
    elif len(choosable) == 1 and repeat.over is not Over.FIELD:
        message = _(
            "“%(step)s”: everybody can only choose “%(outcome)s”, so nobody can be of another"
            " opinion.%(none)s"
        )
        facts = {"outcome": choosable[0].label, "none": _not_choosable(none_agreed)}
        yield warning("no_choice", step.key, message, path, step=step.name, **facts)
    yield from _about_everyone(step, repeat, path, around)
    if repeat.quorum is Quorum.COUNT and repeat.count < 1:
        yield error("votes_missing", step.key, _VOTES_MISSING, path, step=step.name)
    elif repeat.quorum is Quorum.COUNT and not _is_reachable(repeat):
        message = _("“%(step)s”: %(count)s votes for one outcome can never be reached.")
        yield error("quorum", step.key, message, path, step=step.name, count=repeat.count)


def _not_choosable(none_agreed: Sequence[OutcomePlan]) -> Any:
    """What is told of the outcome for no agreement: it looks like a choice and is none."""
    if not none_agreed:
        return ""
    message = _(" “%(outcome)s” cannot be chosen: it is taken when no agreement is reached.")
    return Sentence(message, {"outcome": none_agreed[0].label})


_VOTES_MISSING = _("“%(step)s”: it is not said how many votes for one outcome decide.")


def _is_reachable(repeat: Repeat) -> bool:
    return repeat.over is not Over.PERSONS or repeat.count <= len(set(repeat.persons))


def _about_everyone(step: StepPlan, repeat: Repeat, path: Place, around: _Around) -> Iterator[Problem]:
    """Whom or what the task is repeated for."""
    if (repeat.over is Over.PERSONS and not repeat.persons) or (
        repeat.over is not Over.PERSONS and not repeat.key
    ):
        message = _("“%(step)s”: it is not said for whom the task is repeated.")
        yield error("repeat_for_nobody", step.key, message, path, step=step.name)
    elif repeat.over is Over.PERSONS:
        yield from around.outside.demand_people(step, repeat.persons, (*path, "persons"))
    elif repeat.over is Over.TEAM:
        yield from around.outside.demand_team(step, repeat.key, (*path, "team"))
    else:
        known = around.fields.get(repeat.key)
        if known is None or known.type not in REPEATED:
            message = _("“%(step)s”: “%(field)s” is no field with people, teams or several choices.")
            facts: dict[str, Any] = {"step": step.name, "field": known.label if known else repeat.key}
            yield error("repeat_field", step.key, message, (*path, "field"), **facts)
