"""Reads the resolver and the expectation file `url_matrix.toml`: which door exists, and for whom it opens."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.world import OBJECTS, ROLES, World

FILE = Path(__file__).with_name("url_matrix.toml")


@dataclass(frozen=True)
class Door:
    """One address as the expectation file describes it."""

    name: str
    object: str = ""
    get: Any = None
    post: Any = None
    send: dict[str, str] = field(default_factory=dict)
    answers: tuple[int, ...] = (200, 204, 302)
    refuses: tuple[int, ...] = (403, 409, 422)
    keeps: bool = False
    repeats: dict[str, str] = field(default_factory=dict)
    knows: str = ""
    to_login: bool = False
    public: bool = False

    def roles(self, method: str, standing: str) -> frozenset[str]:
        """Who gets through with this method for an object of this standing."""
        rule = self.get if method == "GET" else self.post
        if isinstance(rule, dict):
            rule = rule.get(standing, "")
        return expand(rule or "") if standing != "missing" else frozenset()

    def sees(self, standing: str) -> frozenset[str]:
        """Who may know that the object exists; for a page without an object: who may know the page."""
        if standing == "missing":
            return frozenset()
        if not self.object:
            return self.roles("GET", standing) | self.roles("POST", standing) | expand(self.knows)
        return expand(table()["sees"][self.object].get(standing, ""))

    def writes(self, method: str, role: str, standing: str) -> bool:
        """Whether somebody let in changes something by it: not by reading, not by doing it once more."""
        return method == "POST" and not self.keeps and role not in expand(self.repeats.get(standing, ""))

    def allows(self, method: str) -> bool:
        """Whether the door has this method at all."""
        return (self.get if method == "GET" else self.post) is not None


@cache
def table() -> dict[str, Any]:
    """The expectation file."""
    return tomllib.loads(FILE.read_text())


def expand(words: str) -> frozenset[str]:
    """Roles and groups of roles, as a set of roles; an unknown word is an error."""
    found: set[str] = set()
    for word in words.split():
        if word in ROLES:
            found.add(word)
        else:
            found |= expand(table()["groups"][word])
    return frozenset(found)


def doors() -> dict[str, Door]:
    """The described doors by name."""
    return {name: Door(name, **_lists_as_tuples(rule)) for name, rule in table()["doors"].items()}


def _lists_as_tuples(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in rule.items()}


def standings(door: Door, known: dict[str, Any]) -> list[str]:
    """The standings there are objects of; a page without an object has one."""
    return [name for name in OBJECTS if name in known] if door.object else ["own"]


def filled(door: Door, office: World) -> dict[str, str]:
    """What the door is sent: `{employee}` in a value stands for that person's id."""
    ids = {role: person.pk for role, person in office.people.items()}
    return {name: value.format(**ids) for name, value in door.send.items()}


def routes() -> Iterator[tuple[str, str]]:
    """Name (with namespace) and route of every address of the resolver."""
    yield from _walk(get_resolver(), "", "")


def _walk(resolver: URLResolver, namespace: str, prefix: str) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield namespace + (one.name or ""), route
        else:
            yield from _walk(one, f"{namespace}{one.namespace}:" if one.namespace else namespace, route)
