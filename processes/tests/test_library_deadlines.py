"""Deadlines of the shipped templates, in cases: what they are counted from, and which of several counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from people import legal, worktime
from people.durations import parse_duration
from people.officedays import office_of
from people.publicholidays import region_of
from processes import nets, runtime
from processes.models import ProcessInstance, Urgency
from processes.tests import automatic, walks
from processes.tests.builders import BERLIN, MONDAY
from tasks import deadlines
from tasks.models import Clock, Task

pytestmark = pytest.mark.django_db


DONE = "erledigt"
"""The outcome of a step that only goes on."""


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[walks.Office]:
    """One office for all tests; what happens in it is rolled back with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield walks.Office.open()
        transaction.set_rollback(True)


def on(day: int, hour: int = 17, minute: int = 0, *, month: int = 11, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def started(
    office: walks.Office,
    key: str,
    data: dict[str, str],
    *,
    urgency: int = Urgency.NORMAL,
    at: dt.datetime = MONDAY,
) -> ProcessInstance:
    definition = office.definitions[key]
    starter = office.starter(definition)
    judged = office.urgency(definition, urgency)
    case = runtime.start(definition, by=starter, data=data, customer=office.customer, urgency=judged, at=at)
    automatic.perform(at=at)
    return case


def finish(
    office: walks.Office,
    case: ProcessInstance,
    step: str,
    outcome: str,
    data: dict[str, str] | None = None,
    *,
    at: dt.datetime = MONDAY,
) -> None:
    """Somebody who has not had a part in the case yet does it, with everything ticked."""
    row = Task.objects.open().get(instance=case, step_key=step)
    taken = set(case.tasks.values_list("completed_by_id", flat=True))
    person = next(one for one in office.members[row.team_id or 0] if one.pk not in taken)
    if row.assignee is None:
        runtime.claim(row, by=person, at=at)
    person = Task.objects.get(pk=row.pk).assignee or person
    for item in nets.of_case(case).steps[step].mandatory_item_ids:
        runtime.check_item(row, item, checked=True, by=person, at=at)
    runtime.complete_task(row, outcome=outcome, by=person, note="Geprüft.", data=data or {}, at=at)
    automatic.perform(at=at)


def due(case: ProcessInstance, step: str) -> dt.datetime | None:
    return Task.objects.open().get(instance=case, step_key=step).due_at


def case_due(case: ProcessInstance) -> dt.datetime | None:
    return ProcessInstance.objects.get(pk=case.pk).due_at


INVOICE = {
    "lieferant": "Muster AG",
    "rechnungsnummer": "4711",
    "rechnungsdatum": "13.11.2026",
    "netto": "7000",
    "faellig_am": "14.12.2026",
    "kostenstelle": "kst-100",
}


def test_an_invoice_is_checked_approved_and_paid_before_its_discount_ends(office: walks.Office):
    case = started(office, "eingangsrechnung", INVOICE | {"skonto_bis": "20.11.2026"})
    assert case_due(case) == on(14, month=12)
    finish(office, case, "formal", "in_ordnung")
    assert due(case, "sachlich") == on(16)
    finish(office, case, "sachlich", "richtig")
    assert due(case, "freigabe_1") == on(17)
    finish(office, case, "freigabe_1", "freigegeben")
    assert due(case, "freigabe_2") == on(17, 10)
    finish(office, case, "freigabe_2", "freigegeben")
    assert due(case, "zahlen") == on(19)


def test_an_invoice_without_discount_is_paid_on_the_working_day_before_it_is_due(office: walks.Office):
    case = started(office, "eingangsrechnung", INVOICE | {"netto": "70"})
    for step, outcome in (("formal", "in_ordnung"), ("sachlich", "richtig"), ("freigabe_1", "freigegeben")):
        finish(office, case, step, outcome)
    assert due(case, "zahlen") == on(11, month=12)


def test_a_data_subject_is_answered_within_a_month_or_three_if_told_in_time(office: walks.Office):
    data = {"person": "Erika Muster", "zugang_am": "16.11.2026", "anliegen": "auskunft", "wortlaut": "Bitte."}
    case = started(office, "dsgvo_anfrage", data)
    a_month = on(16, 23, 59, month=12).replace(second=59)
    assert case_due(case) == a_month
    assert Clock.objects.get(instance=case, kind="case").is_legal
    finish(office, case, "annahme", "klar")
    for one in ("system", "buchhaltung", "personal", "it"):
        finish(office, case, f"suche_{one}", DONE, {f"fund_{one}": "nichts"})
    finish(office, case, "bewerten", "mehr_zeit", {"massnahme": "offen", "bewertung": "umfangreich"})
    clock = Clock.objects.get(task__instance=case, task__step_key="verlaengern")
    assert (clock.due_at, clock.is_legal) == (on(17, 10), False)
    finish(office, case, "verlaengern", DONE)
    assert case_due(case) == on(16, 23, 59, month=2, year=2027).replace(second=59)


@pytest.mark.parametrize(
    ("urgency", "reaction", "solution"),
    [
        (Urgency.CRITICAL, on(16, 10, 15), on(16, 14)),
        (Urgency.HIGH, on(16, 11), on(17, 10)),
        (Urgency.NORMAL, on(16, 14), on(18, 10)),
        (Urgency.LOW, on(17, 10), on(30, 10)),
    ],
)
def test_a_ticket_has_times_for_each_urgency(
    office: walks.Office, urgency: Urgency, reaction: dt.datetime, solution: dt.datetime
):
    case = started(office, "ticket", {"anliegen": "Drucker"}, urgency=urgency)
    clocks = Clock.objects.filter(task__instance=case).values_list("kind", "due_at")
    assert dict(clocks) == {"reaction": reaction, "solution": solution}


@pytest.mark.parametrize(
    ("urgency", "until"),
    [(Urgency.CRITICAL, on(16, 14)), (Urgency.HIGH, on(17, 10)), (Urgency.NORMAL, on(19, 10))],
)
def test_the_time_to_solve_a_fault_counts_from_its_report(
    office: walks.Office, urgency: Urgency, until: dt.datetime
):
    case = fault(office, urgency)
    finish(office, case, "annahme", "weiter", at=on(16, 12))
    assert due(case, "analyse") == until


def test_a_data_breach_is_reported_72_hours_after_it_was_known(office: walks.Office):
    case = fault(office, Urgency.CRITICAL)
    finish(office, case, "annahme", "sicherheitsvorfall", at=on(16, 11))
    finish(office, case, "vorfall_bewerten", "personendaten", {"vorfall": "Postfach offen"}, at=on(16, 16))
    assert due(case, "datenpanne") == on(19, 11)


def fault(office: walks.Office, urgency: Urgency) -> ProcessInstance:
    data = {"melder": str(office.somebody.pk), "system": "Mail", "beschreibung": "geht nicht"}
    return started(office, "it_stoerung", data, urgency=urgency)


@pytest.mark.parametrize(
    ("entry", "until"), [("01.02.2027", on(4, month=1, year=2027)), ("20.11.2026", on(18, 10))]
)
def test_an_entry_is_prepared_in_time_or_as_fast_as_can_be(
    office: walks.Office, entry: str, until: dt.datetime
):
    team = next(iter(office.members))
    data = {"name": "Kim Muster", "eintritt": entry, "stelle": "Lager", "abteilung": str(team)}
    case = started(office, "onboarding", data | {"vorgesetzte": str(office.members[team][2].pk)})
    assert due(case, "anstoss") == until


def test_a_notice_is_confirmed_two_days_after_receipt(office: walks.Office):
    contract = {"vertrag": "V 1", "form": "brief", "art": "ordentlich", "kunde": str(office.customer.pk)}
    case = started(office, "vertragskuendigung", contract | {"zugang_am": "16.11.2026"})
    finish(office, case, "erfassen", "eindeutig")
    finish(office, case, "termin", "fristgerecht", {"vertragsende": "15.12.2026"})
    assert due(case, "bestaetigen") == on(18)
    finish(office, case, "bestaetigen", DONE, {"kontakt_erlaubt": "no"})
    wait = Clock.objects.get(instance=case, kind="wait")
    deadlines.sweep(at=wait.due_at)
    assert due(case, "abschalten") == on(16, month=12)
    assert due(case, "schlussrechnung") == on(29, month=12)
    assert due(case, "rueckgabe") == on(29, month=12)


def test_the_last_day_to_give_notice_cannot_be_moved(office: walks.Office):
    data = {"partner": "Muster AG", "vertrag": "Wartung", "kuendigungstermin": "17.11.2026"}
    case = started(office, "eigene_vertraege", data | {"verantwortlich": str(office.somebody.pk)})
    deadlines.sweep(at=MONDAY + dt.timedelta(minutes=1))
    finish(office, case, "pruefen", "kuendigen", {"einschaetzung": "zu teuer"})
    finish(office, case, "kuendigung", DONE, {"vertragsende": "31.12.2026"})
    finish(office, case, "freigabe", "freigegeben")
    clock = Clock.objects.get(task__instance=case, task__step_key="zustellen")
    assert (clock.due_at, clock.is_final) == (on(17), True)


def test_the_clock_never_ends_the_week_of_the_works_council_too_early():
    calendar = office_of(region_of("DE-BY"))
    week, six = legal.Term(parse_duration("1w")), parse_duration("6d")
    for number in range(3 * 365):
        begun = on(1, 16, month=1) + dt.timedelta(days=number)
        over = legal.deadline(week, begun.date(), calendar).due_on
        assert worktime.due(begun, six, calendar) > legal.last_moment(over, calendar)
