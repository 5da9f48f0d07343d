"""Steps without a name in what the page of a draft says of them."""

from __future__ import annotations

from dataclasses import replace

from django.utils import translation

from processes.blueprint import Blueprint
from processes.checking import deadlinechecks
from processes.repairs import find
from processes.tests.test_repairs import FACTS, drawn


def unnamed(plan: Blueprint, key: str) -> Blueprint:
    steps = (replace(one, name="") if one.key == key else one for one in plan.steps)
    return replace(plan, steps=tuple(steps))


def test_a_repair_says_that_a_step_has_no_name():
    plan = drawn("start>a", "a.ok>b", "b.ok>end")
    plan = unnamed(replace(plan, flows=plan.flows[:2]), "b")
    offer = find(plan, FACTS.problems(plan), "outcome_without_target", "b", FACTS)
    assert offer is not None
    with translation.override("en"):
        assert "of “(without a name)”" in str(offer.label)
    assert next(one for one in offer.plan.steps if one.key == "b").name == ""


def test_a_task_without_a_deadline_is_told_though_it_has_no_name():
    plan = unnamed(drawn("start>a", "a.ok>end"), "a")
    with translation.override("en"):
        assert str(next(deadlinechecks.undated(plan)).message) == "Without a deadline: (without a name)."
