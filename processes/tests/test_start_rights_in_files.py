"""Who may start a process, in its file: everyone, named teams, nobody; what is left open stays as it is."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from people.models import AdminEvent
from processes import importing, policy
from processes.files import yamlformat
from processes.importing import Report
from processes.models import ProcessDefinition, ProcessVersion
from processes.tests.builders import attend, complaint, make_definition, make_team, make_user, make_version
from processes.tests.test_yamlformat import GOOD

pytestmark = pytest.mark.django_db
HEAD = "owner_team: service\n"


@pytest.fixture
def version() -> ProcessVersion:
    """A published process of the team service, which works it with the team quality."""
    attend("service", "quality")
    return make_version(complaint(), make_definition(may_start="teams"))


def exported(version: ProcessVersion) -> str:
    """The file of its process."""
    out = StringIO()
    call_command("export_process", version.definition.key, stdout=out)
    return out.getvalue()


def brought_in(text: str, *, publish: bool = True) -> Report:
    """Import a file that is taken."""
    report = importing.import_yaml(text.encode(), publish=publish)
    assert report.is_imported, [str(one.message) for one in report.problems]
    return report


def probe(line: str = "") -> ProcessDefinition:
    """The probe process brought in with this line in its head."""
    brought_in(GOOD.replace(HEAD, HEAD + line, 1))
    return ProcessDefinition.objects.get(key="probe")


def test_who_may_start_survives_export_and_import(version):
    anna = make_user("Anna", version.definition.owner_team)
    assert not policy.may_start(anna, version.definition)
    brought_in(exported(version))
    version.definition.refresh_from_db()
    assert not policy.may_start(anna, version.definition)


@pytest.mark.parametrize("kind, teams", [("everyone", []), ("teams", ["quality"]), ("teams", [])])
def test_a_file_makes_another_process_as_closed_as_its_own(version, kind, teams):
    version.definition.may_start = kind
    version.definition.save()
    version.definition.start_teams.set([make_team(key) for key in teams])
    text = exported(version)
    version.definition.may_start = "everyone" if kind == "teams" else "teams"
    version.definition.save()
    version.definition.start_teams.set([make_team("service")])
    brought_in(text)
    version.definition.refresh_from_db()
    assert version.definition.may_start == kind
    if kind == "teams":
        assert [team.key for team in version.definition.start_teams.all()] == teams


def test_teams_kept_in_store_do_not_close_a_process_that_everyone_may_start(version):
    version.definition.may_start = "everyone"
    version.definition.save()
    version.definition.start_teams.set([make_team("quality")])
    brought_in(exported(version))
    version.definition.refresh_from_db()
    assert version.definition.may_start == "everyone"
    assert not AdminEvent.objects.filter(kind="process_changed").exists()


def test_a_file_that_does_not_say_it_leaves_a_known_process_as_it_is(version):
    closed = probe("may_start: nobody\n")
    assert (closed.may_start, closed.start_teams.count()) == ("teams", 0)
    assert probe().may_start == "teams"
    assert [team.key for team in probe("start_teams: [service]\n").start_teams.all()] == ["service"]
    assert [team.key for team in probe().start_teams.all()] == ["service"]
    assert probe("may_start: everyone\n").may_start == "everyone"


def test_everyone_may_start_a_new_process_whose_file_does_not_say_it(version):
    assert probe().may_start == "everyone"


@pytest.mark.parametrize(
    "line, differs",
    [
        ("", False),
        ("start_teams: [service, quality]\n", False),
        ("start_teams: [service]\n", True),
        ("may_start: nobody\n", True),
        ("may_start: everyone\n", True),
    ],
)
def test_a_draft_tells_that_its_file_says_other_things(version, line, differs):
    probe("start_teams: [quality, service]\n")
    report = brought_in(GOOD.replace(HEAD, HEAD + line, 1), publish=False)
    assert ("head_kept" in [one.code for one in report.problems]) is differs


def test_both_words_at_once_are_refused():
    text = GOOD.replace(HEAD, HEAD + "start_teams: [service]\nmay_start: nobody\n", 1)
    (fault,) = yamlformat.read(text.encode()).faults
    assert (fault.code, fault.line) == ("misplaced", text[: text.index("may_start")].count("\n") + 1)


def test_what_a_file_does_not_say_a_known_process_keeps():
    """Left out of a file, “confidential” does not open the cases of a process to others."""
    attend("service", "quality")
    make_user("Anna")
    opened = "confidential: true\nvisible_to: participants\ncategory: Personal\nowner: anna@example.org\n"
    known = probe(opened)
    probe()
    known.refresh_from_db()
    kept = (known.is_confidential, known.visibility, known.category, known.owner and known.owner.email)
    assert kept == (True, "participants", "Personal", "anna@example.org")
    probe("confidential: false\nvisible_to: team\n")
    known.refresh_from_db()
    assert (known.is_confidential, known.visibility) == (False, "team")


def test_an_export_says_that_a_process_is_not_confidential(version):
    assert "confidential: false" in exported(version)
