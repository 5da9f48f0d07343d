"""Who gets a task in a play and by whose calendar it is due: as in a case that was really started."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from people.models import PersonCalendar, Team, User
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.models import ProcessInstance, ProcessVersion
from processes.playing import page, simulation
from processes.playing import setting as simulationsetting
from processes.playing.receiving import Receiver, Story
from processes.playing.simulation import By, Play, Turn
from processes.tests.builders import MONDAY, clock, flows, make_team, make_user, make_version, node, task
from processes.tests.test_simulation_agrees import until
from tasks.models import Clock, Task
from tasks.tests.clockwork import calendar

pytestmark = pytest.mark.django_db
LATER = MONDAY + dt.timedelta(minutes=30)


@pytest.fixture(autouse=True)
def en() -> Iterator[None]:
    """The words as they are written."""
    with translation.override("en"):
        yield


def named(*steps: StepPlan, type_: str = "person") -> Blueprint:
    """Steps one after another; the field “Wer” of the start names a person or team."""
    keys = [one.key for one in steps]
    ways = [f"{one}.done>{after}" for one, after in zip(keys, [*keys[1:], "end"], strict=True)]
    return Blueprint(
        fields=(FieldPlan("who", "Wer", type_),),
        steps=(start(), *steps, node("end", "end")),
        flows=flows(f"start>{keys[0]}", *ways),
    )


def start() -> StepPlan:
    """A start that asks whom."""
    return StepPlan("start", "start", "Start", fields=(StepFieldPlan("who", "optional"),))


def by_field(key: str, **fields: Any) -> StepPlan:
    """A task for whom the field names."""
    return task(key, assignment="from_field", field_key="who", **fields)


def beside(other: StepPlan) -> Blueprint:
    """The task “one”, for whom the field names, and another one at the same time."""
    return Blueprint(
        fields=(FieldPlan("who", "Wer", "person"),),
        steps=(
            start(),
            node("split", "parallel"),
            by_field("one"),
            other,
            node("join", "parallel"),
            node("end", "end"),
        ),
        flows=flows(
            "start>split", "split>one", "split>other", "one.done>join", "other.done>join", "join>end"
        ),
    )


class Both:
    """A case and a play of it that have begun with the same value, and go the same way."""

    def __init__(self, version: ProcessVersion, who: int) -> None:
        anna = make_user("Anna", make_team())
        self.case = runtime.start(version, by=anna, data={"who": str(who)}, at=MONDAY)
        self.setting = simulationsetting.setting_of(version)
        self.play = Play(at=MONDAY, is_begun=True, values={"who": who})

    def done(self, step: str, by: User) -> None:
        """The task is done, in the case by this person."""
        row = self.row(step)
        if row.assignee is None:
            row = runtime.claim(row, by=by, at=LATER)
        runtime.complete_task(row, outcome="done", by=by, at=LATER)
        (token,) = [one for one in self.run.open if one.at == step]
        self.play = self.play.then(Turn(token.id, By.PERSON, "done", LATER))

    @property
    def run(self) -> simulation.Run:
        """Where the play stands."""
        return simulation.replay(self.setting.net, self.play)

    def row(self, step: str) -> Task:
        """The open task of the case."""
        return Task.objects.open().get(instance=self.case, step_key=step)

    def receiver(self, step: str) -> Receiver:
        """Who gets it in the play, which is what the case says too."""
        (token,) = [one for one in self.run.open if one.at == step]
        found = Story(self.setting.net, self.run, self.setting.people).receivers[token.id]
        row = self.row(step)
        assert (found.team_id, found.person_id) == (row.team_id, row.assignee_id)
        assert until(self.setting, self.play, self.run, step, self.run.since[token.id]) == row.due_at
        return found


def with_own_calendar(user: User) -> User:
    """The person works from 9 to 12 only."""
    PersonCalendar.objects.create(user=user, calendar=calendar("kurz", 9, 12), from_on=dt.date(2026, 1, 1))
    return user


# -- calendars -----------------------------------------------------------------------------------------------


def test_the_calendar_of_the_person_a_field_names_counts():
    rita = with_own_calendar(make_user("Rita", make_team()))
    both = Both(make_version(named(by_field("work", deadline="4h"))), rita.pk)
    assert both.receiver("work").person_id == rita.pk
    assert both.row("work").due_at == MONDAY + dt.timedelta(days=1, hours=1)


def test_the_calendar_of_the_team_a_field_names_counts():
    other = make_team("other")
    other.calendar = calendar("kurz", 9, 12)
    other.save()
    make_user("Otto", other)
    both = Both(make_version(named(by_field("work", deadline="4h"), type_="team")), other.pk)
    assert both.receiver("work").team_id == other.pk
    assert both.row("work").due_at == MONDAY + dt.timedelta(days=1, hours=1)


def test_the_calendar_of_the_same_person_counts():
    rita = with_own_calendar(make_user("Rita", make_team()))
    again = task("again", deadline="4h", assignment="same_as", reference_key="work")
    both = Both(make_version(named(by_field("work"), again)), rita.pk)
    both.done("work", rita)
    assert both.receiver("again").person_id == rita.pk


def test_what_the_clock_chooses_goes_by_the_team_whoever_has_the_task():
    """As `tokenclocks.start` counts it."""
    rita = with_own_calendar(make_user("Rita", make_team()))
    outcomes = (OutcomePlan("done", "Done"), clock("late", offset="4h"))
    plan = named(replace(by_field("work"), outcomes=outcomes))
    plan = Blueprint(plan.fields, plan.steps, (*plan.flows, *flows("work.late>end")))
    both = Both(make_version(plan), rita.pk)
    (token,) = both.run.open
    found = simulationsetting.moment_of(both.setting, both.play, both.run, token, "late")
    assert found == Clock.objects.get(instance=both.case, kind=Clock.Kind.TIMEOUT).due_at


@pytest.mark.parametrize("is_named", [True, False])
def test_only_what_waits_in_an_inbox_is_to_be_taken_over(is_named):
    rita = make_user("Rita", make_team())
    rules = (DeadlinePlan(offset="4h", kind="reaction"),)
    work = by_field("work", deadlines=rules) if is_named else task("work", deadlines=rules)
    both = Both(make_version(named(work)), rita.pk)
    (token,) = both.run.open
    shown = page.deadlines(both.setting, both.play, both.run, token, both.receiver("work"))
    assert len(shown) == Clock.objects.filter(instance=both.case, kind=Clock.Kind.REACTION).count()
    assert len(shown) == (0 if is_named else 1)


# -- whom a field or a step names, and who may not -----------------------------------------------------------


def test_a_field_that_names_somebody_who_may_not_do_it():
    rita = make_user("Rita", make_team())
    both = Both(make_version(named(by_field("first"), by_field("second", apart_key="first"))), rita.pk)
    both.done("first", rita)
    who = both.receiver("second").who
    assert who == "Team Service, team inbox (whom “Wer” names is kept out by “First”)"


def test_a_certain_person_who_may_not_do_it():
    rita = make_user("Rita", make_team())
    second = task("second", assignment="person", person=rita.email, apart_key="first")
    both = Both(make_version(named(by_field("first"), second)), rita.pk)
    both.done("first", rita)
    assert both.receiver("second").who == "Team Service, team inbox (Rita is kept out by “First”)"


def test_the_same_person_who_may_not_do_it_because_of_a_third_step():
    rita = make_user("Rita", make_team())
    third = task("third", assignment="same_as", reference_key="first", apart_key="second")
    both = Both(make_version(named(by_field("first"), by_field("second"), third)), rita.pk)
    both.done("first", rita)
    both.done("second", rita)
    assert both.receiver("third").who == "Team Service, team inbox (who did “First” may not)"


def test_who_has_the_other_task_now_may_not_have_this_one_either():
    rita = make_user("Rita", make_team())
    both = Both(make_version(beside(by_field("other", apart_key="one"))), rita.pk)
    assert both.receiver("one").person_id == rita.pk
    assert both.receiver("other").person_id is None


@pytest.mark.parametrize("type_", ["person", "team"])
def test_a_field_that_names_nobody_who_works(type_):
    gone: User | Team = make_user("Gerd") if type_ == "person" else make_team("empty")
    both = Both(make_version(named(by_field("work"), type_=type_)), gone.pk)
    assert both.receiver("work").who == "Team Service, team inbox (nobody is there whom “Wer” names)"


def test_a_task_keeps_whom_the_field_named_when_it_began():
    rita, otto = make_user("Rita", make_team()), make_user("Otto", make_team())
    both = Both(make_version(beside(task("other", fields=(StepFieldPlan("who"),)))), rita.pk)
    row = runtime.claim(both.row("other"), by=otto, at=LATER)
    runtime.complete_task(row, outcome="done", by=otto, data={"who": str(otto.pk)}, at=LATER)
    (token,) = [one for one in both.run.open if one.at == "other"]
    both.play = both.play.then(Turn(token.id, By.PERSON, "done", LATER, {"who": otto.pk}))
    assert ProcessInstance.objects.get(pk=both.case.pk).data["who"] == otto.pk
    assert both.receiver("one").person_id == rita.pk
