"""What an automatic step writes into fields, worked out from the texts of its definition. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from processes import fields
from processes.fields import FieldSpec
from processes.stepplans import Pairs

COPY = "="
TODAY = "today"


class Unfit(Exception):
    """A planned value does not fit its field; `field` is the field's label."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def resolve(
    pairs: Pairs, specs: Mapping[str, FieldSpec], data: Mapping[str, Any], *, at: dt.datetime
) -> dict[str, Any]:
    """Canonical values by key: `=other` copies a field as it was before this step, `today` is the day of
    `at` (of a date and time: the moment), empty clears; several of a choice stand between commas.

    Raises Unfit.
    """
    found = {}
    for key, text in pairs:
        spec = specs.get(key)
        if spec is None:
            raise Unfit(key)
        try:
            found[key] = fields.parse(spec, _raw(spec, text, data, at))
        except fields.FieldError:
            raise Unfit(spec.label) from None
    return found


def _raw(spec: FieldSpec, text: str, data: Mapping[str, Any], at: dt.datetime) -> Any:
    if text.startswith(COPY):
        return data.get(text.removeprefix(COPY))
    if text == TODAY and spec.type in fields.DATE_PARSERS:
        return at
    if spec.type == "multichoice":
        return [one.strip() for one in text.split(",") if one.strip()]
    return text
