"""What cases started at dates of others do not do: tell of their origins, run in circles, wait."""

from __future__ import annotations

from itertools import pairwise

import pytest

from customers.models import Customer
from people.models import User
from people.scope import scope_of
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, ProcessInstance, ScheduledCase, StartSchedule
from processes.tests.builders import (
    call,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from tasks import starts, verify
from tasks.tests.test_fieldstarts import BEGUN, at, begun, contract, look, ninety_days

pytestmark = pytest.mark.django_db
SECRET = "Kündigung Müller"


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


@pytest.fixture
def notice() -> ProcessDefinition:
    return make_version(single(), make_definition("notice", name="Kündigung prüfen")).definition


def dated(key: str, end_of_call: tuple[str, ...] = (), **more: object) -> ProcessDefinition:
    """A process whose cases carry a date from their start on; `end_of_call` = processes it calls."""
    calls = tuple(call(f"call{number}", one) for number, one in enumerate(end_of_call))
    names = ["start", *(one.key for one in calls), "keep", "over"]
    plan = Blueprint(
        fields=(FieldPlan("end", "Ende", "date", is_evaluated=True),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("end"),)),
            *calls,
            task("keep", fields=(StepFieldPlan("end"),)),
            node("over", "end"),
        ),
        flows=flows(
            f"start>{names[1]}",
            *(f"{one.key}.done>{names[names.index(one.key) + 1]}" for one in calls),
            "keep.done>over",
        ),
    )
    return make_version(plan, make_definition(key, **more)).definition


def started(notice: ProcessDefinition) -> tuple[str, Customer | None]:
    case = ProcessInstance.objects.get(definition=notice)
    return case.title, case.customer


# -- what it tells of its origin -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "new", "is_named"),
    [
        ({"visibility": "participants"}, {"visibility": "everyone"}, False),
        ({"visibility": "participants"}, {"visibility": "team"}, False),
        ({"visibility": "team"}, {"visibility": "everyone"}, False),
        ({"visibility": "team"}, {"visibility": "team", "owner_team": "other"}, False),
        ({"visibility": "team"}, {"visibility": "participants", "owner_team": "other"}, False),
        ({"visibility": "participants"}, {"visibility": "participants"}, True),
        ({"visibility": "team"}, {"visibility": "team"}, True),
        ({"visibility": "team"}, {"visibility": "participants"}, True),
        ({"visibility": "everyone"}, {"visibility": "everyone", "owner_team": "other"}, True),
        (
            {"visibility": "everyone", "is_confidential": True},
            {"visibility": "team", "is_confidential": True},
            False,
        ),
        (
            {"visibility": "team", "is_confidential": True},
            {"visibility": "everyone", "is_confidential": True},
            True,
        ),
    ],
)
def test_title_and_customer_are_taken_over_only_into_no_wider_a_circle(anna, origin, new, is_named: bool):
    """The owning team is not the one that works the cases. What is confidential is never everybody's."""
    new = {**new, "owner_team": make_team(new.get("owner_team", "owners"))}
    contracts = dated("contracts", owner_team=make_team("owners"), **origin)
    notice = make_version(single(), make_definition("notice", **new))
    customer = Customer.objects.create(number="K-1", name="Schmidt")
    case = contract(contracts, anna, "20.01.2027", title=SECRET, customer=customer)
    ninety_days(contracts, notice.definition)
    starts.run(at=at(1, 5))
    named = (f"Kündigen?: {SECRET}", customer)
    assert started(notice.definition) == (named if is_named else (f"Kündigen?: {case.number}", None))


def test_nobody_else_reads_the_title_of_a_case_of_participants(anna):
    contracts = dated("contracts", visibility="participants")
    notice = make_version(single(), make_definition("notice", visibility="everyone")).definition
    contract(contracts, anna, "20.01.2027", title=SECRET)
    ninety_days(contracts, notice)
    starts.run(at=at(1, 5))
    seen = ProcessInstance.objects.visible_to(scope_of(make_user("Oskar", make_team("other"))))
    (title,) = seen.values_list("title", flat=True)
    assert "Müller" not in title


@pytest.mark.parametrize("role", ["started_by", "owner"])
@pytest.mark.parametrize(("visibility", "is_named"), [("participants", False), ("team", True)])
def test_who_sees_the_new_case_from_its_start_has_to_see_the_other_one(anna, role, visibility, is_named):
    """Oskar is of the team that owns both and works none; cases of participants he does not see."""
    owners = make_team("owners")
    oskar = make_user("Oskar", owners)
    contracts = dated("contracts", owner_team=owners, visibility=visibility)
    more = {
        "owner_team": owners,
        "visibility": "participants",
        **({"owner": oskar} if role == "owner" else {}),
    }
    notice = make_version(single(), make_definition("notice", **more)).definition
    case = contract(contracts, anna, "20.01.2027", title=SECRET)
    ninety_days(contracts, notice, **({"started_by": oskar} if role == "started_by" else {}))
    starts.run(at=at(1, 5))
    assert started(notice)[0] == f"Kündigen?: {SECRET if is_named else case.number}"
    assert ProcessInstance.objects.visible_to(scope_of(oskar)).filter(definition=notice).exists()


def test_who_sees_both_reads_the_name(anna):
    contracts = dated("contracts", visibility="participants")
    notice = make_version(single(), make_definition("notice", visibility="participants", owner=anna))
    contract(contracts, anna, "20.01.2027", title=SECRET)
    ninety_days(contracts, notice.definition, started_by=anna)
    starts.run(at=at(1, 5))
    assert started(notice.definition)[0] == f"Kündigen?: {SECRET}"


# -- circles -------------------------------------------------------------------------------------------------


def keep_looking(times: int = 3) -> int:
    """Several looks of all schedules, an hour apart; how many cases there are then."""
    for hour in range(times):
        StartSchedule.objects.update(wake_at=at(1, 5, 8 + hour))
        starts.run(at=at(1, 5, 8 + hour))
    assert not list(verify.all_breaks())
    return ProcessInstance.objects.count()


def test_a_schedule_does_not_feed_itself(anna):
    contracts = dated("contracts")
    ninety_days(contracts, contracts, data={"end": "2027-01-20"})
    contract(contracts, anna, "2027-01-20")
    assert keep_looking() == 2


def test_two_schedules_do_not_feed_each_other(anna):
    first, second = dated("first"), dated("second")
    ninety_days(first, second, data={"end": "2027-01-20"})
    ninety_days(second, first, data={"end": "2027-01-20"})
    contract(first, anna, "2027-01-20")
    assert keep_looking() == 2
    contract(second, anna, "2027-01-20")
    assert keep_looking() == 4


def test_a_case_that_was_called_in_a_started_one_closes_no_circle_either(anna):
    """The called case carries the date; what it starts calls another one."""
    inner = dated("inner")
    outer = dated("outer", ("inner",))
    origin = runtime.start(inner, by=anna, data={"end": "2027-01-20"}, at=BEGUN)
    ninety_days(inner, outer)
    assert keep_looking() == 3
    called = ProcessInstance.objects.filter(definition=inner).exclude(pk=origin.pk).get()
    row = runtime.claim(called.tasks.get(), by=anna, at=at(1, 5, 12))
    runtime.complete_task(row, outcome="done", data={"end": "2027-01-20"}, by=anna, at=at(1, 5, 12))
    StartSchedule.objects.update(origins="both")
    assert keep_looking() == 3


def test_a_row_of_processes_goes_on_to_its_third_start(anna):
    row = [dated(key) for key in ("a", "b", "c", "d", "e")]
    for source, following in pairwise(row):
        ninety_days(source, following, data={"end": "2027-01-20"})
    contract(row[0], anna, "2027-01-20")
    assert keep_looking(5) == 4
    assert [begun(one) != [] for one in row] == [True, True, True, True, False]


def test_what_a_person_started_goes_on_starting(anna, notice):
    """Another case of the process in question does not stop those that were not started by it."""
    contracts = dated("contracts")
    ninety_days(contracts, notice)
    for _number in range(3):
        contract(contracts, anna, "2027-01-20")
    assert keep_looking() == 6
    assert ScheduledCase.objects.filter(case__isnull=False).count() == 3
    assert look(StartSchedule.objects.get(), at(1, 6)) == starts.Started()


# -- unforeseen failures -------------------------------------------------------------------------------------


def test_an_unforeseen_failure_puts_its_date_off_and_none_behind_it(anna):
    """Values that are no mapping break every start in a way nothing foresees."""
    contracts, notice = dated("contracts"), dated("notice")
    row = ninety_days(contracts, notice, data=["end"])
    origins = [contract(contracts, anna, end).pk for end in ("2027-01-20", "2027-01-21")]
    assert look(row, at(1, 5)) == starts.Started(failed=2)
    failed = ScheduledCase.objects.order_by("origin").values_list("origin", "case", "failed_at")
    assert list(failed) == [(pk, None, at(1, 5)) for pk in origins]
    row.refresh_from_db()
    assert row.last_error and row.wake_at == at(1, 5, 9)
    StartSchedule.objects.update(data={})
    assert starts.run(at=at(1, 5, 9)).started == 2
    starts.run(at=at(1, 5, 10))
    row.refresh_from_db()
    assert row.last_error == ""
    assert not list(verify.all_breaks())


def test_a_date_that_broke_waits_while_others_start(anna):
    contracts, notice = dated("contracts"), dated("notice")
    row = ninety_days(contracts, notice, data=["end"])
    contract(contracts, anna, "2027-01-20", title="alt")
    look(row, at(1, 5))
    StartSchedule.objects.update(data={})
    contract(contracts, anna, "2027-01-21", title="neu")
    look(row, at(1, 5, 8, 30))
    assert begun(notice) == ["Kündigen?: neu"]
    row.refresh_from_db()
    assert row.last_error
