"""The demo company: believable, the same every time, and never in production."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from people.models import Membership, Setting, Team, User
from processes.demo.company import PASSWORD
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import make_user
from tasks.models import Notification, ProcessEvent, Task, TaskCheck

pytestmark = pytest.mark.django_db


def seeded() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def test_the_demo_company_has_people_customers_and_cases_in_all_states():
    logins = seeded()
    assert Team.objects.count() == 5
    assert Membership.objects.filter(role="lead").count() == 5
    assert ProcessVersion.objects.filter(state="published").count() == 3
    assert Customer.objects.count() == 30
    states = Counter(ProcessInstance.objects.values_list("state", flat=True))
    assert sum(states.values()) == 40
    assert set(states) == {"running", "finished", "cancelled", "suspended"}
    assert ProcessInstance.objects.filter(result="abgeschlossen").count() >= 3
    overdue = Task.objects.open().filter(overdue_at__isnull=False)
    assert overdue.filter(escalation_level__gt=0).count() >= 5
    assert Task.objects.open().filter(overdue_at__isnull=True).exists()
    assert TaskCheck.objects.exists() and Task.objects.exclude(draft={}).exists()
    assert all(user.email in logins for user in User.objects.all())
    assert Setting.objects.get(key="demo").value["is_demo"] is True


def test_a_second_run_changes_nothing_and_no_mail_or_moment_of_the_demo_lies_ahead():
    first = seeded()
    events = ProcessEvent.objects.count()
    assert seeded() == first
    assert (ProcessEvent.objects.count(), User.objects.count()) == (events, 14)
    now = timezone.now()
    assert not ProcessEvent.objects.filter(at__gt=now).exists()
    assert not ProcessInstance.objects.filter(started_at__gt=now).exists()
    assert not Notification.objects.filter(channel="mail", state="pending").exists()
    assert Client().login(username="miriam.vogt@nordlicht.example", password=PASSWORD)


def test_production_has_no_demo(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        seeded()
    assert not User.objects.exists()


def test_an_installation_in_use_is_left_alone():
    make_user("Chefin")
    with pytest.raises(CommandError):
        seeded()
    assert User.objects.count() == 1
