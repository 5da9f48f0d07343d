"""Fields on pages: several choices, limits, who wrote what, and that a search finds them."""

import pytest

from customers import records
from people.scope import SYSTEM
from processes import fieldforms, runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.errors import FieldMissing
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, flows, make_team, make_user, make_version, node, task
from processes.tests.pages import form_values
from tasks import authors
from tasks.models import FieldValue, Task
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db
WARES = (("glass", "Glas"), ("wood", "Holz & Kork"), ("metal", "Metall"))


def plan(mode="optional"):
    """start (number) → first, second (wares, sum, day, who) → end."""
    fields = tuple(StepFieldPlan(key, mode) for key in ("wares", "sum", "day", "who", "client"))
    return Blueprint(
        fields=(
            FieldPlan("number", "Rechnungsnummer", is_searchable=True, limits={"pattern": "RE-9+"}),
            FieldPlan("wares", "Waren", "multichoice", choices=WARES, is_searchable=True),
            FieldPlan("sum", "Summe", "money", limits={"max": 1000}, is_searchable=True),
            FieldPlan("day", "Termin", "date", limits={"min": "today"}, is_evaluated=True),
            FieldPlan("who", "Wer", "person"),
            FieldPlan("client", "Kunde", "customer"),
        ),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("number"),)),
            task("first", fields=fields),
            task("second", fields=fields),
            node("end", "end"),
        ),
        flows=flows("start>first", "first.done>second", "second.done>end"),
    )


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def work(anna):
    case = runtime.start(make_version(plan()), by=anna, data={"number": "RE-4711"}, at=MONDAY)
    return runtime.claim(case.tasks.get(), by=anna, at=MONDAY)


def following(work, anna, **data):
    done = runtime.complete_task(work, outcome="done", by=anna, data=data, at=MONDAY)
    return runtime.claim(done.new_tasks[0], by=anna, at=MONDAY)


def send(anna, work, **changes):
    client = browser(anna)
    form = form_values(client.get(f"/tasks/{work.pk}/").content.decode())
    return client.post(f"/tasks/{work.pk}/complete/", {**form, "outcome": "done", **changes})


def test_several_choices_are_ticked_drafted_kept_and_shown(anna, work):
    client = browser(anna)
    client.post(f"/tasks/{work.pk}/draft/", {"field_wares": ["wood", "glass"], "version_wares": "0"})
    page = client.get(f"/tasks/{work.pk}/")
    assert {one.key: one.chosen for one in page.context["fields"]}["wares"] == ("wood", "glass")
    assert page.content.decode().count('name="field_wares"') == 3
    assert send(anna, work, field_wares=["metal", "wood"]).status_code == 302
    case = ProcessInstance.objects.get()
    assert case.data["wares"] == ["wood", "metal"]
    shown = client.get(f"/cases/{case.pk}/?history=all").content.decode()
    assert shown.count("Holz &amp; Kork, Metall") == 2, "in the data and in the history"


def test_no_box_ticked_empties_the_field_and_no_such_field_leaves_it(anna, work):
    second = following(work, anna, wares=["glass"])
    assert runtime.save_draft(second, {}, by=anna).draft == {}
    answer = send(anna, second, field_wares=[])
    assert answer.status_code == 302
    assert "wares" not in ProcessInstance.objects.get().data


def test_a_form_without_the_field_does_not_empty_it(anna, work):
    second = following(work, anna, wares=["glass"])
    sent = {"outcome": "done", "lock_version": second.lock_version}
    assert browser(anna).post(f"/tasks/{second.pk}/complete/", sent).status_code == 302
    assert ProcessInstance.objects.get().data["wares"] == ["glass"]


def test_required_choices_must_be_made(anna):
    work = runtime.start(make_version(plan("required")), by=anna).tasks.get()
    with pytest.raises(FieldMissing) as refused:
        runtime.complete_task(work, outcome="done", by=SYSTEM, data={"wares": []})
    assert refused.value.fields["wares"].code == "required"


def test_a_value_beyond_its_limit_stays_typed_beside_the_reason(anna, work):
    answer = send(anna, work, field_sum="1000,01", field_wares=["glass"])
    assert answer.status_code == 422
    field = next(one for one in answer.context["fields"] if one.key == "sum")
    assert (field.value, bool(field.error)) == ("1000,01", True)
    assert next(one for one in answer.context["fields"] if one.key == "wares").chosen == ("glass",)


def test_a_day_that_was_right_when_it_was_written_stays_right(anna, work):
    second = following(work, anna, day="2026-11-16")
    later = MONDAY.replace(day=20)
    runtime.complete_task(second, outcome="done", by=anna, data={"day": "2026-11-16"}, at=later)
    assert ProcessInstance.objects.get().data["day"] == "2026-11-16"


@pytest.mark.parametrize("key", ["who", "client"])
def test_nobody_who_does_not_exist_can_be_chosen(anna, work, key):
    gone = make_user("Gone", is_active=False)
    for pk in (987_654, gone.pk):
        with pytest.raises(FieldMissing) as refused:
            runtime.complete_task(work, outcome="done", by=anna, data={key: pk})
        assert refused.value.fields[key].code == "not_a_reference"


# -- who wrote what ------------------------------------------------------------------------------------------


def test_the_pages_say_who_wrote_a_value_last(anna, work):
    bert = make_user("Bert", make_team())
    second = following(work, anna, sum="5")
    runtime.reassign(second, to=bert, by=anna, at=MONDAY)
    second.refresh_from_db()
    runtime.complete_task(second, outcome="done", by=bert, data={"wares": ["glass"]}, at=MONDAY)
    found = {key: author.who for key, author in authors.of_case(second.instance).items()}
    assert found == {"number": "Anna", "sum": "Anna", "wares": "Bert"}
    page = browser(anna).get(f"/cases/{second.instance_id}/")
    assert {one.label: one.wrote.split(",")[0] for one in page.context["data"]} == {
        "Rechnungsnummer": "Anna",
        "Waren": "Bert",
        "Summe": "Anna",
    }
    shown = browser(anna).get(f"/tasks/{work.pk}/")
    assert "Bert, " in next(one for one in shown.context["fields"] if one.key == "wares").wrote


def test_saying_it_takes_one_statement(anna, work, django_assert_num_queries):
    case = following(work, anna, sum="5", wares=["glass"]).instance
    with django_assert_num_queries(1):
        assert len(authors.of_case(case)) == 3


# -- searching -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["RE-4711", "re-47", "Holz", "kork holz", "250,5", "250.50"])
@pytest.mark.parametrize("page", ["/search/", "/cases/"])
def test_searchable_values_are_found_by_those_who_may_see_them(anna, work, text, page):
    following(work, anna, wares=["wood"], sum="250,5")
    number = ProcessInstance.objects.get().number
    assert number in browser(anna).get(page, {"q": text}).content.decode()
    outsider = make_user("Oskar", make_team("other"))
    assert number not in browser(outsider).get(page, {"q": text}).content.decode()


def test_the_inbox_is_filtered_by_searchable_values(anna, work):
    client = browser(anna)
    assert work.title in client.get("/tasks/", {"q": "re-4711"}).content.decode()
    assert f"/tasks/{work.pk}/" not in client.get("/tasks/", {"q": "re-4712"}).content.decode()


def test_values_that_are_not_searchable_are_not_found(anna, work):
    following(work, anna, day="2026-12-24")
    assert Task.objects.count() == 2
    assert FieldValue.objects.get(key="day").words == ""
    assert "REK-" not in browser(anna).get("/search/", {"q": "24.12.2026"}).content.decode()


def test_customers_are_found_and_stand_in_german_order(anna, work, monkeypatch):
    monkeypatch.setattr(fieldforms, "MOST_CHOICES", 3)
    names = [("Zander", "Ada"), ("Anders", "Örjan"), ("Berg", "Otto"), ("Young", "Pia")]
    people = [records.create(by=SYSTEM, kind="person", name=last, first_name=first) for last, first in names]
    client = browser(anna)
    client.post(f"/tasks/{work.pk}/draft/", {"field_client": people[0].pk})
    page = client.get(f"/tasks/{work.pk}/")
    (field,) = (one for one in page.context["fields"] if one.key == "client")
    assert [name for _pk, name in field.choices] == ["Ada Zander", "Örjan Anders", "Otto Berg", "Pia Young"]
    assert f'value="{people[0].pk}" selected' in page.content.decode()
    assert "/customers/options/?name=field_client" in page.content.decode()
