"""The escalation plan every installation begins with (G11); administrators change it or add others."""

from __future__ import annotations

from processes import planrecords
from processes.escalation import Level, Whom, acts_of
from processes.models import EscalationPlan

KEY = "standard"
LEVELS = (
    Level(1, "Vorwarnung", "80%", acts_of(whom=(Whom.ASSIGNEE,))),
    Level(2, "Frist erreicht", "", acts_of(whom=(Whom.ASSIGNEE, Whom.TEAM))),
    Level(3, "Leitung", "1d", acts_of(whom=(Whom.LEAD,))),
    Level(4, "Prozessverantwortung", "3d", acts_of(whom=(Whom.OWNER,))),
)
"""G11 counts them from 0."""


def ship(**_signal: object) -> None:
    """Write the standard plan where there is none at all (after every migration)."""
    if EscalationPlan.objects.exists():
        return
    plan = EscalationPlan.objects.create(key=KEY, name="Standard", is_default=True)
    planrecords.write_levels(plan, LEVELS)
