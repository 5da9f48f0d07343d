"""What stands still, as operators see it in the administration and case workers on the case's page."""

import pytest
from django.urls import reverse

from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_team, make_user
from tasks import incidents
from tasks.models import Incident, Job
from tasks.tests.automats import acting, begun, done, kinds
from tasks.tests.automats import mail as mailing

pytestmark = pytest.mark.django_db
LIST = {"job": "admin:tasks_job_changelist", "incident": "admin:tasks_incident_changelist"}


@pytest.fixture
def anna():
    return make_user("Anna", make_team(), language="en")


@pytest.fixture
def lead():
    return make_user("Lead", make_team(), lead=True, language="en")


@pytest.fixture
def case(anna):
    """Stands still, because there is no customer to be written to."""
    return done(mailing("customer", subject="Geheimer Betreff"), by=anna, title="Glas")


@pytest.fixture
def operator(client):
    person = make_user("Operator", is_operator=True, language="en")
    client.force_login(person)
    return person


def page_of(client, person, case):
    client.force_login(person)
    return client.get(reverse("processes:instance", args=[case.pk])).content.decode()


def retry(client, person, case, **headers):
    client.force_login(person)
    incident = Incident.objects.get(instance=case)
    return client.post(reverse("processes:retry", args=[case.pk, incident.pk]), headers=headers)


def act(client, what, *rows):
    data = {"action": "retry", "index": "0", "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(LIST[what]), data, follow=True).content.decode()


# -- the case's page -----------------------------------------------------------------------------------------


def test_the_case_says_what_stands_still_and_why(client, case, anna):
    page = page_of(client, anna, case)
    assert "“Act1” stands still" in page
    assert "Nobody was found to send the mail to." in page
    assert "Try again" not in page


def test_who_manages_the_case_tries_it_again(client, case, lead):
    assert "Try again" in page_of(client, lead, case)
    answer = retry(client, lead, case)
    assert (answer.status_code, answer.url) == (302, f"/cases/{case.pk}/")
    assert kinds(case) == ["incident", "resolved"]
    page = page_of(client, lead, case)
    assert "stands still</h2>" not in page


def test_others_may_not_and_a_second_time_is_out_of_date(client, case, anna, lead):
    assert retry(client, anna, case).status_code == 422
    assert Job.objects.get().state == "incident"
    retry(client, lead, case)
    answer = retry(client, lead, case)
    assert (answer.status_code, kinds(case).count("resolved")) == (409, 1)


def test_the_incident_of_another_case_is_not_found_here(client, case, lead):
    other = begun(acting(mailing("starter")), lead)
    incident = Incident.objects.get(instance=case)
    client.force_login(lead)
    assert client.post(reverse("processes:retry", args=[other.pk, incident.pk])).status_code == 404


def test_a_missing_date_can_not_be_tried_again(client, case, lead):
    Incident.objects.update(job=None, code="date_missing")
    page = page_of(client, lead, case)
    assert "The date that is waited for is not known." in page
    assert "Try again" not in page
    assert retry(client, lead, case).status_code == 409


# -- the administration --------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", LIST)
def test_operators_see_the_reason_and_nothing_of_the_case(client, case, operator, what):
    page = client.get(reverse(LIST[what])).content.decode()
    assert case.number in page and "Nobody was found to send the mail to." in page
    assert not any(word in page for word in ("Glas", "Geheimer", "Anna", "anna@"))


@pytest.mark.parametrize("what", LIST)
def test_operators_let_steps_be_tried_again(client, case, operator, what):
    row = (Job if what == "job" else Incident).objects.get()
    assert "1 step is being tried again." in act(client, what, row)
    assert Job.objects.get().state == "waiting"
    assert Incident.objects.get().resolved_by == operator


def test_why_not_is_said_of_each_one(client, case, operator, lead):
    runtime.retry_job(Job.objects.get(), by=lead)
    page = act(client, "job", Job.objects.get())
    assert f"{case.number}: This has changed in the meantime." in page
    assert "tried again" not in page


@pytest.mark.parametrize("what", LIST)
def test_confidential_cases_are_not_named_and_not_touched(client, operator, anna, what):
    definition = make_definition("hidden", is_confidential=True, number_pattern="HIDDEN-{seq}")
    done(mailing("customer"), by=anna, definition=definition)
    assert "HIDDEN-1" not in client.get(reverse(LIST[what])).content.decode()
    act(client, what, (Job if what == "job" else Incident).objects.get())
    assert Job.objects.get().state == "incident"


@pytest.mark.parametrize("what", LIST)
def test_nobody_adds_changes_or_deletes_rows(client, case, operator, what):
    row = (Job if what == "job" else Incident).objects.get()
    listing = reverse(LIST[what])
    for path in (f"{listing}add/", f"{listing}{row.pk}/change/", f"{listing}{row.pk}/delete/"):
        assert client.get(path).status_code in (403, 404)
    data = {"action": "delete_selected", "index": "0", "_selected_action": [row.pk], "post": "yes"}
    client.post(listing, data)
    assert Job.objects.exists() and Incident.objects.exists()


@pytest.mark.parametrize(("choice", "shown"), [("open", True), ("resolved", False), ("nosuch", True)])
def test_incidents_are_filtered_by_state(client, case, operator, choice, shown):
    page = client.get(reverse(LIST["incident"]), {"is": choice}).content.decode()
    assert (case.number in page) == shown


# -- readiness -----------------------------------------------------------------------------------------------


def test_open_incidents_are_a_warning_and_no_reason_not_to_be_ready(client, case, lead):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["incidents"]) == (200, 1)
    assert "incidents" in answer.json()["warnings"]
    runtime.retry_job(Job.objects.get(), by=lead)
    assert "incidents" not in client.get("/readyz").json()["warnings"]


def test_incidents_end_with_their_case(client, case, lead):
    incidents.open_incident(case, "nobody", at=MONDAY, token_id=1)
    runtime.cancel(ProcessInstance.objects.get(pk=case.pk), by=lead, reason="Irrtum")
    assert not Incident.objects.filter(resolved_at__isnull=True).exists()
