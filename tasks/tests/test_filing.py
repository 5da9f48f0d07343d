"""Files in the runtime: kept, owned by their case, and never taken from another one."""

import datetime as dt
import hashlib
import os

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.errors import FieldMissing, NotAllowed, NotRunning, TaskEnded
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
from tasks import events, filestore, verify
from tasks.models import CaseFile, FieldValue, ProcessEvent

PDF = b"%PDF-1.7 Beleg"


def upload(name="Beleg.pdf", contents=PDF):
    return SimpleUploadedFile(name, contents)


def with_files(mode="required"):
    """start (scan) → work (paper, other) → end."""
    fields = (StepFieldPlan("paper", mode), StepFieldPlan("other"), StepFieldPlan("secret", "hidden"))
    return Blueprint(
        fields=tuple(FieldPlan(key, key.title(), "file") for key in ("scan", "paper", "other", "secret")),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("scan"),)),
            task("work", fields=fields),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def office(db):
    service = make_team()
    return {"anna": make_user("Anna", service), "bert": make_user("Bert", service)}


@pytest.fixture
def version(office):
    return make_version(with_files(), make_definition(visibility="everyone"))


def work(version, office, **more):
    case = runtime.start(version, by=office["anna"], at=MONDAY, **more)
    return runtime.claim(case.tasks.get(), by=office["anna"], at=MONDAY)


def stored():
    return sum(len(names) for _folder, _folders, names in os.walk(default_storage.path("")))


def test_an_uploaded_file_stands_in_the_draft_and_becomes_the_value(version, office):
    mine = work(version, office)
    row = runtime.add_file(mine, "paper", upload(), by=office["anna"], at=MONDAY)
    mine.refresh_from_db()
    assert mine.draft == {"paper": row.pk}
    assert (row.name, row.size, row.content_type) == ("Beleg.pdf", len(PDF), "application/pdf")
    assert row.sha256 == hashlib.sha256(PDF).hexdigest()
    assert "Beleg" not in row.storage_key
    assert filestore.open_file(row).read() == PDF
    done = runtime.complete_task(mine, outcome="done", by=office["anna"])
    assert done.instance.data == {"paper": row.pk}
    event = ProcessEvent.objects.get(kind="filed")
    assert events.facts_of(event) == {"step": "work", "field": "paper", "file": row.pk, "sha256": row.sha256}
    assert events.personal_of(event) == {"name": "Beleg.pdf"}
    assert list(verify.instance_breaks(done.instance)) == []
    assert not FieldValue.objects.exists()


def test_a_required_file_must_be_there(version, office):
    mine = work(version, office)
    with pytest.raises(FieldMissing) as refused:
        runtime.complete_task(mine, outcome="done", by=office["anna"])
    assert refused.value.fields["paper"].code == "required"


def test_the_same_file_again_is_the_same_row_another_one_is_not(version, office):
    mine = work(version, office)
    first = runtime.add_file(mine, "paper", upload(), by=office["anna"])
    assert runtime.add_file(mine, "paper", upload(), by=office["anna"]) == first
    other = runtime.add_file(mine, "paper", upload(contents=b"%PDF-1.7 anders"), by=office["anna"])
    mine.refresh_from_db()
    assert mine.draft == {"paper": other.pk}
    assert other.name == first.name
    assert other.storage_key != first.storage_key
    assert (CaseFile.objects.count(), stored()) == (2, 2)


@pytest.mark.parametrize("key", ["scan", "secret", "nowhere"])
def test_a_field_the_step_does_not_fill_takes_no_file(version, office, key):
    mine = work(version, office)
    with pytest.raises(NotAllowed):
        runtime.add_file(mine, key, upload(), by=office["anna"])
    assert (CaseFile.objects.count(), stored()) == (0, 0)


def test_what_is_refused_leaves_nothing_behind(version, office):
    mine = work(version, office)
    with pytest.raises(NotAllowed):
        runtime.add_file(mine, "paper", upload(), by=office["bert"])
    with pytest.raises(FieldMissing) as refused:
        runtime.add_file(mine, "paper", upload("Beleg.pdf", b"<html>"), by=office["anna"])
    assert refused.value.fields["paper"].code == "file_type"
    runtime.add_file(mine, "paper", upload(), by=office["anna"])
    runtime.complete_task(mine, outcome="done", by=office["anna"])
    with pytest.raises(TaskEnded):
        runtime.add_file(mine, "other", upload(), by=office["anna"])
    resting = work(version, office)
    runtime.suspend(resting.instance, by=SYSTEM, reason="wartet")
    with pytest.raises(NotRunning):
        runtime.add_file(resting, "paper", upload(), by=office["anna"])
    assert (CaseFile.objects.count(), stored()) == (1, 1)


def test_a_file_too_large_is_refused_unread(version, office, settings):
    settings.UPLOAD_LIMIT = 1024 * 1024
    with pytest.raises(FieldMissing) as refused:
        runtime.add_file(work(version, office), "paper", upload(contents=b"x" * 1_048_577), by=office["anna"])
    fault = refused.value.fields["paper"]
    assert (fault.code, fault.params["limit"]) == ("file_too_large", 1)


def test_files_of_another_case_field_or_nobody_are_no_values(version, office):
    anna = office["anna"]
    foreign = runtime.add_file(work(version, office), "paper", upload(), by=anna)
    mine = work(version, office)
    elsewhere = runtime.add_file(mine, "other", upload(), by=anna)
    waiting = runtime.hold_file(version, "scan", upload(), by=anna)
    for pk in (foreign.pk, elsewhere.pk, waiting.pk, 987654):
        with pytest.raises(FieldMissing) as refused:
            runtime.complete_task(mine, outcome="done", by=anna, data={"paper": str(pk)})
        assert refused.value.fields["paper"].code == "not_a_reference"
    foreign.refresh_from_db()
    assert foreign.instance_id != mine.instance_id


def test_a_file_of_a_start_form_comes_with_the_case(version, office):
    row = runtime.hold_file(version, "scan", upload(), by=office["anna"])
    assert row.instance is None
    case = runtime.start(version, by=office["anna"], data={"scan": row.pk})
    row.refresh_from_db()
    assert (row.instance, case.data["scan"]) == (case, row.pk)
    assert list(case.events.order_by("seq").values_list("kind", flat=True)) == ["started", "filed"]
    assert list(verify.instance_breaks(case)) == []


def test_a_waiting_file_serves_one_person_one_field_and_one_case(version, office):
    row = runtime.hold_file(version, "scan", upload(), by=office["anna"])
    with pytest.raises(FieldMissing):
        runtime.start(version, by=office["bert"], data={"scan": row.pk})
    with pytest.raises(FieldMissing):
        runtime.start(version, by=SYSTEM, data={"scan": row.pk})
    runtime.start(version, by=office["anna"], data={"scan": row.pk})
    with pytest.raises(FieldMissing):
        runtime.start(version, by=office["anna"], data={"scan": row.pk})


def test_only_who_may_start_may_leave_a_file_for_it(version):
    with pytest.raises(NotAllowed):
        runtime.hold_file(version, "scan", upload(), by=make_user("Pia", is_process_admin=True))
    assert stored() == 0


def test_what_never_came_to_belong_to_a_case_is_cleaned_after_a_day(version, office, capsys):
    now = dt.datetime.now(tz=dt.UTC)
    mine = work(version, office)
    kept = runtime.add_file(mine, "paper", upload(), by=office["anna"], at=MONDAY)
    runtime.hold_file(version, "scan", upload(), by=office["anna"], at=now - dt.timedelta(days=2))
    young = runtime.hold_file(version, "scan", upload(), by=office["anna"], at=now)
    lost = default_storage.save("cases/ab/lost", ContentFile(b"x"))
    os.utime(default_storage.path(lost), (0, 0))
    os.utime(default_storage.path(kept.storage_key), (0, 0))
    default_storage.save("cases/ab/under_way", ContentFile(b"x"))
    call_command("clean_files")
    assert capsys.readouterr().out.startswith("1 waiting files, 1 stored files")
    assert set(CaseFile.objects.all()) == {kept, young}
    assert not default_storage.exists(lost)
    assert stored() == 3
