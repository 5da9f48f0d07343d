"""The parts of a file that only some kinds of steps have: waits, actions, called processes, repetition.

Each becomes a value of `stepplans` or `moments`; what has no meaning becomes a fault with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import ConditionPlan, FieldPlan
from processes.fields import FieldError, FieldSpec, parse
from processes.files.yamlsource import Fault, Path, Source
from processes.moments import Basis, Moment, MomentError
from processes.stepplans import Action, Call, Do, Over, Pairs, Quorum, Repeat

Raw = Mapping[str, Any]
BASES = {"case": Basis.CASE, "step": Basis.AFTER, "field": Basis.FIELD, "date": Basis.DATE}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ACTION_WORDS: Mapping[str, frozenset[Do]] = {
    "to": frozenset({Do.MAIL}),
    "subject": frozenset({Do.MAIL, Do.INTERACTION}),
    "text": frozenset({Do.MAIL, Do.INTERACTION}),
    "values": frozenset({Do.SET}),
    "url": frozenset({Do.WEBHOOK}),
    "send": frozenset({Do.WEBHOOK}),
    "channel": frozenset({Do.INTERACTION}),
}
"""Which words belong to which actions."""
COPY = "="
"""In front of the name of a field whose value is copied."""
LIMITS = ("min", "max", "pattern", "min_length", "max_length")
BOUNDED = frozenset({"number", "money", "date"})
"""Types whose `min` and `max` are values of their own type."""


class PartReader:
    """What every part of a file is read with: its source, its fields, and the faults found so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.value: Raw = source.value
        self.faults: list[Fault] = []
        self.fields = {key: self._field(key, raw) for key, raw in self.value.get("fields", {}).items()}

    def fault(self, code: str, path: Path, message: Any, /, **facts: Any) -> None:
        """Note what is wrong at a place of the file."""
        self.faults.append(Fault(code, self.source.line(path), message, **facts))

    def demand_steps(self, keys: Iterable[str], path: Path) -> None:
        """Fault keys of steps the file does not have."""
        for key in keys:
            if key not in self.value["steps"]:
                self.fault("unknown_step", path, _("There is no step “%(step)s” in this file."), step=key)

    def demand_fields(self, keys: Iterable[str], path: Path) -> None:
        """Fault keys of fields the file does not have."""
        for key in keys:
            if key not in self.fields:
                self.fault("unknown_field", path, _("There is no field “%(field)s” in this file."), field=key)

    def _field(self, key: str, raw: Any) -> FieldPlan:
        raise NotImplementedError

    def limits(self, one: FieldPlan, raw: Raw) -> Raw:
        """Limits of a field's values; bounds as text in the canonical form of its type."""
        found = {name: raw[name] for name in LIMITS if name in raw}
        for name in {"min", "max"} & found.keys():
            found[name] = self._bound(one, str(found[name]), ("fields", one.key, name))
        return found

    def _bound(self, one: FieldPlan, text: str, path: Path) -> str:
        if one.type not in BOUNDED:
            return text
        try:
            value = parse(FieldSpec(one.key, one.label, one.type), text)
        except FieldError:
            message = _("“%(value)s” is no value of the field “%(field)s”.")
            self.fault("limit", path, message, value=text, field=one.label)
            return text
        return str(value["amount"]) if isinstance(value, Mapping) else str(value)

    def condition(self, line: str, path: Path, known: FieldPlan | None = None) -> ConditionPlan:
        """One comparison of a field of the file (or of the one given), its value as stored."""
        plan = conditions.read(line)
        if plan is None:
            self.fault(
                "condition", path, _("“%(line)s” is no condition; write it like: amount >= 5000"), line=line
            )
            return ConditionPlan("", "eq")
        known = known or self.fields.get(plan.field_key)
        if known is None:
            self.demand_fields([plan.field_key], path)
            return plan
        try:
            return conditions.stored(plan, known)
        except conditions.Unfit as unfit:
            self.fault("condition", path, unfit.message, **unfit.facts)
            return plan

    # -- moments ---------------------------------------------------------------------------------------------

    def moment(self, raw: str | Raw, path: Path) -> Moment | None:
        """A moment: `5d`, or a table with one of case, step, field, date and an offset."""
        entry: Raw = {"offset": raw} if isinstance(raw, str) else raw
        bases = [word for word in BASES if word in entry]
        if len(bases) > 1 or ("case" in entry and "offset" in entry):
            message = _("Only one of case, step, field and date is possible here (case has no offset).")
            self.fault("moment", path, message)
            return None
        found = _moment(entry, bases[0] if bases else "")
        if found.basis is Basis.AFTER:
            self.demand_steps([found.key], path)
        if found.basis is Basis.FIELD:
            self.demand_fields([found.key], path)
        return found if self._makes_sense(found, path) else None

    def _makes_sense(self, moment: Moment, path: Path) -> bool:
        if moment.basis is Basis.DATE and not DAY.fullmatch(moment.on):
            self._no_moment(moment.on, path)
            return False
        try:
            moment.demand_sense()
        except MomentError:
            self._no_moment(moment.on or moment.offset, path)
            return False
        return True

    def _no_moment(self, text: str, path: Path) -> None:
        message = _("“%(text)s” is no duration or date; write 4h, 3d, 10cd, 2w, -5d or 2026-12-31.")
        self.fault("moment", path, message, text=text)

    # -- actions ---------------------------------------------------------------------------------------------

    def action(self, raw: Raw, path: Path) -> Action | None:
        """An automatic step; None where it is not said what it does."""
        if "do" not in raw:
            return None
        do = Do(raw["do"])
        for word, fitting in ACTION_WORDS.items():
            if word in raw and do not in fitting:
                message = _("“%(name)s” does not belong to the action “%(action)s”.")
                self.fault("misplaced", (*path, word), message, name=word, action=do.value)
        self.demand_fields(raw.get("send", ()), (*path, "send"))
        return Action(
            do=do,
            to=tuple(one.strip() for one in _listed(raw.get("to", ()))),
            subject=raw.get("subject", "").strip(),
            text=raw.get("text", "").strip(),
            values=self._values(raw.get("values", {}), (*path, "values")),
            url=raw.get("url", "").strip(),
            fields=tuple(raw.get("send", ())),
            channel=raw.get("channel", ""),
        )

    def _values(self, raw: Raw, path: Path) -> Pairs:
        pairs = []
        for key, value in raw.items():
            self.demand_fields([key], (*path, key))
            text = self._value(key, value)
            if text.startswith(COPY):
                self.demand_fields([text.removeprefix(COPY)], (*path, key))
            pairs.append((key, text))
        return tuple(pairs)

    def _value(self, key: str, value: Any) -> str:
        """A value as text; of a choice its key, also where the file has its label."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        text = str(value).strip()
        choices = self.fields[key].choices if key in self.fields else ()
        return {label: one for one, label in choices}.get(text, text)

    # -- called processes and repetition ---------------------------------------------------------------------

    def call(self, raw: Raw, path: Path) -> Call | None:
        """A called process without its ends, which stand at the outcomes; None where it is not named."""
        if "process" not in raw:
            return None
        for their, our in raw.get("in", {}).items():
            self.demand_fields([our], (*path, "in", their))
        for our in raw.get("out", {}):
            self.demand_fields([our], (*path, "out", our))
        return Call(raw["process"], tuple(raw.get("in", {}).items()), tuple(raw.get("out", {}).items()))

    def repeat(self, raw: Raw, path: Path) -> Repeat | None:
        """Several instances of one task."""
        over = [one for one in Over if one.value in raw]
        if len(over) != 1:
            self.fault("repeat", path, _("Exactly one of persons, team and field is needed here."))
            return None
        if over[0] is Over.FIELD:
            self.demand_fields([raw["field"]], (*path, "field"))
        quorum = raw.get("quorum", Quorum.ALL.value)
        is_number = isinstance(quorum, int)
        return Repeat(
            over=over[0],
            persons=tuple(one.strip().lower() for one in _listed(raw.get("persons", ()))),
            key=raw.get("team") or raw.get("field", ""),
            is_sequential=raw.get("one_after_another", False),
            quorum=Quorum.COUNT if is_number else Quorum(quorum),
            count=quorum if is_number else 0,
        )


def _moment(entry: Raw, word: str) -> Moment:
    offset = entry.get("case") or entry.get("offset", "")
    return Moment(
        basis=BASES.get(word, Basis.STEP),
        offset=offset.strip(),
        key=entry[word] if word in ("step", "field") else "",
        on=entry.get("date", "").strip(),
    )


def _listed(raw: Any) -> Iterable[str]:
    return [raw] if isinstance(raw, str) else raw
