"""The escalation plan every installation begins with (G11); administrators change it or add others."""

from __future__ import annotations

from typing import Any

from processes.escalation import Act, Do, Whom
from processes.models import EscalationLevel, EscalationPlan

KEY = "standard"


def _tell(*whom: Whom) -> list[dict[str, Any]]:
    return [Act(Do.NOTIFY, tuple(whom)).to_json()]


LEVELS = (
    ("Vorwarnung", "80%", _tell(Whom.ASSIGNEE)),
    ("Frist erreicht", "", _tell(Whom.ASSIGNEE, Whom.TEAM)),
    ("Leitung", "1d", _tell(Whom.LEAD)),
    ("Prozessverantwortung", "3d", _tell(Whom.OWNER)),
)
"""Name, offset and acts of each level: G11 counts them from 0."""


def ship(**_signal: object) -> None:
    """Write the standard plan where there is none at all (after every migration)."""
    if EscalationPlan.objects.exists():
        return
    plan = EscalationPlan.objects.create(key=KEY, name="Standard", is_default=True)
    EscalationLevel.objects.bulk_create(
        EscalationLevel(plan=plan, number=number, name=name, offset=offset, acts=acts)
        for number, (name, offset, acts) in enumerate(LEVELS, start=1)
    )
