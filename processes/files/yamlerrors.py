"""Says in a plain sentence what the JSON Schema found, with the line it is in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from jsonschema import ValidationError

from processes.files.yamlsource import Fault, Path, Source

TYPES = {
    "string": _("a text"),
    "boolean": _("true or false"),
    "object": _("a table (name: value)"),
    "array": _("a list"),
    "integer": _("a whole number"),
    "null": _("nothing"),
}
HINTS = (
    gettext_noop("Key of the next step; a list means several at once."),
    gettext_noop("A list of texts, or a table of key and text."),
    gettext_noop("Who gets the task; without it the inbox of the team."),
    gettext_noop("Decided when an outcome has: all votes, the first, the majority, or so many."),
    gettext_noop("Who gets the mail: customer, starter, owner, team:KEY, field:KEY or an address."),
    gettext_noop("Where it goes on when an action is given up; without it somebody has to look after it."),
    gettext_noop("Such as: netto >= 5000. A list means that all must hold."),
    gettext_noop("A duration or a table, or a list of them."),
    gettext_noop("Until when somebody has to take the task over: a duration, or true."),
    gettext_noop(
        "A legal deadline (BGB §§187-193): a duration in days, weeks, months or years of the calendar,"
        " with a minus before a date; or true."
    ),
    gettext_noop(
        "Early warning (Vorfrist) so long before a legal deadline; 0: none. Without it the usual one."
    ),
    gettext_noop(
        "Key of the escalation plan, or a table of urgency and key;"
        ' otherwise (or "") means any other urgency.'
    ),
    gettext_noop("assignee, team, lead, leads_lead, owner or an address, or a list of them."),
    gettext_noop("lead, pool, fewest_open or the e-mail of whoever gets the task."),
    gettext_noop("assignee, team, lead, leads_lead, owner or an address."),
    gettext_noop("5d (from the start of the step), or a table: case, step, field or date, and an offset."),
)
"""Descriptions of the schema that say what is expected where several shapes are possible."""
KEY = "^[a-z][a-z0-9_-]*$"


def explain(error: ValidationError, source: Source) -> Iterator[Fault]:
    """Faults for one finding of the schema; of several allowed shapes the nearest one is explained."""
    if error.validator == "anyOf":
        nearest = _nearest(error)
        if nearest:
            for inner in nearest:
                yield from explain(inner, source)
            return
    sentence = SENTENCES.get(str(error.validator), _anything)
    yield from sentence(error, _path(error), source)


def _path(error: ValidationError) -> Path:
    return tuple(error.absolute_path)


def _nearest(error: ValidationError) -> list[ValidationError]:
    """Findings of the branch whose outer type fits; none if no branch or several fit."""
    fitting = [found for found in _branches(error) if not any(_is_wrong_type(one) for one in found)]
    return fitting[0] if len(fitting) == 1 else []


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    return list(branches.values())


def _is_wrong_type(error: ValidationError) -> bool:
    """Whether the value as a whole is of another type, in every allowed shape."""
    if error.relative_path:
        return False
    if error.validator == "anyOf":
        return all(any(_is_wrong_type(one) for one in found) for found in _branches(error))
    return error.validator == "type"


def _limit(error: ValidationError) -> Any:
    return error.validator_value


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], error.schema)


def _show(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _required(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    present: Any = error.instance
    for name in _limit(error):
        if name not in present and f"'{name}'" in error.message:
            yield Fault("missing", source.line(path), _("“%(name)s” is missing here."), name=name)


def _unknown(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    known = list(_schema(error).get("properties", ()))
    present: Any = error.instance
    for name in present:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        line = source.line((*path, name))
        if near:
            message = _("“%(name)s” is not known here. Is “%(near)s” meant?")
            yield Fault("unknown_word", line, message, name=_show(name), near=near[0])
            continue
        message = _("“%(name)s” is not known here. Possible: %(known)s. (A text with a colon needs quotes.)")
        yield Fault("unknown_word", line, message, name=_show(name), known=", ".join(known))


def _wrong_type(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    names = _limit(error) if isinstance(_limit(error), list) else [_limit(error)]
    expected = ", ".join(str(TYPES[name]) for name in names)
    yield Fault("type", source.line(path), _("%(expected)s is expected here."), expected=expected)


def _not_possible(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    known = ", ".join(str(one) for one in _limit(error))
    message = _("“%(value)s” is not possible here. Possible: %(known)s.")
    yield Fault("value", source.line(path), message, value=_show(error.instance), known=known)


def _pattern(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    line = (
        source.line((*path, str(error.instance)))
        if "propertyNames" in error.schema_path
        else source.line(path)
    )
    message = _("“%(value)s” is no key: lower-case letters, digits, - and _, starting with a letter.")
    if _limit(error) != KEY:
        message = _("“%(value)s” is no key of a field with one of the marks ! = ~ behind it.")
    yield Fault("key", line, message, value=_show(error.instance))


def _too_long(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    message = _("This is too long (at most %(limit)s).")
    yield Fault("too_long", source.line(path), message, limit=error.validator_value)


def _too_short(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    yield Fault("missing", source.line(path), _("This must not be empty."))


def _too_small(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    message = _("This is too small (at least %(limit)s).")
    yield Fault("value", source.line(path), message, limit=error.validator_value)


def _too_large(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    message = _("This is too large (at most %(limit)s).")
    yield Fault("value", source.line(path), message, limit=error.validator_value)


def _anything(error: ValidationError, path: Path, source: Source) -> Iterator[Fault]:
    hint = _schema(error).get("description", "")
    if hint:
        yield Fault("shape", source.line(path), _("This does not fit here. Expected: %(hint)s"), hint=_(hint))
    else:
        yield Fault("shape", source.line(path), _("This does not fit here."))


SENTENCES: dict[str, Callable[[ValidationError, Path, Source], Iterator[Fault]]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "type": _wrong_type,
    "enum": _not_possible,
    "pattern": _pattern,
    "maxLength": _too_long,
    "maxItems": _too_long,
    "maxProperties": _too_long,
    "minLength": _too_short,
    "minItems": _too_short,
    "minProperties": _too_short,
    "minimum": _too_small,
    "maximum": _too_large,
}
