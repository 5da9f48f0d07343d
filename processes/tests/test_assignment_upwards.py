"""What a team cannot take goes upwards, to the lead, the owner, and in the end to nobody, flagged."""

from __future__ import annotations

import pytest

from people.models import Membership, Team
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import make_definition, make_team, make_user, make_version, single
from processes.tests.handouts import after_first, choose, given, pair, sentence, why

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps_of_quality() -> ProcessVersion:
    """A step for quality's inbox in a process of service, which Olga answers for."""
    return make_version(single(team="quality"), make_definition(owner=make_user("Olga", make_team("board"))))


def test_an_unattended_inbox_is_passed_up_step_by_step(steps_of_quality: ProcessVersion):
    head = make_user("Head", make_team(), lead=True)
    anna = make_user("Anna", make_team())
    quality = make_team("quality")
    member = make_user("Quirin", quality)
    row = given(steps_of_quality, anna)
    assert (row.assignee, row.assignment_reason) == (None, {"code": "pool"})

    Team.objects.filter(pk=quality.pk).update(is_active=False)
    Membership.objects.create(user=make_user("Leo", make_team("board")), team=quality, role="lead")
    expected = [("lead", "Leo"), ("owner", "Olga"), ("owner_lead", "Head")]
    for who, name in expected:
        row = given(steps_of_quality, anna)
        assert (str(row.assignee), row.assignment_reason) == (name, {"code": "stand_in", "who": who})
        assert row.team == quality
        row.assignee.is_active = False
        row.assignee.save()
    row = given(steps_of_quality, anna)
    assert (row.assignee, row.team, row.assignment_reason) == (None, quality, {"code": "nobody"})
    assert choose(row).is_nobody
    assert member.is_active and head.pk


def test_a_lead_alone_in_the_team_is_somebody(steps_of_quality: ProcessVersion):
    make_user("Leo", make_team("quality"), lead=True)
    assert given(steps_of_quality).assignment_reason == {"code": "pool"}


def test_a_confidential_case_goes_to_no_lead_who_may_not_see_it():
    make_user("Head", make_team(), lead=True)
    for is_confidential, visibility, code in ((True, "participants", "nobody"), (True, "team", "stand_in")):
        definition = make_definition(
            visibility,
            is_confidential=is_confidential,
            visibility=visibility,
            number_pattern=visibility + "{seq}",
        )
        row = given(make_version(single(team="quality"), definition))
        assert row.assignment_reason["code"] == code


def test_when_four_eyes_leaves_nobody_of_the_team_the_owner_is_asked():
    anna = make_user("Anna", make_team())
    olga = make_user("Olga", make_team("board"))
    version = make_version(pair(apart_key="first"), make_definition(owner=olga))
    row = after_first(version, anna)
    assert (row.assignee, row.assignment_reason) == (
        olga,
        {"code": "stand_in", "who": "owner", "steps": ["first"]},
    )
    assert "First" in why(row)


def test_a_step_without_a_team_that_finds_nobody_lands_in_the_owning_team():
    anna = make_user("Anna", make_team("board"), is_active=False)
    version = make_version(single(team="", assignment="person", person=anna.email))
    row = given(version)
    assert (row.team, row.assignment_reason) == (make_team(), {"code": "nobody"})


# -- too many visits -----------------------------------------------------------------------------------------


def test_reached_too_often_the_lead_gets_it_else_the_owner_else_the_rule_holds():
    lead, anna = make_user("Lead", make_team(), lead=True), make_user("Anna", make_team())
    olga = make_user("Olga", make_team("board"))
    row = given(make_version(single(max_visits=2), make_definition(owner=olga)), anna)
    assert choose(row, visit=2).reason == {"code": "pool"}
    chosen = choose(row, visit=3)
    assert (chosen.assignee_id, chosen.reason) == (lead.pk, {"code": "visits", "visits": 3, "who": "lead"})
    assert "3" in sentence(row, chosen.reason)
    for gone, expected in ((lead, olga.pk), (olga, None)):
        gone.is_active = False
        gone.save()
        row.instance = ProcessInstance.objects.get(pk=row.instance_id)
        assert choose(row, visit=3).assignee_id == expected
    assert choose(row, visit=3).reason == {"code": "pool"}
