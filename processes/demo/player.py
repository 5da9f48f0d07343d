"""Plays the stories of the demo company in the order of time, through the same doors as everybody.

Between the moves the clock is swept every working hour, so that what was late then was marked late then.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from customers.models import Customer
from people import worktime
from people.models import User
from processes import runtime
from processes.demo.stories import CUSTOMER, Move, Story
from processes.errors import FourEyes
from processes.models import ProcessDefinition, ProcessInstance
from tasks import deadlines
from tasks.models import Task

SEED = 20261116
HOUR = 3600
RELATIVE = re.compile(r"\{(?:today|in (\d+))\}")
Action = Callable[[dt.datetime], None]


@dataclass
class Player:
    """Moments to come in a queue, taken in order until now."""

    now: dt.datetime
    members: Mapping[str, list[User]]
    """People by team key; whoever leads stands first."""
    definitions: Mapping[str, ProcessDefinition]
    customers: Mapping[str, Customer]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - no secret
    queue: list[tuple[dt.datetime, int, Action]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    swept_until: dt.datetime | None = None
    started: int = 0

    def play(self, stories: tuple[Story, ...]) -> int:
        """Start and work all cases; answers how many were started."""
        for story in stories:
            begin = self._opening(story.days_ago)
            self._at(begin, lambda at, story=story: self._start(story, at))  # type: ignore[misc]
        while self.queue:
            at, _order, action = heapq.heappop(self.queue)
            self._sweep_until(at)
            action(at)
        self._sweep_until(self.now)
        deadlines.sweep(at=self.now)
        return self.started

    def _at(self, moment: dt.datetime, action: Action) -> None:
        """Plan something; what would lie in the future does not happen."""
        if moment <= self.now:
            heapq.heappush(self.queue, (moment, next(self.order), action))

    def _opening(self, days_ago: int) -> dt.datetime:
        """A moment in the working hours of a past day; of today only what has passed already."""
        day = self.now - dt.timedelta(days=days_ago)
        midnight = day.astimezone(worktime.STANDARD.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        wished = worktime.add_seconds(midnight, self.chance.uniform(0.3, 6) * HOUR)
        return min(wished, self.now - dt.timedelta(minutes=self.chance.randint(5, 50)))

    def _sweep_until(self, moment: dt.datetime) -> None:
        at = self.swept_until or moment
        while (following := worktime.add_seconds(at, HOUR)) < moment:
            deadlines.sweep(at=following)
            at = following
        self.swept_until = at

    def _start(self, story: Story, at: dt.datetime) -> None:
        definition = self.definitions[story.process]
        starter = self.chance.choice(self.members[definition.owner_team.key])
        customer = self.customers.get(story.customer)
        instance = runtime.start(
            definition,
            by=starter,
            title=story.title,
            data=_named(_dated(story.data, at), customer),
            customer=customer,
            urgency=story.urgency,
            at=at,
        )
        self.started += 1
        if story.comment:
            moment = worktime.add_seconds(at, HOUR)
            self._at(moment, lambda then: runtime.comment(instance, story.comment, by=starter, at=then))
        moves = {step: list(done) for step, done in story.moves.items()}
        self._take_up(Task.objects.filter(instance=instance), story, moves, at)

    def _take_up(self, tasks: Any, story: Story, moves: dict[str, list[Move]], at: dt.datetime) -> None:
        for task in tasks:
            planned = moves.get(task.step_key)
            if planned:
                move = planned.pop(0)
                gap = move.hours * HOUR * self.chance.uniform(0.6, 1.2)
                self._plan(task, move, story, moves, at, gap)
            elif story.tail:
                self._plan_tail(task, story, at)

    def _plan(
        self, task: Task, move: Move, story: Story, moves: dict[str, list[Move]], at: dt.datetime, gap: float
    ) -> None:
        def work(then: dt.datetime) -> None:
            person = self._take_over(task, then)
            self._tick_all(task, person, then)
            done = runtime.complete_task(
                task, outcome=move.outcome, by=person, data=_dated(move.data, then), note=move.note, at=then
            )
            self._take_up(done.new_tasks, story, moves, then)

        self._at(worktime.add_seconds(at, gap), work)

    def _take_over(self, task: Task, at: dt.datetime) -> User:
        """Whose task it is, or the first of the team who may take it over."""
        task.refresh_from_db()
        if task.assignee is not None:
            return task.assignee
        people = list(self.members[task.team.key] if task.team else ())
        self.chance.shuffle(people)
        for person in people:
            try:
                runtime.claim(task, by=person, at=at)
            except FourEyes:
                continue
            return person
        raise LookupError(f"nobody may do {task} of {task.instance}")

    def _tick_all(self, task: Task, person: User, at: dt.datetime, most: int | None = None) -> None:
        for item in list(task.step.checklist.filter(parts=None))[:most]:
            runtime.check_item(task, item.pk, checked=True, by=person, at=at)

    def _plan_tail(self, task: Task, story: Story, at: dt.datetime) -> None:
        moment = worktime.add_seconds(at, 2 * HOUR)
        self._at(moment, lambda then: TAILS[story.tail](self, task, then))

    def _claim(self, task: Task, at: dt.datetime) -> None:
        self._take_over(task, at)

    def _draft(self, task: Task, at: dt.datetime) -> None:
        person = self._take_over(task, at)
        uses = task.step.step_fields.select_related("field").exclude(mode="readonly")
        texts = {use.field.key: "Rückruf vereinbart, " for use in uses if use.field.type == "longtext"}
        runtime.save_draft(task, texts, by=person, at=at)

    def _tick_some(self, task: Task, at: dt.datetime) -> None:
        self._tick_all(task, self._take_over(task, at), at, most=1)

    def _suspend(self, task: Task, at: dt.datetime) -> None:
        instance = self._instance(task)
        reason = "Wartet auf den neuen Termin des Kunden."
        runtime.suspend(instance, by=self._lead(instance), reason=reason, at=at)

    def _cancel(self, task: Task, at: dt.datetime) -> None:
        instance = self._instance(task)
        reason = "Lieferant hat die Rechnung zurückgezogen."
        runtime.cancel(instance, by=self._lead(instance), reason=reason, at=at)

    def _instance(self, task: Task) -> ProcessInstance:
        return ProcessInstance.objects.select_related("definition__owner_team").get(pk=task.instance_id)

    def _lead(self, instance: ProcessInstance) -> User:
        return self.members[instance.definition.owner_team.key][0]


TAILS: Mapping[str, Callable[[Player, Task, dt.datetime], None]] = {
    "claim": Player._claim,
    "draft": Player._draft,
    "tick": Player._tick_some,
    "suspend": Player._suspend,
    "cancel": Player._cancel,
}


def _named(values: Mapping[str, Any], customer: Customer | None) -> dict[str, Any]:
    """Put the customer in where a value asks for it."""
    known = customer.pk if customer else None
    return {key: known if value == CUSTOMER else value for key, value in values.items()}


def _dated(values: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """Put days in: `{today}` is the day of the move, `{in 10}` ten days later."""

    def day(match: re.Match[str]) -> str:
        return (at + dt.timedelta(days=int(match[1] or 0))).date().isoformat()

    return {
        key: RELATIVE.sub(day, value) if isinstance(value, str) else value for key, value in values.items()
    }
