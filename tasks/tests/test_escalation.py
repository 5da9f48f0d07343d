"""Escalation plans at run time: whom each level reaches, and what levels change."""

import datetime as dt
from dataclasses import replace

import pytest

from people.models import Team
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.messages import mails
from tasks.models import Clock, LevelFired, Notification, ProcessEvent, Task

pytestmark = pytest.mark.django_db


def on(day, hour=10, minute=0):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


class Office:
    """A team with a lead below another team with one, and a process with an owner."""

    def __init__(self):
        above, service = make_team("house"), make_team("service")
        Team.objects.filter(pk=service.pk).update(parent=above)
        self.anna, self.bela = make_user("Anna", service), make_user("Bela", service)
        self.lea, self.head = make_user("Lea", service, lead=True), make_user("Hedda", above, lead=True)
        self.owner = make_user("Olga", make_team("owners"))
        self.definition = make_definition("ticket", owner=self.owner)

    def start(self, *levels, plan=None, **what):
        numbered = [{"level": number, **level} for number, level in enumerate(levels, start=1)]
        version = make_version(plan or single(deadline="8h"), self.definition, levels=numbered)
        return runtime.start(version, by=self.anna, at=MONDAY, **what)


@pytest.fixture
def office(db):
    return Office()


def notify(*whom, **level):
    return {"acts": [{"do": "notify", "whom": list(whom)}], **level}


def act(do, **level):
    what = {name: level.pop(name) for name in ("to", "key", "text") if name in level}
    return {"acts": [{"do": do, **what}], **level}


def told(case):
    rows = Notification.objects.filter(instance=case, channel="app").exclude(kind="assigned")
    return sorted(row.recipient.last_name for row in rows)


def test_each_level_reaches_whom_it_names_at_its_moment(office):
    case = office.start(
        notify("assignee", offset="50%"),
        notify("team", offset="-2h"),
        notify("lead"),
        notify("leads_lead", offset="1d"),
        notify("owner", "aufsicht@example.com", offset="3d"),
    )
    runtime.claim(case.tasks.get(), by=office.bela, at=MONDAY)
    steps = [
        (on(16, 14), ["Bela"]),
        (on(16, 16), ["Anna", "Bela", "Lea"]),
        (on(17, 10), ["Lea"]),
        (on(18, 10), ["Hedda"]),
        (on(20, 10), ["Olga"]),
    ]
    before = []
    for moment, people in steps:
        assert deadlines.sweep(at=moment - dt.timedelta(minutes=1)).notices == 0
        deadlines.sweep(at=moment)
        deadlines.sweep(at=moment + dt.timedelta(minutes=1))
        assert told(case) == sorted([*before, *people])
        before += people
    mail = Notification.objects.get(address="aufsicht@example.com")
    assert (mail.channel, mail.recipient, mail.state) == ("mail", None, "pending")
    assert case.tasks.get().escalation_level == 5
    assert LevelFired.objects.count() == 6
    assert not list(verify.all_breaks())


def test_done_stops_them(office):
    case = office.start(notify("lead", offset="1d"))
    row = runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    runtime.complete_task(row, outcome="done", by=office.anna, at=on(16, 12))
    deadlines.sweep(at=on(30))
    assert told(case) == []


def test_a_level_with_a_condition_fires_only_if_it_holds(office):
    case = office.start(
        notify("lead", unclaimed=True), notify("owner", urgency=1), notify("team", offset="1d")
    )
    runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    deadlines.sweep(at=on(17))
    assert told(case) == []
    assert set(LevelFired.objects.values_list("level", flat=True)) == {0}
    deadlines.sweep(at=on(18))
    assert told(case) == ["Anna", "Bela", "Lea"]


@pytest.mark.parametrize(
    ("to", "expected"),
    [("lead", "Lea"), ("pool", None), ("person:hedda@example.org", "Hedda"), ("fewest_open", "Bela")],
)
def test_a_level_gives_the_task_to_somebody_else(office, to, expected):
    case = office.start(act("reassign", to=to))
    runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    deadlines.sweep(at=on(17))
    assignee = case.tasks.get().assignee
    assert (assignee.last_name if assignee else None) == expected
    assert not list(verify.all_breaks())


def test_a_level_raises_the_urgency_and_comments(office):
    case = office.start(act("raise"), act("comment", text="Seit gestern fällig", offset="1d"))
    deadlines.sweep(at=on(17))
    assert case.tasks.get().urgency == 1
    deadlines.sweep(at=on(18))
    assert ProcessEvent.objects.filter(instance=case, kind=Kind.COMMENTED).count() == 1


def test_a_level_chooses_an_outcome_of_the_clock_and_ends_the_task(office):
    work = task("work", deadline="8h")
    never = clock("expired", basis="date", on="2099-01-01")
    plan = Blueprint(
        steps=(
            node("start", "start"),
            replace(work, outcomes=(*work.outcomes, never)),
            task("after"),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end", "work.expired>after", "after.done>end"),
    )
    case = office.start(act("outcome", key="expired", offset="1d"), notify("owner", offset="2d"), plan=plan)
    deadlines.sweep(at=on(18))
    assert list(Task.objects.open().filter(instance=case).values_list("step_key", flat=True)) == ["after"]
    deadlines.sweep(at=on(25))
    assert told(case) == []
    assert not list(verify.all_breaks())


def test_levels_wait_while_the_task_rests_also_between_the_halves_of_a_sweep(office):
    case = office.start(act("raise", offset="50%"))
    row = runtime.claim(case.tasks.get(), by=office.bela, at=MONDAY)
    runtime.postpone(row, on(27, 9), by=office.bela, waits_for="customer", at=on(16, 12))
    clock = Clock.objects.get(task=row, kind="solution")
    assert runtime.fire_levels(clock.pk, at=on(16, 15)) == 0
    clock.refresh_from_db()
    assert (case.tasks.get().urgency, clock.wake_at) == (2, None)


def test_a_deadline_moved_between_the_halves_of_a_sweep_fires_nothing(office):
    case = office.start(act("raise", offset="50%"))
    row = runtime.claim(case.tasks.get(), by=office.bela, at=MONDAY)
    runtime.move_deadline(row, on(20), by=office.lea, reason="Kunde verreist", at=on(16, 12))
    clock = Clock.objects.get(task=row, kind="solution")
    assert runtime.fire_levels(clock.pk, at=on(16, 15)) == 0
    assert case.tasks.get().urgency == 2


def whole(office, *levels):
    plan = replace(single(), deadlines=(DeadlinePlan(basis="case", offset="8h"),))
    return office.start(*levels, plan=plan)


def acts_in_history(case):
    return [facts_of(row)["acts"] for row in case.events.filter(kind=Kind.ESCALATED)]


def test_the_deadline_of_a_case_raises_its_urgency_and_that_of_tasks_as_urgent(office):
    case = whole(office, act("raise"))
    deadlines.sweep(at=on(18))
    case.refresh_from_db()
    assert (case.urgency, case.tasks.get().urgency) == (1, 1)
    assert acts_in_history(case) == [["raise"]]
    assert not list(verify.all_breaks())


def test_history_lists_only_acts_that_have_happened(office):
    levels = act("reassign", to="pool"), act("outcome", key="expired", offset="1h"), act("raise", offset="2h")
    case = whole(office, *levels)
    case.urgency = 0
    case.save(update_fields=["urgency"])
    deadlines.sweep(at=on(18))
    assert acts_in_history(case) == [[], [], []]


def test_a_reminder_that_would_lie_before_the_start_tells_nobody(office):
    case = office.start(
        notify("team", offset="-2d"), notify("lead", offset="-2d"), plan=single(deadline="4h")
    )
    deadlines.sweep(at=MONDAY.replace(second=5))
    assert told(case) == ["Lea"]


def mail_to(**whom):
    return mails.text_of(Notification.objects.exclude(kind="assigned").get(channel="mail", **whom))


def test_addresses_are_told_a_number_and_no_contents(office):
    case = office.start(notify("aufsicht@example.com"), title="Kündigung Meyer")
    deadlines.sweep(at=on(18))
    text = "".join(mail_to(address="aufsicht@example.com"))
    assert case.number in text and f"/cases/{case.pk}/" in text
    assert not any(word in text for word in ("Work", "Meyer", "Ticket"))


def test_addresses_are_told_nothing_at_all_of_a_confidential_case(office):
    office.definition.is_confidential = True
    office.definition.save()
    case = office.start(notify("aufsicht@example.com"))
    deadlines.sweep(at=on(18))
    text = "".join(mail_to(address="aufsicht@example.com"))
    assert not any(word in text for word in (case.number, f"/cases/{case.pk}/", "Work", "Ticket"))


def test_a_mail_about_a_case_calls_it_no_task(office):
    case = whole(office, notify("lead", offset="-1h"), notify("lead"))
    deadlines.sweep(at=on(16, 17))
    deadlines.sweep(at=on(18))
    for kind in ("reminder", "overdue"):
        subject, body = mail_to(kind=kind, recipient=office.lea)
        assert case.number in subject
        assert "Aufgabe" not in body and "task" not in body.lower()


def test_mixed_levels_fire_in_their_order(office):
    case = office.start(notify("lead"), act("reassign", to="lead", offset="1h"), notify("owner", offset="2h"))
    deadlines.sweep(at=on(20))
    assert deadlines.sweep(at=on(20)).notices + len(told(case)) >= 2
    assert told(case) == ["Lea", "Olga"]
    assert case.tasks.get().assignee == office.lea


def test_a_moved_deadline_is_a_new_generation_whose_levels_begin_anew(office):
    case = office.start(notify("assignee", offset="50%"), notify("lead"))
    row = runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    deadlines.sweep(at=on(17))
    assert case.tasks.get().overdue_at is not None
    runtime.move_deadline(row, on(19), by=office.lea, reason="Kunde meldet sich", at=on(17, 11))
    moved = case.tasks.get()
    assert (moved.due_at, moved.overdue_at, moved.escalation_level) == (on(19), None, 0)
    deadlines.sweep(at=on(17, 13, 59))
    assert told(case) == ["Anna", "Lea"]
    deadlines.sweep(at=on(18))
    assert told(case) == ["Anna", "Anna", "Lea"]
    deadlines.sweep(at=on(19))
    assert told(case) == ["Anna", "Anna", "Lea", "Lea"]
    facts = facts_of(ProcessEvent.objects.get(instance=case, kind=Kind.DEADLINE))
    assert facts["why"] == "moved"
    assert not list(verify.all_breaks())


def test_the_lead_is_called_in_by_hand(office):
    case = office.start()
    row = runtime.claim(case.tasks.get(), by=office.anna)
    runtime.escalate(row, by=office.anna, reason="Kunde droht mit Anwalt")
    assert told(case) == ["Lea"]
    assert case.tasks.get().escalation_level == 1
    assert Notification.objects.filter(instance=case, channel="mail", recipient=office.lea).count() == 1


def test_the_deadline_of_the_case_has_levels_of_its_own(office):
    plan = replace(single(), deadlines=(DeadlinePlan(basis="case", offset="2d"),))
    case = office.start(notify("lead"), plan=plan)
    case.refresh_from_db()
    assert case.due_at == on(18)
    deadlines.sweep(at=on(18))
    assert told(case) == ["Lea"]
    row = runtime.claim(case.tasks.get(), by=office.anna)
    runtime.complete_task(row, outcome="done", by=office.anna)
    assert Clock.objects.get(instance=case, kind="case").wake_at is None
