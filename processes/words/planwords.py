"""What waits, clock outcomes, actions, calls and repetition do, in sentences of the reader's language.

The editing page shows them; whoever draws or plays through a process uses the same words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from people import legal
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan
from processes.fields import FieldError, FieldSpec, date_text, display, parse
from processes.models import DeadlineRule, Urgency
from processes.moments import Basis, Moment, MomentError, signed
from processes.stepplans import Action, Call, Do, Over, PlanError, Quorum, Repeat, StepConfig
from processes.words.stepnames import step_names

RECIPIENTS = {
    "customer": _("the customer"),
    "starter": _("who started the case"),
    "owner": _("the process owner"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What keys are called on the screen; a key without a name stands for itself."""

    fields: Mapping[str, FieldPlan]
    steps: Mapping[str, str]
    teams: Mapping[str, str]
    processes: Mapping[str, str]
    people: Mapping[str, str] = field(default_factory=dict)
    """By e-mail."""

    @classmethod
    def of(
        cls,
        plan: Blueprint,
        *,
        teams: Mapping[str, str] | None = None,
        processes: Mapping[str, str] | None = None,
        people: Mapping[str, str] | None = None,
    ) -> Names:
        """The names of a blueprint; those of teams, processes and people are not in it."""
        return cls(
            {one.key: one for one in plan.fields},
            step_names(plan),
            teams or {},
            processes or {},
            people or {},
        )

    def field(self, key: str) -> str:
        """The label of a field."""
        return self.fields[key].label if key in self.fields else key

    def step(self, key: str) -> str:
        """The name of a step."""
        return self.steps.get(key, key)


def sentences(config: Mapping[str, object], names: Names) -> list[str]:
    """What a step does by itself, a sentence for each part; `config` as it is stored."""
    try:
        read = StepConfig.from_json(config)
    except PlanError:
        return [gettext("This cannot be read.")]
    found = []
    if read.wait is not None:
        found.append(wait(read.wait, names))
    if read.action is not None:
        found.append(action(read.action, names))
    if read.call is not None:
        found.append(call(read.call, names))
    if read.repeat is not None:
        found.append(repeat(read.repeat, names))
    return found


# -- time ----------------------------------------------------------------------------------------------------


def duration(text: str) -> str:
    """A duration such as `3d` in words, without its sign. What cannot be read stays as it is."""
    try:
        found = signed(text)
    except MomentError:
        return text
    amount = abs(found.amount)
    return UNITS[found.unit](amount) % {"amount": amount}


UNITS: Mapping[str, Callable[[int], str]] = {
    "min": lambda amount: ngettext("%(amount)s working minute", "%(amount)s working minutes", amount),
    "h": lambda amount: ngettext("%(amount)s working hour", "%(amount)s working hours", amount),
    "d": lambda amount: ngettext("%(amount)s working day", "%(amount)s working days", amount),
    "ch": lambda amount: ngettext(
        "%(amount)s hour around the clock", "%(amount)s hours around the clock", amount
    ),
    "cd": lambda amount: ngettext("%(amount)s calendar day", "%(amount)s calendar days", amount),
    "w": lambda amount: ngettext("%(amount)s week", "%(amount)s weeks", amount),
    "m": lambda amount: ngettext("%(amount)s month", "%(amount)s months", amount),
    "y": lambda amount: ngettext("%(amount)s year", "%(amount)s years", amount),
}


def moment(one: Moment, names: Names) -> str:
    """When something is due, such as "5 working days before the date “Start of work”"."""
    if not one.offset:
        return _base(one, names)
    facts = {"duration": duration(one.offset), **_facts(one, names)}
    return str((BEFORE if one.is_backwards else AFTER)[one.basis]) % facts


def _base(one: Moment, names: Names) -> str:
    facts = _facts(one, names)
    if one.basis is Basis.FIELD:
        return gettext("the date “%(field)s”") % facts
    if one.basis is Basis.AFTER:
        return gettext("the end of “%(step)s”") % facts
    return gettext("the %(day)s") % facts


def _facts(one: Moment, names: Names) -> dict[str, str]:
    return {"field": names.field(one.key), "step": names.step(one.key), "day": _day(one.on)}


def _day(text: str) -> str:
    try:
        return date_text(dt.date.fromisoformat(text[:10]), (get_language() or "de")[:2])
    except ValueError:
        return text


AFTER: Mapping[Basis, Any] = {
    Basis.STEP: _("%(duration)s after the start of the step"),
    Basis.CASE: _("%(duration)s after the start of the case"),
    Basis.AFTER: _("%(duration)s after the end of “%(step)s”"),
    Basis.FIELD: _("%(duration)s after the date “%(field)s”"),
    Basis.DATE: _("%(duration)s after the %(day)s"),
}
BEFORE: Mapping[Basis, Any] = {
    Basis.STEP: _("%(duration)s before the start of the step"),
    Basis.CASE: _("%(duration)s before the start of the case"),
    Basis.AFTER: _("%(duration)s before the end of “%(step)s”"),
    Basis.FIELD: _("%(duration)s before the date “%(field)s”"),
    Basis.DATE: _("%(duration)s before the %(day)s"),
}


def wait(one: Moment, names: Names) -> str:
    """What a timer does."""
    if one.basis is Basis.STEP:
        return gettext("Waits %(duration)s.") % {"duration": duration(one.offset)}
    return gettext("Waits until %(moment)s.") % {"moment": moment(one, names)}


def clock(after: Mapping[str, object], names: Names, *, is_interrupting: bool = True) -> str:
    """When the clock chooses an outcome; `after` as it is stored."""
    try:
        when = moment(Moment.from_json(after), names)
    except MomentError:
        return gettext("This cannot be read.")
    if is_interrupting:
        return gettext("Chosen by the clock: %(moment)s.") % {"moment": when}
    return gettext("Begun by the clock besides, the task stays open: %(moment)s.") % {"moment": when}


# -- deadlines -----------------------------------------------------------------------------------------------


def deadlines(rules: Iterable[DeadlinePlan], names: Names, *, short: str = "") -> list[str]:
    """Until when, a sentence for each kind and urgency: "3 working days after the start of the task, at the
    latest 4 working days before the date “Skonto bis”". `short` is the short form of a step."""
    usual = (DeadlinePlan(offset=short),) if short else ()
    groups: dict[tuple[str, int | None], list[DeadlinePlan]] = {}
    for one in (*usual, *rules):
        groups.setdefault((one.kind, one.urgency), []).append(one)
    return [_introduced(kind, urgency, _several(found, names)) for (kind, urgency), found in groups.items()]


def _introduced(kind: str, urgency: int | None, text: str) -> str:
    parts = []
    if urgency is not None:
        parts.append(gettext("urgency %(urgency)s") % {"urgency": Urgency(urgency).label})
    if kind == DeadlineRule.Kind.REACTION:
        parts.append(gettext("to be taken over"))
    return f"{', '.join(parts)}: {text}" if parts else text


def _several(rules: list[DeadlinePlan], names: Names) -> str:
    texts = [deadline(one, names) for one in rules]
    if len(texts) == 1:
        return texts[0]
    if any(one.pick == DeadlineRule.Pick.LATEST for one in rules):
        return gettext("the latest of: %(moments)s") % {"moments": "; ".join(texts)}
    facts = {"first": texts[0], "others": ", ".join(texts[1:])}
    return gettext("%(first)s, at the latest %(others)s") % facts


def deadline(rule: DeadlinePlan, names: Names) -> str:
    """One rule of a deadline in words."""
    try:
        one = rule.moment
    except MomentError:
        return gettext("This cannot be read.")
    text = _task_moment(one) if one.basis is Basis.STEP else moment(one, names)
    remarks = [str(remark) for remark, holds in _remarks(rule, one) if holds]
    return f"{text} ({', '.join(remarks)})" if remarks else text


def _task_moment(one: Moment) -> str:
    text = gettext("%(duration)s after the start of the task")
    return text % {"duration": duration(one.offset)}


def _remarks(rule: DeadlinePlan, one: Moment) -> Iterator[tuple[Any, bool]]:
    if rule.is_legal:
        yield _("legal deadline"), True
        yield _("and half a month"), rule.adds_half_month
        yield back_from_there(rule.days_before_end), bool(rule.days_before_end)
        yield from _days(rule, one)
        yield early_warning(rule.early_warning), bool(rule.early_warning)
    yield _("cannot be extended"), rule.is_final


def back_from_there(days: int) -> str:
    """Days that are counted back from the end of a period."""
    return gettext("%(duration)s back from there") % {"duration": duration(f"{days}cd")}


def _days(rule: DeadlinePlan, one: Moment) -> Iterator[tuple[Any, bool]]:
    """Which days count; backwards an end moves only if asked to, and to the day before."""
    if one.is_backwards:
        yield _("the date is the last day of the period"), rule.counts_first_day
        yield _("moves to the working day before"), rule.shifts_to_working_day
    else:
        yield _("the first day counts"), rule.counts_first_day and bool(one.offset)
        yield _("does not move to a working day"), not rule.shifts_to_working_day


def early_warning(text: str) -> str:
    """When to warn of a legal deadline, where it is not the usual time."""
    if text == legal.NO_WARNING:
        return gettext("no early warning")
    return gettext("early warning %(duration)s before") % {"duration": duration(text)}


# -- actions -------------------------------------------------------------------------------------------------


def action(one: Action, names: Names) -> str:
    """What an automatic step does."""
    return ACTIONS[one.do](one, names)


def _mail(one: Action, names: Names) -> str:
    to = ", ".join(recipient(text, names) for text in one.to) or "–"
    return gettext("Sends a mail to %(to)s: “%(subject)s”.") % {"to": to, "subject": one.subject}


def recipient(text: str, names: Names) -> str:
    """Who gets a mail, in words."""
    kind, _colon, key = text.partition(":")
    if kind == "team" and key:
        return gettext("the team “%(team)s”") % {"team": names.teams.get(key, key)}
    if kind == "field" and key:
        return gettext("whom “%(field)s” names") % {"field": names.field(key)}
    return str(RECIPIENTS.get(text, text))


def _set(one: Action, names: Names) -> str:
    return " ".join(_setting(key, text, names) for key, text in one.values)


def _setting(key: str, text: str, names: Names) -> str:
    facts = {"field": names.field(key), "value": value(key, text, names)}
    if not text:
        return gettext("Empties “%(field)s”.") % facts
    if text.startswith("="):
        facts["other"] = names.field(text.removeprefix("="))
        return gettext("Copies “%(other)s” to “%(field)s”.") % facts
    if text == "today":
        return gettext("Sets “%(field)s” to the day on which it is done.") % facts
    return gettext("Sets “%(field)s” to “%(value)s”.") % facts


def value(key: str, text: str, names: Names) -> str:
    """A value to be set as people read it."""
    known = names.fields.get(key)
    if known is None:
        return text
    spec = FieldSpec(known.key, known.label, known.type, choices=known.choices)
    try:
        return display(spec, parse(spec, text), (get_language() or "de")[:2])
    except FieldError:
        return text


def _webhook(one: Action, names: Names) -> str:
    told = ", ".join(names.field(key) for key in one.fields)
    if not told:
        return gettext("Calls %(url)s with the case's number.") % {"url": one.url}
    return gettext("Calls %(url)s with the case's number and: %(fields)s.") % {
        "url": one.url,
        "fields": told,
    }


def _interaction(one: Action, names: Names) -> str:
    return gettext("Records a contact with the customer.")


ACTIONS: Mapping[Do, Callable[[Action, Names], str]] = {
    Do.MAIL: _mail,
    Do.SET: _set,
    Do.WEBHOOK: _webhook,
    Do.INTERACTION: _interaction,
}


# -- calls and repetition ------------------------------------------------------------------------------------


def call(one: Call, names: Names) -> str:
    """What a step does that calls a process."""
    parts = [gettext("Starts a case of “%(process)s” and waits for its end.")]
    if one.inputs:
        parts.append(gettext("It is given: %(fields)s."))
    if one.outputs:
        parts.append(gettext("It brings back: %(outputs)s."))
    facts = {
        "process": names.processes.get(one.process, one.process),
        "fields": _labels(((our, their) for their, our in one.inputs), names),
        "outputs": _labels(iter(one.outputs), names),
    }
    return " ".join(parts) % facts


def _labels(pairs: Iterator[tuple[str, str]], names: Names) -> str:
    return ", ".join(names.field(our) for our, _their in pairs)


def repeat(one: Repeat, names: Names) -> str:
    """For whom a task is repeated, and when it is decided."""
    return " ".join([_over(one, names), _order(one), _quorum(one)])


def _over(one: Repeat, names: Names) -> str:
    if one.over is Over.PERSONS:
        named = ", ".join(names.people.get(email, email) for email in one.persons)
        return gettext("Once for each of: %(persons)s.") % {"persons": named}
    if one.over is Over.TEAM:
        return gettext("Once for each member of the team “%(team)s”.") % {
            "team": names.teams.get(one.key, one.key)
        }
    return gettext("Once for each value of “%(field)s”.") % {"field": names.field(one.key)}


def _order(one: Repeat) -> str:
    return gettext("One after another.") if one.is_sequential else gettext("All at the same time.")


def _quorum(one: Repeat) -> str:
    if one.quorum is Quorum.COUNT and not one.count:
        return gettext("How many votes decide is not said yet.")
    if one.quorum is Quorum.COUNT:
        text = ngettext(
            "Decided when an outcome has %(count)s vote.",
            "Decided when an outcome has %(count)s votes.",
            one.count,
        )
        return text % {"count": one.count}
    return str(QUORUMS[one.quorum])


QUORUMS = {
    Quorum.ALL: _("Decided when all choose the same."),
    Quorum.FIRST: _("Decided by the first."),
    Quorum.MAJORITY: _("Decided when an outcome has the majority."),
}
