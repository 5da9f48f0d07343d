"""Escalation plans as rows: how one is written, wherever it comes from, and what the log says of it."""

from __future__ import annotations

from collections.abc import Iterable, Set

from people import adminlog
from people.models import User
from processes import nets
from processes.escalation import Level, Plan
from processes.models import EscalationLevel, EscalationPlan, ProcessVersion
from processes.words import levelwords


def lines(levels: Iterable[Level]) -> str:
    """The levels of a plan in words, as the administration log keeps them."""
    return "; ".join(f"{level.number}. {levelwords.sentence(level)}" for level in levels)


def write_levels(plan: EscalationPlan, levels: Iterable[Level]) -> None:
    """Replace the levels of a plan. Must run in a transaction."""
    EscalationLevel.objects.filter(plan=plan).delete()
    EscalationLevel.objects.bulk_create(_row(plan, level) for level in levels)


def create(plan: Plan, *, by: User | None) -> EscalationPlan:
    """Write a new plan with its levels and one event; its key must be free. Must run in a transaction."""
    row = EscalationPlan.objects.create(key=plan.key, name=plan.name, description=plan.description)
    write_levels(row, plan.levels)
    adminlog.record(by, "plan_created", row, {"name": [None, plan.name], "rows": [None, lines(plan.levels)]})
    return row


def named_by(version: ProcessVersion, keys: Set[str]) -> list[Plan]:
    """The plans of these keys as the version has them: its copy if it is published, else as they are now."""
    rows = EscalationPlan.objects.in_bulk(keys, field_name="key")
    levels = nets.plans_of(version)
    return [
        Plan(key, row.name if row else key, levels[key], row.description if row else "")
        for key, row in ((key, rows.get(key)) for key in sorted(keys & levels.keys()))
    ]


def _row(plan: EscalationPlan, level: Level) -> EscalationLevel:
    stored = level.to_json()
    return EscalationLevel(
        plan=plan,
        number=level.number,
        name=level.name,
        offset=level.offset,
        is_unclaimed_only=level.is_unclaimed_only,
        least_urgency=level.least_urgency,
        condition=stored.get("condition", []),
        acts=stored.get("acts", []),
    )
