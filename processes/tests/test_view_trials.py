"""Pages of trials: started from the administration, worked like a real case, hidden from everybody else."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from customers import records
from customers.lists import cases_of
from people.scope import SYSTEM, scope_of
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessInstance
from processes.runtime import trials
from processes.tests.builders import MONDAY, flows, make_team, make_user, node, single, task, wait
from processes.tests.offices import Office, task_of
from tasks import inbox, incidents
from tasks.clocks import standstills
from tasks.models import CaseFile, Standstill, Task

pytestmark = pytest.mark.django_db
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def office():
    return Office()


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def shown(answer):
    """The page as text, quotes as typed."""
    return answer.content.decode().replace("&#x27;", "'")


def words(text):
    """A sentence as the pages say it."""
    with translation.override("de"):
        return gettext(text)


def page_of(version):
    return reverse("admin:processes_processversion_trial", args=[version.pk])


def start_of(version):
    return reverse("processes:trial_start", args=[version.pk])


# -- starting ------------------------------------------------------------------------------------------------


def test_a_draft_is_started_from_the_administration_and_its_first_task_opens(office):
    draft, client = office.draft(), browser(office.pia)
    assert client.get(page_of(draft)).status_code == 200
    assert client.post(page_of(draft))["Location"] == start_of(draft)
    form = shown(client.get(start_of(draft)))
    assert f'action="{start_of(draft)}"' in form
    assert words("nobody else sees it, nothing is sent.") in form
    answer = client.post(start_of(draft), {"title": "Vase", "key": KEY, "urgency": "2"})
    work = Task.objects.get()
    assert answer["Location"] == reverse("tasks:detail", args=[work.pk])
    assert (work.instance.is_trial, work.instance.title) == (True, "Vase")
    assert "Vase" in client.get(page_of(draft)).content.decode()


def test_a_draft_with_faults_shows_its_findings_and_no_form(office):
    faulty = office.draft(Blueprint(steps=(node("start", "start"), task("work"), node("end", "end"))))
    client = browser(office.pia)
    answer = client.post(page_of(faulty))
    assert answer.status_code == 422
    assert answer.context["faults"]
    assert all(str(one.message) in answer.content.decode() for one in answer.context["faults"][:1])
    assert client.get(start_of(faulty))["Location"] == page_of(faulty)
    assert client.post(start_of(faulty), {"key": KEY})["Location"] == page_of(faulty)
    assert not ProcessInstance.objects.exists()


def test_a_retired_version_has_no_trial_page(office):
    former = office.version()
    office.version()
    client = browser(office.pia)
    assert client.get(page_of(former)).status_code == 404
    assert client.get(start_of(former)).status_code == 404


def test_the_eleventh_trial_is_refused_with_a_sentence(office):
    version, client = office.version(), browser(office.pia)
    for _number in range(trials.MOST):
        office.trial(version)
    refusal = words("There are %(most)s trial runs already. Please remove one first.") % {"most": trials.MOST}
    assert refusal in shown(client.get(page_of(version)))
    answer = client.post(start_of(version), {"key": KEY, "urgency": "2"})
    assert answer.status_code == 422
    assert refusal in shown(answer)


def test_a_start_form_takes_files_of_administrators(office):
    plan = Blueprint(
        fields=(FieldPlan("paper", "Beleg", "file"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("paper", "optional"),)),
            task("work"),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )
    draft, client = office.draft(plan), browser(office.pia)
    upload = SimpleUploadedFile("Beleg.txt", b"Gesehen")
    client.post(start_of(draft), {"key": KEY, "urgency": "2", "file_paper": upload})
    row = CaseFile.objects.get()
    assert (row.instance.is_trial, row.instance.data["paper"]) == (True, row.pk)
    assert client.get(reverse("tasks:file", args=[row.pk])).status_code == 200
    assert browser(office.lea).get(reverse("tasks:file", args=[row.pk])).status_code == 404


def test_customers_are_offered_only_to_administrators_who_work_cases(office):
    version = office.version()
    bakery = records.create(by=SYSTEM, name="Bäckerei Hollerbach")
    both = make_user("Beate", make_team(), is_process_admin=True)
    asked = f"{start_of(version)}?customer={bakery.pk}"
    assert "Hollerbach" in browser(both).get(asked).content.decode()
    assert "Hollerbach" not in browser(office.pia).get(asked).content.decode()
    browser(office.pia).post(start_of(version), {"key": KEY, "customer": bakery.pk, "urgency": "2"})
    assert ProcessInstance.objects.get().customer is None


# -- working -------------------------------------------------------------------------------------------------


def test_every_page_says_that_it_is_a_trial(office):
    case, client = office.trial(office.version(single(deadline="8h"))), browser(office.pia)
    work = task_of(case)
    rows = shown(client.get(reverse("tasks:inbox")))
    assert words("Trial run") in rows.split(f'id="task-{work.pk}"')[1].split("</tr>")[0]
    page = shown(client.get(reverse("tasks:detail", args=[work.pk])))
    assert words("In a real case: inbox of the team %(team)s. %(why)s").split("%")[0] + "Service" in page
    for body in (page, shown(client.get(reverse("processes:instance", args=[case.pk])))):
        assert words("nobody else sees it, nothing is sent.") in body


def test_a_trial_is_worked_put_forward_and_removed(office):
    plan = Blueprint(
        steps=(node("start", "start"), wait("pause", offset="3d"), task("work"), node("end", "end")),
        flows=flows("start>pause", "pause>work", "work.done>end"),
    )
    case, client = office.trial(office.version(plan), at=None), browser(office.pia)
    page, forward, remove = (
        reverse(f"processes:{name}", args=[case.pk]) for name in ("instance", "advance_trial", "remove_trial")
    )
    assert f'action="{forward}"' in shown(client.get(page))
    client.post(forward)
    work = task_of(case)
    assert work.created_at > timezone.now() + dt.timedelta(days=2)
    client.post(reverse("tasks:complete", args=[work.pk]), {"outcome": "done"})
    case.refresh_from_db()
    assert case.state == ProcessInstance.State.FINISHED
    assert f'action="{forward}"' not in shown(client.get(page))
    assert words("No deadline is running in this trial run.") in shown(client.post(forward, follow=True))
    assert f'action="{remove}"' in shown(client.get(page))
    assert client.post(remove).status_code == 302
    assert client.get(page).status_code == 404


def test_a_real_case_has_neither_button(office):
    both = make_user("Beate", make_team(), is_process_admin=True, lead=True)
    real = runtime.start(office.version(), by=both)
    client, page = browser(both), reverse("processes:instance", args=[real.pk])
    for name in ("processes:advance_trial", "processes:remove_trial"):
        address = reverse(name, args=[real.pk])
        assert client.post(address).status_code == 404
        assert address not in shown(client.get(page))


# -- nobody else ---------------------------------------------------------------------------------------------


@pytest.fixture
def hidden(office):
    """A trial of a process that everybody may see, overdue, of a customer, with an incident."""
    office.definition.visibility = "everyone"
    office.definition.save()
    bakery = records.create(by=SYSTEM, name="Bäckerei Hollerbach")
    version = office.version(single(deadline="1h"))
    case = office.trial(version, title="Geheimprobe", customer=bakery)
    incidents.open_incident(case, "no_way_on", at=MONDAY)
    return case


OTHERS = {
    "colleague": {},
    "lead": {"lead": True},
    "auditor": {"is_auditor": True},
    "administrator": {"is_process_admin": True},
    "superuser": {"is_superuser": True},
    "operator": {"is_operator": True},
}


@pytest.mark.parametrize("role", OTHERS)
def test_no_list_page_or_count_of_anybody_else_knows_of_it(office, hidden, role):
    other = make_user("Otto", make_team(), **OTHERS[role])
    client, scope = browser(other), scope_of(other)
    at = timezone.now()
    for address in (
        reverse("processes:instance", args=[hidden.pk]),
        reverse("tasks:detail", args=[task_of(hidden).pk]),
    ):
        assert client.get(address).status_code == 404
    for address in (
        *(f"{reverse('tasks:inbox')}?folder={folder}" for folder in inbox.FOLDERS),
        f"{reverse('processes:instances')}?state=all",
        f"{reverse('tasks:search')}?q=Geheimprobe",
        reverse("customers:detail", args=[hidden.customer.pk]),
        reverse("tasks:standstills"),
        f"{reverse('processes:start', args=['complaint'])}?customer={hidden.customer.pk}",
    ):
        body = shown(client.get(address))
        assert hidden.number not in body, address
        assert f"/cases/{hidden.pk}/" not in body, address
    assert set(inbox.counts(scope, at).values()) == {0}
    assert not ProcessInstance.objects.visible_to(scope).exists()
    assert not cases_of(hidden.customer, scope).running_count


def test_no_table_of_the_administration_lists_it(office, hidden):
    client = browser(make_user("Ole", is_operator=True))
    for table in (
        "processes_processinstance",
        "tasks_task",
        "tasks_processevent",
        "tasks_clock",
        "tasks_incident",
    ):
        answer = client.get(reverse(f"admin:{table}_changelist"))
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == 0, table
    assert Client().get("/readyz").json()["incidents"] == 0


def test_not_even_its_starter_finds_it_among_a_customers_cases(office, hidden):
    both = make_user("Beate", make_team(), is_process_admin=True)
    case = office.trial(hidden.version, by=both, customer=hidden.customer)
    assert not cases_of(case.customer, scope_of(both)).running_count
    answer = browser(both).get(f"{start_of(case.version)}?customer={case.customer.pk}")
    assert case.number not in answer.content.decode()


def test_a_standstill_concerns_real_tasks_only(office):
    version = office.version(single(deadline="8h"))
    real, trial = runtime.start(version, by=office.anna, at=MONDAY), office.trial(version)
    still = Standstill.objects.create(from_at=MONDAY, until_at=MONDAY + dt.timedelta(hours=1))
    still.from_at += dt.timedelta(minutes=1)
    found = {clock.instance for clock in standstills.clocks_of(still, [make_team().pk])}
    assert (real in found, trial in found) == (True, False)


def test_the_end_of_a_trial_leads_to_its_case_and_from_there_back_to_the_draft(office):
    draft, client = office.draft(), browser(office.pia)
    client.post(start_of(draft), {"title": "Vase", "key": KEY, "urgency": "2"})
    work = Task.objects.get()
    answer = client.post(reverse("tasks:complete", args=[work.pk]), {"outcome": "done"})
    assert answer["Location"] == reverse("processes:instance", args=[work.instance_id])
    address = reverse("admin:processes_processversion_change", args=[draft.pk])
    assert f'href="{address}"' in shown(client.get(answer["Location"]))
    assert f'<a href="{address}">{words("Back to the draft")}</a>' in shown(client.get(page_of(draft)))
