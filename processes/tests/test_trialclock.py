"""The clock of a trial that was put forward: what its pages compare deadlines with."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from people.models import User
from processes import publishing, runtime
from processes.blueprint import DeadlinePlan
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import MONDAY, make_team, make_user, single
from processes.tests.offices import Office, task_of
from tasks import duetime
from tasks.clocks import trialclock
from tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return Office()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(case: ProcessInstance) -> str:
    return reverse("processes:instance", args=[case.pk])


def put_forward(client: Client, case: ProcessInstance, times: int = 1) -> None:
    for _time in range(times):
        client.post(reverse("processes:advance_trial", args=[case.pk]))


def late_trial(office: Office) -> tuple[ProcessInstance, Client]:
    """A trial whose clock stands behind the deadline of its one task, which is days ahead."""
    case, client = office.trial(office.version(single(deadline="3d")), at=None), browser(office.pia)
    assert duetime.label(task_of(case).due_at, timezone.now()).mark != "over"
    put_forward(client, case, times=2)
    return case, client


def test_an_overdue_task_of_a_trial_is_overdue_on_all_its_pages(office: Office):
    case, client = late_trial(office)
    work = task_of(case)
    assert work.due_at is not None and work.due_at > timezone.now()
    assert work.overdue_at is not None
    shown = client.get(page_of(case)).context
    ((_task, due, _mark, _whose),) = shown["now"]
    assert (due.mark, shown["overdue_count"]) == ("over", 1)
    assert client.get(reverse("tasks:detail", args=[work.pk])).context["due"].mark == "over"
    (group,) = client.get(reverse("tasks:inbox")).context["groups"]
    assert group.rows[0].due.mark == "over"
    (row,) = client.get(reverse("processes:instances")).context["rows"]
    assert row.due.mark == "over"


def test_real_cases_go_by_the_real_clock_whatever_trials_do(office: Office):
    late_trial(office)
    real = runtime.start(office.version(single(deadline="3d")), by=office.anna)
    assert trialclock.now_of(real, MONDAY) == MONDAY
    shown = browser(office.anna).get(page_of(real)).context
    assert shown["overdue_count"] == 0
    assert "clock_at" not in shown


def test_what_happened_to_a_trial_today_is_today_by_its_clock(office: Office):
    case, client = late_trial(office)
    line = client.get(page_of(case)).context["lines"][0]
    with translation.override("de"):
        assert line.when.startswith(gettext("today, %(time)s").partition("%")[0])


def test_the_page_says_where_the_clock_stands_once_it_is_ahead(office: Office):
    case, client = office.trial(at=None), browser(office.pia)
    assert client.get(page_of(case)).context["clock_at"] == ""
    late, client = late_trial(office)
    with translation.override("de"):
        stands = duetime.full_text(trialclock.now_of(late))
    assert stands in client.get(page_of(late)).content.decode()


def test_it_is_as_late_as_the_newest_event_of_the_whole_call_tree(office: Office):
    case = office.trial()
    assert trialclock.reached(case.pk, MONDAY) == MONDAY
    runtime.comment(case, "Später", by=office.pia, at=MONDAY + dt.timedelta(days=2))
    assert trialclock.reached(case.pk, MONDAY) == MONDAY + dt.timedelta(days=2)
    assert trialclock.now_of(case, MONDAY) > MONDAY + dt.timedelta(days=2)
    assert trialclock.now_of(case, MONDAY + dt.timedelta(days=3)) == MONDAY + dt.timedelta(days=3)
    assert trialclock.nows([], MONDAY) == {}


def test_lists_ask_once_however_many_trials_they_show(office: Office):
    version, client = office.version(single(deadline="3d")), browser(office.pia)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("tasks:inbox")).status_code == 200
            assert client.get(reverse("processes:instances")).status_code == 200
        return len(captured)

    office.trial(version)
    statements()
    before = statements()
    for _number in range(5):
        office.trial(version)
    assert Task.objects.open().count() == 6
    assert statements() == before


# -- back to where it came from ------------------------------------------------------------------------------


def change_page(version: ProcessVersion) -> str:
    return reverse("admin:processes_processversion_change", args=[version.pk])


def test_the_page_of_a_trial_leads_back_to_its_draft(office: Office):
    draft, client = office.draft(), browser(office.pia)
    other = office.draft()
    case = office.trial(draft)
    page = client.get(page_of(case)).content.decode()
    assert f'href="{change_page(draft)}"' in page
    assert change_page(other) not in page


def test_it_leads_to_the_version_the_draft_has_become_and_nowhere_once_it_is_gone(office: Office):
    draft, gone, client = office.draft(), office.draft(), browser(office.pia)
    case, lost = office.trial(draft), office.trial(gone)
    publishing.publish(draft, by=office.pia)
    ProcessVersion.objects.get(pk=gone.pk).delete()
    assert client.get(page_of(case)).context["origin"].state == "published"
    answer = client.get(page_of(lost))
    assert answer.context["origin"] is None
    assert answer.status_code == 200


def test_a_real_case_leads_to_no_administration(office: Office):
    both = make_user("Beate", make_team(), is_process_admin=True, lead=True)
    version = office.version()
    real = runtime.start(version, by=both)
    assert change_page(version) not in browser(both).get(page_of(real)).content.decode()


def test_a_day_typed_for_the_deadline_of_a_trial_counts_from_its_clock(office: Office):
    plan = replace(single(), deadlines=(DeadlinePlan("case", "20d"),))
    case, client = office.trial(office.version(plan), at=None), browser(office.pia)
    put_forward(client, case)
    now = trialclock.now_of(case)
    assert now > timezone.now() + dt.timedelta(days=20)
    answer = client.post(reverse("processes:move_deadline", args=[case.pk]), {"date": "+3", "reason": "x"})
    assert answer.status_code == 302
    due_at = ProcessInstance.objects.get(pk=case.pk).due_at
    assert due_at is not None
    assert (timezone.localtime(due_at).date() - timezone.localtime(now).date()).days == 3
