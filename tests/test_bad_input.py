"""Whatever is typed into whatever field or address: never a server error, and never live markup in a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import payloads, world
from tests.doors import Door, doors, expand
from tests.world import World

QUERY_NAMES = (
    ("q", "process", "urgency", "customer", "next", "page", "team", "before", "history"),
    ("after", "rows"),
    ("folder",),
    ("impact", "pressure"),
    ("state",),
)
"""Sent together; those that are refused with 404 stand alone, so that they hide no others."""
HUGE_IDS = ["0", str(2**31), str(2**63 - 1), str(2**63), "9" * 200]
FORMS = [door for door in doors().values() if door.post is not None and door.send]
OF_OBJECTS = [door for door in doors().values() if door.object]
MARKS = ["<zq7 hx-get=/x>", '" zq7="1', "' zq7='1", "</script><script>zq7()</script>"]
PAGES = [door for door in doors().values() if door.get]
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

SHARE = 1 if os.environ.get("BAD_INPUT") == "all" else 8
"""Of how many texts a field gets one, in turns, so that together they get all; BAD_INPUT=all: all to each."""


def share(texts: list[str], number: int) -> list[str]:
    """The texts whose turn it is at the field of that number."""
    return texts[number % SHARE :: SHARE]


def ways(door: Door, office: World, method: str) -> Iterator[tuple[Client, str, str]]:
    """For each object the door has, a browser of somebody who gets through, and the address."""
    known = office.objects.get(door.object, {"own": {}})
    for standing, parts in known.items():
        for role in sorted(door.roles(method, standing) - {"anonymous", "deactivated"})[:1]:
            yield office.client(role), role, reverse(door.name, kwargs=parts)


def entry(door: Door, office: World, method: str) -> tuple[Client, str]:
    """The first of `ways`, or a door for nobody but the public."""
    for client, _role, path in ways(door, office, method):
        return client, path
    parts = office.objects[door.object]["own"] if door.object else {}
    return office.client("anonymous"), reverse(door.name, kwargs=parts)


def body_of(answer: Any) -> bytes:
    """What an answer says, also one that is a file."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def live_markup(body: bytes) -> list[str]:
    """Payloads that got into a page as markup."""
    page = body.decode(errors="replace").lower()
    return [text for text in payloads.LIVE_MARKUP if text in page]


def fault_of(client: Client, method: str, path: str, sent: dict[str, str]) -> str:
    """What went wrong with one request, empty if nothing did; its writes are undone after looking again."""
    with transaction.atomic():
        response = client.post(path, sent) if method == "POST" else client.get(path, sent)
        followed = client.get(response.headers["Location"]) if response.status_code == 302 else response
        transaction.set_rollback(True)
    if response.status_code >= 500 or followed.status_code >= 500:
        return f"{response.status_code} then {followed.status_code}"
    return " ".join(live_markup(body_of(response)) + live_markup(body_of(followed)))


def storable(text: str) -> str:
    """What a browser would send of a text: it has no lone surrogates, they come as percent escapes only."""
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("door", FORMS, ids=lambda door: door.name)
def test_any_text_in_any_field_is_refused_or_shown_as_text(door: Door) -> None:
    office = world.build()
    client, path = entry(door, office, "POST")
    good = {
        name: value.format(**{role: one.pk for role, one in office.people.items()})
        for name, value in door.send.items()
    }
    faults = []
    for number, name in enumerate(good, start=FORMS.index(door)):
        for text in share(payloads.ALL, number):
            fault = fault_of(client, "POST", path, {**good, name: storable(text)})
            if fault:
                faults.append(f"{name}={text[:40]!r}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("door", PAGES, ids=lambda door: door.name)
def test_any_text_in_any_query_parameter_is_shown_as_text(door: Door) -> None:
    office = world.build()
    client, path = entry(door, office, "GET")
    faults = []
    for number, names in enumerate(QUERY_NAMES, start=PAGES.index(door)):
        for text in share(payloads.TEXTS, number):
            fault = fault_of(client, "GET", path, dict.fromkeys(names, storable(text)))
            if fault:
                faults.append(f"{names}={text[:40]!r}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "door", [door for door in doors().values() if door.object], ids=lambda door: door.name
)
def test_any_number_in_the_address_is_no_server_error(door: Door) -> None:
    office = world.build()
    parts = office.objects[door.object]["missing"]
    client = office.client("employee")
    for number in HUGE_IDS:
        path = reverse(door.name, kwargs=parts).replace(str(world.MISSING_ID), number)
        for method in ("GET", "POST"):
            assert fault_of(client, method, path, {}) == ""


def test_query_with_broken_escapes_and_repeated_names_is_no_server_error() -> None:
    client = world.build().client("employee")
    for query in ("q=%ED%A0%80", "q=%FF%FE", "q=%", "q=%00", "q=a&q=b", "after=1&after=x", "&&&=", "q[]=1"):
        for page in ("customers:list", "customers:picker", "customers:options", "tasks:inbox"):
            assert client.get(f"{reverse(page)}?{query}").status_code < 500


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", "x/y", ""])
def test_body_of_another_type_is_no_server_error(content_type: str) -> None:
    office = world.build()
    for door in FORMS:
        client, path = entry(door, office, "POST")
        with transaction.atomic():
            answer = client.generic("POST", path, b'{"a": "\xff\xfe"', content_type=content_type)
            transaction.set_rollback(True)
        assert answer.status_code < 500, door.name


@pytest.mark.parametrize(
    "mark", ["<zq7 hx-get=/x>", '" zq7="1', "' zq7='1", "</script><script>zq7()</script>"]
)
@pytest.mark.parametrize("role", ["employee", "foreign_lead", "auditor", "superuser"])
def test_names_that_are_markup_are_shown_as_text_on_every_page(mark: str, role: str) -> None:
    office = world.build(mark)
    client = office.client(role)
    for door in PAGES:
        for standing, parts in office.objects.get(door.object, {"own": {}}).items():
            if role in door.roles("GET", standing):
                page = client.get(reverse(door.name, kwargs=parts))
                assert live_markup(body_of(page)) == [], f"{door.name} {standing}"


def test_the_members_see_something_of_every_payload() -> None:
    """The net above would catch nothing if the pages did not show names at all."""
    office = world.build("<zq7 hx-get=/x>")
    page = office.client("employee").get(reverse("tasks:detail", kwargs=office.objects["task"]["own"]))
    assert page.content.count(b"&lt;zq7 hx-get=/x&gt;") >= len(expand("members"))
