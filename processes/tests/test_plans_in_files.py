"""Escalation plans in process files: read, written again, brought in, and kept where they are here."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import override

from people.models import AdminEvent
from processes import importing, nets, publishing
from processes.comparisons import Condition
from processes.escalation import Act, Do, Level
from processes.files import yamlexport, yamlformat
from processes.models import EscalationPlan
from processes.tests.builders import make_team, make_user

FILE = """\
process: rechnung
name: Rechnung
owner_team: buchhaltung
deadlines: 20d
escalation: {critical: eilig, case: frist}
plans:
  eilig:
    name: Eilig
    description: Für alles, was brennt.
    levels:
      - {at: 80%, name: Vorwarnung, tell: assignee, unclaimed: true, urgency: high}
      - {tell: [team, chef@example.org], pass_to: anna@example.org, raise: true}
      - {at: -2h, if: netto >= 5000, comment: Teuer., outcome: zu_spaet}
      - {at: 3cd, if: anderswo is yes, type: yesno, pass_to: fewest_open}
  frist: {name: Frist, levels: [{at: -5cd, tell: [lead, leads_lead, owner]}]}
fields: {netto: {label: Netto, type: money}}
start: {next: pruefen}
steps:
  pruefen: {name: Prüfen, team: buchhaltung, deadline: 3d, next: ende}
  ende: {kind: end, name: Ende}
"""
SMALL = FILE.replace("critical: eilig, ", "").replace(
    FILE[FILE.index("  eilig:") : FILE.index("  frist:")], ""
)


def read(text: str) -> yamlformat.ProcessFile:
    return yamlformat.read(text.encode())


def test_levels_are_read_in_their_order():
    plans = {plan.key: plan for plan in read(FILE).plans}
    assert (plans["eilig"].name, plans["eilig"].description) == ("Eilig", "Für alles, was brennt.")
    netto = Condition("netto", "ge", {"amount": "5000.00", "currency": "EUR"}, "money")
    assert plans["eilig"].levels == (
        Level(
            1, "Vorwarnung", "80%", (Act(Do.NOTIFY, ("assignee",)),), is_unclaimed_only=True, least_urgency=1
        ),
        Level(
            2,
            acts=(
                Act(Do.NOTIFY, ("team", "chef@example.org")),
                Act(Do.REASSIGN, to="person:anna@example.org"),
                Act(Do.RAISE),
            ),
        ),
        Level(
            3,
            offset="-2h",
            acts=(Act(Do.OUTCOME, key="zu_spaet"), Act(Do.COMMENT, text="Teuer.")),
            condition=netto,
        ),
        Level(
            4,
            offset="3cd",
            acts=(Act(Do.REASSIGN, to="fewest_open"),),
            condition=Condition("anderswo", "is_true", None, "yesno"),
        ),
    )


def test_a_written_file_reads_the_same():
    parsed = read(FILE)
    assert parsed.head is not None
    again = read(yamlexport.dump(parsed.head, parsed.plan, plans=parsed.plans))
    assert (again.faults, again.plan, again.plans) == ([], parsed.plan, parsed.plans)


@pytest.mark.parametrize(
    ("line", "code", "at"),
    [
        ("{at: 3d}", "level_empty", 16),
        ("{at: bald, tell: team}", "level_moment", 16),
        ("{at: 101%, tell: team}", "level_moment", 16),
        ("{tell: niemand}", "shape", 16),
        ("{pass_to: niemand}", "shape", 16),
        ("{tell: team, if: fehlt >= 5}", "unknown_field", 16),
        ("{tell: team, if: netto hoch}", "condition", 16),
        ("{tell: team, if: datei is empty}", "level_condition", 16),
        ("{tel: team}", "unknown_word", 16),
    ],
)
def test_faults_have_their_line(line: str, code: str, at: int):
    text = FILE.replace("{at: -5cd, tell: [lead, leads_lead, owner]}", line.replace("{", "{name: X, ", 1))
    text = text.replace("frist: {name: Frist, levels: [", "frist:\n    name: Frist\n    levels:\n      - ")
    text = text.replace("}]}\nfields: {", "}\nfields: {datei: {label: Datei, type: file}, ")
    [fault] = read(text).faults
    assert (fault.code, fault.line, "%(" in str(fault)) == (code, at + 2, False)


@pytest.mark.parametrize("escape", [r"\0", r"\ud800", r"\x1b"])
def test_what_no_database_can_hold_is_refused(escape: str):
    [fault] = read(SMALL.replace("name: Frist,", f'name: "Fr{escape}ist",')).faults
    assert (fault.code, fault.line) == ("syntax", 7)


def test_a_fault_says_in_ones_language_what_is_expected():
    [fault] = read(SMALL.replace("tell: [lead, leads_lead, owner]", "tell: niemand")).faults
    with override("de"):
        assert "oder eine Adresse" in str(fault)


def test_a_plan_nobody_names_is_refused():
    [fault] = read(FILE.replace("critical: eilig, ", "")).faults
    assert (fault.code, fault.line) == ("plan_unused", 7)


def test_only_the_process_has_a_plan_for_the_whole_case():
    [fault] = read(FILE.replace("deadline: 3d,", "deadline: 3d, escalation: {case: frist},")).faults
    assert (fault.code, fault.line) == ("misplaced", 19)


@pytest.mark.parametrize("offset", ["0%", "100%", "-1d", "2h", ""])
def test_moments_of_files_are_those_of_levels(offset: str):
    Level(1, offset=offset).demand_sense()
    text = SMALL.replace("at: -5cd, ", f"at: {offset}, " if offset else "")
    assert read(text).plans[0].levels[0].offset == offset


# -- with a database -----------------------------------------------------------------------------------------


def brought(text: str, **options: Any) -> importing.Report:
    return importing.import_yaml(text.encode(), **options)


@pytest.fixture
def office(db: None) -> None:
    make_user("Lea", make_team("buchhaltung"), lead=True)


@pytest.mark.usefixtures("office")
def test_a_file_writes_its_plans_and_is_published_with_them():
    report = brought(SMALL, publish=True)
    assert report.version is not None and report.problems == []
    version = nets.of_version(report.version)
    assert [level.offset for level in version.plan(None, 2)] == ["-5cd"]
    assert [level.offset for level in version.plan(version.steps["pruefen"], 2)] == ["80%", "", "1d", "3d"]
    event = AdminEvent.objects.get(kind="plan_created")
    assert event.changes["name"] == [None, "Frist"]


@pytest.mark.usefixtures("office")
def test_a_plan_that_is_here_stays_and_differing_is_told():
    own = EscalationPlan.objects.create(key="frist", name="Unsere Frist")
    report = brought(SMALL)
    assert [(problem.code, report.lines[at]) for at, problem in enumerate(report.problems)] == [
        ("plan_kept", 7)
    ]
    assert EscalationPlan.objects.get(key="frist") == own and own.rows.count() == 0
    own.delete()
    assert brought(SMALL).problems == [] and brought(SMALL).problems == []


@pytest.mark.usefixtures("office")
def test_checking_alone_or_refusing_writes_no_plan():
    before = EscalationPlan.objects.count()
    assert brought(SMALL, only_check=True).is_publishable
    assert not brought(SMALL.replace("team: buchhaltung", "team: fehlt")).is_imported
    assert EscalationPlan.objects.count() == before


@pytest.mark.usefixtures("office")
def test_a_person_of_a_plan_must_be_known():
    report = brought(FILE)
    assert [(one.code, report.lines[at]) for at, one in enumerate(report.problems)] == [
        ("unknown_person", 12)
    ]


@pytest.mark.usefixtures("office")
def test_an_export_takes_the_plans_along_as_they_were_published():
    report = brought(SMALL, publish=True)
    assert report.version is not None
    EscalationPlan.objects.get(key="frist").rows.update(offset="-9d")
    out = StringIO()
    call_command("export_process", "rechnung", stdout=out)
    [plan] = read(out.getvalue()).plans
    assert (plan.key, plan.name, plan.levels[0].offset) == ("frist", "Frist", "-5cd")
    publishing.new_draft(report.version.definition, by=None)
    out = StringIO()
    call_command("export_process", "rechnung", "--version", "2", stdout=out)
    assert read(out.getvalue()).plans[0].levels[0].offset == "-9d"
