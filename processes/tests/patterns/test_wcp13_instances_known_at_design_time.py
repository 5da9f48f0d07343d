"""WCP 13, multiple instances with a priori design-time knowledge: the process itself names who has to act."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, make_team, make_user, node, repeated, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db


def handover(people, **how):
    """start → confirm (each of these people) → archive → end."""
    emails = [one.email for one in people]
    confirm = repeated(task("confirm"), over="persons", persons=emails, quorum="all", **how)
    return Blueprint(
        steps=(node("start", "start"), confirm, task("archive"), node("end", "end")),
        flows=flows("start>confirm", "confirm.done>archive", "confirm.none>end", "archive.done>end"),
    )


@pytest.fixture
def people():
    return [make_user(name, make_team()) for name in ("Anna", "Bela", "Cem")]


def test_all_at_once_and_what_follows_begins_once(people):
    case = Trial(handover(people))
    assert faults(case.version) == []
    assert case.open == ["confirm", "confirm", "confirm"]
    for one in reversed(people):
        assert case.times("archive") == 0
        case.do("confirm", by=one)
    assert case.open == ["archive"]
    case.do("archive")
    assert case.times("archive") == 1
    assert case.result == "End"


def test_or_one_after_another_in_the_order_of_the_list(people):
    case = Trial(handover(people, is_sequential=True))
    for one in people:
        assert case.open == ["confirm"]
        assert case.task("confirm").assignee == one
        case.do("confirm", by=one)
    assert case.do("archive").result == "End"
