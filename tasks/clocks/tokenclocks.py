"""Clocks of tokens: the end of a wait, and outcomes of the clock. Started, stopped, found anew.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from people import worktime
from people.calendars import Calendars
from processes.compiledversion import CompiledVersion, StepInfo
from processes.marking import Token
from processes.models import ProcessInstance
from processes.moments import NAMED, Basis, Moment, resolve
from tasks.clocks import dues
from tasks.models import NEVER, Clock

KINDS = frozenset({Clock.Kind.WAIT, Clock.Kind.TIMEOUT})
DATED = frozenset({str(Basis.FIELD), str(Basis.DATE)})
"""Bases that a pause does not move."""
AHEAD = Q(kind__in=KINDS, next_level=0) & (Q(wake_at__isnull=False) | Q(paused_at__isnull=False))
"""Those that still have something to do; one whose date is missing, or that stands still, has not."""


def start(instance: ProcessInstance, step: StepInfo, token: Token, *, at: dt.datetime) -> list[Clock]:
    """Write what the clock does at a token: the end of a wait, and outcomes of the clock.

    A clock whose date is not filled in yet sleeps until it is (`redate`).
    """
    wanted = [(Clock.Kind.WAIT, "", step.config.wait)] if step.config.wait else []
    wanted += [(Clock.Kind.TIMEOUT, one.key, one.after) for one in step.timed_outcomes if one.after]
    anchors = dues.anchors_of(instance, [moment for _kind, _key, moment in wanted], step_at=at)
    team_id = step.team_id or instance.definition.owner_team_id
    calendar = dues.calendar_of(instance, team_id=team_id, at=at)
    rows = []
    for kind, key, moment in wanted:
        due_at = resolve(moment, anchors, at_closing=kind == Clock.Kind.TIMEOUT, calendar=calendar)
        rows.append(
            Clock(
                instance=instance,
                root_id=instance.root_id or instance.pk,
                token_id=token.id,
                kind=kind,
                key=key,
                rule=moment.to_json(),
                for_team_id=team_id,
                started_at=at,
                due_at=due_at or NEVER,
                wake_at=due_at,
            )
        )
    Clock.objects.bulk_create(rows)
    return rows


def stop(instance: ProcessInstance, token_ids: Iterable[int]) -> None:
    """The tokens are gone: their clocks have nothing more to do, paused ones included (one statement)."""
    rows = Clock.objects.filter(instance=instance, task__isnull=True, token_id__in=list(token_ids))
    rows.update(wake_at=None, paused_at=None, remaining=None)


def of(instance: ProcessInstance) -> list[Clock]:
    """Those at tokens that are still there and that have not fired."""
    tokens = [row[0] for row in instance.marking.get("tokens", ())]
    rows = Clock.objects.filter(instance=instance, task__isnull=True, token_id__in=tokens, next_level=0)
    return list(rows.order_by("pk"))


def dateless_waits(instance: ProcessInstance) -> list[Clock]:
    """Waits whose date is not known: nothing would ever end them."""
    waits = [clock for clock in of(instance) if clock.kind == Clock.Kind.WAIT]
    return [clock for clock in waits if clock.due_at == NEVER and clock.wake_at is None]


def step_of(clock: Clock, version: CompiledVersion) -> StepInfo | None:
    """The step its token is at; None once that is gone."""
    tokens = clock.instance.marking.get("tokens", ())
    at = next((row[1] for row in tokens if row[0] == clock.token_id), "")
    return version.steps.get(at)


def is_ahead(clock: Clock) -> bool:
    """As `AHEAD`, of one clock."""
    return clock.next_level == 0 and (clock.wake_at is not None or clock.paused_at is not None)


# -- finding anew --------------------------------------------------------------------------------------------


def moment_of(clock: Clock, *, known: Calendars | None = None) -> dt.datetime | None:
    """When a wait is over or the clock chooses by the rules and calendars of now, with the time it has
    rested; None while its date is not known."""
    calendar = dues.calendar_of_clock(clock, known=known)
    due_at = _due_at(clock, calendar)
    if due_at is None or not clock.paused_seconds or clock.rule.get("basis") in DATED:
        return due_at
    return worktime.add_seconds(due_at, clock.paused_seconds, calendar)


def redate(
    instance: ProcessInstance, version: CompiledVersion, keys: Iterable[str], *, at: dt.datetime
) -> None:
    """What hangs on these dates or ends of steps gets its new moment; incidents about it are over."""
    wanted, places = set(keys), {row[1] for row in instance.marking.get("tokens", ())}
    if not any(version.steps[at].has_token_clocks for at in places if at in version.steps):
        return
    for clock in of(instance):
        if clock.rule.get("basis") in NAMED and clock.rule.get("key") in wanted:
            clock.instance = instance
            _redate(clock, at)


def _redate(clock: Clock, at: dt.datetime) -> None:
    due_at = _due_at(clock, dues.calendar_of_clock(clock))
    clock.due_at = due_at or NEVER
    clock.wake_at = None if clock.paused_at else due_at
    clock.generation += 1
    clock.save(update_fields=["due_at", "wake_at", "generation"])
    if due_at is not None:
        clock.incidents.filter(resolved_at__isnull=True).update(resolved_at=at)


def _due_at(clock: Clock, calendar: worktime.Calendar) -> dt.datetime | None:
    moment = Moment.from_json(clock.rule)
    began = clock.started_at or clock.instance.started_at
    anchors = dues.anchors_of(clock.instance, [moment], step_at=began)
    return resolve(moment, anchors, at_closing=clock.kind == Clock.Kind.TIMEOUT, calendar=calendar)
