"""Starting, cancelling, suspending, resuming, commenting."""

from decimal import Decimal

import pytest

from customers.models import Customer
from people.scope import SYSTEM
from processes import runtime
from processes.errors import (
    FieldMissing,
    NotAllowed,
    NoteMissing,
    NotRunning,
    NotStartable,
    ReasonMissing,
    StaleError,
)
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import (
    MONDAY,
    by_amount,
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
    parallel,
    single,
)
from tasks import events
from tasks.models import FieldValue, ProcessEvent, Task

pytestmark = pytest.mark.django_db


def kinds(instance):
    return list(instance.events.order_by("seq").values_list("kind", flat=True))


def test_start_creates_the_first_task_and_one_event():
    version = make_version(complaint())
    anna = make_user("Anna", make_team())
    case = runtime.start(version, by=anna, title=" Glas zerbrochen ", data={"amount": "1.284,60"}, at=MONDAY)
    case.refresh_from_db()
    task = Task.objects.get(instance=case)
    assert (case.number, case.title, case.state) == ("REK-2026-00001", "Glas zerbrochen", "running")
    assert case.data == {"amount": {"amount": "1284.60", "currency": "EUR"}}
    assert (task.step_key, task.team.key, task.assignee, task.root_id) == (
        "capture",
        "service",
        None,
        case.pk,
    )
    assert kinds(case) == ["started"]
    assert case.marking["tokens"] == [[1, "capture", 1]]
    assert FieldValue.objects.get(instance=case).number == Decimal("1284.60")


def test_start_numbers_are_gap_free_per_year_also_after_a_refusal():
    version = make_version(by_amount())
    anna = make_user("Anna", make_team())
    first = runtime.start(version, by=anna, data={"amount": "1"}, at=MONDAY)
    with pytest.raises(FieldMissing):
        runtime.start(version, by=anna, at=MONDAY)
    second = runtime.start(version, by=anna, data={"amount": "2"}, at=MONDAY)
    later = runtime.start(version, by=anna, data={"amount": "2"}, at=MONDAY.replace(year=2027))
    assert [first.number, second.number, later.number] == [
        "REK-2026-00001",
        "REK-2026-00002",
        "REK-2027-00001",
    ]


def test_start_takes_the_branch_the_data_name():
    version = make_version(by_amount())
    anna = make_user("Anna", make_team())
    small = runtime.start(version, by=anna, data={"amount": "4.999,99"})
    large = runtime.start(version, by=anna, data={"amount": "5.000,00"})
    assert small.tasks.get().step_key == "clerk"
    assert large.tasks.get().step_key == "board"


def test_start_with_the_same_key_gives_the_same_case():
    version = make_version(single())
    anna = make_user("Anna", make_team())
    first = runtime.start(version, by=anna, key="form-1")
    again = runtime.start(version, by=anna, key="form-1")
    assert first.pk == again.pk
    assert ProcessInstance.objects.count() == 1


def test_start_with_somebody_elses_key_is_refused():
    version = make_version(single())
    runtime.start(version, by=make_user("Anna", make_team()), key="form-1")
    with pytest.raises(StaleError):
        runtime.start(version, by=make_user("Bert", make_team()), key="form-1")


def test_start_is_refused_without_a_team_for_named_teams_and_for_drafts():
    definition = make_definition(may_start="teams")
    version = make_version(single(), definition)
    board = make_team("board")
    definition.start_teams.add(board)
    with pytest.raises(NotAllowed):
        runtime.start(version, by=make_user("Anna", make_team()))
    with pytest.raises(NotAllowed):
        runtime.start(version, by=make_user("Admin", is_process_admin=True))
    draft = ProcessVersion.objects.create(definition=definition, number=9)
    with pytest.raises(NotStartable):
        runtime.start(draft, by=make_user("Bert", board))
    assert ProcessInstance.objects.count() == 0


def test_start_by_the_system_is_nobodys():
    case = runtime.start(make_version(single()), by=SYSTEM)
    assert case.started_by is None
    assert ProcessEvent.objects.get(instance=case).actor is None


def test_start_makes_the_customer_a_participant():
    customer = Customer.objects.create(number="K-1", name="Hollerbach")
    case = runtime.start(make_version(single()), by=make_user("Anna", make_team()), customer=customer)
    assert list(case.participants.values_list("customer__name", "role")) == [("Hollerbach", "customer")]


def test_cancel_takes_all_tokens_and_tasks_away():
    version = make_version(parallel())
    lead = make_user("Lena", make_team(), lead=True)
    case = runtime.start(version, by=lead, at=MONDAY)
    runtime.cancel(case, by=lead, reason="Irrtum", at=MONDAY)
    case.refresh_from_db()
    assert (case.state, case.marking["tokens"]) == ("cancelled", [])
    assert set(case.tasks.values_list("state", flat=True)) == {"cancelled"}
    assert kinds(case) == ["started", "cancelled"]
    assert events.personal_of(case.events.get(kind="cancelled")) == {"reason": "Irrtum"}


def test_cancel_needs_a_reason_a_right_and_a_living_case():
    version = make_version(single())
    anna, lead = make_user("Anna", make_team()), make_user("Lena", make_team(), lead=True)
    case = runtime.start(version, by=anna)
    with pytest.raises(NotAllowed):
        runtime.cancel(case, by=anna, reason="Irrtum")
    with pytest.raises(ReasonMissing):
        runtime.cancel(case, by=lead, reason="  ")
    runtime.cancel(case, by=lead, reason="Irrtum")
    with pytest.raises(NotRunning):
        runtime.cancel(case, by=lead, reason="Irrtum")
    assert kinds(case) == ["started", "cancelled"]


def test_a_suspended_case_refuses_work_until_it_is_resumed():
    version = make_version(single())
    lead = make_user("Lena", make_team(), lead=True)
    case = runtime.start(version, by=lead)
    task = runtime.claim(case.tasks.get(), by=lead)
    runtime.suspend(case, by=lead, reason="Kunde verreist")
    with pytest.raises(NotRunning):
        runtime.complete_task(task, outcome="done", by=lead)
    runtime.resume(case, by=lead)
    with pytest.raises(StaleError):
        runtime.resume(case, by=lead)
    runtime.complete_task(task, outcome="done", by=lead)
    assert kinds(case) == ["started", "claimed", "suspended", "resumed", "completed", "finished"]


def test_comment_is_kept_in_the_erasable_payload():
    version = make_version(single())
    anna = make_user("Anna", make_team())
    case = runtime.start(version, by=anna)
    runtime.comment(case, "Kunde ruft zurück\x00", by=anna)
    event = case.events.get(kind="commented")
    assert events.personal_of(event) == {"text": "Kunde ruft zurück"}
    assert "Kunde" not in event.facts
    with pytest.raises(NoteMissing):
        runtime.comment(case, "\x00 ", by=anna)
