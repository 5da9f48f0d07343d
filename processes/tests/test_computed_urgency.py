"""Processes that compute the urgency: every door of a start demands impact and time pressure."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent
from processes import blueprint, importing, runtime
from processes.copying import copy_process
from processes.errors import FieldMissing, JudgementMissing
from processes.files import yamlexport, yamlformat
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion, StartSchedule
from processes.tests.builders import (
    MONDAY,
    call,
    flows,
    make_definition,
    make_user,
    make_version,
    node,
    single,
)
from processes.tests.pages import form_values
from processes.urgency import Impact, Judgement, Pressure
from tasks.events import facts_of
from tasks.tests.offices import browser, staff

pytestmark = pytest.mark.django_db
START = "/processes/fault/start/"
FILE = """\
process: fault
name: Fault
owner_team: service
computed_urgency: true
fields: {what: {label: What}}
start: {fields: [what!], next: work}
steps:
  work: {name: Work, team: service, next: done}
  done: {kind: end, name: Done}
"""


@pytest.fixture
def office() -> Any:
    people = staff()
    report = importing.import_yaml(FILE.encode(), publish=True)
    assert report.is_imported, [str(one.message) for one in report.problems]
    return people


def fault() -> ProcessDefinition:
    return ProcessDefinition.objects.get(key="fault")


def test_a_level_by_hand_starts_no_case(office: Any):
    with pytest.raises(JudgementMissing):
        runtime.start(fault(), by=office["anna"], data={"what": "Druck"}, urgency=0, at=MONDAY)
    with pytest.raises(FieldMissing):
        runtime.start(fault(), by=office["anna"], data={}, at=MONDAY)
    assert not ProcessInstance.objects.exists()
    said = Judgement(Impact.HOUSE, Pressure.URGENT)
    case = runtime.start(fault(), by=office["anna"], data={"what": "Druck"}, urgency=said, at=MONDAY)
    assert (case.urgency, facts_of(case.events.get(kind="started"))["impact"]) == (0, "house")


def test_the_start_form_demands_both_and_offers_no_level(office: Any):
    client = browser(office["anna"])
    page = client.get(START).content.decode()
    assert 'id="urgency"' not in page
    assert form_values(page)["demanded"] == "1"
    sent = {"field_what": "Druck", "impact": "house", "urgency": "0"}
    answer = client.post(START, sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'href="#pressure"' in page and 'href="#impact"' not in page
    assert 'name="pressure" aria-invalid="true"' in page and 'name="impact" aria-invalid' not in page
    assert not ProcessInstance.objects.exists()
    client.post(START, sent | {"pressure": "stands_still"})
    assert ProcessInstance.objects.get().urgency == 0


def test_everything_that_is_missing_is_said_at_once(office: Any):
    answer = browser(office["anna"]).post(START, {"impact": "", "pressure": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(f'href="#{one}"' in page for one in ("field_what", "impact", "pressure"))


def test_the_level_drawn_anew_is_not_chosen_by_hand_either(office: Any):
    url = reverse("processes:urgency")
    client = browser(office["anna"])
    half = client.get(url, {"demanded": "1", "impact": "team"}).content.decode()
    assert 'id="urgency"' not in half and 'name="demanded"' in half
    assert 'id="urgency"' in client.get(url, {"impact": "team"}).content.decode()


def test_a_form_of_another_process_demands_nothing(office: Any):
    make_version(single(), make_definition("complaint"))
    page = browser(office["anna"]).get("/processes/complaint/start/").content.decode()
    assert 'id="urgency"' in page and "demanded" not in form_values(page)


def test_the_command_takes_both(office: Any):
    words = ["start_process", "fault", "--as", office["anna"].email, "--data", '{"what": "Druck"}']
    with pytest.raises(CommandError, match="Auswirkung"):
        call_command(*words)
    out = StringIO()
    call_command(*words, "--impact", "team", "--pressure", "urgent", stdout=out)
    case = ProcessInstance.objects.get(number=out.getvalue().strip())
    assert case.urgency == 1


def test_a_schedule_cannot_start_its_cases(office: Any):
    client = Client()
    client.force_login(make_user("Ada", is_process_admin=True))
    values = {"title": "Fault", "urgency": "2", "every": "1", "unit": "months", "anchor_on": "2099-01-31"}
    values |= {"definition": str(fault().pk), "at_time": "08:00", "shift": "none", "is_active": "on"}
    answer = client.post(reverse("admin:processes_startschedule_add"), values | {"field_what": "Druck"})
    assert list(answer.context["form"].errors) == ["definition"]
    assert not StartSchedule.objects.exists()


def test_a_called_case_is_as_urgent_as_its_caller(office: Any):
    plan = blueprint.Blueprint(
        steps=(node("start", "start"), call("ask", "fault"), node("end", "end")),
        flows=flows("start>ask", "ask.done>end"),
    )
    caller = runtime.start(
        make_version(plan, make_definition("caller")), by=office["anna"], urgency=1, at=MONDAY
    )
    assert caller.children.get().urgency == 1


def test_files_copies_and_the_log_know_it(office: Any):
    version = ProcessVersion.objects.get(definition__key="fault")
    written = yamlexport.dump(importing.head_of(fault()), blueprint.read(version))
    again = yamlformat.read(written.encode())
    assert again.head is not None and again.head.computes_urgency
    assert copy_process(
        version, name="Copy", key="copy", number_pattern="K-{year}-{seq}", by=None
    ).definition.computes_urgency
    changed = FILE.replace("computed_urgency: true", "computed_urgency: false")
    importing.import_yaml(changed.encode(), publish=True)
    assert not fault().computes_urgency
    event = AdminEvent.objects.get(kind="process_changed")
    assert event.changes == {"computes_urgency": [True, False]}
