"""What is typed and clicked where a version is played through, and the turn it makes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from processes import fieldforms, fields, plannedvalues
from processes.compiledversion import OutcomeInfo, StepFieldInfo, StepInfo
from processes.fields import FieldError, FieldSpec
from processes.marking import Token
from processes.models import Step, StepField
from processes.playing import calls, simulation
from processes.playing.setting import Setting, moment_of, stamp
from processes.playing.simulation import By, Play, PlayError, Run, Turn
from processes.stepplans import Do

MOMENT = FieldSpec("at", "", "datetime")
LONGEST_STATE = 1_000_000
"""Characters of a play as it travels; more is refused unread."""


def state_of(play: Play) -> str:
    """A play as it travels with the page."""
    return json.dumps(play.to_json(), ensure_ascii=False, separators=(",", ":"))


def play_of(text: str, setting: Setting) -> Play:
    """A play that came with a page. Raises PlayError."""
    if len(text) > LONGEST_STATE:
        raise PlayError("too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlayError("no JSON") from error
    return Play.from_json(found, setting.net)


# -- values --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entered:
    """What a form says about one step: the moment and the fields, as typed, and what is wrong with them."""

    at: str | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, FieldError] = field(default_factory=dict)
    at_fault: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed: at which token, who or what, with which outcome, by which end of another
    process."""

    token: int
    by: str
    outcome: str
    end: str = ""


def uses_of(setting: Setting, step: StepInfo) -> tuple[StepFieldInfo, ...]:
    """Fields that are asked at a step; of a called process those it would bring back."""
    if step.config.call is not None:
        specs = calls.brought_back(setting, step.config.call)
        return tuple(StepFieldInfo(one, StepField.Mode.OPTIONAL) for one in specs)
    return tuple(replace(use, spec=simulation.playable(use.spec)) for use in step.fields)


def entered(setting: Setting, step: StepInfo, prefix: str, post: QueryDict) -> Entered:
    """Read the part of the form that belongs to a step."""
    typed = {
        use.spec.key: post.getlist(name) if use.spec.type == "multichoice" else post[name]
        for use in uses_of(setting, step)
        if use.is_writable
        and (
            (name := f"{prefix}{use.spec.key}") in post
            or (use.spec.type == "multichoice" and f"{prefix}at" in post)
        )
    }
    return Entered(post.get(f"{prefix}at"), typed)


def values_of(
    setting: Setting, step: StepInfo, found: Entered, data: Mapping[str, Any], at: dt.datetime
) -> tuple[dict[str, Any], dict[str, FieldError]]:
    """Canonical values that differ from the case's, and faults by field. Limits bind new values only."""
    values, faults, today = {}, {}, timezone.localdate(at)
    for use in uses_of(setting, step):
        key = use.spec.key
        if key not in found.typed:
            continue
        try:
            new = fields.read(use.spec, found.typed[key], today=today)
            if new != data.get(key):
                fields.demand_limits(use.spec, new, today=today)
                values[key] = _offered(setting, use.spec, new)
        except FieldError as fault:
            faults[key] = fault
    return values, faults


def _offered(setting: Setting, spec: FieldSpec, value: Any) -> Any:
    """A person or team that was offered. Raises FieldError."""
    if value is not None and spec.is_reference and str(value) not in dict(setting.options.get(spec.type, [])):
        raise FieldError("not_a_reference")
    return value


def read_moment(text: str | None, today: dt.date) -> dt.datetime:
    """A typed moment to the full minute. Raises FieldError."""
    raw = fields.parse(MOMENT, text, today=today)
    if raw is None:
        raise FieldError("not_a_time")
    moment = dt.datetime.fromisoformat(raw).replace(second=0, microsecond=0)
    if not simulation.EARLIEST <= moment <= simulation.LATEST:
        raise FieldError("date_out_of_range")
    return moment


def moment_input(moment: dt.datetime) -> str:
    """A moment as it can be typed again."""
    local = timezone.localtime(moment)
    return f"{local:%d.%m.%Y %H:%M}" if (get_language() or "de")[:2] == "de" else f"{local:%Y-%m-%d %H:%M}"


def written(setting: Setting, step: StepInfo, data: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """What an automatic step writes; nothing where its values do not fit (a real case would stop there)."""
    action = step.config.action
    if action is None or action.do is not Do.SET:
        return {}
    try:
        return plannedvalues.resolve(action.values, setting.net.fields, data, at=at)
    except plannedvalues.Unfit:
        return {}


# -- turns ---------------------------------------------------------------------------------------------------


def turn_of(
    setting: Setting, play: Play, run: Run, found: Entered, what: Click
) -> tuple[Turn | None, Entered]:
    """The turn that was clicked, or what is wrong with what was typed. Raises PlayError, engine.EngineError
    (the token is gone)."""
    number, by, outcome = what.token, what.by, what.outcome
    token = run.marking.token(number)
    step, begun = setting.net.steps.get(token.at), run.since[token.id]
    if step is None or by not in list(By):
        raise PlayError("no step")
    if by == By.CLOCK or step.kind == Step.Kind.TIMER:
        at = moment_of(setting, play, run, token, outcome)
        if at is None:
            raise PlayError("no moment")
        return Turn(number, By(by), outcome, at), found
    if by == By.CALL:
        calls.demand_end(setting, step, outcome, what.end)
    at, fault = _done_at(setting, play, run, token, found)
    values, faults = values_of(setting, step, found, run.data, at or begun)
    if faults or fault or at is None:
        return None, replace(found, faults=faults, at_fault=fault)
    if by == By.DONE:
        values = values | written(setting, step, run.data, at)
    outcome = "" if by in (By.DONE, By.FAILED) else outcome
    return Turn(number, By(by), outcome, at, values, what.end), found


def _done_at(
    setting: Setting, play: Play, run: Run, token: Token, found: Entered
) -> tuple[dt.datetime | None, str]:
    """The moment that was typed, and what is wrong with it."""
    begun = run.since[token.id]
    if found.at is None:
        return begun, ""
    try:
        at = read_moment(found.at, timezone.localdate(begun))
    except FieldError as fault:
        return None, fieldforms.sentence(fault)
    if at < begun:
        return None, _("This is before the step begins (%(when)s).") % {"when": stamp(begun)}
    earlier = clock_before(setting, play, run, token, at)
    if earlier is not None:
        text = _("By then the clock has chosen “%(outcome)s” already.")
        return None, text % {"outcome": earlier.label}
    return at, ""


def clock_before(setting: Setting, play: Play, run: Run, token: Token, at: dt.datetime) -> OutcomeInfo | None:
    """The outcome the clock would have chosen before this moment."""
    step = setting.net.steps[token.at]
    for one in step.timed_outcomes:
        moment = moment_of(setting, play, run, token, one.key)
        if one.is_interrupting and moment is not None and moment < at:
            return one
    return None
