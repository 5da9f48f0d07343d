"""Importing files with every kind of step: names nobody knows are found where they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from people.models import Team
from processes import blueprint, publishing
from processes.files import yamlformat
from processes.models import ProcessDefinition, ProcessVersion
from processes.tests.builders import make_team, make_user
from processes.tests.files import AFTERWARDS, EVERYTHING, PART
from processes.tests.test_import_process import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path, settings) -> Path:
    """Everything in one file; its people and its address are known, what it calls is not."""
    settings.WEBHOOK_HOSTS = ["example.org"]
    for name in ("a", "b", "c", "d", "e", "f"):
        make_user(name, make_team(), lead=name == "c")
    path = tmp_path / "alles.yaml"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


def publish_called(folder: Path) -> None:
    for text in (PART, AFTERWARDS):
        path = folder / "called.yaml"
        path.write_text(text, encoding="utf-8")
        assert run(path, "--publish")[0] == 0


def test_the_rows_hold_what_the_file_says(file: Path):
    assert run(file)[0] == 0
    version = ProcessVersion.objects.get()
    assert blueprint.read(version) == yamlformat.read(EVERYTHING.encode()).plan


HINTS = {"end_reached_twice"}
"""What the file with everything is told about although it can be published."""


def test_a_called_process_that_is_missing_stops_publishing_and_not_the_draft(file: Path):
    code, out, _err = run(file, "--check", "--json")
    answer = json.loads(out)
    assert (code, answer["imported"], answer["publishable"]) == (0, True, False)
    line = EVERYTHING[: EVERYTHING.index("process: zuarbeit")].count("\n") + 1
    first, second, *hints = answer["problems"]
    assert (first["code"], first["step"]) == ("call_unknown", "einholen")
    assert f" {line}:" in first["message"] and "zuarbeit" in first["message"]
    assert (second["step"], {one["code"] for one in hints}) == ("nachher", HINTS)
    publish_called(file.parent)
    answer = json.loads(run(file, "--check", "--json", "--publish")[1])
    assert answer["publishable"]
    assert {one["code"] for one in answer["problems"]} == HINTS
    assert not ProcessDefinition.objects.filter(key="alles").exists()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"team:service"', '"team:versand"', "unknown_team"),
        ("repeat: {team: service, quorum: majority}", "repeat: {team: versand}", "unknown_team"),
        (
            "persons: [a@example.org, b@example.org]",
            "persons: [a@example.org, x@example.org]",
            "unknown_person",
        ),
    ],
)
def test_unknown_names_are_refused_with_their_line(file: Path, old: str, new: str, code: str):
    line = EVERYTHING[: EVERYTHING.index(old)].count("\n") + 1
    file.write_text(EVERYTHING.replace(old, new, 1), encoding="utf-8")
    status, _out, err = run(file)
    assert status == 1
    assert f"{file}: {code}: " in err and f" {line} (" in err
    assert not ProcessDefinition.objects.filter(key="alles").exists()


def test_teams_that_get_mails_are_created_too(file: Path):
    file.write_text(EVERYTHING.replace('"team:service"', '"team:versand"'), encoding="utf-8")
    assert run(file, "--create-teams")[0] == 0
    assert Team.objects.filter(key="versand").exists()


def test_a_person_who_left_is_found_when_publishing(file: Path):
    publish_called(file.parent)
    assert run(file)[0] == 0
    version = ProcessVersion.objects.get(definition__key="alles")
    assert {one.code for one in publishing.problems(version)} == HINTS
    person = make_team().memberships.get(user__email="b@example.org").user
    person.is_active = False
    person.save()
    found = {(one.code, one.step) for one in publishing.problems(version)}
    assert ("unknown_person", "freigeben") in found
