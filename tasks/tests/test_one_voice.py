"""One voice a person, by whatever door a voice is passed on (docs/adr/0011-one-voice-a-person.md)."""

from dataclasses import replace

import pytest

from people.models import Membership
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.errors import AlreadyVoted
from processes.tests.builders import flows, make_team, make_user, node, repeated, task
from tasks import deadlines, verify
from tasks.models import Incident, Task
from tasks.tests.clockwork import on
from tasks.tests.test_escalation import Office, act

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db):
    return Office()


def vote(office, *levels, **repeat):
    """A vote of the team of service: Anna, Bela and Lea."""
    over = repeat or {"over": "team", "key": "service"}
    step = repeated(task("vote", outcomes="yes no"), quorum="all", **over)
    plan = Blueprint(
        steps=(
            node("start", "start"),
            replace(step, deadlines=(DeadlinePlan(offset="8h"),)),
            node("end", "end"),
        ),
        flows=flows("start>vote", "vote.yes>end", "vote.no>end", "vote.none>end"),
    )
    return office.start(*levels, plan=plan)


def voice_of(case, person):
    return case.tasks.open().get(assignee=person)


def say_yes(case, person):
    return runtime.complete_task(voice_of(case, person), outcome="yes", by=person, at=on(16, 12))


def leave(office, person):
    person.is_active = False
    person.save()
    return runtime.hand_back(person, by=office.lea, at=on(16, 13))


def takes(row, person):
    return runtime.claim(Task.objects.get(pk=row.pk), by=person, at=on(18, 11))


def test_a_level_that_puts_voices_into_the_inbox_gives_nobody_two(office):
    case = vote(office, act("reassign", to="pool"))
    say_yes(case, office.bela)
    deadlines.sweep(at=on(18))
    rows = list(case.tasks.open())
    assert [row.assignee for row in rows] == [None, None]
    for row in rows:
        with pytest.raises(AlreadyVoted):
            takes(row, office.bela)


def test_a_level_gives_a_voice_to_nobody_who_has_one(office):
    case = vote(office, act("reassign", to="fewest_open"))
    make_user("Cora", make_team())
    say_yes(case, office.bela)
    deadlines.sweep(at=on(18))
    persons = [row.assignee.last_name for row in case.tasks.open()]
    assert len(persons) == len(set(persons)) and "Bela" not in persons


def test_a_lead_who_puts_a_voice_into_the_inbox_gives_nobody_two(office):
    case = vote(office)
    say_yes(case, office.bela)
    row = runtime.reassign(voice_of(case, office.anna), to=make_team(), by=office.lea, at=on(16, 13))
    with pytest.raises(AlreadyVoted):
        takes(row, office.bela)


def test_a_voice_given_back_by_its_holder_goes_to_nobody_who_has_one(office):
    case = vote(office)
    say_yes(case, office.bela)
    row = runtime.release(voice_of(case, office.anna), by=office.anna, at=on(16, 13))
    for person in (office.bela, office.lea):
        with pytest.raises(AlreadyVoted):
            takes(row, person)
    with pytest.raises(AlreadyVoted):
        runtime.reassign(Task.objects.get(pk=row.pk), to=office.bela, by=office.lea, at=on(16, 14))
    runtime.complete_task(takes(row, office.anna), outcome="yes", by=office.anna, at=on(18, 12))


def test_who_had_two_before_this_was_judged_ends_one(office):
    case = vote(office)
    say_yes(case, office.bela)
    row = voice_of(case, office.anna)
    Task.objects.filter(pk=row.pk).update(assignee=office.bela, assignment_reason={"code": "claimed"})
    with pytest.raises(AlreadyVoted):
        say_yes(case, office.bela)


def test_a_voice_passed_on_stays_one_after_it_was_given(office):
    case = vote(office)
    cora = make_user("Cora", make_team())
    runtime.reassign(voice_of(case, office.anna), to=cora, by=office.lea, at=on(16, 11))
    say_yes(case, cora)
    row = runtime.release(voice_of(case, office.bela), by=office.bela, at=on(16, 13))
    with pytest.raises(AlreadyVoted):
        takes(row, cora)
    assert takes(row, office.anna).assignee == office.anna


def test_a_voice_of_somebody_who_left_goes_to_nobody_who_has_one(office):
    case = vote(office)
    say_yes(case, office.bela)
    row = voice_of(case, office.anna)
    leave(office, office.anna)
    assert Task.objects.get(pk=row.pk).assignee == office.owner


def test_a_voice_of_somebody_who_left_waits_for_one_without(office):
    case = vote(office)
    cora = make_user("Cora", make_team())
    row = voice_of(case, office.anna)
    leave(office, office.anna)
    with pytest.raises(AlreadyVoted):
        takes(row, office.bela)
    assert takes(row, cora).assignee == cora


def test_a_voice_still_to_come_counts_where_they_follow_one_another(office):
    emails = [office.anna.email, office.bela.email]
    case = vote(office, over="persons", persons=emails, is_sequential=True)
    first = voice_of(case, office.anna)
    with pytest.raises(AlreadyVoted):
        runtime.reassign(first, to=office.bela, by=office.lea, at=on(16, 11))
    runtime.reassign(first, to=office.lea, by=office.lea, at=on(16, 11))
    say_yes(case, office.lea)
    say_yes(case, office.bela)
    case.refresh_from_db()
    assert case.state == "finished"


def test_nobody_being_there_for_a_voice_stays_an_incident_while_others_find_somebody(office):
    case = vote(office)
    rows = [voice_of(case, person) for person in (office.anna, office.bela)]
    Membership.objects.filter(user__in=(office.anna, office.bela)).update(team=make_team("elsewhere"))
    for row in rows:
        runtime.release(row, by=office.lea, at=on(16, 14))
    unattended = Incident.objects.filter(code="nobody", resolved_at=None)
    for row, person in zip(rows, (office.head, office.owner), strict=True):
        assert unattended.exists()
        runtime.reassign(Task.objects.get(pk=row.pk), to=person, by=office.lea, at=on(16, 15))
    assert not unattended.exists()
    assert not list(verify.all_breaks())
