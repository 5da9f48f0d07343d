"""Corrected texts of a published version: rows that are only added, seen by everything that shows a text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from people.models import AdminEvent
from processes import blueprint, importing, nets, publishing, revising, runtime, texts
from processes.compiledversion import StepInfo
from processes.files import yamlexport
from processes.importing import head_of
from processes.models import AppendOnlyError, ProcessVersion, TextRevision
from processes.tests.builders import MONDAY, complaint, make_team, make_user, make_version
from tasks.models import Task

pytestmark = pytest.mark.django_db
NAME, LABEL = "steps.check.name", "steps.check.outcomes.ok.label"
ITEM, HELP = "steps.check.checklist.seen.text", "fields.amount.help_text"


@pytest.fixture
def version() -> ProcessVersion:
    return make_version(complaint())


def correct(version: ProcessVersion, reason: str = "Tippfehler", **more: object) -> list[TextRevision]:
    """Correct texts given by path in `new`, as who sees the newest revision."""
    seen = version.text_revisions.last_id()
    return revising.revise(version, **{"reason": reason, "seen": seen, "by": None, "at": MONDAY, **more})


def step(version: ProcessVersion, key: str = "check") -> StepInfo:
    return nets.compiled(version.pk).steps[key]


# -- what holds ----------------------------------------------------------------------------------------------


def test_every_kind_of_text_is_corrected_for_running_and_copying_alike(version: ProcessVersion):
    new = {
        NAME: "Ware prüfen",
        "steps.check.instructions": "Bitte genau\nhinsehen.",
        LABEL: "In Ordnung",
        ITEM: "Ware angesehen",
        "steps.end.result": "Erledigt",
        "fields.amount.label": "Summe",
        HELP: "Ohne Steuer",
        "fields.cause.choices.delay": "Verspätung",
    }
    correct(version, new=new)
    ran, plan = nets.compiled(version.pk), blueprint.read(ProcessVersion.objects.get(pk=version.pk))
    assert (step(version).name, step(version).instructions) == ("Ware prüfen", "Bitte genau\nhinsehen.")
    assert [one.label for one in step(version).outcomes] == ["In Ordnung", "Incomplete", "Refuse"]
    assert step(version).checklist[0].text == "Ware angesehen"
    assert step(version, "end").result == "Erledigt"
    assert (ran.fields["amount"].label, ran.fields["amount"].help_text) == ("Summe", "Ohne Steuer")
    assert ran.fields["cause"].choices == (("damage", "Schaden"), ("delay", "Verspätung"))
    assert [uses.spec.choices[1][1] for uses in step(version).fields if uses.spec.choices] == ["Verspätung"]
    assert {path: texts.of_plan(plan)[path].text for path in new} == new


def test_nothing_but_texts_differs_afterwards(version: ProcessVersion):
    before = blueprint.read(version)
    everything = {
        path: f"{one.text or 'Neu'}!" for path, one in texts.of_plan(before).items() if one.kind != "outcome"
    }
    correct(version, new=everything)
    after = blueprint.read(ProcessVersion.objects.get(pk=version.pk))
    assert after != before
    assert texts.corrected(after, {path: one.text for path, one in texts.of_plan(before).items()}) == before


def test_the_last_correction_of_a_text_holds(version: ProcessVersion):
    correct(version, new={NAME: "Eins"})
    correct(version, new={NAME: "Zwei", LABEL: "Gut"})
    assert (step(version).name, step(version).outcomes[0].label) == ("Zwei", "Gut")
    rows = version.text_revisions.order_by("pk").values_list("path", "old_text", "new_text")
    assert list(rows) == [(NAME, "Check", "Eins"), (NAME, "Eins", "Zwei"), (LABEL, "Ok", "Gut")]


def test_a_new_draft_and_an_export_begin_with_the_corrected_texts(version: ProcessVersion):
    correct(version, new={NAME: "Ware prüfen", ITEM: "Ware angesehen"})
    draft = publishing.new_draft(ProcessVersion.objects.get(pk=version.pk), by=None)
    assert draft.texts_stamp == ""
    assert draft.steps.get(key="check").name == "Ware prüfen"
    published = ProcessVersion.objects.get(pk=version.pk)
    corrected = blueprint.read(published)
    dumped = yamlexport.dump(head_of(published.definition), corrected)
    brought = importing.import_yaml(dumped.encode()).version
    assert brought is not None
    assert blueprint.read(draft) == corrected
    found = {path: one.text for path, one in texts.of_plan(blueprint.read(brought)).items()}
    assert (found[NAME], found[ITEM]) == ("Ware prüfen", "Ware angesehen")


def test_the_rows_of_the_version_stay_as_they_were_published(version: ProcessVersion):
    correct(version, new={NAME: "Ware prüfen"})
    assert version.steps.get(key="check").name == "Check"
    assert nets.compiled(version.pk, nets.AS_PUBLISHED).steps["check"].name == "Check"


def test_tasks_keep_the_title_they_were_given_and_new_ones_get_the_corrected_one(version: ProcessVersion):
    anna = make_user("Anna", make_team())
    case = runtime.start(version, by=anna, at=MONDAY)
    correct(version, new={"steps.capture.name": "Aufnehmen", "steps.check.name": "Prüfen"})
    first = Task.objects.get(instance=case)
    assert first.title == "Capture"
    runtime.claim(first, by=anna, at=MONDAY)
    runtime.complete_task(first, outcome="complete", by=anna, at=MONDAY)
    assert Task.objects.get(instance=case, step_key="check").title == "Prüfen"
    assert Task.objects.get(pk=first.pk).title == "Capture"


# -- memory --------------------------------------------------------------------------------------------------


def test_a_correction_by_another_process_is_seen_although_the_version_is_in_memory(version: ProcessVersion):
    """Another process has its own memory: the rows and the stamp are all that this one gets to see."""
    assert step(version).name == "Check"
    TextRevision.objects.create(version=version, path=NAME, old_text="Check", new_text="Neu", reason="x")
    ProcessVersion.objects.filter(pk=version.pk).update(texts_stamp="a" * 32)
    assert step(version).name == "Neu"


def test_a_correction_that_is_rolled_back_leaves_nothing_in_memory(version: ProcessVersion):
    with pytest.raises(RuntimeError), transaction.atomic():
        correct(version, new={NAME: "Verworfen"})
        assert step(version).name == "Verworfen"
        raise RuntimeError
    assert step(version).name == "Check"
    correct(version, new={NAME: "Behalten"})
    assert step(version).name == "Behalten"


def test_a_case_read_with_its_stamp_asks_nothing(version: ProcessVersion):
    case = runtime.start(version, by=make_user("Anna", make_team()), at=MONDAY)
    correct(version, new={NAME: "Neu"})
    nets.of_case(case.__class__.objects.get(pk=case.pk))
    rows = case.__class__.objects
    for read in (rows.annotate(texts_stamp=nets.stamp_beside()), rows.select_related("version")):
        found = read.get(pk=case.pk)
        with CaptureQueriesContext(connection) as captured:
            assert nets.of_case(found).steps["check"].name == "Neu"
        assert len(captured) == 0


def test_a_draft_is_never_kept_in_memory(version: ProcessVersion):
    draft = publishing.new_draft(version, by=None)
    assert step(draft).name == "Check"
    draft.steps.filter(key="check").update(name="Sichten")
    assert step(draft).name == "Sichten"


# -- only added ----------------------------------------------------------------------------------------------


def test_a_revision_is_neither_changed_nor_removed(version: ProcessVersion):
    (row,) = correct(version, new={NAME: "Neu"})
    row.new_text = "Anders"
    for attempt in (
        row.save,
        row.delete,
        lambda: TextRevision.objects.update(new_text="x"),
        lambda: TextRevision.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()
    assert TextRevision.objects.get().new_text == "Neu"


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    ["UPDATE processes_textrevision SET new_text = 'x'", "DELETE FROM processes_textrevision"],
)
def test_the_database_refuses_too(version: ProcessVersion, statement: str):
    correct(version, new={NAME: "Neu"})
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert TextRevision.objects.get().new_text == "Neu"


@pytest.mark.postgres
def test_the_database_takes_none_for_a_draft(version: ProcessVersion):
    draft = publishing.new_draft(version, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        TextRevision.objects.create(version=draft, path=NAME, old_text="", new_text="x", reason="x")


# -- what is refused -----------------------------------------------------------------------------------------


def refused(version: ProcessVersion, error: type[Exception], **more: object) -> Exception:
    with pytest.raises(error) as caught:
        correct(version, **more)
    assert TextRevision.objects.count() == 0
    assert not AdminEvent.objects.filter(kind="texts_corrected").exists()
    return caught.value


def test_a_correction_needs_a_reason_and_a_difference(version: ProcessVersion):
    refused(version, revising.ReasonMissing, new={NAME: "Neu"}, reason=" \n ")
    refused(version, revising.NothingChanged, new={NAME: " Check "})
    refused(version, revising.NothingChanged, new={"steps.check.team": "quality", "steps.nowhere.name": "x"})


@pytest.mark.parametrize(
    ("path", "text"),
    [(NAME, " "), (NAME, "x" * 121), (ITEM, "zwei\nZeilen"), (LABEL, "incomplete"), (HELP, "x" * 251)],
)
def test_texts_that_do_not_fit_are_refused_with_their_place(version: ProcessVersion, path: str, text: str):
    error = refused(version, revising.UnfitTexts, new={path: text})
    assert isinstance(error, revising.UnfitTexts) and list(error.faults) == [path]


def test_two_outcomes_may_swap_their_names(version: ProcessVersion):
    correct(version, new={LABEL: "Incomplete", "steps.check.outcomes.incomplete.label": "Ok"})
    assert [one.label for one in step(version).outcomes] == ["Incomplete", "Ok", "Refuse"]


def test_a_draft_is_not_corrected_and_a_retired_version_is(version: ProcessVersion):
    draft = publishing.new_draft(version, by=None)
    refused(draft, revising.IsDraft, new={NAME: "Neu"})
    publishing.retire(version, by=None)
    correct(version, new={NAME: "Neu"})
    assert step(version).name == "Neu"


def test_who_comes_second_is_refused_and_each_correction_is_logged(version: ProcessVersion):
    admin = make_user("Admin", is_process_admin=True)
    correct(version, new={NAME: "Eins"}, by=admin)
    with pytest.raises(revising.TextsChanged):
        correct(version, new={NAME: "Zwei"}, seen=0)
    event = AdminEvent.objects.get(kind="texts_corrected")
    assert (event.by, event.object_id) == (admin, str(version.pk))
    assert event.changes == {NAME: ["Check", "Eins"], "reason": ["", "Tippfehler"]}


def test_translations_of_a_text_are_found_nested_and_flat():
    nested = {"en": {"steps": {"check": {"name": "Check"}}}, "fr": {"steps.check.name": "Vérifier"}}
    assert texts.translated(NAME, nested) == ("en", "fr")
    assert texts.translated(LABEL, nested) == ()
    assert texts.translated(NAME, {"en": "?"}) == ()


def test_a_choice_with_dots_in_its_value_has_a_path_of_its_own():
    plan = complaint()
    cause = replace(plan.fields[1], choices=(("a.b", "Eins"), ("a", "Zwei")))
    plan = replace(plan, fields=(cause,))
    found = texts.corrected(plan, {"fields.cause.choices.a.b": "Drei"})
    assert found.fields[0].choices == (("a.b", "Drei"), ("a", "Zwei"))


def test_a_draft_that_still_says_what_was_corrected_is_found(version: ProcessVersion):
    draft = publishing.new_draft(version, by=None)
    assert revising.left_behind(version, blueprint.read(draft)) == []
    correct(version, new={NAME: "Eins", LABEL: "Gut"})
    correct(version, new={NAME: "Zwei"})
    former = ProcessVersion.objects.get(pk=version.pk)
    assert [one.path for one in revising.left_behind(former, blueprint.read(draft))] == [NAME, LABEL]
    draft.steps.filter(key="check").update(name="Drei")
    assert [one.path for one in revising.left_behind(former, blueprint.read(draft))] == [LABEL]
    assert revising.left_behind(former, blueprint.read(former)) == []
