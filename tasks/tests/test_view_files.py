"""Files on pages: uploaded with a draft, an outcome or a start form, and given out to those who may see."""

from dataclasses import replace

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from people.models import AdminEvent
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import FieldPlan, StepFieldPlan
from processes.models import ProcessInstance
from processes.tests.builders import make_definition, make_team, make_user, make_version
from processes.tests.pages import form_values
from tasks.models import CaseFile, Task
from tasks.tests.offices import browser
from tasks.tests.test_filing import PDF, with_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def work(anna):
    plan = with_files()
    start, step, end = plan.steps
    step = replace(step, fields=(*step.fields, StepFieldPlan("sum", "required")))
    plan = replace(plan, fields=(*plan.fields, FieldPlan("sum", "Summe", "number")), steps=(start, step, end))
    case = runtime.start(make_version(plan, make_definition("paper")), by=anna)
    return runtime.claim(case.tasks.get(), by=anna)


def upload(name="Beleg.pdf", contents=PDF):
    return SimpleUploadedFile(name, contents)


def complete(client, work, **sent):
    page = client.get(f"/tasks/{work.pk}/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    return client.post(f"/tasks/{work.pk}/complete/", {**form_values(page), "outcome": "done", **sent})


def test_a_file_comes_with_the_outcome(anna, work):
    answer = complete(browser(anna), work, file_paper=upload(), field_sum="1")
    assert answer.status_code == 302
    case = ProcessInstance.objects.get()
    assert case.data == {"paper": CaseFile.objects.get().pk, "sum": "1"}
    page = browser(anna).get(f"/cases/{case.pk}/").content.decode()
    assert f'href="/files/{case.data["paper"]}/"' in page
    assert "Beleg.pdf" in page


def test_a_file_is_not_lost_when_another_field_is_wrong(anna, work):
    client = browser(anna)
    answer = complete(client, work, file_paper=upload(), field_sum="viel")
    assert answer.status_code == 422
    row = CaseFile.objects.get()
    assert {one.key: one.file.id for one in answer.context["fields"] if one.file} == {"paper": row.pk}
    again = {**form_values(answer.content.decode()), "outcome": "done", "field_sum": "1"}
    assert client.post(f"/tasks/{work.pk}/complete/", again).status_code == 302
    assert ProcessInstance.objects.get().data["paper"] == row.pk


def test_a_file_that_is_not_taken_is_said_beside_its_field(anna, work):
    answer = complete(browser(anna), work, file_paper=upload("Beleg.pdf", b"<html>"), field_sum="7")
    assert answer.status_code == 422
    fields = {one.key: one for one in answer.context["fields"]}
    assert "Beleg.pdf" in fields["paper"].error
    assert fields["sum"].value == "7"
    assert not CaseFile.objects.exists()


def test_a_draft_by_htmx_answers_the_box_of_its_file(anna, work):
    client = browser(anna)
    url = f"/tasks/{work.pk}/draft/"
    answer = client.post(url, {"file_paper": upload()}, headers={"HX-Request": "true"})
    row = CaseFile.objects.get()
    again = client.post(url, {"file_paper": upload(), "field_paper": str(row.pk)})
    assert (again.status_code, CaseFile.objects.count()) == (302, 1)
    assert [one.file.name for one in client.get(f"/tasks/{work.pk}/").context["files"]] == ["Beleg.pdf"]
    box = answer.content.decode()
    assert (answer.status_code, 'id="box-paper" hx-swap-oob="true"' in box) == (200, True)
    assert form_values(box)["field_paper"] == str(row.pk)
    refused = client.post(url, {"file_paper": upload("a.exe", b"MZ\0")}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.content.decode()
    assert form_values(refused.content.decode())["field_paper"] == str(row.pk), "the former one stays"
    dropped = {"field_paper": str(row.pk), "drop_paper": "1"}
    answer = client.post(url, dropped, headers={"HX-Request": "true"})
    assert "field_paper" not in form_values(answer.content.decode())
    assert Task.objects.get(pk=work.pk).draft["paper"] == ""
    assert client.get(f"/tasks/{work.pk}/").context["files"] == [], "what was taken out is not offered"
    plain = client.post(url, {"field_sum": "3"}, headers={"HX-Request": "true"})
    assert "box-paper" not in plain.content.decode()


def test_a_foreign_file_in_the_form_shows_nothing_of_itself(anna, work):
    other = runtime.start(work.instance.version, by=anna)
    foreign = runtime.add_file(other.tasks.get(), "paper", upload("Geheim.pdf"), by=SYSTEM)
    answer = complete(browser(anna), work, field_paper=str(foreign.pk), field_sum="1")
    assert answer.status_code == 422
    assert "Geheim" not in answer.content.decode()
    assert ProcessInstance.objects.get(pk=work.instance_id).data == {}


def test_a_hidden_field_is_neither_shown_nor_taken(anna, work):
    answer = complete(browser(anna), work, file_secret=upload(), field_secret="1", field_sum="viel")
    assert "secret" not in [one.key for one in answer.context["fields"]]
    assert not CaseFile.objects.exists()


def test_a_start_form_keeps_its_file_until_the_case_is_started(anna, work):
    client = browser(anna)
    url = "/processes/paper/start/"
    page = client.get(url).content.decode()
    searched = client.post(url, {**form_values(page), "find": "1", "q": "x", "file_scan": upload()})
    row = CaseFile.objects.get()
    form = form_values(searched.content.decode())
    assert (row.instance, form["field_scan"]) == (None, str(row.pk))
    assert f"/files/{row.pk}/" not in searched.content.decode()
    assert client.post(url, {**form, "title": "Neu"}).status_code == 302
    row.refresh_from_db()
    assert row.instance.title == "Neu"


def test_a_start_form_says_what_is_wrong_with_a_file(anna, work):
    before = ProcessInstance.objects.count()
    sent = {"title": "Neu", "file_scan": upload("Beleg.pdf", b"MZ\0")}
    answer = browser(anna).post("/processes/paper/start/", sent)
    assert answer.status_code == 422
    assert answer.context["fields"][0].error
    assert ProcessInstance.objects.count() == before


# -- giving out ----------------------------------------------------------------------------------------------


@pytest.fixture
def row(anna, work):
    return runtime.add_file(work, "paper", upload('Beleg "ü\r\nX: 1".pdf'), by=anna)


def test_a_download_is_saved_and_never_shown(anna, row):
    answer = browser(anna).get(f"/files/{row.pk}/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "\n" not in answer["Content-Disposition"]
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_an_outsider_an_administrator_and_a_stranger_get_no_file(row, client):
    for person in (make_user("Oskar", make_team("other")), make_user("Pia", is_process_admin=True)):
        assert browser(person).get(f"/files/{row.pk}/").status_code == 404
    assert client.get(f"/files/{row.pk}/").status_code == 302


def test_a_waiting_file_is_given_to_nobody(anna, work):
    row = runtime.hold_file(work.instance.version, "scan", upload(), by=anna)
    assert browser(anna).get(f"/files/{row.pk}/").status_code == 404


def test_a_download_by_an_auditor_is_logged(row):
    auditor = make_user("Udo", is_auditor=True)
    assert browser(auditor).get(f"/files/{row.pk}/").status_code == 200
    assert AdminEvent.objects.get(kind="case_read").by == auditor


def test_a_file_the_storage_has_lost_is_no_server_error(anna, row):
    default_storage.delete(row.storage_key)
    assert browser(anna).get(f"/files/{row.pk}/").status_code == 404
