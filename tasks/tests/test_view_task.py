"""The page of a task: what it shows to whom, and that showing changes nothing."""

from dataclasses import replace

import pytest
from django.utils import translation

from people.models import AdminEvent
from processes import nets, runtime
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, parallel
from processes.tests.test_runtime_approvals import invoice
from prozesstool.templatetags.shell import leading
from tasks import history
from tasks.models import ProcessEvent, Task
from tasks.tests.offices import at_check, browser, open_task, staff, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return staff()


def test_own_task_offers_its_outcomes_and_what_they_lead_to(office):
    task = at_check(office)
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/")
    assert page.context["is_mine"]
    buttons = {button.key: button for button in page.context["outcomes"]}
    assert buttons["ok"].then == "Approve"
    assert buttons["incomplete"].icon == "undo-2", "it leads back to a step already done"
    assert buttons["refuse"].requires_note
    assert {button.look for button in buttons.values()} <= {"", "ask"}, "nothing here is an approval"
    assert [field.key for field in page.context["fields"]] == ["cause", "report"]


def test_an_outcome_says_what_the_next_step_still_waits_for(office):
    """left and right run together and join before pay: who is first is told of the other one."""
    version = make_version(parallel(), make_definition("both"))
    case = runtime.start(version, by=office["anna"], at=MONDAY)
    left, right = (
        runtime.claim(open_task(case, key), by=office["anna"], at=MONDAY) for key in ("left", "right")
    )
    client = browser(office["anna"])

    def then(task):
        with translation.override("en"):
            page = client.get(f"/tasks/{task.pk}/")
        return [button.then for button in page.context["outcomes"]]

    compiled = nets.compiled(version.pk)
    assert [one.key for one in compiled.awaited("left", "done", ["right"])] == ["right"]
    assert then(left) != ["Pay"] and "Right" in then(left)[0]
    runtime.complete_task(left, outcome="done", by=office["anna"], at=MONDAY)
    assert then(right) == ["Pay"], "nothing is waited for any more"


def test_what_an_outcome_stops_is_not_waited_for():
    plan = parallel()
    steps = tuple(
        replace(one, outcomes=tuple(replace(way, cancels=("right",)) for way in one.outcomes))
        if one.key == "left"
        else one
        for one in plan.steps
    )
    compiled = nets.compiled(make_version(replace(plan, steps=steps)).pk)
    assert compiled.awaited("left", "done", ["right"]) == ()
    assert [one.key for one in compiled.awaited("right", "done", ["left"])] == ["left"]
    assert compiled.awaited("pay", "done", ["left"]) == (), "no join behind it"


def test_task_of_the_pool_offers_taking_over_only(office):
    task = open_task(start(office))
    page = browser(office["bert"]).get(f"/tasks/{task.pk}/")
    assert (page.context["may_claim"], page.context["is_mine"]) == (True, False)
    assert "data-outcome" in page.content.decode()
    assert 'name="outcome"' not in page.content.decode()


def test_done_task_shows_its_result_and_no_action(office):
    task = at_check(office)
    runtime.check_item(task, task.step.checklist.get(key="seen").pk, checked=True, by=office["quirin"])
    runtime.complete_task(task, outcome="incomplete", by=office["quirin"], data={"cause": "delay"})
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/")
    assert "Incomplete" in page.context["ended"]
    assert "Quirin" in page.context["ended"]
    assert not any(page.context[right] for right in ("is_mine", "may_claim", "may_reassign"))


def test_outsider_and_administrator_get_404(office):
    task = open_task(start(office))
    for name in ("oskar", "pia"):
        assert browser(office[name]).get(f"/tasks/{task.pk}/").status_code == 404
    assert browser(office["anna"]).get("/tasks/99999999999999999999/").status_code == 404


def test_showing_a_task_writes_nothing(office):
    task = at_check(office)
    before = (ProcessEvent.objects.count(), AdminEvent.objects.count(), Task.objects.values().get(pk=task.pk))
    browser(office["quirin"]).get(f"/tasks/{task.pk}/")
    after = (ProcessEvent.objects.count(), AdminEvent.objects.count(), Task.objects.values().get(pk=task.pk))
    assert before == after


def test_reading_by_an_auditor_is_logged(office):
    task = at_check(office)
    auditor = make_user("Udo", is_auditor=True)
    assert browser(auditor).get(f"/tasks/{task.pk}/").status_code == 200
    entry = AdminEvent.objects.get(kind="case_read")
    assert (entry.by, entry.object_id) == (auditor, str(task.instance_id))


def test_instructions_are_escaped(office):
    case = start(office, title="<script>alert(1)</script>")
    runtime.comment(case, "<b>fett</b>", by=office["anna"])
    page = browser(office["bert"]).get(f"/tasks/{open_task(case).pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>fett" not in page
    assert "&lt;b&gt;fett" in page


def test_suspended_case_offers_nothing_to_do(office):
    task = at_check(office)
    runtime.suspend(task.instance, by=office["lena"], reason="wartet", at=MONDAY)
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/")
    assert not page.context["is_mine"]


def test_draft_stands_in_the_form_when_the_page_is_opened_again(office):
    task = at_check(office)
    runtime.save_draft(task, {"report": "halb fertig"}, by=office["quirin"])
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/")
    assert {field.key: field.value for field in page.context["fields"]}["report"] == "halb fertig"


def test_number_of_statements_does_not_grow_with_comments(office, django_assert_max_num_queries):
    task = at_check(office)
    for number in range(60):
        runtime.comment(task.instance, f"Nummer {number}", by=office["quirin"])
    client = browser(office["quirin"])
    client.get(f"/tasks/{task.pk}/")
    with django_assert_max_num_queries(22):
        client.get(f"/tasks/{task.pk}/")


def test_only_an_outcome_that_approves_bears_a_tick():
    people = [make_user("Bela", make_team()), make_user("Anna", make_team(), make_team("leads"))]
    plan = invoice()
    steps = tuple(replace(one, name="Ende") if one.kind == "end" else one for one in plan.steps)
    case = runtime.start(make_version(replace(plan, steps=steps)), by=people[0], at=MONDAY)
    enter = runtime.claim(open_task(case, "enter"), by=people[0], at=MONDAY)
    runtime.complete_task(enter, outcome="done", data={"amount": "5"}, by=people[0], at=MONDAY)
    work = runtime.claim(open_task(case, "approve"), by=people[1], at=MONDAY)
    page = browser(people[1]).get(f"/tasks/{work.pk}/")
    assert [(one.key, one.icon) for one in page.context["outcomes"]] == [
        ("yes", "circle-check"),
        ("no", "undo-2"),
    ]
    note = runtime.claim(open_task(case, "note"), by=people[0], at=MONDAY)
    (end,) = browser(people[0]).get(f"/tasks/{note.pk}/").context["outcomes"]
    assert (end.icon, end.then) == ("circle-check", "Ende"), "an end called “Ende” is not named twice"
    runtime.complete_task(work, outcome="no", by=people[1], at=MONDAY)
    newest = history.of_instance(case, nets.compiled(case.version_id))[0]
    assert (newest.text, newest.icon, newest.look) == ("Freigabe: Nein", "arrow-right", "")


def test_a_label_that_asks_has_no_colon():
    assert [leading(label) for label in ("Was ist der Mangel?", "Betrag")] == [
        "Was ist der Mangel?",
        "Betrag:",
    ]
