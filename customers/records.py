"""The one place that writes customers: records, ways of contact, contacts, and the log of who changed what.

Every change locks the record's row, compares, writes, and logs in the same transaction. `by` is a principal;
the system (an import, a demo) is bound by no rights. Everything here raises NotAllowed for somebody who works
no cases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from customers import folding, search
from customers.models import ContactPoint, Customer, CustomerEvent, Interaction
from people.models import User
from people.scope import Principal, principal
from processes import numbers, policy
from processes.errors import NotAllowed, StaleError
from processes.retry import one_transaction

COUNTER = "customers"
FIRST_NUMBER = 10001
TEXT_FIELDS = [
    "kind",
    "relation",
    "name",
    "first_name",
    "salutation",
    "contact_name",
    "street",
    "postcode",
    "city",
    "country",
    "notes",
    "external_id",
]

Contact = tuple[str, str, str]
"""Kind, value, label."""


def create(
    *,
    by: Principal | User,
    contacts: Iterable[Contact] = (),
    key: str | None = None,
    at: dt.datetime | None = None,
    number: str = "",
    **values: Any,
) -> Customer:
    """Write a new record with its ways of contact; without `number` it gets the next one (K-10001, …).

    `key` = idempotency key: the same key of the same person gives the same record again.
    """
    who = _entitled(by)
    repeat = created_before(key, who)
    if repeat is not None:
        return repeat
    made = Customer(**_cleaned(values), number=number, created_by=who.user, idempotency_key=key or None)
    made.created_at = made.updated_at = at or timezone.now()
    try:
        return _create(made, contacts, who)
    except IntegrityError:
        repeat = created_before(key, who)
        if repeat is None:
            raise
        return repeat


def created_before(key: str | None, by: Principal | User) -> Customer | None:
    """The record the same person made with this key before."""
    who = principal(by)
    return Customer.objects.filter(idempotency_key=key, created_by=who.user).first() if key else None


@one_transaction
def _create(customer: Customer, contacts: Iterable[Contact], who: Principal) -> Customer:
    customer.number = customer.number or _next_number()
    customer.save()
    points = [_point(customer, kind, value, label) for kind, value, label in contacts]
    ContactPoint.objects.bulk_create(points)
    _store_search_text(customer, points)
    filled = {name: ["", getattr(customer, name)] for name in TEXT_FIELDS if getattr(customer, name)}
    new = {"contacts": ["", [point.value for point in points]]} if points else {}
    _log(customer, CustomerEvent.Kind.CREATED, who, customer.created_at, {**filled, **new})
    return customer


@one_transaction
def update(
    customer: Customer,
    *,
    by: Principal | User,
    expected_version: int,
    at: dt.datetime | None = None,
    **values: Any,
) -> Customer:
    """Change fields of a record. Raises StaleError if its version is not the expected one any more.

    Nothing is written and the version stays where nothing differs.
    """
    who = _entitled(by)
    fresh = _locked(customer)
    if fresh.version != expected_version:
        raise StaleError
    changes = _changes(fresh, _cleaned(values))
    if not changes:
        return fresh
    for name, (_, new) in changes.items():
        setattr(fresh, name, new)
    fresh.version += 1
    fresh.updated_at = at or timezone.now()
    fresh.save()
    _renormalize(fresh, changes)
    _log(fresh, CustomerEvent.Kind.CHANGED, who, fresh.updated_at, changes)
    return fresh


@one_transaction
def add_contact(
    customer: Customer,
    *,
    by: Principal | User,
    kind: str,
    value: str,
    label: str = "",
    at: dt.datetime | None = None,
) -> ContactPoint:
    """Add a way of contact; one the record has already is returned as it is."""
    who = _entitled(by)
    fresh = _locked(customer)
    point = _point(fresh, kind, value, label)
    known = fresh.contact_points.filter(kind=kind, normalized=point.normalized).first()
    if known is not None:
        return known
    point.save()
    _touch(fresh, CustomerEvent.Kind.CONTACT_ADDED, who, at, {kind: ["", _shown(point)]})
    return point


@one_transaction
def change_contact(
    point: ContactPoint,
    *,
    by: Principal | User,
    kind: str,
    value: str,
    label: str = "",
    expected: str,
    at: dt.datetime | None = None,
) -> ContactPoint:
    """Change a way of contact. Raises StaleError if it is gone or no longer reads `expected`."""
    who = _entitled(by)
    customer = _locked(point.customer)
    old = _current(point, expected)
    new = _point(customer, kind, value, label)
    if (old.kind, _shown(old)) == (new.kind, _shown(new)):
        return old
    new.pk = old.pk
    new.save(force_update=True)
    _touch(customer, CustomerEvent.Kind.CONTACT_CHANGED, who, at, {new.kind: [_shown(old), _shown(new)]})
    return new


@one_transaction
def remove_contact(
    point: ContactPoint, *, by: Principal | User, expected: str, at: dt.datetime | None = None
) -> None:
    """Remove a way of contact. Raises StaleError if it is gone or no longer reads `expected`."""
    who = _entitled(by)
    customer = _locked(point.customer)
    old = _current(point, expected)
    change = {old.kind: [_shown(old), ""]}
    old.delete()
    _touch(customer, CustomerEvent.Kind.CONTACT_REMOVED, who, at, change)


def record_interaction(
    customer: Customer,
    *,
    by: Principal | User,
    channel: str,
    direction: str,
    subject: str,
    text: str = "",
    key: str | None = None,
    at: dt.datetime | None = None,
) -> Interaction:
    """Write down a contact with the customer; the record itself stays as it is, so nothing is locked.

    `key` = idempotency key: the same key of the same person gives the same entry again.
    """
    who = _entitled(by)
    values = {
        "customer": customer,
        "at": at or timezone.now(),
        "channel": Interaction.Channel(channel),
        "direction": Interaction.Direction(direction),
        "subject": " ".join(folding.printable(subject).split()),
        "text": folding.printable(text),
        "recorded_by": who.user,
        "recorded_for": who.acting_for,
    }
    if not key:
        return Interaction.objects.create(**values)
    made, _is_new = Interaction.objects.get_or_create(idempotency_key=key, defaults=values)
    if (made.customer_id, made.recorded_by_id) != (customer.pk, who.user.pk if who.user else None):
        raise StaleError
    return made


def _entitled(by: Principal | User) -> Principal:
    who = principal(by)
    if who.user is not None and not policy.may_work_cases(who.user):
        raise NotAllowed
    return who


def _locked(customer: Customer) -> Customer:
    """Lock the row; foreign keys to it may go on being written."""
    return Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=customer.pk)


def _current(point: ContactPoint, expected: str) -> ContactPoint:
    fresh = ContactPoint.objects.filter(pk=point.pk).first()
    if fresh is None or fresh.value != expected:
        raise StaleError
    return fresh


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(TEXT_FIELDS)
    if unknown:
        raise TypeError(f"not a field of a customer: {', '.join(sorted(unknown))}")
    return {name: folding.printable(str(value)) for name, value in values.items()}


def _changes(customer: Customer, values: Mapping[str, str]) -> dict[str, list[str]]:
    before = {name: getattr(customer, name) for name in values}
    return {name: [before[name], new] for name, new in values.items() if before[name] != new}


def _next_number() -> str:
    """Numbers that came with imported records are skipped."""
    while True:
        number = f"K-{numbers.next_of(COUNTER, first=FIRST_NUMBER)}"
        if not Customer.objects.filter(number=number).exists():
            return number


def _point(customer: Customer, kind: str, value: str, label: str) -> ContactPoint:
    value = " ".join(folding.printable(value).split())
    return ContactPoint(
        customer=customer,
        kind=kind,
        value=value,
        label=folding.printable(label),
        normalized=folding.contact(kind, value, customer.country),
    )


def _shown(point: ContactPoint) -> str:
    return f"{point.value} ({point.label})" if point.label else point.value


def _renormalize(customer: Customer, changes: Mapping[str, Any]) -> None:
    """Keep the search text; a new country gives national telephone numbers another prefix."""
    points = list(customer.contact_points.all())
    if "country" in changes:
        for point in points:
            point.normalized = folding.contact(point.kind, point.value, customer.country)
        ContactPoint.objects.bulk_update(points, ["normalized"])
    _store_search_text(customer, points)


def _store_search_text(customer: Customer, points: Iterable[ContactPoint]) -> None:
    customer.search_text = search.searchable_text(customer, points)
    customer.save(update_fields=["search_text"])


def _touch(
    customer: Customer, kind: str, who: Principal, at: dt.datetime | None, changes: dict[str, Any]
) -> None:
    """Note a change of the ways of contact; the version counts the record's own fields only."""
    customer.updated_at = at or timezone.now()
    customer.search_text = search.searchable_text(customer, customer.contact_points.all())
    customer.save(update_fields=["updated_at", "search_text"])
    _log(customer, kind, who, customer.updated_at, changes)


def _log(customer: Customer, kind: str, who: Principal, at: dt.datetime, changes: dict[str, Any]) -> None:
    CustomerEvent.objects.create(
        customer=customer, kind=kind, at=at, by=who.user, acting_for=who.acting_for, changes=changes
    )
