"""Urgency in forms: a level by hand, or computed from impact and pressure (`processes.urgency`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from processes import doors
from processes.models import Urgency
from processes.urgency import Impact, Judgement, Pressure, judged


@dataclass(frozen=True, slots=True)
class Judging:
    """What stands in the three selects; `is_demanded` = the level cannot be chosen by hand."""

    urgency: int = Urgency.NORMAL
    impact: str = ""
    pressure: str = ""
    is_demanded: bool = False

    @property
    def judgement(self) -> Judgement | None:
        """What the urgency is computed from, once both are chosen."""
        return judged(self.impact, self.pressure)

    @property
    def level(self) -> str:
        """The computed level in words; empty while it is chosen by hand."""
        return str(Urgency(self.judgement.level).label) if self.judgement else ""

    @property
    def wanted(self) -> int | Judgement:
        """What the runtime is given: the computed level wins over the one by hand."""
        return self.judgement or self.urgency

    @property
    def urgencies(self) -> list[tuple[int, str]]:
        """The levels, most urgent first."""
        return [(value, str(label)) for value, label in Urgency.choices]

    @property
    def impacts(self) -> list[tuple[str, str]]:
        """How many are hit."""
        words = {
            Impact.PERSON: _("one person"),
            Impact.TEAM: pgettext("impact", "one team"),
            Impact.TEAMS: _("several teams"),
            Impact.HOUSE: _("the whole house"),
        }
        return [(str(value), words[value]) for value in Impact]

    @property
    def pressures(self) -> list[tuple[str, str]]:
        """How much time presses."""
        words = {
            Pressure.CAN_WAIT: _("can wait"),
            Pressure.NORMAL: pgettext("pressure", "normal"),
            Pressure.URGENT: pgettext("pressure", "urgent"),
            Pressure.STANDS_STILL: _("stands still"),
        }
        return [(str(value), words[value]) for value in Pressure]


def judging(values: Mapping[str, str]) -> Judging:
    """The three selects as a form or an address gave them; what makes no sense is left out."""
    level = doors.number(values.get("urgency"))
    impact, pressure = values.get("impact", ""), values.get("pressure", "")
    return Judging(
        level if level is not None and level in Urgency.values else Urgency.NORMAL,
        impact if impact in list(Impact) else "",
        pressure if pressure in list(Pressure) else "",
        is_demanded=values.get("demanded") == "1",
    )


def read(values: Mapping[str, str]) -> int | Judgement | None:
    """The wanted urgency; None where the form names neither a level nor a judgement."""
    found = judging(values)
    level = doors.number(values.get("urgency"))
    return found.judgement or (found.urgency if level is not None and level in Urgency.values else None)
