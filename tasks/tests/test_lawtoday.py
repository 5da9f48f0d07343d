"""The evening's check list: legal deadlines of today and before, open or struck out, and who sees them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from people.models import Membership, User
from people.scope import scope_of
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.models import CaseAccess
from processes.tests.builders import (
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from tasks import lawtoday
from tasks.models import Task
from tasks.tests.offices import browser, staff

pytestmark = pytest.mark.django_db
WEEK = DeadlinePlan(offset="1w", is_legal=True)
EVENING = MONDAY + dt.timedelta(days=7, hours=8)
"""Monday, 23 November, 18:00: the day a week of Monday the 16th ends."""
URL = "/legal-deadlines/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def office() -> dict[str, User]:
    return staff()


def begin(
    office: dict[str, User],
    *rules: DeadlinePlan,
    claimed_by: str = "",
    at: dt.datetime = MONDAY,
    plan: Blueprint | None = None,
) -> Task:
    """A task of service in a process of its own."""
    key = f"process{Task.objects.count()}"
    version = make_version(plan or single(deadlines=rules or (WEEK,)), make_definition(key))
    row: Task = runtime.start(version, by=office["anna"], at=at).tasks.get()
    return runtime.claim(row, by=office[claimed_by], at=at) if claimed_by else row


def open_ids(user: User, at: dt.datetime = EVENING) -> list[str]:
    return [row.url for row in lawtoday.board(scope_of(user), at).open]


def address(row: Task) -> str:
    return f"/tasks/{row.pk}/"


def test_only_legal_deadlines_up_to_tonight_are_listed_the_oldest_first(office: dict[str, User]):
    today, late = begin(office), begin(office, at=MONDAY - dt.timedelta(days=3))
    begin(office, DeadlinePlan(offset="3d"))
    begin(office, at=MONDAY + dt.timedelta(days=1))
    assert open_ids(office["bert"]) == [address(late), address(today)]
    late_row, row = lawtoday.board(scope_of(office["bert"]), EVENING).open
    assert (late_row.due.mark, row.due.mark, row.law) == ("over", "today", "legal deadline")


def test_whoever_has_it_the_team_of_a_free_one_and_the_lead_see_it(office: dict[str, User]):
    free, berts = begin(office), begin(office, claimed_by="bert")
    assert open_ids(office["bert"]) == [address(free), address(berts)]
    assert open_ids(office["anna"]) == [address(free)]
    assert open_ids(office["lena"]) == [address(free), address(berts)]
    for name in ("oskar", "quirin", "pia"):
        assert open_ids(office[name]) == []


def test_what_is_put_off_stays_on_the_list(office: dict[str, User]):
    """The law does not wait for a follow-up."""
    row = begin(office, claimed_by="bert")
    later = EVENING + dt.timedelta(days=2)
    runtime.postpone(row, later, by=office["bert"], waits_for="customer", at=MONDAY)
    assert open_ids(office["bert"]) == [address(row)]


def test_a_completed_task_is_struck_out_with_name_and_time_and_stays_visible(office: dict[str, User]):
    row = begin(office, claimed_by="bert")
    runtime.complete_task(row, outcome="done", by=office["bert"], at=EVENING - dt.timedelta(hours=3))
    for name in ("bert", "lena"):
        found = lawtoday.board(scope_of(office[name]), EVENING)
        assert (found.open, [one.url for one in found.struck]) == ([], [address(row)])
        assert found.struck[0].struck == "struck out by Bert, today, 15:00"
    assert lawtoday.board(scope_of(office["anna"]), EVENING).struck == []
    tomorrow = EVENING + dt.timedelta(days=1)
    assert lawtoday.board(scope_of(office["lena"]), tomorrow).struck == []


def test_a_legal_deadline_of_the_whole_case_stands_with_the_lead_of_its_process(office: dict[str, User]):
    steps = (node("start", "start"), task("work"), node("end", "end"))
    plan = Blueprint(
        steps=steps,
        flows=flows("start>work", "work.done>end"),
        deadlines=(DeadlinePlan("case", "1w", is_legal=True, is_final=True),),
    )
    case = begin(office, plan=plan).instance
    (row,) = lawtoday.board(scope_of(office["lena"]), EVENING).open
    assert (row.url, row.title) == (f"/cases/{case.pk}/", "Deadline of the case")
    assert row.law == "statutory deadline (Notfrist)"
    assert open_ids(office["bert"]) == []
    runtime.cancel(case, by=office["lena"], reason="erledigt", at=EVENING)
    assert open_ids(office["lena"]) == []


SECRET = "Streng geheim"


def hidden_begin(office: dict[str, User], plan: Blueprint, *, is_confidential: bool) -> Task:
    """A task in a case whose owning team has no part in it."""
    definition = make_definition(
        "secret",
        owner_team=make_team("owners"),
        visibility="participants",
        is_confidential=is_confidential,
    )
    begun = timezone.now() - dt.timedelta(days=7)
    case = runtime.start(make_version(plan, definition), by=office["anna"], at=begun, title=SECRET)
    row: Task = case.tasks.get()
    return row


@pytest.mark.parametrize("is_confidential", [True, False])
def test_the_deadline_of_a_case_its_lead_may_not_see_is_not_listed(
    office: dict[str, User], is_confidential: bool
):
    lea = make_user("Lea", make_team("owners"), lead=True)
    plan = replace(single(), deadlines=(DeadlinePlan("case", "1w", is_legal=True),))
    row = hidden_begin(office, plan, is_confidential=is_confidential)
    assert open_ids(lea, timezone.now()) == []
    assert SECRET not in browser(lea).get(URL).content.decode()
    CaseAccess.objects.create(instance=row.instance, user=lea)
    assert open_ids(lea, timezone.now()) == [f"/cases/{row.instance_id}/"]


def test_a_task_struck_out_is_gone_with_the_right_to_see_its_case(office: dict[str, User]):
    row = hidden_begin(office, single(deadlines=(WEEK,)), is_confidential=True)
    row = runtime.claim(row, by=office["bert"])
    runtime.complete_task(row, outcome="done", by=office["bert"])
    now = timezone.now()
    assert [one.url for one in lawtoday.board(scope_of(office["bert"]), now).struck] == [address(row)]
    Membership.objects.filter(user=office["bert"]).update(team=make_team("elsewhere"))
    CaseAccess.objects.filter(user=office["bert"]).delete()
    gone = User.objects.get(pk=office["bert"].pk)
    assert lawtoday.board(scope_of(gone), now).struck == []


def test_a_list_that_does_not_fit_says_so(office: dict[str, User], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lawtoday, "MOST_ROWS", 1)
    begin(office)
    assert not lawtoday.board(scope_of(office["bert"]), EVENING).is_cut
    begin(office)
    found = lawtoday.board(scope_of(office["bert"]), EVENING)
    assert (len(found.open), found.is_cut) == (1, True)


# -- the page ------------------------------------------------------------------------------------------------


def test_the_page_shows_both_parts_and_the_inbox_leads_there(office: dict[str, User]):
    begun = timezone.now() - dt.timedelta(days=7)
    begin(office, at=begun)
    done = begin(office, claimed_by="bert", at=begun)
    client = browser(office["bert"])
    runtime.complete_task(done, outcome="done", by=office["bert"])
    page = client.get(URL)
    assert [row.title for row in page.context["board"].open] == ["Work"]
    html = page.content.decode()
    assert "<s>" in html and "Bert" in html
    assert f'href="{URL}"' in client.get("/tasks/").content.decode()


def test_an_empty_page_says_so_and_administrators_have_none(office: dict[str, User]):
    assert browser(office["oskar"]).get(URL).status_code == 200
    assert browser(office["pia"]).get(URL).status_code in (403, 404)
    assert browser(office["oskar"]).post(URL).status_code == 405


def test_its_statements_do_not_grow_with_its_rows(office: dict[str, User]):
    def statements() -> int:
        client = browser(office["lena"])
        client.get(URL)
        with CaptureQueriesContext(connection) as caught:
            client.get(URL)
        return len(caught)

    begin(office, at=timezone.now() - dt.timedelta(days=7))
    before = statements()
    for _number in range(4):
        begin(office, at=timezone.now() - dt.timedelta(days=7), claimed_by="bert")
    assert statements() == before
