"""What is let through on publishing is what workers do later: the same list of hosts, the same values."""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepPlan
from processes.checking import stepchecks
from processes.checking.callchecks import Outside
from processes.stepplans import Action, Do, StepConfig

HOSTS = ("api.example.org", ".partner.example", "erp.example.org:8443", "http://127.0.0.1:9000")
FIELDS = (
    FieldPlan("parts", "Teile", "multichoice", choices=(("a", "Achse"), ("b", "Bremse"))),
    FieldPlan("seen", "Gesehen am", "datetime"),
    FieldPlan("due", "Termin", "date"),
)


def codes(action):
    config = StepConfig(action=action).to_json()
    step = StepPlan(key="act", kind="action", name="Act", config=config)
    plan = Blueprint(fields=FIELDS, steps=(step,))
    return [problem.code for problem in stepchecks.problems(plan, Outside(webhook_hosts=HOSTS))]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.org/hook", []),
        ("https://a.partner.example/hook", []),
        ("https://erp.example.org:8443/", []),
        ("http://127.0.0.1:9000/in", []),
        ("https://erp.example.org/", ["url_not_allowed"]),
        ("https://other.example.org/", ["url_not_allowed"]),
        ("http://api.example.org/", ["url_unsafe"]),
        ("https://api.example.org@evil.test/", ["url_unsafe"]),
        ("file:///etc/passwd", ["url_unsafe"]),
        ("", ["url_missing"]),
    ],
)
def test_addresses_are_judged_by_the_list_workers_obey(url, expected):
    assert codes(Action(Do.WEBHOOK, url=url)) == expected


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("parts", "a,b", []),
        ("parts", "a,x", ["value_unfit"]),
        ("seen", "today", []),
        ("due", "today", []),
        ("due", "24.12.2026", []),
        ("due", "+3", ["value_unfit"]),
    ],
)
def test_values_are_read_as_workers_read_them(key, text, expected):
    assert codes(Action(Do.SET, values=((key, text),))) == expected
