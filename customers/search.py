"""Finding customers by name, number, place, telephone or e-mail, and records that may be the same one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from customers import folding
from customers.models import ContactPoint, Customer, CustomerQuerySet

MOST_DUPLICATES = 5
PHONES = (ContactPoint.Kind.PHONE, ContactPoint.Kind.MOBILE)


def searchable_text(customer: Customer, contacts: Iterable[ContactPoint]) -> str:
    """What a record is found by: names, number, place and every way of contact."""
    return folding.searchable(
        str(customer),
        customer.number,
        customer.external_id,
        customer.contact_name,
        customer.street,
        customer.place,
        *(point.normalized for point in contacts),
    )


def find(text: str, customers: CustomerQuerySet) -> CustomerQuerySet:
    """Those of `customers` in which every word of `text` occurs; all of them for an empty text."""
    if folding.is_phone_like(text):
        return customers.filter(_number(text[: folding.LONGEST_QUERY]))
    words = folding.search_words(text)
    if text.strip() and not words:
        return customers.none()
    for word in words:
        customers = customers.filter(_word(word))
    return customers


def choices(customers: Iterable[Customer]) -> list[tuple[str, str]]:
    """Ids and names for a list to choose from."""
    return in_order((str(one.pk), str(one)) for one in customers)


def in_order(offered: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ids and names ordered as German lists are by what one reads (ä as a)."""
    return sorted(offered, key=lambda one: (folding.without_accents(one[1]), int(one[0])))


def _number(text: str) -> Q:
    """A telephone number however it is typed; a postcode or customer number starts with 0 as well."""
    return Q(search_text__contains=folding.phone(text)) | Q(search_text__contains=folding.fold(text))


def _word(word: str) -> Q:
    if word.isdecimal() and word.startswith("0"):
        return _number(word)
    return Q(search_text__contains=word)


def possible_duplicates(
    customer: Customer, contacts: Iterable[tuple[str, str]], among: CustomerQuerySet
) -> list[Customer]:
    """Other records with the same name and postcode (one may be missing), or the same phone or e-mail.

    `contacts` = pairs of kind and value. At most five, in the order of lists.
    """
    keys = {
        folding.name_key(customer.name, customer.first_name),
        folding.name_key(customer.first_name, customer.name),
    }
    same_name = Q(sort_key__in=keys - {""})
    if customer.postcode:
        same_name &= Q(postcode__in=("", customer.postcode))
    others = among.exclude(pk=customer.pk) if customer.pk else among
    return list(others.filter(same_name | _same_contact(customer, contacts)).distinct()[:MOST_DUPLICATES])


def _same_contact(customer: Customer, contacts: Iterable[tuple[str, str]]) -> Q:
    phones, mails = set(), set()
    for kind, value in contacts:
        normalized = folding.contact(kind, value, customer.country)
        if kind in PHONES:
            phones.add(normalized)
        elif kind == ContactPoint.Kind.EMAIL:
            mails.add(normalized)
    points = ContactPoint.objects.filter(
        Q(kind__in=PHONES, normalized__in=phones) | Q(kind=ContactPoint.Kind.EMAIL, normalized__in=mails)
    )
    return Q(pk__in=points.values("customer_id"))
