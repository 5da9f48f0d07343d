"""The course of a case on its page: the way taken, who has what in hand, where it can go."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from processes import casepicture, nets, runtime
from processes.diagram.model import State
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, by_amount, make_definition, make_user, make_version, parallel
from tasks.tests.offices import at_check, browser, open_task, staff, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return staff()


def shown(case):
    case = ProcessInstance.objects.select_related("definition").get(pk=case.pk)
    picture = casepicture.picture_of(case, nets.compiled(case.version_id), MONDAY)
    return picture, {box.key: box for box in picture.boxes}


def states(case):
    return {key: str(box.state) for key, box in shown(case)[1].items()}


def taken(case):
    picture, _boxes = shown(case)
    return {(one.source, one.target, one.label) for one in picture.arrows if one.state is State.DONE}


def test_a_case_shows_what_is_done_current_and_open(office):
    case = at_check(office).instance
    assert states(case) == {
        "start": "done", "capture": "done", "check": "current", "approve": "open", "end": "open",
    }  # fmt: skip
    assert taken(case) == {("start", "capture", ""), ("capture", "check", "Complete")}
    boxes = shown(case)[1]
    assert (boxes["check"].sub, boxes["capture"].sub) == ("Quirin", "Anna, 16.11.")
    with translation.override("de"):
        assert "Team-Eingang" in shown(start(office))[1]["capture"].sub


def test_each_outcome_of_the_current_step_stands_out(office):
    picture, _boxes = shown(at_check(office).instance)
    ahead = {(one.label, one.target) for one in picture.arrows if one.state is State.CURRENT}
    assert ahead == {("Ok", "approve"), ("Incomplete", "capture"), ("Refuse", "end")}


def test_steps_lead_to_their_tasks(office):
    task = at_check(office)
    _picture, boxes = shown(task.instance)
    assert boxes["check"].href == f"/tasks/{task.pk}/"
    assert boxes["capture"].href == f"/tasks/{task.instance.tasks.get(step_key='capture').pk}/"
    assert boxes["approve"].href == "#course-approve", "nothing there yet: its row in the list"


def test_what_a_finished_case_did_not_need_is_told(office):
    task = at_check(office)
    runtime.check_item(
        task, task.step.checklist.get(key="seen").pk, checked=True, by=office["quirin"], at=MONDAY
    )
    runtime.complete_task(
        task, outcome="refuse", by=office["quirin"], note="nein", data={"cause": "damage"}, at=MONDAY
    )
    assert states(task.instance) == {
        "start": "done", "capture": "done", "check": "done", "approve": "skipped", "end": "done",
    }  # fmt: skip
    assert ("check", "end", "Refuse") in taken(task.instance)


def test_a_step_back_at_work_is_current_again(office):
    task = at_check(office)
    runtime.check_item(
        task, task.step.checklist.get(key="seen").pk, checked=True, by=office["quirin"], at=MONDAY
    )
    runtime.complete_task(task, outcome="incomplete", by=office["quirin"], data={"cause": "delay"}, at=MONDAY)
    found = states(task.instance)
    assert (found["capture"], found["check"]) == ("current", "done")


def test_a_cancelled_case_keeps_its_way_and_has_no_current_step(office):
    case = at_check(office).instance
    runtime.cancel(case, by=office["lena"], reason="Dublette", at=MONDAY)
    assert set(states(case).values()) == {"done", "skipped"}
    assert states(case)["check"] == "skipped"


def test_branches_run_at_the_same_time_and_the_join_waits(office):
    case = runtime.start(make_version(parallel(), make_definition("both")), by=office["anna"], at=MONDAY)
    left = runtime.claim(open_task(case, "left"), by=office["anna"], at=MONDAY)
    runtime.complete_task(left, outcome="done", by=office["anna"], at=MONDAY)
    assert states(case) == {
        "start": "done", "split": "done", "left": "done", "right": "current",
        "join": "current", "pay": "open", "end": "open",
    }  # fmt: skip


def test_a_choice_by_data_shows_the_way_that_was_taken(office):
    version = make_version(by_amount(), make_definition("amount"))
    case = runtime.start(version, by=office["anna"], data={"amount": "9000"}, at=MONDAY)
    found = states(case)
    assert (found["gate"], found["board"], found["clerk"]) == ("done", "current", "skipped")


# -- on the page -------------------------------------------------------------------------------------------


def diagram(response):
    return diagram_of(response.content.decode())


def diagram_of(text):
    return re.search(r"<svg[^>]*class=\"diagram\".*?</svg>", text, re.DOTALL)[0]


def test_the_page_shows_the_course_as_a_picture_and_as_a_list(office):
    task = at_check(office)
    client = browser(office["bert"])
    page = client.get(f"/cases/{task.instance_id}/", headers={"Accept-Language": "de"})
    svg, text = diagram(page), page.content.decode()
    assert f'<a href="/tasks/{task.pk}/"' in svg
    assert 'style="' not in svg and "<style" not in svg
    assert [row.box.key for row in page.context["diagram_rows"]] == [
        "start",
        "capture",
        "check",
        "approve",
        "end",
    ]
    assert text.count('aria-current="step"') == 1


def test_auditors_see_the_course_outsiders_do_not(office):
    case = at_check(office).instance
    auditor = make_user("Aurel", is_auditor=True)
    assert "d-current" in diagram(browser(auditor).get(f"/cases/{case.pk}/"))
    assert browser(office["oskar"]).get(f"/cases/{case.pk}/").status_code == 404


def test_words_of_the_engine_never_appear(office):
    case = runtime.start(make_version(parallel(), make_definition("both")), by=office["anna"], at=MONDAY)
    for language in ("de", "en"):
        with translation.override(language):
            text = browser(office["anna"]).get(f"/cases/{case.pk}/").content.decode()
        assert not re.search(r"gateway|token(?!\")|transition|marking", diagram_text(text), re.IGNORECASE)


def diagram_text(text):
    return text[text.index('id="course"') : text.index('id="history"')]


def test_the_page_costs_the_same_however_long_the_way(office):
    def statements(case):
        client.get(f"/cases/{case.pk}/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/cases/{case.pk}/").status_code == 200
        return len(captured)

    client = browser(office["anna"])
    case = at_check(office, by="quirin").instance
    first = statements(case)
    for _ in range(4):
        task = open_task(case, "check")
        if task.assignee is None:
            task = runtime.claim(task, by=office["quirin"], at=MONDAY)
        runtime.check_item(
            task, task.step.checklist.get(key="seen").pk, checked=True, by=office["quirin"], at=MONDAY
        )
        runtime.complete_task(
            task, outcome="incomplete", by=office["quirin"], data={"cause": "delay"}, at=MONDAY
        )
        again = runtime.claim(open_task(case), by=office["anna"], at=MONDAY)
        runtime.complete_task(again, outcome="complete", by=office["anna"], at=MONDAY)
    assert statements(case) <= first


def test_steps_without_a_task_lead_to_their_row_on_the_page(office):
    task = at_check(office)
    text = browser(office["bert"]).get(f"/cases/{task.instance_id}/").content.decode()
    assert '<a href="#course-approve"' in diagram_of(text)
    assert text.count('id="course-approve"') == 1


def test_the_task_page_brings_the_course_when_asked(office):
    """The page itself does not draw; what it asks for is drawn for whoever may see the case, else 404."""
    task = at_check(office)
    address = f"/cases/{task.instance_id}/course/"
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/").content.decode()
    assert f'hx-get="{address}"' in page and "<svg xmlns" not in page
    brought = browser(office["quirin"]).get(address).content.decode()
    assert "d-current" in diagram_of(brought) and 'id="course-approve"' in brought and "<html" not in brought
    assert browser(office["oskar"]).get(address).status_code == 404


def test_the_course_costs_the_same_whatever_the_case_has_been_through(office):
    def statements(case):
        with CaptureQueriesContext(connection) as found:
            assert browser(office["anna"]).get(f"/cases/{case.pk}/course/").status_code == 200
        return len(found)

    fresh, later = start(office), at_check(office).instance
    statements(fresh)
    assert statements(fresh) == statements(later)


def test_outcomes_that_stop_other_steps_say_so_on_picture_and_list(office):
    plan = parallel()
    stopping = tuple(
        replace(one, outcomes=tuple(replace(way, cancels=("right", "join")) for way in one.outcomes))
        if one.key == "left"
        else one
        for one in plan.steps
    )
    version = make_version(replace(plan, steps=stopping), make_definition("both"))
    case = runtime.start(version, by=office["anna"], at=MONDAY)
    page = browser(office["anna"]).get(f"/cases/{case.pk}/")
    assert "d-stop" in diagram(page)
    told = {one.arrow.stops for row in page.context["diagram_rows"] for one in row.onward} - {""}
    assert len(told) == 1 and page.content.decode().count(f"({told.pop()})") == 1
    with translation.override("en"):
        ways = shown(case)[0].arrows
    assert {one.stops for one in ways} == {"", "stops “Right”, what waits in front of “Pay”"}
