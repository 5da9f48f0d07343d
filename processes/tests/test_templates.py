"""“Vorlagen” in the administration: what is offered, what is shown, and what taking one over writes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent, Team
from processes import importing, library, publishing
from processes.checking.findings import ERROR
from processes.graph import ENDS
from processes.models import EscalationPlan, ProcessDefinition, ProcessVersion
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/processes/processdefinition/templates/"


@pytest.fixture
def browser() -> Client:
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    return client


def typed(which: str, /, **changes: str) -> dict[str, str]:
    """What the form of a template is sent with: new teams and plans for all, unless changed."""
    one = library.template(which)
    assert one is not None
    data = {"name": one.head.name, "key": one.key, "number_pattern": one.head.number_pattern}
    for team in one.teams:
        data |= {f"team-{team}": "+", f"name-{team}": library.TEAM_NAMES[team]}
    data |= {f"plan-{plan.key}": "+" for plan in one.parsed.plans}
    return {**data, **{name.replace("__", "-"): value for name, value in changes.items()}}


def adopted(key: str, answer: Any) -> ProcessVersion:
    """The draft that taking a template over led to."""
    version = ProcessVersion.objects.select_related("definition__owner_team").get(definition__key=key)
    assert answer["Location"] == reverse("admin:processes_processversion_change", args=[version.pk])
    return version


def test_the_list_offers_every_template_and_says_which_are_here(browser: Client):
    importing.import_yaml(library.path_of("ticket").read_bytes(), create_teams=True)
    rows = {row.key: row for row in browser.get(LIST).context["rows"]}
    assert rows.keys() == {path.stem for path in library.FOLDER.glob("*.yaml")}
    assert [key for key, row in rows.items() if row.adopted] == ["ticket"]
    assert (rows["ticket"].steps, rows["ticket"].teams) == (1, ("Kundenservice",))
    assert LIST in browser.get("/admin/processes/processdefinition/").content.decode()


@pytest.mark.parametrize("one", library.templates(), ids=lambda one: one.key)
def test_a_page_shows_every_step_with_whom_until_when_and_what_then(browser: Client, one: library.Template):
    page = browser.get(f"{LIST}{one.key}/").content.decode()
    named = [step for step in one.plan.steps if step in one.working_steps or step.kind in ENDS]
    for step in named:
        assert step.name.replace("'", "&#x27;") in page
        for outcome in step.outcomes:
            assert re.search(f"{re.escape(outcome.label)}(: [^<]*)? → ", page)


def test_ways_by_the_data_and_by_the_clock_are_said_in_words(browser: Client):
    rows = {row.name: row for row in browser.get(f"{LIST}reklamation/").context["template"].rows}
    assert "Kosten ab 1.000 €?" not in rows
    limit = [(way.label, way.targets) for way in rows["Lösung festlegen"].ways]
    assert limit[0][0].endswith("1.000,00\N{NO-BREAK SPACE}€") and limit[0][1] == "Lösung freigeben"
    assert limit[1][1] == "Welche Lösung?"
    waiting = rows["Rücksendung abwarten"].ways
    assert [bool(way.when) for way in waiting] == [False, True]
    assert rows["Rücksendung abwarten"].deadline == ""
    assert "Anspruch prüfen" in rows["Lösung festlegen"].responsible


def test_taking_over_writes_teams_process_draft_and_log(browser: Client):
    warehouse = make_team("wh", name="Halle 3")
    answer = browser.post(
        f"{LIST}angebotsanfrage/", typed("angebotsanfrage", team__lager="wh", key="anfrage")
    )
    version = adopted("anfrage", answer)
    assert version.is_draft and version.definition.owner_team.name == "Vertrieb"
    assert set(Team.objects.values_list("key", flat=True)) == {"wh", "vertrieb", "technik", "leitung"}
    assert version.steps.get(key="kalkulation").team == warehouse
    assert version.steps.get(key="auftrag_melden").config["action"]["to"] == ["team:wh"]
    event = AdminEvent.objects.get(kind="template_adopted")
    assert event.changes["template"] == [None, "angebotsanfrage"]
    assert AdminEvent.objects.filter(kind="team_created").count() == 3
    assert "call_unknown" in {one.code for one in publishing.problems(version)}


@pytest.mark.parametrize("one", library.templates(), ids=lambda one: one.key)
def test_every_template_can_be_taken_over_by_one_team(browser: Client, one: library.Template):
    everybody = make_team("alle")
    for number in range(6):
        make_user(f"Person{number}", everybody, lead=number > 3)
    chosen = {f"team__{team}": "alle" for team in one.teams}
    version = adopted(one.key, browser.post(f"{LIST}{one.key}/", typed(one.key, **chosen)))
    assert Team.objects.count() == 1
    faults = {problem.code for problem in publishing.problems(version) if problem.severity == ERROR}
    assert faults <= ({"call_unknown"} if one.called else set())


def test_taking_over_writes_the_plans_it_brings_along(browser: Client):
    version = adopted("it_stoerung", browser.post(f"{LIST}it_stoerung/", typed("it_stoerung")))
    assert version.plan_keys == {"0": "it-p1", "1": "it-p2", "2": "it-p3", "3": "it-p4"}
    first = EscalationPlan.objects.get(key="it-p1")
    assert [(level.offset, level.acts[0].whom) for level in first.levels()] == [
        ("50%", ("team", "owner")),
        ("", ("lead", "owner")),
        ("2h", ("leads_lead",)),
    ]
    assert AdminEvent.objects.filter(kind="plan_created").count() == 4


def test_a_plan_of_the_company_can_stand_for_that_of_the_template(browser: Client):
    before = EscalationPlan.objects.count()
    data = typed("dsgvo_anfrage", **{"plan__dsgvo-frist": "standard"})
    version = adopted("dsgvo_anfrage", browser.post(f"{LIST}dsgvo_anfrage/", data))
    assert (version.plan_keys, EscalationPlan.objects.count()) == ({"case": "standard"}, before)


def test_a_new_plan_whose_key_is_taken_gets_another(browser: Client):
    EscalationPlan.objects.create(key="rechtsfrist", name="Unsere")
    form = browser.get(f"{LIST}vertragskuendigung/").context["form"]
    assert form["plan-rechtsfrist"].value() == "rechtsfrist"
    data = typed("vertragskuendigung")
    version = adopted("vertragskuendigung", browser.post(f"{LIST}vertragskuendigung/", data))
    step = version.steps.exclude(plan_keys={}).get()
    assert step.plan_keys == {"": "rechtsfrist_2"}
    assert EscalationPlan.objects.get(key="rechtsfrist_2").rows.count() == 4


def test_the_page_says_what_each_plan_watches_and_does(browser: Client):
    plans = {plan.key: plan for plan in browser.get(f"{LIST}reklamation/").context["template"].plans}
    assert plans["reklamation"].watches == ("jede Aufgabe ohne eigenen Plan",)
    assert plans["sicherheitsrisiko"].watches == ("„Sicherheitsrisiko beurteilen“",)
    level = plans["sicherheitsrisiko"].levels[0]
    assert (level.name, level.when) == ("Sofort zur Leitung", "sobald die Zeit beginnt")
    assert "die Prozessverantwortung" in level.acts
    plans = {plan.key: plan for plan in browser.get(f"{LIST}it_stoerung/").context["template"].plans}
    assert plans["it-p1"].watches == ("jede Aufgabe ohne eigenen Plan (Kritisch)",)
    [frist] = browser.get(f"{LIST}dsgvo_anfrage/").context["template"].plans
    assert frist.watches == ("der ganze Vorgang",)


def test_names_that_are_taken_are_offered_anew(browser: Client):
    browser.post(f"{LIST}ticket/", typed("ticket"))
    form = browser.get(f"{LIST}ticket/").context["form"]
    assert form.initial == {"key": "ticket_2", "name": "Ticket 2", "number_pattern": "2-T-{year}-{seq:05}"}
    assert form["team-kundenservice"].value() == "kundenservice"
    again = typed("ticket", **form.initial, team__kundenservice="kundenservice")
    adopted("ticket_2", browser.post(f"{LIST}ticket/", again))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "bestand"}, "key"),
        ({"key": "Mit Leerzeichen"}, "key"),
        ({"key": ""}, "key"),
        ({"name": "bestand"}, "name"),
        ({"number_pattern": "REK-{Jahr}-{Nummer:05}"}, "number_pattern"),
        ({"number_pattern": "T-{month}"}, "number_pattern"),
        ({"team__kundenservice": "nowhere"}, "team-kundenservice"),
        ({"name__kundenservice": ""}, "name-kundenservice"),
        ({"name__kundenservice": "service"}, "name-kundenservice"),
    ],
)
def test_a_refusal_keeps_what_was_typed_and_writes_nothing(
    browser: Client, changes: dict[str, str], field: str
):
    ProcessDefinition.objects.create(
        key="bestand", name="Bestand", owner_team=make_team(), number_pattern="REK-{year}-{seq:05}"
    )
    data = typed("ticket", **changes)
    answer = browser.post(f"{LIST}ticket/", data)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert answer.context["form"][field].value() == data[field]
    assert (ProcessDefinition.objects.count(), Team.objects.count(), AdminEvent.objects.count()) == (1, 1, 0)


def test_two_new_teams_cannot_have_one_name(browser: Client):
    data = typed("eigene_vertraege", name__leitung="Verwaltung und Empfang")
    answer = browser.post(f"{LIST}eigene_vertraege/", data)
    assert list(answer.context["form"].errors) == ["name-leitung"]


def test_a_new_team_whose_key_is_taken_gets_another(browser: Client):
    make_team("kundenservice", name="Alt", is_active=False)
    version = adopted("ticket", browser.post(f"{LIST}ticket/", typed("ticket")))
    assert version.definition.owner_team.key == "kundenservice_2"


def test_unknown_templates_and_others_are_404(browser: Client):
    assert browser.get(f"{LIST}nowhere/").status_code == 404
    browser.force_login(make_user("Uta", is_user_admin=True))
    for path in (LIST, f"{LIST}ticket/"):
        assert browser.get(path).status_code == 404
    assert browser.post(f"{LIST}ticket/", typed("ticket")).status_code == 404
    assert not ProcessDefinition.objects.exists()
