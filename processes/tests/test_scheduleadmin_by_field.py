"""Scheduled starts at dates of other cases in the administration: offered, saved, shown and hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import AdminEvent
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, StartSchedule
from processes.tests.builders import flows, make_definition, make_team, make_user, make_version, node, task
from processes.tests.test_scheduleadmin import client, door, form, process

__all__ = ["client", "process"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def contracts() -> ProcessDefinition:
    fields = (
        FieldPlan("end", "Vertragsende", "date", is_evaluated=True),
        FieldPlan("signed", "Unterschrieben", "date"),
        FieldPlan("rent", "Miete", "money", is_evaluated=True),
    )
    uses = tuple(StepFieldPlan(one.key) for one in fields)
    plan = Blueprint(
        fields=fields,
        steps=(StepPlan("start", "start", "Start", fields=uses), task("keep"), node("over", "end")),
        flows=flows("start>keep", "keep.done>over"),
    )
    return make_version(plan, make_definition("contracts", name="Eigene Verträge")).definition


def by_field(process: ProcessDefinition, source: ProcessDefinition, **fields: Any) -> dict[str, Any]:
    offset = {"offset_0": "90", "offset_1": "cd", "offset_2": "-"}
    return form(process, unit="field", source_date=f"{source.pk}:end", origins="both", **offset, **fields)


def test_only_indexed_dates_of_published_processes_are_offered(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition
):
    offered = client.get(door()).context["form"].fields["source_date"].choices
    assert offered[1:] == [("Eigene Verträge", [(f"{contracts.pk}:end", "Vertragsende")])]


def test_a_start_at_dates_of_other_cases_is_saved_shown_and_logged(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition
):
    assert client.post(door(), by_field(process, contracts)).status_code == 302
    row = StartSchedule.objects.get()
    assert (row.source, row.source_field, row.offset, row.origins) == (contracts, "end", "-90cd", "both")
    assert row.wake_at is not None
    changes = AdminEvent.objects.get(kind="schedule_created").changes
    assert changes["source"] == ["", f"{contracts.pk}: end"]
    page = client.get(door(row))
    assert page.context["form"].initial["source_date"] == f"{contracts.pk}:end"
    assert "Vertragsende" in page.context["words"] and "Eigene Verträge" in page.context["words"]
    plain = form(process, unit="months", source_date=f"{contracts.pk}:end", origins="both")
    assert client.post(door(row), plain).status_code == 302
    row.refresh_from_db()
    assert (row.source, row.source_field) == (None, "")


def test_the_preview_says_how_many_cases_each_date_comes_to_and_names_none(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition
):
    anna = make_user("Anna", make_team())
    for end in ("2099-06-30", "2099-06-30", "2099-12-31"):
        runtime.start(contracts, by=anna, title="Miete Schmidt", data={"end": end})
    preview = by_field(process, contracts, anchor_on="2026-01-01", _preview="")
    page = client.post(door(), preview)
    assert [number[:1] for _moment, number in page.context["dates"]] == ["2", "1"]
    assert "Schmidt" not in page.content.decode()
    assert not StartSchedule.objects.exists()


@pytest.mark.parametrize("wrong", [{"source_date": ""}, {"source_date": "999:end"}, {"source_date": "x"}])
def test_a_date_that_is_not_offered_is_refused(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition, wrong: dict[str, str]
):
    page = client.post(door(), {**by_field(process, contracts), **wrong})
    assert "source_date" in page.context["form"].errors
    assert not StartSchedule.objects.exists()


def test_confidential_cases_start_confidential_ones_only(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition
):
    ProcessDefinition.objects.filter(pk=contracts.pk).update(is_confidential=True)
    page = client.post(door(), by_field(process, contracts))
    assert "source_date" in page.context["form"].errors


@pytest.mark.parametrize("which", ["both", "new"])
def test_of_confidential_cases_neither_dates_nor_numbers_are_shown(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition, which: str
):
    hidden = [process.pk, contracts.pk] if which == "both" else [process.pk]
    ProcessDefinition.objects.filter(pk__in=hidden).update(is_confidential=True)
    contracts.refresh_from_db()
    anna = make_user("Anna", make_team())
    runtime.start(contracts, by=anna, title="Miete Schmidt", data={"end": "2099-06-30"})
    values = by_field(process, contracts, anchor_on="2026-01-01")
    preview = client.post(door(), {**values, "_preview": ""})
    assert (preview.context["dates"], preview.context["is_hidden"]) == ([], True)
    assert client.post(door(), values).status_code == 302
    row = StartSchedule.objects.get()
    listed = client.get(reverse("admin:processes_startschedule_changelist"))
    for page in (preview, client.get(door(row)), listed):
        assert "2099" not in page.content.decode()


def test_the_list_costs_the_same_however_many_schedules_it_shows(
    client: Client, process: ProcessDefinition, contracts: ProcessDefinition
):
    def statements(number: int) -> int:
        for one in range(number):
            title = f"Plan {number} {one}"
            assert client.post(door(), by_field(process, contracts, title=title)).status_code == 302
            assert client.post(door(), form(process, title=title)).status_code == 302
        with CaptureQueriesContext(connection) as caught:
            page = client.get(reverse("admin:processes_startschedule_changelist"))
        assert "Vertragsende" in page.content.decode()
        return len(caught)

    assert statements(1) == statements(5)


def test_a_schedule_that_would_feed_itself_is_refused(client: Client, contracts: ProcessDefinition):
    itself = by_field(contracts, contracts, field_end="2099-12-31")
    page = client.post(door(), itself)
    assert "source_date" in page.context["form"].errors
    assert not StartSchedule.objects.exists()
    assert client.post(door(), {**itself, "field_end": ""}).status_code == 302
