"""What an automatic step empties: a file goes for good, unless something else still has it."""

import os

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import Step
from processes.stepplans import Action, Do, StepConfig
from processes.tests import automatic
from processes.tests.builders import (
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
)
from tasks import events, verify
from tasks.models import CaseFile, FieldValue, ProcessEvent, Task

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = (
    FieldPlan("paper", "Papier", "file"),
    FieldPlan("copy", "Kopie", "file"),
    FieldPlan("name", "Name", is_searchable=True),
    FieldPlan("who", "Wer", "person"),
)
USES = (StepFieldPlan("paper"), StepFieldPlan("name"), StepFieldPlan("who"))


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


def setting(key, *values):
    config = StepConfig(action=Action(Do.SET, values=values)).to_json()
    return StepPlan(key, Step.Kind.ACTION, key.title(), config=config)


def started(anna, *steps, drawn):
    """A case at its task “work”, behind which these automatic steps follow."""
    fixed = (node("start", "start"), task("work", fields=USES), task("rest", fields=USES), node("end", "end"))
    version = make_version(
        Blueprint(fields=FIELDS, steps=(*fixed, *steps), flows=flows(*drawn)), make_definition()
    )
    return runtime.start(version, by=anna, at=MONDAY)


def add(case, anna, step="work", contents=b"Lebenslauf"):
    row = Task.objects.open().get(instance=case, step_key=step)
    if row.assignee is None:
        row = runtime.claim(row, by=anna, at=MONDAY)
    return runtime.add_file(row, "paper", SimpleUploadedFile("Muster.txt", contents), by=anna, at=MONDAY)


def finish(case, anna, step="work", **data):
    row = Task.objects.open().get(instance=case, step_key=step)
    runtime.complete_task(row, outcome="done", by=anna, data=data, at=MONDAY)
    automatic.perform(at=MONDAY)
    case.refresh_from_db()


def stored():
    return sum(len(names) for _folder, _folders, names in os.walk(default_storage.path("")))


ONE = ("start>work", "work.done>clear", "clear>rest", "rest.done>end")


def test_an_emptied_file_goes_with_its_bytes_its_name_and_what_it_replaced(anna):
    clear = setting("clear", ("paper", ""), ("name", ""), ("who", ""))
    case = started(anna, clear, drawn=ONE)
    add(case, anna)
    last = add(case, anna, contents=b"Neuer Lebenslauf")
    assert (CaseFile.objects.count(), stored()) == (2, 2)
    finish(case, anna, name="Erika Muster", who=str(anna.pk))
    assert case.data == {}
    assert (CaseFile.objects.count(), stored()) == (0, 0)
    assert not FieldValue.objects.exclude(text="", words="", ref=None).exists()
    filed = ProcessEvent.objects.filter(instance=case, kind="filed")
    assert [events.personal_of(one) for one in filed] == [{}, {}]
    erased = ProcessEvent.objects.filter(instance=case, kind="erased")
    assert [events.facts_of(one)["seq"] for one in erased] == [one.seq for one in filed]
    assert list(verify.instance_breaks(case)) == []
    client = Client(headers={"accept-language": "de"})
    client.force_login(anna)
    assert client.get(reverse("tasks:file", args=[last.pk])).status_code == 404
    page = client.get(reverse("processes:instance", args=[case.pk]) + "?history=all").content.decode()
    assert "Muster.txt" not in page


def test_a_file_another_field_has_stays_until_that_is_emptied_too(anna):
    steps = (
        setting("keep", ("copy", "=paper")),
        setting("clear", ("paper", "")),
        setting("last", ("copy", "")),
    )
    drawn = ("start>work", "work.done>keep", "keep>clear", "clear>rest", "rest.done>last", "last>end")
    case = started(anna, *steps, drawn=drawn)
    row = add(case, anna)
    finish(case, anna)
    automatic.perform(at=MONDAY)
    case.refresh_from_db()
    assert case.data == {"copy": row.pk}
    assert (CaseFile.objects.get().pk, stored()) == (row.pk, 1)
    runtime.claim(Task.objects.open().get(instance=case), by=anna, at=MONDAY)
    finish(case, anna, "rest")
    assert (CaseFile.objects.count(), stored()) == (0, 0)


PARALLEL = (
    "start>split",
    "split>work",
    "split>rest",
    "work.done>clear",
    "clear>join",
    "rest.done>join",
    "join>end",
)


def in_parallel(anna):
    extra = (setting("clear", ("paper", "")), node("split", "parallel"), node("join", "parallel"))
    return started(anna, *extra, drawn=PARALLEL)


def test_a_file_in_the_draft_of_an_open_task_stays(anna):
    case = in_parallel(anna)
    add(case, anna)
    drafted = add(case, anna, "rest", b"Nachgereicht")
    finish(case, anna)
    assert CaseFile.objects.get().pk == drafted.pk
    finish(case, anna, "rest")
    assert case.data == {"paper": drafted.pk}


def test_a_number_in_a_draft_that_is_no_file_keeps_nothing(anna):
    case = in_parallel(anna)
    row = add(case, anna)
    rest = runtime.claim(Task.objects.open().get(instance=case, step_key="rest"), by=anna, at=MONDAY)
    runtime.save_draft(rest, {"name": str(row.pk)}, by=anna, at=MONDAY)
    finish(case, anna)
    assert not CaseFile.objects.exists()


def test_a_file_is_kept_where_the_step_sets_something_else(anna):
    case = started(anna, setting("clear", ("name", "")), drawn=ONE)
    row = add(case, anna)
    finish(case, anna, name="Erika Muster")
    assert (case.data, CaseFile.objects.get().pk) == ({"paper": row.pk}, row.pk)


def test_one_a_person_took_out_before_goes_too(anna):
    drawn = ("start>work", "work.done>rest", "rest.done>clear", "clear>end")
    case = started(anna, setting("clear", ("paper", "")), drawn=drawn)
    add(case, anna)
    finish(case, anna)
    runtime.claim(Task.objects.open().get(instance=case), by=anna, at=MONDAY)
    finish(case, anna, "rest", paper="")
    assert (CaseFile.objects.count(), stored()) == (0, 0)
