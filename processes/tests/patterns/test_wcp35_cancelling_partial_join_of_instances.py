"""WCP 35, cancelling partial join for multiple instances: the quorum leads on and withdraws the rest."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, make_team, make_user, node, repeated, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Task, TaskGroup

pytestmark = pytest.mark.django_db


def release(**how):
    """start → sign (yes, no; the board) → publish | revise → end."""
    sign = repeated(task("sign", outcomes="yes no"), over="team", key="board", **how)
    return Blueprint(
        steps=(node("start", "start"), sign, task("publish"), task("revise"), node("end", "end")),
        flows=flows(
            "start>sign",
            "sign.yes>publish",
            "sign.no>revise",
            "sign.none>revise",
            "publish.done>end",
            "revise.done>end",
        ),
    )


@pytest.mark.parametrize(
    ("how", "votes", "follows"),
    [
        ({"quorum": "first"}, "no", "revise"),
        ({"quorum": "majority"}, "yes no yes yes", "publish"),
        ({"quorum": "count", "count": 2}, "no yes no", "revise"),
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_whoever_is_not_needed_any_more_is_not_asked_any_more(how, votes, follows, one_by_one):
    people = [make_user(name, make_team("board")) for name in ("Anna", "Bela", "Cem", "Dora", "Emil")]
    case = Trial(release(is_sequential=one_by_one, **how))
    assert faults(case.version) == []
    for person, vote in zip(people, votes.split(), strict=False):
        case.do(f"sign.{vote}", by=person)
    assert case.open == [follows]
    withdrawn = Task.objects.filter(step_key="sign", state="cancelled").count()
    assert withdrawn == (0 if one_by_one else 5 - len(votes.split()))
    assert TaskGroup.objects.get().ended_at == case.at
    case.do(follows)
    assert case.times(follows) == 1
    assert case.result == "End"
