"""What is wrong with waits, clock outcomes, approvals, actions and repetition, and in which line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from processes.blueprint import Blueprint, OutcomePlan, StepPlan
from processes.checking.callchecks import Called, Outside, called_of
from processes.checking.checks import net_of, problems_of
from processes.checking.findings import Problem
from processes.files import yamlformat
from processes.stepplans import Action, Do, StepConfig
from processes.tests.builders import flows, node, task
from processes.tests.files import AFTERWARDS, EVERYTHING, PART

PATTERN = "A-{seq}"


def called(text: str) -> Called:
    """A file as its callers see it."""
    parsed = yamlformat.read(text.encode())
    assert parsed.head is not None and parsed.faults == []
    return called_of(parsed.plan, net_of(parsed.plan), key=parsed.head.key, name=parsed.head.name)


AROUND = Outside(
    process="alles",
    names={"zuarbeit": "Zuarbeit", "nachlauf": "Nachlauf"},
    called={"zuarbeit": called(PART), "nachlauf": called(AFTERWARDS)},
    teams=frozenset({"service"}),
    people=frozenset({"a@example.org", "b@example.org"}),
    webhook_hosts=("example.org",),
)


def found_in(text: str, outside: Outside = AROUND) -> Iterator[tuple[Problem, int]]:
    """Everything found in a file that can be read, with its line."""
    parsed = yamlformat.read(text.encode())
    assert parsed.faults == []
    for problem in problems_of(parsed.plan, number_pattern=PATTERN, outside=outside):
        yield problem, parsed.source.line(problem.path)


def codes(plan: Blueprint) -> set[tuple[str, str]]:
    return {(one.code, one.step) for one in problems_of(plan, number_pattern=PATTERN, outside=AROUND)}


def test_a_file_with_every_kind_of_step_can_be_published():
    """The way of its reminder ends where the case itself may end; that is shown."""
    assert [(one.code, one.severity) for one, _line in found_in(EVERYTHING)] == [
        ("end_reached_twice", "warning")
    ]


def test_a_vote_with_one_answer_is_told():
    single = EVERYTHING.replace("      nein: {label: Nein, next: ende}\n", "", 1)
    assert ("no_choice", "freigeben") in {(one.code, one.step) for one, _line in found_in(single)}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("after: 5d}", "after: 0d}", "wait_senseless"),
        ("after: {case: 10d}", "after: {case: -1d}", "wait_senseless"),
        ("wait: {step: pruefen, offset: 2d}", "wait: {step: pruefen, offset: -2d}", "wait_senseless"),
        ("wait: {step: pruefen, offset: 2d}", "wait: {step: freigeben}", "step_not_before"),
        ("wait: {step: pruefen, offset: 2d}", "wait: {step: warten}", "step_not_before"),
        ("wait: {step: pruefen, offset: 2d}", "wait: {field: betrag}", "field_no_date"),
        ("fields: [betrag!, eintritt!, wer", "fields: [betrag!, eintritt, wer", "date_may_be_empty"),
        ("approval: true, cancels: [erinnern]", "cancels: [erinnern]", "approval_missing"),
        ("cancels: [erinnern]", "cancels: [pruefen]", "cancels_itself"),
        ("    approves: [betrag, menge]\n", "", "approval_of_nothing"),
        (
            'to: [customer, "team:service", "field:wer", chef@example.org]',
            "to: irgendwer",
            "recipient_unknown",
        ),
        ('"team:service"', '"team:nie"', "unknown_team"),
        ('"field:wer"', '"field:nie"', "field_unknown"),
        ('"field:wer"', '"field:menge"', "recipient_field"),
        ("subject: Zu {number}", "subject: Zu {nummer}", "placeholder_unknown"),
        ("es geht um {betrag}.", "es geht um {betrg}.", "placeholder_unknown"),
        ("menge: 5,", "menge: viel,", "value_unfit"),
        ("farbe: Blau", "farbe: gelb", "value_unfit"),
        ("eintritt: today", "eintritt: bald", "value_unfit"),
        ("menge: 5,", "wer: 5,", "value_unfit"),
        ("menge: 5,", "menge: =betrag,", "copy_unfit"),
        ("url: https://example.org/hook", "url: http://example.org/hook", "url_unsafe"),
        ("url: https://example.org/hook", "url: https://user:secret@example.org/hook", "url_unsafe"),
        ("url: https://example.org/hook", "url: https://example.org.evil.test/hook", "url_not_allowed"),
        (
            "persons: [a@example.org, b@example.org]",
            "persons: [a@example.org, c@example.org]",
            "unknown_person",
        ),
        ("quorum: 2}", "quorum: 3}", "quorum"),
        ("repeat: {team: service, quorum: majority}", "repeat: {team: nie}", "unknown_team"),
        ("repeat: {team: service, quorum: majority}", "repeat: {field: notiz}", "repeat_field"),
        ("repeat: {team: service, quorum: majority}", "max_visits: 2", "no_agreement_alone"),
    ],
)
def test_a_finding_names_its_step_and_line(old: str, new: str, code: str):
    text = EVERYTHING.replace(old, new, 1)
    line = EVERYTHING[: EVERYTHING.index(old)].count("\n") + 1
    found = list(found_in(text))
    assert code in {problem.code for problem, _line in found}
    lines = {at for problem, at in found if problem.code == code}
    assert any(abs(at - line) <= DISTANT.get(code, 0) for at in lines)
    assert all("%(" not in str(problem.message) and problem.step for problem, _line in found)


DISTANT = {
    "date_may_be_empty": 99,
    "no_agreement_alone": 5,
    "approval_missing": 20,
    "approval_of_nothing": 20,
    "placeholder_unknown": 2,
}
"""Findings that stand where the consequence is, not where the file was changed."""


def test_the_word_that_has_no_field_is_named():
    found = [one for one, _line in found_in(EVERYTHING.replace("{betrag}", "{betrg}"))]
    (finding,) = [one for one in found if one.severity == "error"]
    assert "{betrg}" in str(finding.message)


@pytest.mark.parametrize(
    ("action", "codes_"),
    [
        (None, {"action_missing"}),
        (Action(Do.MAIL), {"recipient_missing", "subject_missing", "text_missing"}),
        (Action(Do.SET), {"values_missing"}),
        (Action(Do.SET, values=(("nie", "1"),)), {"field_unknown"}),
        (Action(Do.WEBHOOK), {"url_missing"}),
        (Action(Do.WEBHOOK, url="https://example.org", fields=("nie",)), {"field_unknown"}),
        (Action(Do.INTERACTION), {"text_missing", "customer_may_be_missing"}),
        (Action(Do.MAIL, ("customer",), "S", "T"), {"customer_may_be_missing"}),
    ],
)
def test_an_action_says_all_it_needs(action: Action | None, codes_: set[str]):
    step = StepPlan("auto", "action", "Auto", config=StepConfig(action=action).to_json())
    plan = Blueprint(
        steps=(node("start", "start"), step, node("end", "end")), flows=flows("start>auto", "auto>end")
    )
    assert codes(plan) == {(code, "auto") for code in codes_}


def test_a_case_without_customer_is_no_fault_where_the_step_says_what_comes_then():
    action = StepConfig(action=Action(Do.INTERACTION, text="Text")).to_json()
    step = StepPlan("auto", "action", "Auto", config=action, outcomes=(OutcomePlan("failed", "Gescheitert"),))
    plan = Blueprint(
        steps=(node("start", "start"), step, node("end", "end")),
        flows=flows("start>auto", "auto>end", "auto.failed>end"),
    )
    assert codes(plan) == set()
    lost = replace(plan, flows=flows("start>auto", "auto>end"))
    assert ("outcome_without_target", "auto") in codes(lost)


@pytest.mark.parametrize(
    ("kind", "outcome", "code"),
    [
        ("task", OutcomePlan("late", "Spät", is_clock=True), "clock_without_moment"),
        ("task", OutcomePlan("late", "Spät", is_clock=True, after={"basis": "x"}), "part_unreadable"),
        ("task", OutcomePlan("late", "Spät", is_interrupting=False), "further_way"),
        ("task", OutcomePlan("late", "Spät", cancels=("nie",)), "cancels_unknown"),
        ("timer", OutcomePlan("late", "Spät", is_clock=True, after={"offset": "1d"}), "clock_misplaced"),
        ("action", OutcomePlan("late", "Spät"), "outcome_misplaced"),
        ("timer", OutcomePlan("failed", "Gescheitert"), "outcome_misplaced"),
    ],
)
def test_outcomes_fit_their_kind_of_step(kind: str, outcome: OutcomePlan, code: str):
    step = replace(task("a"), kind=kind, outcomes=(*(task("a").outcomes if kind == "task" else ()), outcome))
    plan = Blueprint(
        steps=(node("start", "start"), step, node("end", "end")), flows=flows("start>a", "a.late>end")
    )
    assert (code, "a") in codes(plan)


def test_what_cannot_be_read_is_told_and_not_raised():
    step = StepPlan("pause", "timer", "Pause", config={"wait": {"basis": "mond"}})
    plan = Blueprint(
        steps=(node("start", "start"), step, node("end", "end")), flows=flows("start>pause", "pause>end")
    )
    assert codes(plan) == {("part_unreadable", "pause")}


def test_a_repeated_task_says_what_comes_without_agreement():
    text = EVERYTHING.replace("      keine: {label: Keine Einigung, next: ende, no_agreement: true}\n", "")
    found = {(problem.code, problem.step) for problem, _line in found_in(text)}
    assert {("no_agreement_missing", "freigeben"), ("no_agreement_missing", "stimmen")} <= found
