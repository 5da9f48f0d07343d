"""The editing page of a draft as a test uses it: read, change what was typed, press a button."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from processes import blueprint
from processes.models import ProcessVersion
from processes.tests.builders import make_user
from processes.tests.pages import form_lists


class DraftPage:
    """What a browser has of the page; each button sends all of it."""

    def __init__(self, client: Client, version: ProcessVersion) -> None:
        self.client = client
        self.url = reverse("admin:processes_processversion_change", args=[version.pk])
        self.read(client.get(self.url))

    def read(self, response: Any) -> None:
        """Take over the page of an answer."""
        self.html = response.content.decode()
        self.typed = {name: values for name, values in form_lists(self.html).items() if name != "do"}

    def row(self, key: str) -> str:
        """The prefix of the step or field of this key."""
        known = (name for name, values in self.typed.items() if name.endswith("-key") and values == [key])
        return next(name.removesuffix("-key") for name in known if name.count("-") == 1)

    def put(self, name: str, *values: str) -> DraftPage:
        """Type something, or tick something."""
        self.typed[name] = list(values)
        return self

    def press(self, do: str) -> DraftPage:
        """A button that draws the page anew."""
        response = self.send(do)
        assert response.status_code == 200
        self.read(response)
        return self

    def send(self, do: str, **headers: str) -> Any:
        """A button; the answer."""
        return self.client.post(self.url, {**self.typed, "do": do}, headers=headers or None)


def as_admin(name: str) -> Client:
    """The browser of a process administrator of this name."""
    client = Client()
    client.force_login(make_user(name, is_process_admin=True))
    return client


def opened(client: Client, version: ProcessVersion) -> DraftPage:
    """The page of a draft."""
    return DraftPage(client, version)


def save(client: Client, version: ProcessVersion, typed: dict[str, str]) -> Any:
    """Open, type, save."""
    page = opened(client, version)
    for name, value in typed.items():
        page.put(name, value)
    return page.send("save")


def step(version: ProcessVersion, key: str) -> blueprint.StepPlan:
    """A step of the draft as it is stored."""
    return next(one for one in blueprint.read(version).steps if one.key == key)
