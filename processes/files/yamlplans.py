"""Escalation plans in process files: read with their lines, and written again.

A file brings the plans along that it names, so that a process means the same in another installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import ConditionPlan, FieldPlan
from processes.comparisons import Condition
from processes.escalation import ASKABLE, PERSON, Act, Do, Level, LevelError, Plan, acts_of
from processes.files.yamldeadlines import URGENCIES, URGENCY_WORDS, DeadlineReader
from processes.files.yamlparts import Raw
from processes.files.yamlsource import Path

PLANS = "plans"


class PlanReader(DeadlineReader):
    """Reads escalation plans with their levels."""

    def plans(self, named: Iterable[str]) -> tuple[Plan, ...]:
        """The plans of the file; `named` = keys its deadlines name."""
        found = tuple(self._plan(key, raw) for key, raw in self.value.get(PLANS, {}).items())
        known = set(named)
        for plan in found:
            if plan.key not in known:
                message = _("The plan “%(plan)s” is named nowhere in this file (escalation).")
                self.fault("plan_unused", (PLANS, plan.key), message, plan=plan.key)
        return found

    def _plan(self, key: str, raw: Raw) -> Plan:
        rows = enumerate(raw["levels"])
        levels = tuple(self._level(at + 1, one, (PLANS, key, "levels", at)) for at, one in rows)
        return Plan(key, raw["name"], levels, raw.get("description", "").strip())

    def _level(self, number: int, raw: Raw, path: Path) -> Level:
        acts = self._acts(raw)
        if not acts:
            message = _("The level does nothing: tell, pass_to, raise, outcome or comment is missing.")
            self.fault("level_empty", path, message)
        level = Level(
            number=number,
            name=raw.get("name", ""),
            offset=raw.get("at", "").strip(),
            acts=acts,
            is_unclaimed_only=raw.get("unclaimed", False),
            least_urgency=int(URGENCIES[raw["urgency"]]) if "urgency" in raw else None,
            condition=self._only_if(raw, path) if "if" in raw else None,
        )
        self._check_moment(level, path)
        return level

    def _acts(self, raw: Raw) -> tuple[Act, ...]:
        tell, to = raw.get("tell", ()), raw.get("pass_to", "").strip()
        return acts_of(
            whom=(tell.strip(),) if isinstance(tell, str) else tuple(one.strip() for one in tell),
            to=f"{PERSON}{to.lower()}" if "@" in to else to,
            raises=raw.get("raise", False),
            outcome=raw.get("outcome", ""),
            comment=raw.get("comment", "").strip(),
        )

    def _check_moment(self, level: Level, path: Path) -> None:
        try:
            level.demand_sense()
        except LevelError:
            message = _("“%(text)s” is no moment of a level; write -2h, 1d, 3cd or 80%%.")
            self.fault("level_moment", (*path, "at"), message, text=level.offset)

    def _only_if(self, raw: Raw, path: Path) -> Condition:
        """The condition of a level. Plans are shared by processes, so a field this file does not have is
        possible where its type is said."""
        line, kind = raw["if"], raw.get("type", "")
        read = conditions.read(line)
        own = self.fields.get(read.field_key) if read else None
        known = FieldPlan(read.field_key, read.field_key, kind) if read and kind else own
        found = self.condition(line, (*path, "if"), known)
        if known is not None and known.type not in ASKABLE:
            message = _(
                "A level cannot ask for the field “%(field)s”: fields of its type are not compared here."
            )
            self.fault("level_condition", (*path, "if"), message, field=known.key)
        return Condition(found.field_key, found.operator, found.value, known.type if known else "text")


# -- writing -------------------------------------------------------------------------------------------------


def shown(plans: Iterable[Plan], fields: Iterable[FieldPlan]) -> dict[str, dict[str, Any]]:
    """Plans as a file has them; `fields` = those of the same file."""
    types = {one.key: one.type for one in fields}
    return {
        plan.key: _filled(
            name=plan.name,
            description=plan.description,
            levels=[_level(level, types) for level in plan.levels],
        )
        for plan in plans
    }


def _level(level: Level, types: Mapping[str, str]) -> dict[str, Any]:
    told = [str(word) for word in level.act(Do.NOTIFY).whom]
    return _filled(
        at=level.offset,
        name=level.name,
        unclaimed=level.is_unclaimed_only,
        urgency="" if level.least_urgency is None else URGENCY_WORDS[str(level.least_urgency)],
        **_condition(level.condition, types),
        tell=told[0] if len(told) == 1 else told,
        pass_to=level.act(Do.REASSIGN).to.removeprefix(PERSON),
        **{"raise": any(act.do is Do.RAISE for act in level.acts)},
        outcome=level.act(Do.OUTCOME).key,
        comment=level.act(Do.COMMENT).text,
    )


def _condition(one: Condition | None, types: Mapping[str, str]) -> dict[str, str]:
    if one is None:
        return {}
    line = conditions.show(ConditionPlan(one.field, one.operator, one.value))
    return {"if": line} if types.get(one.field) == one.type else {"if": line, "type": one.type}


def _filled(**table: Any) -> dict[str, Any]:
    return {name: value for name, value in table.items() if value not in ("", [], False)}
