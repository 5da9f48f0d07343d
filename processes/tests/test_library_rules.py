"""What the shipped templates promise: who decides, whom a mail reaches, what is demanded, when time is up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from people import legal, worktime
from people.durations import parse_duration
from processes import library, nets, runtime
from processes.adminpages import templatewords
from processes.errors import FieldMissing, JudgementMissing
from processes.models import ProcessInstance, Urgency
from processes.tests import automatic, walks
from processes.tests.builders import MONDAY
from processes.tests.test_library_deadlines import DONE, fault, finish, on, started
from tasks import deadlines
from tasks.models import CaseFile, Notification, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[walks.Office]:
    """One office for all tests; what happens in it is rolled back with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield walks.Office.open()
        transaction.set_rollback(True)


NOTICE = {"vertrag": "V 1", "zugang_am": "16.11.2026", "form": "knopf", "art": "ordentlich"}
COMPLAINT = {"mangel": "Glas gesprungen", "zugang_am": "16.11.2026"}


def the_open(case: ProcessInstance) -> Task:
    return Task.objects.open().get(instance=case)


def leads_of(task: Task) -> set[int]:
    assert task.team is not None
    return set(task.team.memberships.filter(role="lead").values_list("user_id", flat=True))


def test_the_confirmation_of_an_online_notice_reaches_the_customer_in_the_form(office: walks.Office):
    definition = office.definitions["vertragskuendigung"]
    data = NOTICE | {"kunde": str(office.customer.pk), "verbraucher": "yes"}
    case = runtime.start(definition, by=office.starter(definition), data=data, at=MONDAY)
    automatic.perform(at=MONDAY)
    assert [one.to for one in mail.outbox] == [["info@example.org"]]
    assert the_open(case).step_key == "erfassen"


@pytest.mark.parametrize("one", library.templates(), ids=lambda one: one.key)
def test_no_template_writes_to_a_customer_its_form_does_not_ask_for(one: library.Template):
    """The customer of a case is optional; a mail to it would find nobody where only a field names one."""
    assert "customer" not in {
        to for step in one.plan.steps for to in step.config.get("action", {}).get("to", ())
    }


def test_a_complaint_needs_its_customer_from_the_start(office: walks.Office):
    definition = office.definitions["reklamation"]
    with pytest.raises(FieldMissing) as refusal:
        runtime.start(definition, by=office.starter(definition), data=COMPLAINT, at=MONDAY)
    assert list(refusal.value.fields) == ["kunde"]


def test_the_solution_is_fixed_and_conditions_are_set_by_the_lead(office: walks.Office):
    found = {}
    for key, step in (("reklamation", "loesung_festlegen"), ("neukunde", "konditionen")):
        one = library.template(key)
        assert one is not None
        found[key] = next(row.team for row in one.plan.steps if row.key == step)
    assert found == {"reklamation": "leitung", "neukunde": "leitung"}


def test_solution_time_of_a_fault_goes_on_while_the_manufacturer_is_asked(office: walks.Office):
    case = fault(office, Urgency.CRITICAL)
    finish(office, case, "annahme", "weiter", at=on(16, 10))
    finish(office, case, "analyse", "hersteller", {"analyse": "Fehler im Modul"}, at=on(16, 10, 5))
    waiting = the_open(case)
    assert (waiting.step_key, waiting.due_at) == ("hersteller", on(16, 14))
    Notification.objects.filter(instance=case).delete()
    deadlines.sweep(at=on(16, 14, 5))
    assert the_open(case).assignee_id in leads_of(waiting)
    assert Notification.objects.filter(task=waiting, recipient__in=leads_of(waiting)).exists()


def test_a_fault_that_persists_a_second_time_is_level_two(office: walks.Office):
    case = fault(office, Urgency.NORMAL)
    finish(office, case, "annahme", "weiter", at=on(16, 10))
    finish(office, case, "analyse", "geloest", {"analyse": "Behoben", "loesung": "Neustart"}, at=on(16, 11))
    finish(office, case, "bestaetigen", "besteht_weiter", at=on(16, 12))
    assert the_open(case).assignee_id is None
    finish(office, case, "erneut", "geloest", {"analyse": "Behoben", "loesung": "Neustart"}, at=on(16, 13))
    finish(office, case, "bestaetigen", "besteht_weiter", at=on(16, 14))
    again = the_open(case)
    assert again.assignee_id in leads_of(again)


def test_winning_back_is_not_late_before_it_begins(office: walks.Office):
    data = NOTICE | {"kunde": str(office.customer.pk), "form": "brief", "art": "ausserordentlich"}
    case = started(office, "vertragskuendigung", data)
    finish(office, case, "erfassen", "eindeutig")
    finish(office, case, "termin", "fristgerecht", {"vertragsende": "20.11.2026"})
    finish(office, case, "bestaetigen", DONE, {"kontakt_erlaubt": "yes"})
    assert the_open(case).due_at == on(23, 10)


OWN = {"partner": "Strom AG", "vertrag": "S 1"}


def own_contract(office: walks.Office, last_day: str) -> ProcessInstance:
    data = OWN | {"kuendigungstermin": last_day, "verantwortlich": str(office.somebody.pk)}
    case = started(office, "eigene_vertraege", data)
    deadlines.sweep(at=MONDAY)
    return case


@pytest.mark.parametrize(("last_day", "until"), [("07.12.2026", on(30, 10)), ("18.11.2026", on(18))])
def test_checking_a_contract_taken_in_late_is_not_late_before_it_begins(
    office: walks.Office, last_day: str, until: dt.datetime
):
    assert the_open(own_contract(office, last_day)).due_at == until


def test_no_step_of_a_contract_taken_in_late_is_late_before_it_begins(office: walks.Office):
    case = own_contract(office, "18.11.2026")
    finish(office, case, "pruefen", "verhandeln", {"einschaetzung": "zu teuer"})
    assert the_open(case).due_at == on(18)
    finish(office, case, "verhandeln", "ergebnis")
    finish(office, case, "pruefen", "kuendigen", {"einschaetzung": "zu teuer"})
    assert the_open(case).due_at == on(18)
    finish(office, case, "kuendigung", DONE, {"vertragsende": "31.12.2026"})
    row = the_open(case)
    assert (row.step_key, row.due_at) == ("freigabe", on(18, 10))


DECIDED_IN_THE_TRIAL_PERIOD = ("probezeit", "uebernahme_bestaetigen", "beendigung_pruefen")


def notfrist(office: walks.Office, step: str) -> legal.Term:
    version = office.definitions["onboarding"].published
    assert version is not None
    (rule,) = [one for one in nets.of_version(version).steps[step].deadlines if one.is_final]
    assert rule.term is not None
    return rule.term


@pytest.mark.parametrize("step", DECIDED_IN_THE_TRIAL_PERIOD)
def test_the_hard_deadline_of_the_trial_period(office: walks.Office, step: str):
    """Fourteen days before the day six months after the entry, whatever the months."""
    term, six_months = notfrist(office, step), parse_duration("6m")
    assert legal.last_day(term, dt.date(2026, 9, 1)) == dt.date(2027, 2, 15)
    entries = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(5 * 366)]
    assert {(worktime.add_to_date(one, six_months) - legal.last_day(term, one)).days for one in entries} == {
        14
    }


def test_the_papers_of_a_refused_application_are_erased(office: walks.Office, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = tmp_path
    team = office.definitions["bewerbung"].owner_team_id
    data = {"name": "Erika Muster", "stelle": "Lager", "abteilung": str(team)}
    case = started(office, "bewerbung", data | {"fachbereich": str(office.somebody.pk)})
    row = runtime.claim(the_open(case), by=office.members[team][1], at=MONDAY)
    papers = SimpleUploadedFile("CV.txt", b"Lebenslauf")
    runtime.add_file(row, "unterlagen", papers, by=office.members[team][1], at=MONDAY)
    for step, outcome in (("eingang", "komplett"), ("vorauswahl", "nein"), ("absage", DONE)):
        finish(office, case, step, outcome)
    assert CaseFile.objects.filter(instance=case).exists()
    later = MONDAY + dt.timedelta(days=200)
    deadlines.sweep(at=later)
    automatic.perform(at=later)
    case.refresh_from_db()
    assert case.state == ProcessInstance.State.FINISHED
    assert not {"name", "email", "unterlagen"} & case.data.keys()
    assert not CaseFile.objects.filter(instance=case).exists()


def test_impact_and_time_pressure_of_a_fault_are_mandatory(office: walks.Office):
    definition = office.definitions["it_stoerung"]
    data = {"melder": str(office.somebody.pk), "system": "ERP", "beschreibung": "Startet nicht"}
    with pytest.raises(JudgementMissing):
        runtime.start(definition, by=office.starter(definition), data=data, at=MONDAY)
    one = library.template("it_stoerung")
    assert one is not None
    assert templatewords.page(one).asked[-2:] == ("Auswirkung", "Zeitdruck")
