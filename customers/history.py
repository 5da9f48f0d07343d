"""What happened with a customer, made readable when it is shown, in the viewer's language: contacts, and
changes of the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from customers.forms import COUNTRIES
from customers.models import ContactPoint, Customer, CustomerEvent, Interaction
from people.models import User
from people.scope import Scope
from processes.models import ProcessInstance

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
    """One line of the history. `case` and `case_url` are empty where the viewer may not see the case."""

    icon: str
    title: str
    at: dt.datetime
    by: str
    changes: tuple[Change, ...] = ()
    detail: str = ""
    text: str = ""
    case: str = ""
    case_url: str = ""


ICONS: Mapping[str, str] = {
    Interaction.Channel.PHONE: "phone",
    Interaction.Channel.EMAIL: "mail",
    Interaction.Channel.LETTER: "mails",
    Interaction.Channel.MEETING: "users",
    Interaction.Channel.WEB: "globe",
    Interaction.Channel.NOTE: "notebook-pen",
}


def of(customer: Customer, scope: Scope) -> list[Entry]:
    """The last fifty contacts and changes, newest first, in two statements."""
    both = [*_contacts(customer, scope), *changes(customer)]
    return sorted(both, key=lambda entry: entry.at, reverse=True)[:MOST_SHOWN]


def changes(customer: Customer) -> list[Entry]:
    """The last fifty changes of the record, newest first, in one statement."""
    events = CustomerEvent.objects.filter(customer=customer).select_related("by", "acting_for")
    return [_entry(event) for event in events[:MOST_SHOWN]]


def _contacts(customer: Customer, scope: Scope) -> list[Entry]:
    """Contacts; those of a confidential case only for those who may see the case."""
    visible = ProcessInstance.objects.visible_to(scope).order_by()
    rows = (
        Interaction.objects.filter(customer=customer)
        .filter(
            Q(link__isnull=True) | Q(link__instance__is_confidential=False) | Q(link__instance__in=visible)
        )
        .annotate(is_case_visible=Q(link__instance__in=visible))
        .select_related("recorded_by", "recorded_for", "link__instance")
    )
    return [_contact(row) for row in rows[:MOST_SHOWN]]


def _contact(row: Interaction) -> Entry:
    link = getattr(row, "link", None)
    case = link.instance if link is not None and getattr(row, "is_case_visible", False) else None
    return Entry(
        icon=ICONS.get(row.channel, "message-square"),
        title=row.subject,
        at=row.at,
        by=_person(row.recorded_by, row.recorded_for),
        detail=f"{row.get_channel_display()}, {row.get_direction_display()}",
        text=row.text,
        case=case.number if case else "",
        case_url=reverse("processes:instance", args=[case.pk]) if case else "",
    )


def differences(customer: Customer, typed: Mapping[str, str]) -> list[Change]:
    """Where what somebody typed (`new`) differs from what is stored (`old`)."""
    stored = {name: getattr(customer, name) for name in typed}
    return [_change(name, stored[name], text) for name, text in typed.items() if stored[name] != text]


def _entry(event: CustomerEvent) -> Entry:
    is_new = event.kind == CustomerEvent.Kind.CREATED
    changes = () if is_new else tuple(_change(name, *pair) for name, pair in event.changes.items())
    icon = "plus" if is_new else "pencil"
    return Entry(icon, event.get_kind_display(), event.at, _person(event.by, event.acting_for), changes)


def _person(by: User | None, acting_for: User | None) -> str:
    if by is None:
        return _("automatically")
    if acting_for is None:
        return str(by)
    return _("%(person)s for %(other)s") % {"person": by, "other": acting_for}


def _change(name: str, old: Any, new: Any) -> Change:
    return Change(_label(name), _shown(name, old), _shown(name, new))


def _label(name: str) -> str:
    if name in ContactPoint.Kind.values:
        return force_str(ContactPoint.Kind(name).label)
    return force_str(Customer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(name: str, value: Any) -> str:
    return force_str(CHOICES.get(name, {}).get(value, value))
