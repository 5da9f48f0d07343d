"""Trial runs: whose they are, what they run on, what they take, and that nothing of them stays."""

import datetime as dt

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from customers import records
from people.models import AdminEvent
from people.scope import SYSTEM
from processes import publishing, runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.errors import NotAllowed, NotStartable, StaleError, TooManyTrials
from processes.models import CaseAccess, NumberCounter, ProcessInstance, ProcessVersion
from processes.runtime import trials
from processes.tests.builders import (
    MONDAY,
    call,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from processes.tests.offices import Office, task_of
from tasks import verify
from tasks.models import Participant, ProcessEvent, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return Office()


def with_a_file():
    """start → calling (another process) → work (with a file) → end."""
    work = task("work", fields=(StepFieldPlan("paper", "optional"),), deadline="8h")
    return Blueprint(
        fields=(FieldPlan("paper", "Beleg", "file"), FieldPlan("cause", "Ursache", is_searchable=True)),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("cause", "optional"),)),
            work,
            call("calling", "inner"),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>calling", "calling.done>end"),
    )


# -- who, and on what ----------------------------------------------------------------------------------------


def test_only_administrators_of_processes_start_trials(office):
    version = office.version()
    for person in (office.anna, office.lea, office.owner, make_user("Ute", is_user_admin=True)):
        with pytest.raises(NotAllowed):
            office.trial(version, by=person)
    with pytest.raises(NotAllowed):
        runtime.start(version, by=SYSTEM, trial=True)
    assert office.trial(version).started_by == office.pia
    with pytest.raises(NotAllowed):
        runtime.start(version, by=office.pia)


def test_a_trial_of_a_published_version_runs_on_it_and_a_retired_one_has_none(office):
    former = office.version()
    assert office.trial(former).version == former
    office.version()
    with pytest.raises(NotStartable):
        office.trial(former)


def test_a_trial_of_a_draft_runs_on_a_copy_that_later_changes_do_not_reach(office):
    draft = office.draft()
    case = office.trial(draft)
    draft.steps.filter(key="work").update(name="Anders")
    assert (case.version.state, case.version.number) == ("trial", draft.number)
    assert case.version.pk != draft.pk
    assert task_of(case).step.name == "Work"
    done = runtime.complete_task(task_of(case), outcome="done", by=office.pia)
    assert done.instance.state == ProcessInstance.State.FINISHED


def test_copies_are_in_no_list_of_versions_and_in_nobodys_way(office):
    draft = office.draft()
    office.trial(draft), office.trial(draft)
    assert list(office.definition.versions.all()) == [draft]
    assert publishing.new_draft(office.definition, by=office.pia).number == draft.number + 1
    assert publishing.earlier_types(office.definition) == {}
    publishing.publish(draft, by=office.pia)
    assert ProcessVersion.everything.filter(state="trial").count() == 2


def test_a_draft_with_faults_is_refused_with_the_findings(office):
    faulty = office.draft(Blueprint(steps=(node("start", "start"), task("work"), node("end", "end"))))
    with pytest.raises(publishing.NotPublishable) as refusal:
        office.trial(faulty)
    assert refusal.value.problems
    assert not ProcessVersion.everything.filter(state="trial").exists()
    assert not ProcessInstance.objects.exists()


def test_an_administrator_has_ten_trials_and_no_more(office):
    version = office.version()
    made = [office.trial(version) for _number in range(trials.MOST)]
    with pytest.raises(TooManyTrials):
        office.trial(version)
    office.trial(version, by=make_user("Paul", is_process_admin=True))
    runtime.remove_trial(made[0], by=office.pia)
    office.trial(version)


def test_the_same_key_gives_the_same_trial(office):
    draft = office.draft()
    first = office.trial(draft, key="a" * 32)
    assert office.trial(draft, key="a" * 32) == first
    assert ProcessVersion.everything.filter(state="trial").count() == 1


def test_a_key_of_a_trial_begins_no_real_case_and_the_other_way_round(office):
    version = office.version()
    office.trial(version, key="a" * 32)
    with pytest.raises(StaleError):
        runtime.start(version, by=office.anna, key="a" * 32, at=MONDAY)
    runtime.start(version, by=office.anna, key="b" * 32, at=MONDAY)
    with pytest.raises(StaleError):
        office.trial(version, key="b" * 32)


# -- what it takes and leaves --------------------------------------------------------------------------------


def test_a_trial_takes_no_number_and_real_cases_go_on_without_a_gap(office):
    version = office.version()
    first = runtime.start(version, by=office.anna, at=MONDAY)
    trial = office.trial(version)
    second = runtime.start(version, by=office.anna, at=MONDAY)
    assert (first.number, second.number) == ("REK-2026-00001", "REK-2026-00002")
    assert "REK" not in trial.number
    assert NumberCounter.objects.get().last == 2
    assert list(verify.all_breaks()) == []


def test_a_trial_grants_nothing_and_writes_nothing_to_the_customer(office):
    bakery = records.create(by=SYSTEM, name="Bäckerei Hollerbach")
    case = office.trial(office.version(), customer=bakery)
    assert case.customer == bakery
    assert not CaseAccess.objects.exists()
    assert not Participant.objects.exists()


def test_called_cases_are_trials_too(office):
    make_version(single(), make_definition("inner", number_pattern="IN-{seq}"))
    case = office.trial(office.version(with_a_file()))
    runtime.complete_task(task_of(case), outcome="done", by=office.pia)
    child = ProcessInstance.objects.get(parent=case)
    assert (child.is_trial, child.number) == (True, f"{case.number}/1")
    assert task_of(child).assignee == office.pia
    assert not CaseAccess.objects.exists()
    runtime.complete_task(task_of(child), outcome="done", by=office.pia)
    case.refresh_from_db()
    assert case.state == ProcessInstance.State.FINISHED
    assert list(verify.all_breaks()) == []


def rows_of_all_tables():
    """Rows by table, the log of administrators left out."""
    models = [model for model in apps.get_models() if model is not AdminEvent]
    return {model._meta.label: model._base_manager.count() for model in models}


def stored():
    try:
        return {name for folder in default_storage.listdir("cases")[0] for name in
                default_storage.listdir(f"cases/{folder}")[1]}  # fmt: skip
    except FileNotFoundError:
        return set()


def test_a_removed_trial_leaves_no_row_and_no_file(office, django_capture_on_commit_callbacks):
    make_version(single(), make_definition("inner", number_pattern="IN-{seq}"))
    draft = office.draft(with_a_file())
    real = runtime.start(make_version(complaint(), make_definition("other")), by=office.anna, at=MONDAY)
    before, files = rows_of_all_tables(), stored()
    case = office.trial(draft, data={"cause": "Bruch"})
    work = task_of(case)
    runtime.add_file(work, "paper", SimpleUploadedFile("Beleg.txt", b"Gesehen"), by=office.pia)
    runtime.comment(case, "Passt", by=office.pia, task=work)
    runtime.postpone(work, MONDAY + dt.timedelta(days=365), by=office.pia, note="Später")
    runtime.take_up(work, by=office.pia)
    runtime.complete_task(work, outcome="done", by=office.pia)
    assert stored() > files
    with django_capture_on_commit_callbacks(execute=True):
        runtime.remove_trial(ProcessInstance.objects.get(parent=case), by=office.pia)
    assert (rows_of_all_tables(), stored()) == (before, files)
    assert list(verify.instance_breaks(real)) == []
    logged = AdminEvent.objects.filter(kind__startswith="trial_").order_by("pk")
    assert [(one.kind, one.by, one.object_label) for one in logged] == [
        (kind, office.pia, str(draft)) for kind in ("trial_started", "trial_removed")
    ]


def test_nobody_else_removes_a_trial_and_nobody_a_real_case(office):
    trial = office.trial()
    real = runtime.start(trial.version, by=office.anna, at=MONDAY)
    paul = make_user("Paul", is_process_admin=True, is_superuser=True)
    for person in (office.anna, office.lea, office.owner, paul):
        with pytest.raises(NotAllowed):
            runtime.remove_trial(trial, by=person)
    for by in (office.owner, office.pia, SYSTEM):
        with pytest.raises(NotAllowed):
            runtime.remove_trial(real, by=by)


def test_trials_go_by_themselves_after_two_weeks(office, capsys):
    version = office.version()
    old, young = office.trial(version, at=MONDAY), office.trial(version, at=MONDAY + dt.timedelta(days=1))
    real = runtime.start(version, by=office.anna, at=MONDAY)
    at = MONDAY + trials.KEPT + dt.timedelta(minutes=1)
    assert runtime.remove_old_trials(at=at) == 1
    assert set(ProcessInstance.objects.all()) == {young, real}
    assert not ProcessInstance.objects.filter(pk=old.pk).exists()
    assert AdminEvent.objects.get(kind="trial_removed").by is None
    call_command("remove_trials")
    assert "trial runs removed" in capsys.readouterr().out


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("tasks_processevent", "instance_id"),
        ("processes_step", "version_id"),
        ("processes_processversion", "id"),
    ],
)
def test_the_database_lets_only_rows_of_trials_go(office, table, where):
    version = office.version()
    real = runtime.start(version, by=office.anna, at=MONDAY)
    key = real.pk if where == "instance_id" else version.pk
    with pytest.raises(IntegrityError, match=r"append_only|published_version"), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {table} WHERE {where} = %s", [key])


@pytest.mark.postgres
def test_the_database_keeps_real_cases_real_and_the_history_of_trials_unchanged(office):
    trial = office.trial(office.draft())
    real = runtime.start(office.version(), by=office.anna, at=MONDAY)
    with pytest.raises(IntegrityError, match="trial"), transaction.atomic():
        ProcessInstance.objects.filter(pk=real.pk).update(is_trial=True)
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        ProcessEvent.objects.filter(instance=trial).update(kind="commented")
    with pytest.raises(IntegrityError, match="published_version"), transaction.atomic():
        trial.version.steps.update(name="Anders")
    with pytest.raises(IntegrityError, match="published_version"), transaction.atomic():
        ProcessVersion.objects.filter(pk=real.version_id).update(state="trial")


def test_whoever_leaves_keeps_trials_and_verify_does_not_mind(office):
    service = make_team()
    office.anna.is_process_admin = True
    office.anna.save()
    trial = office.trial(by=office.anna)
    office.anna.memberships.filter(team=service).delete()
    runtime.hand_back(office.anna, by=SYSTEM)
    assert Task.objects.get(instance=trial).assignee == office.anna
    assert [one for one in verify.all_breaks() if one.code == "task_of_the_gone"] == []
