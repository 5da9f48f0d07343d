"""Deadlines in a real browser: the account is read, a task is put off and comes back, a lead moves a deadline
and, after a standstill of the clock, extends what it has cost."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.standardplan import LEVELS
from processes.tests.builders import make_definition, make_team, make_user, make_version, single
from tasks import deadlines
from tasks.models import Clock, Standstill, Task
from tests.journeys.browsing import fits, log_in, violations

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
STANDARD = [level.to_json() for level in LEVELS]


@pytest.fixture
def people():
    service = make_team(name="Service")
    return {"anna": make_user("Anna", service), "lena": make_user("Lena", service, lead=True)}


@pytest.fixture
def task(people):
    rules = (DeadlinePlan(offset="3d"), DeadlinePlan(offset="4h", urgency=0))
    version = make_version(single(deadlines=rules), make_definition("ticket"), levels=STANDARD)
    case = runtime.start(version, by=people["anna"], title="Glas zerbrochen")
    return runtime.claim(case.tasks.get(), by=people["anna"])


def test_the_account_is_read_and_the_task_put_off_until_the_customer_answers(page, people, task):
    log_in(page, "anna")
    page.goto(f"/tasks/{task.pk}/")
    page.locator("#why-due summary").click()
    account = page.locator(".why-box")
    expect(account).to_contain_text("Leitung")
    assert account.get_by_role("row").count() >= 5
    assert violations(page) == []
    page.locator("#postpone summary").click()
    page.locator("#postpone-date").fill("bald")
    page.get_by_role("radio").nth(1).check()
    page.locator("#postpone-note").fill("Rückruf zugesagt")
    page.locator("#postpone button[type=submit]").click()
    expect(page.locator(".errsum")).to_be_visible()
    expect(page.locator("#postpone textarea")).to_have_value("Rückruf zugesagt")
    assert violations(page) == []
    page.locator("#postpone-date").fill("+7")
    page.locator("#postpone button[type=submit]").click()
    page.wait_for_url(re.compile(r"/tasks/$"))
    page.locator("#toasts .toast").wait_for()
    expect(page.get_by_role("link", name="Work")).to_have_count(0)
    page.goto("/tasks/?folder=later")
    expect(page.get_by_role("link", name="Work")).to_be_visible()
    assert violations(page) == []
    returns = Task.objects.get().follow_up_at
    deadlines.sweep(at=returns + dt.timedelta(minutes=1))
    page.goto("/tasks/")
    expect(page.get_by_role("link", name="Work")).to_be_visible()
    page.goto("/notifications/")
    expect(page.locator(".notices")).to_contain_text("Work")


def test_the_lead_moves_the_deadline_and_computes_the_urgency(page, people, task):
    today = timezone.localdate()
    log_in(page, "lena")
    page.goto(f"/tasks/{task.pk}/")
    page.locator("#move-deadline summary").click()
    page.locator("#deadline-date").fill("+20")
    page.locator("#deadline-time").fill("11")
    page.locator("#deadline-reason").fill("Kunde im Urlaub")
    page.locator("#move-deadline button[type=submit]").click()
    page.locator("#toasts .toast").wait_for()
    due_at = timezone.localtime(Task.objects.get().due_at)
    # At midnight the day may turn while the page is open.
    meant = {day + dt.timedelta(days=20) for day in (today, timezone.localdate())}
    assert due_at.date() in meant and due_at.hour == 11
    page.locator("#why-due summary").click()
    expect(page.locator(".why-box")).to_contain_text("Kunde im Urlaub")
    page.locator("#more-actions summary").click()
    page.locator("#impact").select_option("house")
    page.locator("#pressure").select_option("stands_still")
    page.locator(".urgency-choice strong").wait_for()
    assert violations(page) == []
    page.locator("form:has(.urgency-choice) button[type=submit]").click()
    page.locator(".facts .tag.danger").first.wait_for()
    assert Task.objects.get().urgency == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_after_a_standstill_the_lead_extends_what_it_has_cost(page, people, task, width, scheme):
    now = timezone.now()
    still = Standstill.objects.create(
        from_at=now - dt.timedelta(days=5), until_at=now - dt.timedelta(hours=1)
    )
    due_at = now - dt.timedelta(days=4)
    Clock.objects.filter(task=task).update(due_at=due_at, started_at=still.from_at)
    Task.objects.filter(pk=task.pk).update(due_at=due_at, due_sort_at=due_at)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, "lena")
    page.goto("/tasks/?folder=led")
    page.locator(".note a[href='/standstills/']").click()
    expect(page.locator(".preview tbody tr")).to_have_count(1)
    assert (violations(page), fits(page)) == ([], True)
    page.locator("textarea[name=reason]").fill("Server stand")
    page.locator(".team-part button[type=submit]").click()
    page.locator(".note.ok").wait_for()
    expect(page.locator(".note.ok")).to_contain_text("Server stand")
    assert Task.objects.get().due_at > due_at
    page.goto(f"/tasks/{task.pk}/")
    for menu in ("#why-due", "#postpone"):
        page.locator(f"{menu} summary").first.click()
    assert (violations(page), fits(page)) == ([], True)
