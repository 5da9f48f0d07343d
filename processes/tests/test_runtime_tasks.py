"""Claiming, passing on, ticking, drafting and completing; each gate by its function alone."""

import pytest

from processes import runtime
from processes.errors import (
    AlreadyClaimed,
    ChecklistOpen,
    FieldChanged,
    FieldMissing,
    FourEyes,
    NotAllowed,
    NoteMissing,
    NotSuitable,
    StaleError,
    TaskEnded,
    UnknownItem,
    UnknownOutcome,
)
from processes.tests.builders import (
    MONDAY,
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
    parallel,
    single,
)
from tasks import events
from tasks.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    """Anna and Bert in service (Lena leads), Quirin in quality."""
    service, quality = make_team(), make_team("quality")
    return {
        "anna": make_user("Anna", service, quality),
        "bert": make_user("Bert", service),
        "lena": make_user("Lena", service, lead=True),
        "quirin": make_user("Quirin", quality),
        "oskar": make_user("Oskar", make_team("other")),
    }


def open_task(case, step):
    return case.tasks.open().get(step_key=step)


def kinds(case):
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def at_check(office, by="quirin"):
    case = runtime.start(make_version(complaint()), by=office["anna"], at=MONDAY)
    task = runtime.claim(open_task(case, "capture"), by=office["anna"], at=MONDAY)
    runtime.complete_task(task, outcome="complete", by=office["anna"], at=MONDAY)
    return case, runtime.claim(open_task(case, "check"), by=office[by], at=MONDAY)


def tick(task, by):
    item = task.step.checklist.get(key="seen")
    runtime.check_item(task, item.pk, checked=True, by=by)


def test_claim_gives_the_task_to_one_and_tells_the_others(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    task = case.tasks.get()
    claimed = runtime.claim(task, by=office["anna"])
    assert claimed.assignee == office["anna"]
    assert claimed.assignment_reason == {"code": "claimed"}
    assert runtime.claim(task, by=office["anna"]).lock_version == claimed.lock_version
    with pytest.raises(AlreadyClaimed):
        runtime.claim(task, by=office["bert"])
    assert kinds(case) == ["started", "claimed"]


def test_claim_is_refused_outside_the_team(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    with pytest.raises(NotAllowed):
        runtime.claim(case.tasks.get(), by=office["oskar"])


def test_the_outcome_decides_which_task_comes_next(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    done = runtime.complete_task(task, outcome="ok", by=office["quirin"], data={"cause": "damage"})
    assert [new.step_key for new in done.new_tasks] == ["approve"]
    assert kinds(case)[-2:] == ["checked", "completed"]
    event = case.events.get(seq=case.events.count())
    facts = events.facts_of(event)
    assert facts["moves"]["consumed"] == [[2, "check", 1]]
    assert facts["moves"]["produced"] == [[3, "approve", 1]]
    assert facts["moves"]["tasks"] == [[done.new_tasks[0].pk, 3, "approve"]]
    assert events.personal_of(event) == {"values": {"cause": [None, "damage"]}}


def test_an_outcome_may_lead_back(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    runtime.complete_task(task, outcome="incomplete", by=office["quirin"], data={"cause": "delay"})
    again = open_task(case, "capture")
    assert (again.visit, again.token_id) == (2, 3)


def test_the_last_outcome_finishes_the_case(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    runtime.complete_task(
        task, outcome="refuse", by=office["quirin"], data={"cause": "delay"}, note="Zu spät"
    )
    case.refresh_from_db()
    assert (case.state, case.result, case.marking["tokens"]) == ("finished", "End", [])
    assert kinds(case)[-2:] == ["completed", "finished"]


def test_every_gate_holds_and_writes_nothing(office):
    case, task = at_check(office)
    before = kinds(case)
    with pytest.raises(ChecklistOpen) as refused:
        runtime.complete_task(task, outcome="ok", by=office["quirin"], data={"cause": "damage"})
    assert "Ware gesehen" in str(refused.value)
    tick(task, office["quirin"])
    with pytest.raises(FieldMissing) as missing:
        runtime.complete_task(task, outcome="ok", by=office["quirin"])
    assert set(missing.value.fields) == {"cause"}
    with pytest.raises(NoteMissing):
        runtime.complete_task(task, outcome="refuse", by=office["quirin"], data={"cause": "damage"})
    with pytest.raises(UnknownOutcome):
        runtime.complete_task(task, outcome="yes", by=office["quirin"], data={"cause": "damage"})
    with pytest.raises(NotAllowed):
        runtime.complete_task(task, outcome="ok", by=office["anna"], data={"cause": "damage"})
    assert kinds(case) == [*before, "checked"]
    task.refresh_from_db()
    assert task.is_open


def test_a_field_the_step_may_not_write_is_ignored(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    runtime.complete_task(
        task, outcome="ok", by=office["quirin"], data={"cause": "damage", "amount": "9", "next": "end"}
    )
    case.refresh_from_db()
    assert case.data == {"cause": "damage"}


def test_unreadable_values_name_all_faults_at_once(office):
    _case, task = at_check(office)
    tick(task, office["quirin"])
    with pytest.raises(FieldMissing) as refused:
        runtime.complete_task(
            task, outcome="ok", by=office["quirin"], data={"cause": "fire", "report": "x" * 20_001}
        )
    assert {key: fault.code for key, fault in refused.value.fields.items()} == {
        "cause": "not_a_choice",
        "report": "too_long",
    }


def test_four_eyes_refuses_the_same_person_by_every_door(office):
    case, task = at_check(office, by="anna")
    tick(task, office["anna"])
    runtime.complete_task(task, outcome="ok", by=office["anna"], data={"cause": "damage"})
    approve = open_task(case, "approve")
    with pytest.raises(FourEyes):
        runtime.claim(approve, by=office["anna"])
    with pytest.raises(FourEyes):
        runtime.reassign(approve, to=office["anna"], by=office["lena"])
    mine = runtime.claim(approve, by=office["bert"])
    with pytest.raises(FourEyes):
        runtime.reassign(mine, to=office["anna"], by=office["bert"])
    runtime.complete_task(mine, outcome="yes", by=office["bert"])


def test_four_eyes_holds_at_completion_however_the_task_got_there(office):
    case, task = at_check(office, by="anna")
    tick(task, office["anna"])
    runtime.complete_task(task, outcome="ok", by=office["anna"], data={"cause": "damage"})
    approve = open_task(case, "approve")
    approve.assignee = office["anna"]
    approve.save()
    with pytest.raises(FourEyes):
        runtime.complete_task(approve, outcome="yes", by=office["anna"])


def test_four_eyes_holds_both_ways_round_a_loop(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    runtime.complete_task(task, outcome="ok", by=office["quirin"], data={"cause": "damage"})
    approve = runtime.claim(open_task(case, "approve"), by=office["anna"])
    runtime.complete_task(approve, outcome="no", by=office["anna"], note="Foto fehlt")
    with pytest.raises(FourEyes):
        runtime.claim(open_task(case, "check"), by=office["anna"])


def test_completing_twice_with_one_key_gives_the_same_result(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    task = runtime.claim(case.tasks.get(), by=office["anna"])
    first = runtime.complete_task(task, outcome="done", by=office["anna"], key="k1")
    again = runtime.complete_task(task, outcome="done", by=office["anna"], key="k1")
    assert (first.is_repeat, again.is_repeat) == (False, True)
    with pytest.raises(TaskEnded):
        runtime.complete_task(task, outcome="done", by=office["anna"], key="k2")
    assert kinds(case).count("completed") == 1


def test_a_stale_page_is_told(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    task = runtime.claim(case.tasks.get(), by=office["anna"])
    runtime.set_urgency(task, 0, by=office["anna"])
    with pytest.raises(StaleError):
        runtime.complete_task(task, outcome="done", by=office["anna"], expected_version=task.lock_version)


def test_a_field_changed_meanwhile_is_refused_alone(office):
    case, task = at_check(office)
    tick(task, office["quirin"])
    case.field_versions = {"cause": 3}
    case.save()
    with pytest.raises(FieldChanged):
        runtime.complete_task(
            task, outcome="ok", by=office["quirin"], data={"cause": "damage"}, read={"cause": 2}
        )


def test_release_and_reassign_move_the_task_and_tell_the_person(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    task = runtime.claim(case.tasks.get(), by=office["anna"])
    released = runtime.release(task, by=office["lena"])
    assert released.assignee is None
    passed = runtime.reassign(released, to=office["bert"], by=office["lena"], note="Bitte heute")
    assert passed.assignee == office["bert"]
    other = runtime.reassign(passed, to=make_team("other"), by=office["bert"])
    assert (other.assignee, other.team.key) == (None, "other")
    assert runtime.claim(other, by=office["oskar"]).assignee == office["oskar"]
    told = Notification.objects.filter(recipient=office["bert"]).values_list("kind", "channel")
    assert list(told) == [("assigned", "app")]
    assert kinds(case) == ["started", "claimed", "released", "reassigned", "reassigned", "claimed"]


def test_reassign_refuses_those_who_work_no_cases(office):
    case = runtime.start(make_version(single()), by=office["anna"])
    gone = make_user("Gustav", make_team(), is_active=False)
    for unsuitable in (gone, make_user("Admin", is_process_admin=True)):
        with pytest.raises(NotSuitable):
            runtime.reassign(case.tasks.get(), to=unsuitable, by=office["lena"])
    with pytest.raises(NotAllowed):
        runtime.reassign(case.tasks.get(), to=office["oskar"], by=office["oskar"])


def test_a_confidential_task_stays_in_its_team(office):
    definition = make_definition(is_confidential=True)
    case = runtime.start(make_version(single(), definition), by=office["anna"])
    with pytest.raises(NotSuitable):
        runtime.reassign(case.tasks.get(), to=office["oskar"], by=office["lena"])
    with pytest.raises(NotSuitable):
        runtime.reassign(case.tasks.get(), to=make_team("other"), by=office["lena"])


def test_a_draft_is_kept_and_used_when_completing(office):
    case, task = at_check(office)
    runtime.save_draft(
        task, {"cause": "damage", "amount": "1", "report": "halb\x00 fertig"}, by=office["quirin"]
    )
    task.refresh_from_db()
    assert task.draft == {"cause": "damage", "report": "halb fertig"}
    tick(task, office["quirin"])
    runtime.complete_task(task, outcome="ok", by=office["quirin"])
    case.refresh_from_db()
    assert case.data == {"cause": "damage", "report": "halb fertig"}
    with pytest.raises(TaskEnded):
        runtime.save_draft(task, {"cause": "delay"}, by=office["quirin"])


def test_ticking_an_item_of_another_step_is_refused(office):
    case, task = at_check(office)
    foreign = make_version(complaint(), make_definition("other")).steps.get(key="check").checklist.first()
    with pytest.raises(UnknownItem):
        runtime.check_item(task, foreign.pk, checked=True, by=office["quirin"])
    assert "checked" not in kinds(case)


def test_parallel_branches_join_once(office):
    case = runtime.start(make_version(parallel()), by=office["anna"])
    for step in ("left", "right"):
        assert not case.tasks.filter(step_key="pay").exists()
        task = runtime.claim(open_task(case, step), by=office["anna"])
        runtime.complete_task(task, outcome="done", by=office["anna"])
    assert case.tasks.filter(step_key="pay").count() == 1


@pytest.mark.parametrize(
    ("assignment", "extra", "expected"),
    [
        ("pool", {}, None),
        ("starter", {}, "anna"),
        ("fewest_open", {}, "bert"),
    ],
)
def test_assignment_rules(office, assignment, extra, expected):
    busy = runtime.start(make_version(single(), make_definition("busy")), by=office["anna"])
    runtime.claim(busy.tasks.get(), by=office["anna"])
    version = make_version(single(assignment=assignment, **extra))
    task = runtime.start(version, by=office["anna"]).tasks.get()
    assert (task.assignee, task.assignment_reason["code"]) == (office.get(expected), assignment)


def test_a_person_who_left_leaves_the_task_to_the_team(office):
    version = make_version(single(assignment="person", person="anna@example.org"))
    assert runtime.start(version, by=office["lena"]).tasks.get().assignee == office["anna"]
    office["anna"].is_active = False
    office["anna"].save()
    task = runtime.start(version, by=office["lena"]).tasks.get()
    assert (task.assignee, task.assignment_reason) == (None, {"code": "fallback", "rule": "person"})
