"""The administration: every page of it × every role × an existing and a missing row × GET, POST, with HTMX.

Who works cases and nothing else gets 404 for all of it, who administers something else is refused, and nobody
refused writes anything. A table or page the expectation file does not know fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from processes import publishing
from processes.models import ProcessDefinition, StartSchedule
from tests import world
from tests.doors import expand, routes, table
from tests.test_url_matrix import Answer, ask
from tests.world import MISSING_ID, ROLES, World

RIGHTS = {"changelist": "see", "history": "see", "add": "add", "delete": "delete"}
"""Which right a page of a table asks for; reading the form of a row asks for `see`, all else for `change`."""
NAMELESS = {
    "admin:": "/admin/nosuchpage/",
    "admin:app_list": "/admin/nosuchapp/",
    "admin:view_on_site": "/admin/r/1/1/",
    "admin:process_template": "/admin/processes/processdefinition/templates/ticket/",
}


@dataclass(frozen=True)
class Page:
    """One page of one table."""

    name: str
    table: str
    action: str

    def right(self, method: str) -> str:
        """The right it takes to open it with this method."""
        if self.action == "change" and method == "GET":
            return "see"
        return RIGHTS.get(self.action, "change")

    def roles(self, method: str) -> frozenset[str]:
        """Who has that right."""
        return expand(table()["tables"][self.table].get(self.right(method), "")) & expand("staff")


def table_pages() -> Iterator[Page]:
    """All pages that belong to a table of the administration."""
    tables = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    for name, _route in routes():
        for one in tables:
            if name.startswith(f"admin:{one}_"):
                yield Page(name, one, name.removeprefix(f"admin:{one}_"))


def addresses(page: Page, ids: dict[str, int]) -> dict[str, str]:
    """The page for an existing and for a missing row, or the one address of a page without a row."""
    try:
        return {"existing": reverse(page.name)}
    except NoReverseMatch:
        known = {"existing": ids[page.table], "missing": MISSING_ID}
        return {name: reverse(page.name, args=[number]) for name, number in known.items()}


def rows(office: World) -> dict[str, int]:
    """One row of each table; of the versions a draft, because nothing else could be changed."""
    draft = publishing.new_draft(ProcessDefinition.objects.get(key="ours"), by=office.people["process_admin"])
    StartSchedule.objects.create(definition=draft.definition, title="Monatlich", anchor_on="2027-01-01")
    found = {"processes_processversion": draft.pk, "people_user": office.people["employee"].pk}
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        found.setdefault(name, apps.get_model(model._meta.label).objects.values_list("pk", flat=True).first())
    return found


def judge(page: Page, role: str, method: str, standing: str, answer: Answer) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if role in page.roles(method):
        is_right = answer.status in (200, 302, 405, 422) and not answer.is_login
        return (
            "" if is_right or (standing == "missing" and answer.status in (403, 404)) else "should be let in"
        )
    if answer.wrote:
        return f"refused, and yet wrote {answer.wrote[0][:60]}"
    if answer.status == 405:
        return "" if method == "GET" else "should take a POST"
    if role in ("anonymous", "deactivated"):
        return "" if answer.is_login else "should go to the log-in"
    refusals = (403, 404) if role in expand("staff") else (404,)
    return "" if answer.status in refusals else f"should get one of {refusals}"


def check(office: World, page: Page, role: str, ids: dict[str, int]) -> Iterator[str]:
    """All faults of one page for one role."""
    for method in ("GET", "POST"):
        answers = {
            standing: ask(office, role, method, path, False, {})
            for standing, path in addresses(page, ids).items()
        }
        for standing, answer in answers.items():
            fault = judge(page, role, method, standing, answer)
            if fault:
                yield f"{page.name} {standing} {method} by {role}: {answer.status} {fault}"
        if role not in page.roles(method) and len({answer.body for answer in answers.values()}) > 1:
            yield f"{page.name} {method} by {role}: tells an existing row from a missing one"


def test_every_table_and_page_of_the_administration_is_described() -> None:
    described = table()["tables"]
    assert {page.table for page in table_pages()} == set(described)
    of_tables = {page.name for page in table_pages()}
    others = {name for name, _route in routes() if any(name.startswith(one) for one in table()["prefixes"])}
    assert others - of_tables == set(table()["pages"])


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_table_opens_for_those_who_may_and_for_nobody_else(role: str) -> None:
    office = world.build()
    ids = rows(office)
    faults = [fault for page in table_pages() for fault in check(office, page, role, ids)]
    assert not faults, "\n".join(faults)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_pages_without_a_table_answer_only_those_described(role: str) -> None:
    office = world.build()
    for name, roles in table()["pages"].items():
        answer = ask(office, role, "GET", NAMELESS.get(name) or reverse(name), False, {})
        assert (answer.status == 200) == (role in expand(roles)), f"{name}: {answer.status}"
        assert answer.status < 500
        assert not answer.wrote


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["employee", "operator", "process_admin", "user_admin", "superuser"])
def test_lists_of_the_administration_name_no_confidential_case(role: str) -> None:
    office = world.build()
    for page in table_pages():
        if page.action == "changelist":
            body = ask(office, role, "GET", reverse(page.name), False, {}).body
            assert b"HIDDEN-1" not in body, page.name
