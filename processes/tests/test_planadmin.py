"""Escalation plans in the administration: plain pickers, order by buttons, the time line, the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent
from processes import nets, publishing
from processes.adminpages.planforms import shown
from processes.blueprint import DeadlinePlan, FieldPlan
from processes.escalation import Act, Do, Level
from processes.models import EscalationPlan, Outcome, ProcessVersion
from processes.tests.builders import MONDAY, attend, make_user, make_version, single

pytestmark = pytest.mark.django_db
LIST = "admin:processes_escalationplan_changelist"


@pytest.fixture
def client() -> Client:
    browser = Client()
    browser.force_login(make_user("Pia", is_process_admin=True))
    return browser


def standard() -> EscalationPlan:
    return EscalationPlan.objects.get(is_default=True)


def door(plan: EscalationPlan | None, page: str = "change") -> str:
    if plan is None:
        return reverse("admin:processes_escalationplan_add")
    return reverse(f"admin:processes_escalationplan_{page}", args=[plan.pk])


def form(*levels: dict[str, Any], **head: str) -> dict[str, Any]:
    """What a browser sends: the head, and these levels."""
    data: dict[str, Any] = {"name": "Eilig", "key": "eilig", "description": "", **head}
    data |= {"levels-TOTAL_FORMS": str(len(levels)), "levels-INITIAL_FORMS": "0"}
    for number, level in enumerate(levels):
        filled = {"when": "due", "unit": "d", **level}
        data |= {f"levels-{number}-{name}": value for name, value in filled.items()}
    return data


WARN = {"name": "Vorwarnung", "when": "share", "amount": "80", "whom": ["assignee", "lead"]}
LATE = {"name": "Leitung", "when": "after", "amount": "4", "unit": "h", "passes_to": "lead", "raises": "on"}


def test_a_new_plan_is_written_with_all_its_acts(client: Client):
    make_user("Zoe")
    everything = {
        "when": "before",
        "amount": "2",
        "unit": "d",
        "is_unclaimed_only": "on",
        "least_urgency": "1",
        "field": "summe:money",
        "operator": "ge",
        "value": "5.000,00",
        "whom": ["team"],
        "addresses": "a@example.org, b@example.org",
        "passes_to": "person",
        "person": "zoe@example.org",
        "outcome": "verfallen",
        "comment": "Bitte ansehen",
    }
    response = client.post(door(None), form(WARN, everything, LATE))
    assert response.status_code == 302
    warn, middle, late = EscalationPlan.objects.get(key="eilig").levels()
    assert (warn.number, warn.offset, warn.acts) == (1, "80%", (Act(Do.NOTIFY, ("assignee", "lead")),))
    assert late == Level(3, "Leitung", "4h", (Act(Do.REASSIGN, to="lead"), Act(Do.RAISE)))
    assert (middle.offset, middle.is_unclaimed_only, middle.least_urgency) == ("-2d", True, 1)
    assert middle.condition is not None
    assert middle.condition.value == {"amount": "5000.00", "currency": "EUR"}
    assert middle.acts == (
        Act(Do.NOTIFY, ("team", "a@example.org", "b@example.org")),
        Act(Do.REASSIGN, to="person:zoe@example.org"),
        Act(Do.OUTCOME, key="verfallen"),
        Act(Do.COMMENT, text="Bitte ansehen"),
    )
    event = AdminEvent.objects.get(kind="plan_created")
    assert event.changes["name"] == ["", "Eilig"]
    assert event.changes["rows"][1].count("; ") >= 2


def test_what_is_shown_can_be_saved_unchanged_and_logs_nothing(client: Client):
    plan = standard()
    before = plan.levels()
    page = client.get(door(plan))
    levels = [shown(level) for level in before]
    assert [one.initial for one in page.context["levels"].initial_forms] == levels
    typed = [{name: value for name, value in one.items() if value not in (False, "")} for one in levels]
    head = {"name": plan.name, "key": plan.key, "is_default": "on"}
    assert client.post(door(plan), form(*typed, **head)).status_code == 302
    assert standard().levels() == before
    assert not AdminEvent.objects.filter(kind="plan_changed").exists()


def test_a_change_is_logged_old_and_new(client: Client):
    plan = standard()
    client.post(door(plan), form(LATE, name="Standard", key="standard", is_default="on"))
    (old, new) = AdminEvent.objects.get(kind="plan_changed").changes["rows"]
    assert "Vorwarnung" in old
    assert "Vorwarnung" not in new and "Leitung" in new


@pytest.mark.parametrize(
    ("level", "field"),
    [
        ({"when": "after", "whom": ["lead"]}, "amount"),
        ({"when": "share", "amount": "120", "whom": ["lead"]}, "amount"),
        ({"when": "after", "amount": "0", "whom": ["lead"]}, "amount"),
        ({"passes_to": "person"}, "person"),
        ({"addresses": "kein at"}, "addresses"),
        ({"field": "Summe!:money", "operator": "ge", "whom": ["lead"]}, "field"),
        ({"field": "summe:customer", "operator": "eq", "whom": ["lead"]}, "field"),
        ({"field": "summe:money", "whom": ["lead"]}, "field"),
        (
            {"field": "summe:money", "operator": "ge", "value": "viel", "whom": ["lead"]},
            "value",
        ),
        ({"outcome": "Mit Leerzeichen"}, "outcome"),
        ({"whom": ["everybody"]}, "whom"),
        ({"name": "Nichts"}, "__all__"),
    ],
)
def test_a_level_that_makes_no_sense_is_refused(client: Client, level: dict[str, Any], field: str):
    page = client.post(door(None), form(level))
    assert page.context["shows_faults"]
    assert list(page.context["levels"].forms[0].errors) == [field]
    assert not EscalationPlan.objects.filter(key="eilig").exists()


def test_a_plan_without_levels_and_one_with_too_many_are_refused(client: Client):
    assert client.post(door(None), form({})).context["shows_faults"]
    assert client.post(door(None), form(*[LATE] * 21)).status_code in (200, 302)
    assert all(len(plan.levels()) <= 20 for plan in EscalationPlan.objects.all())


def test_buttons_move_add_and_remove_levels_and_save_nothing(client: Client):
    def names(button: str, value: str) -> list[str]:
        page = client.post(door(None), {**form(WARN, LATE), button: value})
        assert page.status_code == 200
        return [one["name"].value() or "" for one in page.context["levels"].forms]

    assert names("_down", "0") == ["Leitung", "Vorwarnung"]
    assert names("_up", "1") == ["Leitung", "Vorwarnung"]
    assert names("_up", "0") == ["Vorwarnung", "Leitung"]
    assert names("_up", "99") == names("_down", "x") == ["Vorwarnung", "Leitung"]
    assert names("_remove", "0") == ["Leitung"]
    assert names("_add", "") == ["Vorwarnung", "Leitung", ""]
    assert not EscalationPlan.objects.filter(key="eilig").exists()


def test_the_time_line_is_drawn_before_anything_is_saved(client: Client):
    page = client.post(door(None), {**form(WARN, LATE), "time_0": "3", "time_1": "d", "_preview": ""})
    preview = page.context["preview"]
    start, warn, due, late = preview.marks
    assert [one.look.value for one in preview.marks] == ["start", "level", "due", "level"]
    assert (due.at - start.at).days == 3
    assert start.at < warn.at < due.at < late.at
    assert "<svg" in page.content.decode()
    assert "style=" not in preview.svg
    assert not EscalationPlan.objects.filter(key="eilig").exists()


def test_a_text_cannot_break_out_of_the_drawing(client: Client):
    evil = {**WARN, "name": "<script>alert(1)</script>"}
    page = client.post(door(None), {**form(evil), "time_0": "3", "time_1": "d", "_preview": ""})
    assert "<script>alert" not in page.content.decode()


def processes() -> ProcessVersion:
    """A process with a field, and a draft of it with an outcome of the clock."""
    version = make_version(
        replace(single(deadline="3d"), fields=(FieldPlan("netto", "Nettobetrag", "money"),))
    )
    step = publishing.new_draft(version, by=None).steps.get(key="work")
    Outcome.objects.bulk_create([Outcome(step=step, key="verfallen", label="Verfällt", is_clock=True)])
    return version


def test_fields_and_outcomes_are_picked_by_their_names(client: Client):
    name = processes().definition.name
    text = client.get(door(None)).content.decode()
    assert f'<optgroup label="{name}">' in text
    assert '<option value="netto:money">Nettobetrag</option>' in text
    assert '<option value="verfallen">Verfällt (' in text
    zoe = make_user("Zoe")
    level = {"when": "due", "passes_to": "person", "person": zoe.email, "outcome": "verfallen"}
    level |= {"field": "netto:money", "operator": "ge", "value": "100"}
    page = client.post(door(None), {**form(level), "_preview": ""})
    about = page.context["preview"].marks[-1].about
    assert "Zoe" in about and zoe.email not in about
    assert "Verfällt" in about and "Nettobetrag" in about


def test_what_no_process_has_any_more_stays_chosen(client: Client):
    level = {"whom": ["lead"], "field": "weg:money", "operator": "ge", "value": "5", "outcome": "verfallen"}
    client.post(door(None), form(level))
    plan = EscalationPlan.objects.get(key="eilig")
    text = client.get(door(plan)).content.decode()
    assert '<option value="weg:money" selected>weg' in text
    assert '<option value="verfallen" selected>verfallen' in text


def test_a_process_that_lacks_the_outcome_is_named_beside_it(client: Client):
    client.post(door(None), form({"outcome": "verfallen"}))
    plan = EscalationPlan.objects.get(key="eilig")
    assert 'class="plan-lacks"' not in client.get(door(plan)).content.decode()
    version = make_version(single(deadlines=(DeadlinePlan(offset="3d"),), plan_keys={"": "eilig"}))
    (level,) = client.get(door(plan)).context["levels"].forms
    assert (level.lacks_outcome(), level.lacks_field()) == (version.definition.name, "")
    assert client.get(door(plan)).content.decode().count('class="plan-lacks"') == 1


def test_the_standard_plan_also_names_processes_that_name_no_plan(client: Client):
    plan = standard()
    client.post(door(plan), form({"outcome": "verfallen"}, name="S", key="standard", is_default="on"))
    assert EscalationPlan.objects.get(is_default=True).levels()[0].acts[0].key == "verfallen"
    version = make_version(single(deadline="3d", plan_keys={}))
    (level,) = client.get(door(plan)).context["levels"].forms
    assert level.lacks_outcome() == version.definition.name


def test_the_key_is_made_of_the_name(client: Client):
    assert client.post(door(None), form(LATE, name="Sehr eilig", key="")).status_code == 302
    assert client.post(door(None), form(LATE, name="Sehr eilig", key="")).status_code == 302
    keys = set(EscalationPlan.objects.filter(name="Sehr eilig").values_list("key", flat=True))
    assert keys == {"sehr_eilig", "sehr_eilig_2"}


def test_a_preview_needs_no_name_and_says_what_is_missing(client: Client):
    page = client.post(door(None), {**form(WARN, name="", key=""), "_preview": ""})
    assert page.context["preview"] is not None
    assert not page.context["shows_faults"]
    page = client.post(door(None), {**form(WARN, {"name": "Nichts"}), "_preview": ""})
    assert page.context["preview"] is None
    assert 'href="#level-2"' in page.content.decode()


def test_only_a_new_plan_has_an_empty_level(client: Client):
    plan = standard()
    assert len(client.get(door(plan)).context["levels"].forms) == len(plan.levels())
    assert len(client.get(door(None)).context["levels"].forms) == 1


def test_the_list_says_where_a_plan_holds(client: Client):
    client.post(door(None), form(LATE))
    text = client.get(reverse(LIST)).content.decode()
    assert "icon-no" not in text
    version = make_version(single(deadlines=(DeadlinePlan(offset="3d"),), plan_keys={"0": "eilig"}))
    assert version.definition.name in client.get(reverse(LIST)).content.decode()


def test_there_is_exactly_one_standard_plan(client: Client):
    former = standard()
    assert client.post(door(None), form(LATE, is_default="on")).status_code == 302
    assert standard().key == "eilig"
    assert AdminEvent.objects.filter(kind="plan_changed", object_id=str(former.pk)).exists()
    page = client.post(door(standard()), form(LATE))
    assert page.context["shows_faults"]
    assert "is_default" in page.context["plan"].errors
    assert EscalationPlan.objects.filter(is_default=True).count() == 1


def test_a_plan_a_process_names_cannot_be_deleted(client: Client):
    client.post(door(None), form(LATE))
    plan = EscalationPlan.objects.get(key="eilig")
    version = make_version(single(deadlines=(DeadlinePlan(offset="3d"),), plan_keys={"0": "eilig"}))
    client.post(door(plan, "delete"), {"post": "yes"})
    client.post(door(standard(), "delete"), {"post": "yes"})
    assert EscalationPlan.objects.filter(pk=plan.pk).exists()
    assert version.definition.name in client.get(door(plan)).content.decode()
    ProcessVersion.objects.update(state="retired")
    client.post(door(plan, "delete"), {"post": "yes"})
    assert not EscalationPlan.objects.filter(pk=plan.pk).exists()
    assert AdminEvent.objects.filter(kind="plan_deleted").exists()


def test_a_published_version_keeps_the_plan_it_copied(client: Client):
    draft = publishing.draft_from(
        single(deadline="3d"), make_version(single()).definition, by=None, at=MONDAY
    )
    attend("service")
    version = publishing.publish(draft, by=None, at=MONDAY)
    before = nets.compiled(version.pk).plan(None, 2)
    client.post(door(standard()), form(LATE, name="Standard", key="standard", is_default="on"))
    nets.forget()
    assert nets.compiled(version.pk).plan(None, 2) == before
    assert len(before) == 4


def test_nobody_else_comes_in():
    for name, roles in {"Uta": {"is_user_admin": True}, "Anna": {}}.items():
        browser = Client()
        browser.force_login(make_user(name, **roles))
        assert browser.get(door(standard())).status_code in (403, 404)
        assert browser.post(door(standard()), form(LATE)).status_code in (403, 404)
        assert browser.get(reverse(LIST)).status_code in (403, 404)
