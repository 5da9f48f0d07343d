"""Deadlines and escalation plans in process files: read with their lines, and written again.

A rule is a duration, or a table of a moment (`field: skonto_bis, offset: -4d`) and what is special about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from people import legal
from people.durations import DurationError
from processes.blueprint import DeadlinePlan
from processes.escalation import OF_CASE
from processes.files.yamlparts import BASES, PartReader, Raw
from processes.files.yamlsource import Path
from processes.models import DeadlineRule, Urgency
from processes.moments import Moment

URGENCIES = {one.name.lower(): one for one in Urgency}
"""Word of an urgency in files."""
URGENCY_WORDS = {str(one.value): word for word, one in URGENCIES.items()}
PLAN_WORDS = {word: str(int(one)) for word, one in URGENCIES.items()} | {OF_CASE: OF_CASE}
"""What a plan is named for, by its word in files."""
OTHERWISE = "otherwise"
"""Stands for every urgency a plan is not named for; "" does too."""
TIMED = ("reaction", "legal")
"""Words for the kind of a rule; their value is its time, or true where the time stands elsewhere."""
OF_LEGAL = ("counts_first_day", "shift", "half_month", "minus_days", "warning")
"""Words only a legal deadline has."""


class DeadlineReader(PartReader):
    """Reads rules of deadlines, and which escalation plan holds."""

    def deadlines(self, raw: Any, path: Path, *, of_case: bool = False) -> tuple[DeadlinePlan, ...]:
        """The rules of a step, or of the whole case; one alone needs no list."""
        rows = [(one, (*path, at)) for at, one in enumerate(raw)] if isinstance(raw, list) else [(raw, path)]
        found = [self._deadline(one, place, of_case) for one, place in rows]
        return tuple(one for one in found if one is not None)

    def _deadline(self, raw: Any, path: Path, of_case: bool) -> DeadlinePlan | None:
        entry: Raw = {"offset": raw} if isinstance(raw, str) else raw
        self._refuse_mixed(entry, path)
        times = [entry[word] for word in (*TIMED, "offset", "case") if isinstance(entry.get(word), str)]
        if len(times) > 1:
            message = _("The time stands here twice; write it once.")
            self.fault("deadline_twice", path, message)
            return None
        if not times and not BASES.keys() & entry.keys():
            message = _("It is not said until when: write 3d, or one of case, step, field and date.")
            self.fault("deadline_missing", path, message)
            return None
        moment = self.moment(_moment_of(entry, times, of_case), path)
        if moment is None:
            return None
        return DeadlinePlan(
            **{"basis": str(moment.basis), "offset": moment.offset, "key": moment.key, "on": moment.on},
            kind=str(DeadlineRule.Kind.REACTION if entry.get("reaction") else DeadlineRule.Kind.SOLUTION),
            urgency=int(URGENCIES[entry["urgency"]]) if "urgency" in entry else None,
            pick=str(DeadlineRule.Pick.LATEST if entry.get("latest") else DeadlineRule.Pick.EARLIEST),
            is_legal=bool(entry.get("legal")),
            counts_first_day=entry.get("counts_first_day", False),
            shifts_to_working_day=entry.get(
                "shift", _shifts_usually(moment, is_legal=bool(entry.get("legal")))
            ),
            is_final=entry.get("final", False),
            adds_half_month=entry.get("half_month", False),
            days_before_end=entry.get("minus_days", 0),
            early_warning=self._warning(entry, path),
        )

    def _warning(self, entry: Raw, path: Path) -> str:
        """How long before to warn; 0 is a number in a file."""
        text = str(entry.get("warning", "")).strip()
        try:
            found = legal.read_warning(text)
        except DurationError:
            message = _("“%(text)s” is no time for an early warning; write 1w, 10cd or 0.")
            self.fault("early_warning", (*path, "warning"), message, text=text)
            return ""
        return legal.NO_WARNING if found and not found.amount else text

    def _refuse_mixed(self, entry: Raw, path: Path) -> None:
        for word in OF_LEGAL:
            if word in entry and not entry.get("legal"):
                message = _("“%(name)s” belongs to a legal deadline (legal).")
                self.fault("misplaced", (*path, word), message, name=word)

    def escalation(self, raw: Any, path: Path, *, of_case: bool = False) -> dict[str, str]:
        """Key of the escalation plan by urgency; one alone holds for all. The process can name one for the
        deadline of the case alone."""
        if OF_CASE in raw and isinstance(raw, Mapping) and not of_case:
            message = _("“case” belongs to the escalation at the top of the file.")
            self.fault("misplaced", (*path, OF_CASE), message)
        if isinstance(raw, str):
            return {"": raw}
        return {PLAN_WORDS.get(word, ""): key for word, key in raw.items()}


def _moment_of(entry: Raw, times: list[str], of_case: bool) -> Raw:
    """The words of a moment alone; a duration without a basis is counted from the task, or from the case."""
    bases = {word: entry[word] for word in BASES if word in entry}
    if not bases and of_case:
        return {"case": times[0]}
    if "case" in bases:
        return {**bases, "case": times[0]}
    return {**bases, "offset": times[0]} if times else bases


def _shifts_usually(moment: Moment, *, is_legal: bool) -> bool:
    """Whether an end on a day of rest moves if nothing is said: not that of a notice (BGH NJW 2005, 1354)."""
    return not (is_legal and moment.is_backwards)


# -- writing -------------------------------------------------------------------------------------------------


def shown(rules: tuple[DeadlinePlan, ...], *, of_case: bool = False) -> list[str | dict[str, Any]]:
    """Rules as a file has them."""
    return [_shown(one, of_case) for one in rules]


def _shown(one: DeadlinePlan, of_case: bool) -> str | dict[str, Any]:
    table = {**_kind_and_time(one, of_case), **_special(one)}
    return str(table["offset"]) if set(table) == {"offset"} else table


def _kind_and_time(one: DeadlinePlan, of_case: bool) -> dict[str, Any]:
    """The moment; where the rule is of a kind of its own, that word carries the time."""
    table: dict[str, Any] = {}
    word = next((word for word, basis in BASES.items() if str(basis) == one.basis), "")
    carrier = "offset"
    if word == "case":
        word, carrier = ("", "offset") if of_case else ("", "case")
    elif word:
        table[word] = one.key or one.on
    kinds = [("reaction", one.kind == DeadlineRule.Kind.REACTION), ("legal", one.is_legal)]
    for kind in [name for name, is_so in kinds if is_so]:
        takes_time = carrier == "offset" and bool(one.offset)
        table[kind] = one.offset if takes_time else True
        carrier = "taken" if takes_time else carrier
    if carrier != "taken" and one.offset:
        table[carrier] = one.offset
    return table


def _special(one: DeadlinePlan) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if one.urgency is not None:
        table["urgency"] = URGENCY_WORDS[str(one.urgency)]
    if one.pick == DeadlineRule.Pick.LATEST:
        table["latest"] = True
    if one.counts_first_day:
        table["counts_first_day"] = True
    if one.shifts_to_working_day != _shifts_usually(one.moment, is_legal=one.is_legal):
        table["shift"] = one.shifts_to_working_day
    if one.is_final:
        table["final"] = True
    if one.adds_half_month:
        table["half_month"] = True
    if one.days_before_end:
        table["minus_days"] = one.days_before_end
    if one.early_warning:
        table["warning"] = 0 if one.early_warning == legal.NO_WARNING else one.early_warning
    return table


def shown_plans(keys: Mapping[str, str]) -> str | dict[str, str]:
    """Keys of escalation plans as a file has them."""
    words = {**URGENCY_WORDS, OF_CASE: OF_CASE}
    found = {words.get(urgency, OTHERWISE): key for urgency, key in keys.items() if key}
    return found[OTHERWISE] if set(found) == {OTHERWISE} else found
