"""Called processes: version at entry, data both ways, ends as outcomes, and one fate with their caller."""

import datetime as dt

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.errors import NotRunning
from processes.models import ProcessInstance
from processes.tests.builders import (
    MONDAY,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
)
from tasks import deadlines, verify
from tasks.models import Incident, Task

pytestmark = pytest.mark.django_db

CALL = {
    "process": "check",
    "inputs": [["sum", "amount"]],
    "outputs": [["grade", "result"]],
    "ends": [["good", "ok"], ["bad", "refused"]],
    "otherwise": "refused",
}


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


def check(**step):
    """The called process: start → judge → good | bad."""
    judge = task("judge", outcomes="good bad", fields=(StepFieldPlan("result"),), **step)
    return Blueprint(
        fields=(FieldPlan("sum", "Summe", "money"), FieldPlan("result", "Note")),
        steps=(node("start", "start"), judge, node("good", "end"), node("bad", "end")),
        flows=flows("start>judge", "judge.good>good", "judge.bad>bad"),
    )


def caller(*extra, call=CALL, beside=False):
    """start → [beside and] call (ok, refused) → pay | sorry → end."""
    outcomes = (OutcomePlan("ok", "Gut"), OutcomePlan("refused", "Schlecht"), *extra)
    step = StepPlan("call", "subprocess", "Bonität", outcomes=outcomes, config={"call": call})
    first = ("start>split", "split>call", "split>stop", "stop.done>kill") if beside else ("start>call",)
    more = (node("split", "parallel"), task("stop"), node("kill", "terminate")) if beside else ()
    return Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"), FieldPlan("grade", "Note")),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("amount"),)),
            *more,
            step,
            task("pay"),
            task("sorry"),
            node("end", "end"),
        ),
        flows=flows(
            *first,
            "call.ok>pay",
            "call.refused>sorry",
            *(f"call.{one.key}>sorry" for one in extra),
            "pay.done>end",
            "sorry.done>end",
        ),
    )


@pytest.fixture
def called():
    return make_version(check(), make_definition("check", number_pattern="CHK-{seq}"))


def started(anna, plan=None, key="order", **what):
    version = make_version(plan or caller(), make_definition(key, number_pattern="ORD-{seq}"))
    return runtime.start(version, by=anna, title="Bestellung", data={"amount": "12,50"}, at=MONDAY, **what)


def finish(case, step, outcome, by, **what):
    row = runtime.claim(Task.objects.open().get(instance=case, step_key=step), by=by)
    return runtime.complete_task(row, outcome=outcome, by=by, **what)


def open_steps(case):
    return sorted(Task.objects.open().filter(instance=case).values_list("step_key", flat=True))


def breaks():
    return [str(one) for one in verify.all_breaks()]


def test_the_called_case_gets_data_number_and_version(anna, called):
    case = started(anna)
    child = case.children.get()
    assert (child.number, child.version, child.root, child.depth) == (f"{case.number}/1", called, case, 1)
    assert (child.title, child.data) == ("Bestellung", {"sum": {"amount": "12.50", "currency": "EUR"}})
    assert open_steps(case) == []
    assert open_steps(child) == ["judge"]
    assert breaks() == []


@pytest.mark.parametrize(("outcome", "step"), [("good", "pay"), ("bad", "sorry")])
def test_its_end_is_the_callers_outcome_and_its_data_come_back(anna, called, outcome, step):
    case = started(anna)
    finish(case.children.get(), "judge", outcome, anna, data={"result": "befriedigend"})
    case.refresh_from_db()
    assert open_steps(case) == [step]
    assert case.data["grade"] == "befriedigend"
    assert case.children.get().state == ProcessInstance.State.FINISHED
    assert breaks() == []


def test_a_version_published_later_is_not_taken(anna, called):
    case = started(anna)
    make_version(check(), called.definition)
    assert case.children.get().version == called


def test_a_process_without_a_published_version_stands_still_visibly(anna):
    case = started(anna)
    assert Incident.objects.get(instance=case).code == "called_process"
    assert breaks() == []


def test_a_called_case_that_ends_at_once_lets_the_caller_go_on_in_the_same_change(anna):
    plan = Blueprint(steps=(node("start", "start"), node("good", "end")), flows=flows("start>good"))
    make_version(plan, make_definition("check"))
    case = started(anna)
    assert open_steps(case) == ["pay"]
    assert breaks() == []


def test_cancelling_the_caller_cancels_everything_below(anna, called):
    make_version(caller(), make_definition("middle"))
    case = started(anna, caller(call={**CALL, "process": "middle", "inputs": [], "outputs": []}))
    middle = case.children.get()
    lowest = middle.children.get()
    assert (lowest.depth, lowest.number) == (2, f"{case.number}/1/1")
    runtime.cancel(case, by=SYSTEM, reason="Storniert")
    for one in (middle, lowest):
        one.refresh_from_db()
        assert one.state == ProcessInstance.State.CANCELLED
        assert open_steps(one) == []
    assert breaks() == []


def test_terminating_the_caller_ends_the_called_case(anna, called):
    case = started(anna, caller(beside=True))
    finish(case, "stop", "done", anna)
    assert case.children.get().state == ProcessInstance.State.CANCELLED
    assert breaks() == []


def test_cancelling_the_called_case_lets_the_caller_go_on_with_the_default(anna, called):
    case = started(anna)
    runtime.cancel(case.children.get(), by=SYSTEM, reason="Unnötig")
    assert open_steps(case) == ["sorry"]
    assert breaks() == []


def test_the_clock_ends_a_call(anna, called):
    case = started(anna, caller(clock("late", offset="2d")))
    deadlines.sweep(at=MONDAY + dt.timedelta(days=2))
    assert open_steps(case) == ["sorry"]
    assert case.children.get().state == ProcessInstance.State.CANCELLED
    assert breaks() == []


def test_a_call_is_suspended_and_resumed_with_its_caller(anna, called):
    case = started(anna)
    child = case.children.get()
    runtime.suspend(case, by=SYSTEM, reason="Pause")
    with pytest.raises(NotRunning):
        finish(child, "judge", "good", anna)
    with pytest.raises(NotRunning):
        runtime.resume(child, by=SYSTEM)
    runtime.resume(case, by=SYSTEM)
    finish(child, "judge", "good", anna)
    assert open_steps(case) == ["pay"]
    assert breaks() == []


def test_a_called_case_is_not_cancelled_while_its_caller_rests_and_could_not_go_on(anna, called):
    case = started(anna)
    child = case.children.get()
    runtime.suspend(case, by=SYSTEM, reason="Pause")
    with pytest.raises(NotRunning):
        runtime.cancel(child, by=SYSTEM, reason="Unnötig")
    assert breaks() == []
    runtime.resume(case, by=SYSTEM)
    runtime.suspend(child, by=SYSTEM, reason="Pause")
    runtime.cancel(child, by=SYSTEM, reason="Unnötig")
    assert open_steps(case) == ["sorry"]
    assert breaks() == []


def test_a_call_deeper_than_ten_stands_still_visibly(anna):
    make_version(caller(call={**CALL, "inputs": [], "outputs": []}), make_definition("check"))
    case = started(anna)
    deepest = ProcessInstance.objects.order_by("-depth").first()
    assert deepest.depth == 10
    assert Incident.objects.get().instance == deepest
    runtime.cancel(case, by=SYSTEM, reason="Versehen")
    assert not ProcessInstance.objects.running().exists()
    assert breaks() == []


def test_who_sees_the_caller_sees_the_called_unless_it_is_confidential(anna):
    owners = make_team("owners")
    make_version(check(), make_definition("check", owner_team=owners))
    case = started(anna)
    assert case.children.get().granted["user"] == [anna.pk]
    secret = make_definition("secret", owner_team=owners, is_confidential=True)
    make_version(check(team="owners"), secret)
    hidden = started(anna, caller(call={**CALL, "process": "secret"}), "other").children.get()
    assert hidden.is_confidential
    assert hidden.granted.get("user", []) == []
