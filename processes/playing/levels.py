"""What the clock would do around a deadline that is played through: levels of its plan with their moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from people import worktime
from processes import escalation
from processes.compiledversion import StepInfo
from processes.escalation import Act, Do, Level, Timed
from processes.models import DeadlineRule
from processes.playing.setting import Setting, stamp
from processes.playing.simulation import Play
from processes.words import levelwords
from tasks import duemarks
from tasks.clocks import clockrules
from tasks.clocks.dues import Due


@dataclass(frozen=True, slots=True)
class Stage:
    """One level: when it is due (the moment, and how that is counted), what it is called and does."""

    when: str
    counted: str
    name: str
    what: str
    only_if: str = ""
    is_idle: bool = False
    """Whether its condition does not hold as things stand in the play."""


@dataclass(frozen=True, slots=True)
class Course:
    """All that happens around one deadline; `plan` = what the escalation plan is called, empty for none."""

    plan: str
    stages: tuple[Stage, ...]


def course(
    setting: Setting,
    play: Play,
    step: StepInfo | None,
    begun: dt.datetime,
    due: Due,
    calendar: worktime.Calendar,
    data: Mapping[str, Any],
) -> Course | None:
    """The levels as a clock of a real case would hold them; None where the calendar cannot count them."""
    levels = setting.net.plan(step, play.urgency)
    if due.rule.kind == DeadlineRule.Kind.REACTION:
        levels = escalation.without_outcomes(levels)
    try:
        snapshot = clockrules.snapshot(levels, begun, due.at, due.warn_at, calendar)
        timed = escalation.timed_levels(snapshot)
    except (worktime.NeverOpen, ValueError, OverflowError):
        return None
    plan = setting.plan_names.get(setting.net.plan_key(step, play.urgency), "") if levels else ""
    return Course(plan, tuple(_stage(setting, play, step, one, data) for one in timed))


def _stage(
    setting: Setting, play: Play, step: StepInfo | None, timed: Timed, data: Mapping[str, Any]
) -> Stage:
    level = timed.level
    return Stage(
        when=stamp(timed.at),
        counted=_counted(level),
        name=_("Deadline") if level.number == escalation.MARK.number else duemarks.name_of(level),
        what=_what(level, step),
        only_if=levelwords.only_if(level, setting.net.fields),
        is_idle=not level.applies(is_claimed=False, urgency=play.urgency, data=data),
    )


def _counted(level: Level) -> str:
    """How its moment follows from the deadline."""
    if level.number == clockrules.WARNING:
        return _("to begin in time, by the law's deadline")
    return levelwords.when(level.offset)


def _what(level: Level, step: StepInfo | None) -> str:
    if level.number == escalation.MARK.number:
        return _("marked as overdue")
    return levelwords.acts(replace(level, acts=tuple(_labelled(act, step) for act in level.acts)))


def _labelled(act: Act, step: StepInfo | None) -> Act:
    """An outcome by its label."""
    known = step.outcome(act.key) if step is not None and act.do is Do.OUTCOME else None
    return replace(act, key=known.label) if known else act
