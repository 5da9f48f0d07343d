"""Rules of deadlines and escalation plans in process files: read, written again, faults with their lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes.blueprint import Blueprint, DeadlinePlan, FlowPlan, OutcomePlan, StepPlan
from processes.fields import EARLIEST, LATEST
from processes.files import yamlexport, yamlformat
from processes.tests.builders import node

FILE = """\
process: rechnung
name: Rechnung
owner_team: buchhaltung
deadlines: [30d, {legal: 1m, field: zugang, shift: false, final: true}]
escalation: {critical: eilig, otherwise: standard}
fields: {zugang: {label: Zugang, type: date}}
start: {fields: [zugang!], next: pruefen}
steps:
  pruefen:
    name: Prüfen
    team: buchhaltung
    deadline: 3d
    deadlines:
      - {field: zugang, offset: -4d}
      - {urgency: high, reaction: 4h}
      - {case: 1m, legal: true, counts_first_day: true}
      - {date: 2026-12-31, latest: true}
    escalation: eilig
    next: buchen
  buchen:
    name: Buchen
    team: buchhaltung
    deadlines: {step: pruefen, offset: 2d}
    next: ende
  ende: {kind: end, name: Ende}
"""
HEAD = yamlformat.Head("probe", "Probe", "service")


def read(text: str) -> yamlformat.ProcessFile:
    return yamlformat.read(text.encode())


def test_rules_stand_in_the_blueprint():
    plan = read(FILE).plan
    check, book = plan.steps[1], plan.steps[2]
    assert plan.deadlines == (
        DeadlinePlan("case", "30d"),
        DeadlinePlan("field", "1m", "zugang", is_legal=True, shifts_to_working_day=False, is_final=True),
    )
    assert plan.plan_keys == {"0": "eilig", "": "standard"}
    assert (check.deadline, check.plan_keys) == ("3d", {"": "eilig"})
    assert check.deadlines == (
        DeadlinePlan("field", "-4d", "zugang"),
        DeadlinePlan("step", "4h", kind="reaction", urgency=1),
        DeadlinePlan("case", "1m", is_legal=True, counts_first_day=True),
        DeadlinePlan("date", "", "", "2026-12-31", pick="latest"),
    )
    assert book.deadlines == (DeadlinePlan("after", "2d", "pruefen"),)


def test_a_written_file_reads_the_same():
    parsed = read(FILE)
    assert parsed.head is not None
    text = yamlexport.dump(parsed.head, parsed.plan)
    assert "otherwise: standard" in text
    again = read(text)
    assert (again.faults, again.plan) == ([], parsed.plan)


LEGAL = {
    "{legal: 1m, half_month: true, warning: 2w}": {
        "offset": "1m",
        "adds_half_month": True,
        "early_warning": "2w",
    },
    "{legal: 6m, minus_days: 14}": {"offset": "6m", "days_before_end": 14},
    "{legal: 1m, warning: 0}": {"offset": "1m", "early_warning": "0"},
    "{legal: 1m, warning: 0w}": {"offset": "1m", "early_warning": "0"},
    "{field: zugang, legal: -3m}": {
        "basis": "field",
        "key": "zugang",
        "offset": "-3m",
        "shifts_to_working_day": False,
    },
    "{field: zugang, legal: -3m, counts_first_day: true, shift: true}": {
        "basis": "field",
        "key": "zugang",
        "offset": "-3m",
        "counts_first_day": True,
    },
    "{field: zugang, legal: true, final: true}": {"basis": "field", "key": "zugang", "is_final": True},
    "{date: 2026-12-31, legal: true, shift: false}": {
        "basis": "date",
        "on": "2026-12-31",
        "shifts_to_working_day": False,
    },
}


@pytest.mark.parametrize("rule", LEGAL)
def test_a_legal_deadline_says_what_the_law_says(rule: str):
    parsed = read(FILE.replace("deadlines: {step: pruefen, offset: 2d}", f"deadlines: {rule}"))
    assert parsed.faults == [] and parsed.head is not None
    assert parsed.plan.steps[2].deadlines == (DeadlinePlan(**LEGAL[rule], is_legal=True),)
    assert read(yamlexport.dump(parsed.head, parsed.plan)).plan == parsed.plan


def test_the_empty_name_means_any_urgency_too():
    assert read(FILE.replace("otherwise: standard", '"": standard')).plan.plan_keys[""] == "standard"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{field: fehlt, offset: -4d}", "unknown_field"),
        ("{step: fehlt, offset: 2d}", "unknown_step"),
        ("{legal: 1m, case: 3d}", "deadline_twice"),
        ("{reaction: 4h, offset: 3d}", "deadline_twice"),
        ("{latest: true}", "deadline_missing"),
        ("{offset: 3d, shift: false}", "misplaced"),
        ("{offset: 3d, warning: 1w}", "misplaced"),
        ("{offset: 3d, half_month: true}", "misplaced"),
        ("{offset: 3d, minus_days: 2}", "misplaced"),
        ("{legal: 1m, minus_days: 0}", "value"),
        ("{legal: 1m, warning: 3d}", "early_warning"),
        ("{legal: 1m, warning: 5}", "shape"),
        ("3x", "moment"),
        ("{date: bald}", "moment"),
        ("{case: 3d, field: zugang}", "moment"),
        ("{urgency: hoch, offset: 3d}", "value"),
        ("{reaktion: 4h}", "unknown_word"),
        ("5", "shape"),
    ],
)
def test_a_fault_has_its_line(rule: str, code: str):
    parsed = read(FILE.replace("deadlines: {step: pruefen, offset: 2d}", f"deadlines: {rule}"))
    assert [(one.code, one.line) for one in parsed.faults] == [(code, 23)]
    assert all(str(one) for one in parsed.faults)


def test_only_tasks_have_deadlines_and_plans():
    parsed = read(FILE.replace("kind: end, name: Ende", "kind: end, name: Ende, deadlines: 3d"))
    assert [one.code for one in parsed.faults] == ["misplaced"]


OFFSETS = st.builds(
    lambda sign, amount, unit: f"{sign}{amount}{unit}",
    st.sampled_from(["", "-"]),
    st.integers(1, 90),
    st.sampled_from(["h", "d", "cd", "w", "m"]),
)
MOMENTS = st.one_of(
    st.builds(lambda offset: {"basis": "step", "offset": offset}, OFFSETS),
    st.builds(lambda offset: {"basis": "case", "offset": offset}, OFFSETS),
    st.builds(lambda offset: {"basis": "after", "key": "eins", "offset": offset}, st.just("") | OFFSETS),
    st.builds(
        lambda day, offset: {"basis": "date", "on": day.isoformat(), "offset": offset},
        st.dates(EARLIEST, LATEST),
        st.just("") | OFFSETS,
    ),
)


@given(
    MOMENTS,
    st.sampled_from(["solution", "reaction"]),
    st.sampled_from([None, 0, 1, 2, 3]),
    st.sampled_from(["earliest", "latest"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 40),
    st.sampled_from(["", "0", "1w", "10cd", "2m"]),
)
def test_whatever_is_chosen_comes_back_from_a_file(
    moment: dict[str, str],
    kind: str,
    urgency: int | None,
    pick: str,
    is_legal: bool,
    counts: bool,
    shifts: bool,
    is_final: bool,
    adds_half_month: bool,
    days_before_end: int,
    warning: str,
):
    rule = DeadlinePlan(
        **moment,
        kind=kind,
        urgency=urgency,
        pick=pick,
        is_legal=is_legal,
        counts_first_day=is_legal and counts,
        shifts_to_working_day=not is_legal or shifts,
        is_final=is_final,
        adds_half_month=is_legal and adds_half_month,
        days_before_end=days_before_end if is_legal else 0,
        early_warning=warning if is_legal else "",
    )
    task = StepPlan("zwei", "task", "Zwei", deadlines=(rule,), outcomes=(OutcomePlan("ok", "Ok"),))
    first = StepPlan("eins", "task", "Eins", outcomes=(OutcomePlan("ok", "Ok"),))
    ways = (FlowPlan("start", "eins"), FlowPlan("eins", "zwei", "ok"), FlowPlan("zwei", "end", "ok"))
    end = StepPlan("end", "end", "Ende", result="Ende")
    plan = Blueprint(steps=(node("start", "start"), first, task, end), flows=ways)
    again = read(yamlexport.dump(HEAD, plan))
    assert again.faults == []
    assert again.plan == plan
