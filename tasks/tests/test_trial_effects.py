"""What a trial does and only says: tasks of others, four eyes, messages, automatic steps, deadlines."""

import datetime as dt

import pytest
from django.core import mail as mailbox
from django.utils import translation

from customers import records
from customers.models import Interaction
from people.scope import SYSTEM
from processes import nets, runtime
from processes.blueprint import Blueprint
from processes.errors import NotAllowed
from processes.models import ProcessInstance
from processes.runtime import trials
from processes.stepplans import Action, Do
from processes.tests.builders import MONDAY, flows, make_team, node, repeated, single, task
from processes.tests.offices import Office, task_of
from tasks import deadlines, history, taskpage, verify
from tasks.automatic import work
from tasks.messages import outbox
from tasks.models import Clock, Incident, InteractionLink, Notification, Task
from tasks.tests.automats import acting, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return Office()


def lines(case):
    """The history of a case, oldest first: sentence and what stands below it."""
    with translation.override("en"):
        rows = history.of_instance(case, nets.compiled(case.version_id))
    return [(one.text, one.note) for one in reversed(rows)]


def why(case):
    with translation.override("en"):
        return taskpage.why(task_of(case), nets.compiled(case.version_id))


def notify(level, *whom, **more):
    return {"level": level, "name": f"Stufe {level}", "acts": [{"do": "notify", "whom": list(whom)}], **more}


# -- whose a task is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "In a real case: inbox of the team Service. It stands in the team's inbox"),
        ({"assignment": "person", "person": "anna@example.org"}, "In a real case: Anna. This step is always"),
        ({"assignment": "starter"}, "In a real case: Whoever started the case"),
        ({"assignment": "starter_lead"}, "In a real case: This step is for the lead of whoever started"),
        ({"assignment": "round_robin"}, "In a real case: Anna. The team's members take turns"),
    ],
)
def test_every_task_is_the_administrators_and_says_whose_it_would_be(office, rule, expected):
    case = office.trial(office.version(single(**rule)))
    work = task_of(case)
    assert (work.assignee, work.team) == (office.pia, None)
    assert why(case).startswith(expected)


def test_trials_change_neither_turns_nor_loads_of_real_cases(office):
    office.anna.is_process_admin = True
    office.anna.save()
    version = office.version(single(assignment="round_robin"))
    office.trial(version, by=office.anna)
    first = runtime.start(version, by=office.lea, at=MONDAY)
    assert task_of(first).assignee == office.anna
    loads = office.version(single(assignment="fewest_open"))
    office.trial(loads, by=office.anna), office.trial(loads, by=office.anna)
    assert task_of(runtime.start(loads, by=office.lea, at=MONDAY)).assignee == office.lea


def test_four_eyes_are_said_and_not_asked_for(office):
    case = office.trial()
    runtime.complete_task(task_of(case), outcome="complete", by=office.pia, at=MONDAY)
    check = task_of(case)
    item = check.step.checklist.get(key="seen")
    runtime.check_item(check, item.pk, checked=True, by=office.pia)
    runtime.complete_task(check, outcome="ok", by=office.pia, data={"cause": "damage"}, at=MONDAY)
    done = runtime.complete_task(task_of(case), outcome="yes", by=office.pia, at=MONDAY)
    assert done.instance.state == ProcessInstance.State.FINISHED
    said = "Approve: in a real case somebody else than in “Check” must do this (four eyes)"
    assert (said, "") in lines(case)


def test_all_voices_of_a_vote_are_the_administrators(office):
    plan = Blueprint(
        steps=(
            node("start", "start"),
            repeated(task("vote", outcomes="yes no"), over="team", key="service", quorum="all"),
            node("end", "end"),
        ),
        flows=flows("start>vote", "vote.yes>end", "vote.no>end", "vote.none>end"),
    )
    case = office.trial(office.version(plan))
    voices = list(Task.objects.open().filter(instance=case).order_by("mi_index"))
    assert [one.assignee for one in voices] == [office.pia, office.pia]
    assert [one.meant_for.assignee_id for one in voices] == [office.anna.pk, office.lea.pk]
    for one in voices:
        done = runtime.complete_task(one, outcome="yes", by=office.pia, at=MONDAY)
    assert done.instance.state == ProcessInstance.State.FINISHED


def test_a_task_of_a_trial_is_passed_on_to_nobody(office):
    work = task_of(office.trial())
    for to in (office.anna, make_team()):
        with pytest.raises(NotAllowed):
            runtime.reassign(work, to=to, by=office.pia)
    with pytest.raises(NotAllowed):
        runtime.release(work, by=office.pia)


# -- nothing leaves it ---------------------------------------------------------------------------------------


def test_messages_become_entries_of_the_history(office):
    case = office.trial(office.version(single(assignment="person", person="anna@example.org")))
    runtime.escalate(task_of(case), by=office.pia, reason="Kunde droht", at=MONDAY)
    said = lines(case)
    assert ("Not sent in the trial run: Message to Anna", "") in said
    assert ("Work: in a real case Lea called in", "Kunde droht") in said
    assert ("Not sent in the trial run: E-mail to Lea", "") in said
    assert not Notification.objects.exists()
    assert list(verify.instance_breaks(ProcessInstance.objects.get(pk=case.pk))) == []


def test_automatic_steps_set_values_and_send_nothing(office, settings):
    settings.WEBHOOK_HOSTS = ["http://127.0.0.1:9"]
    bakery = records.create(by=SYSTEM, name="Bäckerei", contacts=[("email", "back@example.org", "")])
    plan = acting(
        mail("customer", subject="Zu {title}", text="Ihr {remark}"),
        Action(Do.WEBHOOK, url="http://127.0.0.1:9/hook", fields=("remark",)),
        Action(Do.INTERACTION, channel="phone", subject="Rückruf", text="Erledigt"),
        Action(Do.SET, values=(("remark", "neu"),)),
    )
    case = office.trial(office.version(plan), customer=bakery, data={"remark": "Paket"})
    work.perform(at=MONDAY)
    outbox.deliver(at=MONDAY)
    case.refresh_from_db()
    assert task_of(case).step_key == "work"
    assert case.data["remark"] == "neu"
    said = dict(lines(case))
    assert said["Act1: e-mail not sent in the trial run"] == "back@example.org\nZu Probe\nIhr Paket"
    assert "http://127.0.0.1:9/hook" in said["Act2: other system not called in the trial run"]
    assert said["Act3: nothing entered for the customer in the trial run"] == "Rückruf\nErledigt"
    assert mailbox.outbox == []
    assert not (Interaction.objects.exists() or InteractionLink.objects.exists())
    assert not (Notification.objects.exists() or Incident.objects.exists())


def test_an_automatic_step_that_could_not_be_done_fails_in_a_trial_too(office):
    case = office.trial(office.version(acting(mail("customer"), has_failed=True)))
    work.perform(at=MONDAY)
    assert task_of(case).step_key == "mend"


# -- time ----------------------------------------------------------------------------------------------------


def test_levels_fire_and_name_who_would_have_been_told(office):
    levels = [notify(1, "team", offset="-1h"), notify(2, "lead"), notify(3, "chef@example.org", offset="1h")]
    case = office.trial(office.version(single(deadline="8h"), levels=levels))
    due = task_of(case).due_at
    deadlines.sweep(at=due + dt.timedelta(hours=2))
    row = task_of(case)
    assert (row.escalation_level, row.overdue_at is not None) == (3, True)
    said = lines(case)
    assert ("Work: Stufe 2", "") in said
    assert ("Not sent in the trial run: E-mail to Anna, Lea", "") in said
    assert ("Not sent in the trial run: E-mail", "chef@example.org") in said
    assert not Notification.objects.exists()
    assert list(verify.instance_breaks(ProcessInstance.objects.get(pk=case.pk))) == []


def test_a_trial_has_the_deadlines_of_the_real_case(office):
    version = office.version(single(deadline="8h"))
    real, trial = runtime.start(version, by=office.anna, at=MONDAY), office.trial(version)
    assert task_of(trial).due_at == task_of(real).due_at


@pytest.mark.parametrize("to", ["lead", "fewest_open", "person:lea@example.org"])
def test_a_level_that_gives_the_task_away_only_says_so(office, to):
    runtime.start(office.version(single(assignment="person", person="anna@example.org")), by=office.lea)
    away = {"level": 1, "name": "Leitung", "acts": [{"do": "reassign", "to": to}]}
    case = office.trial(office.version(single(deadline="8h"), levels=[away]))
    deadlines.sweep(at=task_of(case).due_at)
    row = task_of(case)
    assert (row.assignee, row.meant_for.assignee_id) == (office.pia, office.lea.pk)
    assert ("Work: in a real case passed on to Lea", "") in lines(case)
    assert not Notification.objects.filter(instance=case).exists()


def test_the_clock_of_one_trial_is_put_forward_and_stays_there(office):
    version = office.version(single(deadline="8h"), levels=[notify(2, "lead")])
    real, trial = runtime.start(version, by=office.anna), office.trial(version, at=None)
    moment = trials.next_moment(trial)
    assert moment == task_of(trial).due_at
    deadlines.sweep_tree(trial.pk, at=moment)
    assert task_of(trial).overdue_at == moment
    assert task_of(real).overdue_at is None
    assert Clock.objects.get(instance=real).wake_at is not None
    assert trials.next_moment(trial) is None
    done = runtime.complete_task(task_of(trial), outcome="done", by=office.pia)
    assert done.task.ended_at == moment
