"""Nobody gone or kept apart gets a task, and none is left unnoticed, whatever the members and rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from people.models import Membership, Team, User
from processes import assignment, nets
from processes.blueprint import Blueprint, FieldPlan
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import MONDAY, flows, make_team, make_user, make_version, node, task
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)

TEAMS = ("service", "quality", "board")
RULES = (
    {"assignment": "pool"},
    {"assignment": "person"},
    {"assignment": "starter"},
    {"assignment": "starter_lead"},
    {"assignment": "same_as", "reference_key": "other"},
    {"assignment": "not_same_as", "reference_key": "first"},
    {"assignment": "fewest_open"},
    {"assignment": "round_robin"},
    {"assignment": "from_field", "field_key": "who"},
    {"assignment": "from_field", "field_key": "where"},
)
MOST_STATEMENTS = {
    "pool": 1,
    "person": 1,
    "starter": 1,
    "starter_lead": 2,
    "same_as": 2,
    "not_same_as": 2,
    "fewest_open": 2,
    "round_robin": 3,
    "from_field": 1,
}
"""What a rule that finds somebody reads; two steps that are kept apart cost one more."""


@dataclass(frozen=True)
class Person:
    """A member of an office: of which teams (True: as lead), and whether still there."""

    is_active: bool
    teams: dict[str, bool]


@dataclass(frozen=True)
class Office:
    """Everything that decides who gets the task."""

    people: list[Person]
    closed: set[str]
    rule: dict[str, Any]
    is_apart: bool
    team: str
    person: int
    starter: int
    owner: int | None
    first_by: list[int]
    beside: list[int]
    visit: int


people = st.builds(Person, st.booleans(), st.dictionaries(st.sampled_from(TEAMS), st.booleans(), max_size=2))
numbers = st.integers(0, 2)
offices = st.builds(
    Office,
    people=st.lists(people, min_size=3, max_size=3),
    closed=st.sets(st.sampled_from(TEAMS), max_size=1),
    rule=st.sampled_from(RULES),
    is_apart=st.booleans(),
    team=st.sampled_from(TEAMS),
    person=numbers,
    starter=numbers,
    owner=st.none() | numbers,
    first_by=st.lists(numbers, max_size=2),
    beside=st.lists(numbers, max_size=1),
    visit=st.integers(1, 3),
)


class Scene:
    """An office as rows, with a case in which the second step is due."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.teams = {key: make_team(key, is_active=key not in office.closed) for key in TEAMS}
        self.users = [
            make_user(f"P{number}", is_active=one.is_active) for number, one in enumerate(office.people)
        ]
        for user, one in zip(self.users, office.people, strict=True):
            for key, is_lead in one.teams.items():
                role = Membership.Role.LEAD if is_lead else Membership.Role.MEMBER
                Membership.objects.create(user=user, team=self.teams[key], role=role)
        self.version = make_version(self._plan(), self._definition())
        self.case = self._case()
        self.beside = [self._row("first", assignee=self.users[one]) for one in office.beside]
        for visit, one in enumerate(office.first_by, start=1):
            self._row("first", visit=visit, state="done", completed_by=self.users[one]).save()
        self._row("other", state="done", completed_by=self.users[office.person]).save()

    def _definition(self) -> ProcessDefinition:
        owner = None if self.office.owner is None else self.users[self.office.owner]
        return ProcessDefinition.objects.create(
            key="any", name="Any", owner_team=self.teams["board"], owner=owner, number_pattern="V-{seq}"
        )

    def _plan(self) -> Blueprint:
        person = self.users[self.office.person].email if self.office.rule["assignment"] == "person" else ""
        apart = {"apart_key": "first"} if self.office.is_apart else {}
        second = task("second", self.office.team, person=person, max_visits=2, **apart, **self.office.rule)
        return Blueprint(
            fields=(FieldPlan("who", "Wer", "person"), FieldPlan("where", "Wo", "team")),
            steps=(node("start", "start"), task("first"), task("other"), second, node("end", "end")),
            flows=flows("start>first", "first.done>other", "other.done>second", "second.done>end"),
        )

    def _case(self) -> ProcessInstance:
        data = {"who": self.users[self.office.person].pk, "where": self.teams["quality"].pk}
        starter = self.users[self.office.starter]
        return ProcessInstance.objects.create(
            number="V-1",
            definition=self.version.definition,
            version=self.version,
            started_by=starter,
            started_at=MONDAY,
            data=data,
        )

    def _row(self, step: str, **values: Any) -> Task:
        row = self.version.steps.get(key=step)
        return Task(
            instance=self.case, root=self.case, step=row, step_key=step, token_id=1, title=step, **values
        )

    @property
    def step(self) -> Any:
        """The step whose task is given out."""
        return nets.of_version(self.version).steps["second"]

    def choose(self) -> assignment.Assignment:
        """What the code says."""
        return assignment.choose(
            nets.of_version(self.version), self.step, self.case, self.office.visit, self.beside
        )

    # -- the same facts, worked out in another way -----------------------------------------------------------

    def kept_apart(self) -> set[int]:
        """Persons of the first step, where the second is kept apart from it."""
        if not (self.office.is_apart or self.office.rule["assignment"] == "not_same_as"):
            return set()
        return {self.users[one].pk for one in (*self.office.first_by, *self.office.beside)}

    def able(self) -> dict[int, Person]:
        """Persons who may be given the task at all."""
        return {
            user.pk: one
            for user, one in zip(self.users, self.office.people, strict=True)
            if one.is_active and set(one.teams) - self.office.closed and user.pk not in self.kept_apart()
        }

    def can_take(self, team: str) -> set[int]:
        """Who can take a task out of a team's inbox."""
        if team in self.office.closed:
            return set()
        return {pk for pk, one in self.able().items() if team in one.teams}


@settings(max_examples=250)
@given(office=offices)
def test_nobody_gets_what_he_may_not_have_and_nobody_is_only_said_when_true(office: Office):
    with transaction.atomic():
        nets.forget()
        scene = Scene(office)
        chosen = scene.choose()
        _judge(scene, chosen)
        transaction.set_rollback(True)


def _judge(scene: Scene, chosen: assignment.Assignment) -> None:
    office, able = scene.office, scene.able()
    is_for_lead = office.rule["assignment"] == "starter_lead"
    starter = scene.users[office.starter].pk
    others = set(able) - ({starter} if is_for_lead else set())
    if chosen.assignee_id is not None:
        assert chosen.assignee_id in others
        assert not chosen.is_nobody
        return
    team = Team.objects.get(pk=chosen.team_id).key
    assert bool(scene.can_take(team) & others) != chosen.is_nobody
    if chosen.is_nobody:
        stand_ins = {pk for pk in others if able[pk].teams.get(office.team) or able[pk].teams.get("board")}
        owner = set() if office.owner is None else {scene.users[office.owner].pk}
        assert not stand_ins and not owner & others


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(rule.values()))
def test_a_rule_reads_the_same_little_however_many_there_are(rule: dict[str, Any]):
    lead, member = Person(True, {"service": True}), Person(True, {"service": False, "quality": False})
    office = Office([member, member, lead, member], set(), rule, False, "service", 1, 0, None, [], [], 1)
    scene = Scene(office)
    few = _statements(scene)
    for number in range(20):
        user = User.objects.create_user(f"more{number}@example.org", last_name="More")
        Membership.objects.create(user=user, team=scene.teams["service"])
        scene._row("second", state="done", assignee=user, assignment_reason={"code": "round_robin"}).save()
    assert _statements(scene) == few <= MOST_STATEMENTS[rule["assignment"]]


def _statements(scene: Scene) -> int:
    scene.choose()
    with CaptureQueriesContext(connection) as captured:
        scene.choose()
    return len(captured)
