"""The commands that bring processes in and out, and start cases: all or nothing, one line a problem."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from people.models import AdminEvent, Team
from processes import blueprint, library
from processes.files import yamlformat
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion
from processes.tests.builders import attend, make_team, make_user
from processes.tests.test_yamlformat import GOOD

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The probe process; its team exists and has people."""
    attend("service")
    path = tmp_path / "probe.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def run(*args: Any) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_process", *map(str, args), stdout=out, stderr=err)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def change(path: Path, old: str, new: str) -> int:
    """Change the file; answers the line of the change."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_file_becomes_a_draft_and_then_further_versions(file: Path):
    assert run(file)[0] == 0
    assert run(file)[0] == 0
    versions = ProcessVersion.objects.filter(definition__key="probe").order_by("number")
    assert [(one.number, one.state) for one in versions] == [(1, "draft"), (2, "draft")]
    assert blueprint.read(versions[0]) == yamlformat.read(file.read_bytes()).plan
    assert AdminEvent.objects.filter(kind="process_created").count() == 1


def test_publish_puts_each_import_in_force(file: Path):
    run(file, "--publish")
    run(file, "--publish")
    definition = ProcessDefinition.objects.get(key="probe")
    assert definition.published is not None and definition.published.number == 2


def test_check_says_the_same_and_writes_nothing(file: Path):
    assert run(file, "--check", "--publish")[0] == 0
    assert not ProcessDefinition.objects.exists()
    assert not AdminEvent.objects.exists()


def test_a_refused_file_names_the_line_and_leaves_nothing(file: Path):
    line = change(file, "in Ordnung: weiche", "in Ordnung: nirgends")
    code, _out, err = run(file)
    assert code == 1
    assert f"{file}: unknown_step: " in err and f" {line}" in err and "nirgends" in err
    assert not ProcessDefinition.objects.exists()


def test_one_refused_file_does_not_stop_the_others(file: Path, tmp_path: Path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    assert run(broken, file)[0] == 1
    assert ProcessDefinition.objects.filter(key="probe").exists()


def test_json_is_one_object_a_file(file: Path, tmp_path: Path):
    line = change(file, "    team: service\n    deadline: 3d", "    deadline: 3d")
    missing = tmp_path / "missing.yaml"
    code, out, _err = run(file, missing, "--json")
    first, second = map(json.loads, out.splitlines())
    assert code == 1
    assert list(first) == ["file", "imported", "publishable", "problems", "process", "steps", "transitions"]
    assert (first["imported"], first["publishable"]) == (True, False)
    assert (first["process"], first["steps"], first["transitions"]) == ("probe", 5, 7)
    problem, also = first["problems"]
    assert also["code"] == "end_reached_twice"
    assert list(problem) == ["code", "severity", "step", "message"]
    assert (problem["code"], problem["severity"], problem["step"]) == (
        "nobody_responsible",
        "error",
        "pruefen",
    )
    assert f" {line - 2}:" in problem["message"]
    assert (second["imported"], second["problems"][0]["code"]) == (False, "unreadable")


def test_what_cannot_be_published_is_refused_with_publish_and_taken_as_a_draft_without(file: Path):
    change(file, "    team: service\n    deadline: 3d", "    deadline: 3d")
    assert run(file, "--publish")[0] == 1
    assert not ProcessDefinition.objects.exists()
    assert run(file)[0] == 0


def test_missing_teams_are_named_or_created(file: Path):
    change(file, "owner_team: service", "owner_team: versand")
    code, _out, err = run(file)
    assert (code, Team.objects.filter(key="versand").exists()) == (1, False)
    assert "versand" in err
    assert run(file, "--create-teams")[0] == 0
    assert Team.objects.filter(key="versand").exists()


def test_the_head_of_a_known_process_changes_only_with_publish(file: Path):
    run(file, "--publish")
    change(file, "name: Probe", "name: Anders")
    _code, _out, err = run(file)
    assert "head_kept" in err
    assert ProcessDefinition.objects.get().name == "Probe"
    run(file, "--publish")
    assert ProcessDefinition.objects.get().name == "Anders"
    assert AdminEvent.objects.get(kind="process_changed").changes == {"name": ["Probe", "Anders"]}


def test_a_changed_type_is_found_against_earlier_versions(file: Path):
    run(file, "--publish")
    change(file, "  notiz: Notiz", "  notiz: {label: Notiz, type: date}")
    code, _out, err = run(file, "--publish")
    assert (code, "type_changed" in err) == (1, True)


def test_bpmn_answers_one_clear_line(tmp_path: Path):
    path = tmp_path / "x.bpmn"
    path.write_text("<definitions/>", encoding="utf-8")
    code, _out, err = run(path)
    assert code == 1
    assert len(err.splitlines()) == 1 and " bpmn: " in err


def test_the_library_is_publishable():
    paths = [library.path_of(one.key) for one in library.templates()]
    code, out, err = run(*paths, "--publish", "--create-teams", "--json")
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["process"] for line in lines} == {path.stem for path in library.FOLDER.glob("*.yaml")}
    assert all(line["publishable"] for line in lines)


def test_an_exported_version_imports_as_it_was(file: Path, tmp_path: Path):
    run(file, "--publish")
    out = StringIO()
    call_command("export_process", "probe", stdout=out)
    again = tmp_path / "again.yml"
    again.write_text(out.getvalue(), encoding="utf-8")
    run(again)
    first, second = ProcessVersion.objects.filter(definition__key="probe").order_by("number")
    assert blueprint.read(first) == blueprint.read(second)


def test_start_process_prints_the_number(file: Path):
    run(file, "--publish")
    clerk = make_user("Clerk", make_team("service"))
    out = StringIO()
    call_command(
        "start_process", "probe", "--as", clerk.email, "--title", "T", "--data", '{"betrag": "5"}', stdout=out
    )
    case = ProcessInstance.objects.get()
    assert out.getvalue().strip() == case.number
    assert (case.title, case.started_by) == ("T", clerk)


@pytest.mark.parametrize(
    "options",
    [
        ["nowhere", "--as", "clerk@example.org"],
        ["probe", "--as", "nobody@example.org"],
        ["probe", "--as", "clerk@example.org"],
        ["probe", "--as", "clerk@example.org", "--data", "{"],
        ["probe", "--as", "clerk@example.org", "--data", "[]"],
        ["probe", "--as", "outsider@example.org", "--data", '{"betrag": "5"}'],
    ],
)
def test_start_process_refuses_in_one_line(file: Path, options: list[str]):
    run(file, "--publish")
    make_user("Clerk", make_team("service"))
    make_user("Outsider")
    with pytest.raises(CommandError) as refusal:
        call_command("start_process", *options)
    assert "\n" not in str(refusal.value)
    assert not ProcessInstance.objects.exists()
