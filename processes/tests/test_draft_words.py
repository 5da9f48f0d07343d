"""Labels and words of the editing page that say what they are about, and what pages around it say."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as said

from processes import nets, planrecords, publishing
from processes.blueprint import Blueprint, FieldPlan
from processes.editing import remarks
from processes.escalation import Act, Do, Level
from processes.models import EscalationPlan, ProcessVersion
from processes.tests.builders import (
    call,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from processes.tests.draft_page import opened
from tasks import taskpage

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def client() -> Client:
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    return client


@pytest.fixture
def draft() -> ProcessVersion:
    """A task, and a call of a published process, in a process called `outer`."""
    make_version(single(), make_definition("part"))
    plan = Blueprint(
        steps=(node("start", "start"), task("one"), call("sub", "part"), node("end", "end")),
        flows=flows("start>one", "one.done>sub", "sub.done>end"),
    )
    return publishing.draft_from(plan, make_definition("outer"), by=None)


def test_the_text_above_the_start_form_has_a_label_that_is_seen(client: Client, draft: ProcessVersion):
    page = opened(client, draft)
    start = page.row("start")
    page.press(f"open:{start}")
    assert f'<label for="id_{start}-instructions">{said("Note above the form")}</label>' in page.html


def test_of_another_process_its_end_chooses_and_the_own_one_is_not_offered(
    client: Client, draft: ProcessVersion
):
    page = opened(client, draft)
    sub = page.row("sub")
    page.press(f"open:{sub}")
    assert said("the end of the other process") in page.html and said("a person") not in page.html
    assert '<option value="part" selected>' in page.html and '<option value="outer">' not in page.html


def test_a_process_that_calls_itself_already_stays_chosen(client: Client, draft: ProcessVersion):
    page = opened(client, draft)
    sub = page.row("sub")
    page.put(f"{sub}-process", "outer").press(f"open:{sub}")
    assert '<option value="outer" selected>Outer</option>' in page.html


def test_only_where_the_data_decides_is_a_question_asked_for(client: Client, draft: ProcessVersion):
    page = opened(client, draft)
    one = page.row("one")
    outcome = page.press(f"open:{one}").typed[f"{one}-outcomes"][0]
    page.put(f"{outcome}-after", "all").press("redraw")
    assert "Frage im Bild" not in page.html
    page.put(f"{outcome}-after", "data").press("redraw")
    assert "Frage im Bild" in page.html


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (dt.datetime(2026, 12, 27, 0, 0, tzinfo=BERLIN), "the end of Sat, 26.12.2026"),
        (dt.datetime(2026, 12, 26, 23, 59, tzinfo=BERLIN), "the end of Sat, 26.12.2026"),
        (dt.datetime(2026, 12, 26, 17, 0, tzinfo=BERLIN), "Sat, 26.12.2026, 5 p.m."),
    ],
)
def test_a_deadline_that_lasts_the_whole_day_is_told_by_the_day(moment: dt.datetime, words: str):
    with translation.override("en"):
        assert remarks.due_words(moment) == words


def test_several_next_steps_are_told_as_a_list():
    plan = Blueprint(
        fields=(FieldPlan("a", "A", "text"),),
        steps=(node("start", "start"), task("one"), task("two"), task("three"), node("end", "end")),
        flows=flows(
            "start>one", "start>two", "start>three", "one.done>end", "two.done>end", "three.done>end"
        ),
    )
    net = nets.of_version(make_version(plan))
    assert taskpage.then_text(net, net.start, None, ()) == "One, Two und Three"


def test_every_page_of_the_administration_leads_to_ones_own_tasks(client: Client):
    html = client.get("/admin/processes/processdefinition/").content.decode()
    assert '<a href="/tasks/">Meine Aufgaben</a>' in html
    assert client.get("/tasks/").status_code == 200


def test_what_the_system_does_counts_as_a_step_everywhere():
    plan = Blueprint(
        steps=(node("start", "start"), task("one"), call("sub", "part"), node("end", "end")),
        flows=flows("start>one", "one.done>sub", "sub.done>end"),
    )
    make_version(plan)
    make_version(complaint(), make_definition("second"))
    worker = Client(headers={"accept-language": "de"})
    worker.force_login(make_user("Karl", make_team()))
    categories = worker.get(reverse("processes:catalogue")).context["categories"]
    assert {one.key: one.steps for cards in categories.values() for one in cards} == {
        "complaint": 2,
        "second": 3,
    }


def test_the_page_says_what_each_plan_does(client: Client):
    draft = publishing.new_draft(make_version(complaint()), by=make_user("Zoe"))
    plan = EscalationPlan.objects.create(key="eilig", name="Eilig")
    planrecords.write_levels(
        plan, [Level(1, "Eingriff", "2h", (Act(Do.REASSIGN, to="person:zoe@example.org"),))]
    )
    page = opened(client, draft)
    text = page.press(f"open:{page.row('check')}").html
    assert '<a class="ed-told" href="#plans">' in text
    (line,) = re.findall(r"<li>([^<]*Eingriff[^<]*)</li>", text)
    assert "Zoe" in line
    assert "zoe@example.org" not in line
