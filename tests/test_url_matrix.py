"""Every address × every role × every standing of the object × GET, POST, both with HTMX.

`url_matrix.toml` says for whom each door opens. Everything else follows from the rights: who may not see the
object gets the same bytes as for a missing one, who may see but not do is refused, nobody refused writes
anything, and who is not logged in goes to the log-in. An address the file does not know fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse

from tests import world
from tests.doors import Door, doors, expand, filled, routes, standings, table
from tests.world import ROLES, World

CSRF_TOKEN = re.compile(rb"[A-Za-z0-9]{64}")
OUTSIDE_THE_OFFICE = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "(django_session|people_adminevent)"')
WRITES = ("INSERT", "UPDATE", "DELETE")
WAYS = [("GET", False), ("GET", True), ("POST", False), ("POST", True)]


class Answer:
    """What a request got: status, body without what differs from call to call, whether it wrote."""

    def __init__(self, response: HttpResponseBase, wrote: list[str]) -> None:
        self.status = response.status_code
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        self.body = CSRF_TOKEN.sub(b"", body)
        self.goes_to = response.headers.get("HX-Redirect", response.headers.get("Location", ""))
        self.wrote = wrote

    @property
    def is_login(self) -> bool:
        """Whether it sends the browser to the log-in."""
        return self.status in (204, 302) and self.goes_to.startswith(resolve_url(settings.LOGIN_URL))


@contextmanager
def undone() -> Iterator[list[str]]:
    """Collect the writing statements of what happens inside, and undo them."""
    wrote: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(WRITES) and not OUTSIDE_THE_OFFICE.match(sql):
            wrote.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield wrote
        transaction.set_rollback(True)


def ask(office: World, role: str, method: str, path: str, is_htmx: bool, send: dict[str, str]) -> Answer:
    """One request in a browser of its own; what it wrote is undone."""
    headers = {"X-Request-ID": "0000000000000000", **({"HX-Request": "true"} if is_htmx else {})}
    with undone() as wrote:
        client = office.client(role)
        response = (
            client.post(path, send, headers=headers)
            if method == "POST"
            else client.get(path, headers=headers)
        )
        return Answer(response, wrote)


def judge(door: Door, role: str, method: str, standing: str, answer: Answer, missing: Answer | None) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if not door.allows(method):
        return "" if answer.status == 405 and not answer.wrote else "should not take this method"
    if role in door.roles(method, standing) | expand(door.repeats.get(standing, "")):
        return _let_in(door, door.writes(method, role, standing), answer)
    if answer.wrote:
        return f"refused, and yet wrote {answer.wrote[0][:60]}"
    if role in ("anonymous", "deactivated") and not door.public:
        return "" if answer.is_login else "should go to the log-in"
    if role in door.sees(standing):
        return "" if answer.status in door.refuses else f"should be refused with one of {door.refuses}"
    if answer.status != 404:
        return "should not exist"
    return "" if missing is None or missing.body == answer.body else "differs from a missing object"


def _let_in(door: Door, should_write: bool, answer: Answer) -> str:
    if answer.status not in door.answers or answer.is_login != door.to_login:
        return f"should get one of {door.answers}"
    if should_write and not answer.wrote:
        return "should have written something"
    return ""


def check(office: World, door: Door, role: str) -> Iterator[str]:
    """All faults of one door for one role."""
    known = office.objects.get(door.object, {})
    for method, is_htmx in WAYS:
        missing = _missing(office, door, role, method, is_htmx)
        for standing in standings(door, known):
            path = reverse(door.name, kwargs=known.get(standing, {}) if door.object else {})
            answer = ask(office, role, method, path, is_htmx, filled(door, office))
            fault = judge(door, role, method, standing, answer, missing)
            if fault:
                htmx = "HTMX " if is_htmx else ""
                yield f"{door.name} {standing} {htmx}{method} by {role}: {answer.status} {fault}"


def _missing(office: World, door: Door, role: str, method: str, is_htmx: bool) -> Answer | None:
    if not door.object:
        return None
    path = reverse(door.name, kwargs=office.objects[door.object]["missing"])
    return ask(office, role, method, path, is_htmx, filled(door, office))


def test_every_address_is_described_and_every_description_has_an_address() -> None:
    known = {name for name, _route in routes() if not _has_rule(name)}
    described = set(doors())
    assert known - described == set(), "addresses nobody thought about"
    assert described - known == set(), "descriptions of addresses that are gone"


def _has_rule(name: str) -> bool:
    return any(name.startswith(prefix) for prefix in table()["prefixes"])


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_every_door_opens_for_those_who_may_and_for_nobody_else(role: str) -> None:
    office = world.build()
    faults = [fault for door in doors().values() for fault in check(office, door, role)]
    assert not faults, "\n".join(faults)
