"""How an urgency is shown."""

from __future__ import annotations

from dataclasses import dataclass

from processes.models import Urgency

LOOKS = {
    Urgency.CRITICAL: ("flame", "dringend"),
    Urgency.HIGH: ("arrow-up", "hoch"),
    Urgency.LOW: ("arrow-down", "niedrig"),
}


@dataclass(frozen=True, slots=True)
class UrgencyLook:
    """Word, icon and class of a level; Normal shows nothing, so that lists stay calm."""

    label: str = ""
    icon: str = ""
    css: str = ""

    @classmethod
    def of(cls, urgency: int) -> UrgencyLook:
        """The look of a level."""
        icon, css = LOOKS.get(Urgency(urgency), ("", ""))
        return cls(str(Urgency(urgency).label), icon, css) if icon else cls()
