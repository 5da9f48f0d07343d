"""What was changed about a customer, made readable when it is shown, in the viewer's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from customers.forms import COUNTRIES
from customers.models import ContactPoint, Customer, CustomerEvent

MOST_SHOWN = 50
CHOICES: dict[str, dict[Any, Any]] = {
    "kind": dict(Customer.Kind.choices),
    "relation": dict(Customer.Relation.choices),
    "country": dict(COUNTRIES),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: its name for people, and what it read before and reads now."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    kind: str
    title: str
    at: dt.datetime
    by: str
    changes: tuple[Change, ...]


def of(customer: Customer) -> list[Entry]:
    """The last fifty changes, newest first, in one statement."""
    events = CustomerEvent.objects.filter(customer=customer).select_related("by", "acting_for")
    return [_entry(event) for event in events[:MOST_SHOWN]]


def differences(customer: Customer, typed: Mapping[str, str]) -> list[Change]:
    """Where what somebody typed (`new`) differs from what is stored (`old`)."""
    stored = {name: getattr(customer, name) for name in typed}
    return [_change(name, stored[name], text) for name, text in typed.items() if stored[name] != text]


def _entry(event: CustomerEvent) -> Entry:
    is_new = event.kind == CustomerEvent.Kind.CREATED
    changes = () if is_new else tuple(_change(name, *pair) for name, pair in event.changes.items())
    return Entry(event.kind, event.get_kind_display(), event.at, _person(event), changes)


def _person(event: CustomerEvent) -> str:
    if event.by is None:
        return _("automatically")
    if event.acting_for is None:
        return str(event.by)
    return _("%(person)s for %(other)s") % {"person": event.by, "other": event.acting_for}


def _change(name: str, old: Any, new: Any) -> Change:
    return Change(_label(name), _shown(name, old), _shown(name, new))


def _label(name: str) -> str:
    if name in ContactPoint.Kind.values:
        return force_str(ContactPoint.Kind(name).label)
    return force_str(Customer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(name: str, value: Any) -> str:
    return force_str(CHOICES.get(name, {}).get(value, value))
