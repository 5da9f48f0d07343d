"""Walks cases of the shipped templates along planned routes, through the doors people and the clock use."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from customers import records
from customers.models import Customer
from people.models import Team, User
from people.scope import SYSTEM
from processes import importing, library, nets, runtime
from processes.compiledversion import CompiledVersion, StepInfo
from processes.engine import ENDS, FAILED
from processes.errors import FourEyes
from processes.fields import FieldSpec
from processes.importing import Report
from processes.marking import Marking, Token
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion, Urgency
from processes.tests import automatic
from processes.tests.builders import MONDAY, make_user
from processes.tests.histories import Taken, taken
from processes.tests.routes import Planner, Route
from processes.urgency import Impact, Judgement, Pressure
from tasks import deadlines
from tasks.models import Clock, Job, Task

MOST_ROUNDS = 400
"""Rounds of work and time a case may take; more mean that it never ends."""
JUDGED: Mapping[int, Judgement] = {
    Urgency.CRITICAL: Judgement(Impact.HOUSE, Pressure.STANDS_STILL),
    Urgency.HIGH: Judgement(Impact.TEAM, Pressure.URGENT),
    Urgency.NORMAL: Judgement(Impact.TEAM, Pressure.NORMAL),
    Urgency.LOW: Judgement(Impact.PERSON, Pressure.CAN_WAIT),
}
"""What somebody says of a case of each urgency."""
PACE = dt.timedelta(minutes=10)


@dataclass
class Office:
    """All templates in force, and people in all their teams."""

    definitions: Mapping[str, ProcessDefinition]
    members: Mapping[int, list[User]]
    customer: Customer

    @classmethod
    def open(cls) -> Office:
        """Six people in each team, two of them leads; then every template published, without a remark."""
        teams = [Team.objects.create(key=key, name=name) for key, name in library.TEAM_NAMES.items()]
        members = {team.pk: _staff(team) for team in teams}
        for one in library.templates():
            report = importing.import_yaml(library.path_of(one.key).read_bytes(), publish=True)
            assert report.is_imported and not report.problems, _said(one.key, report)
        definitions = {one.key: one for one in ProcessDefinition.objects.all()}
        contacts = [("email", "info@example.org", "")]
        customer = records.create(by=SYSTEM, contacts=contacts, kind="organisation", name="Muster GmbH")
        return cls(definitions, members, customer)

    @property
    def somebody(self) -> User:
        """Stands in fields that name a person."""
        return next(iter(self.members.values()))[2]

    def urgency(self, definition: ProcessDefinition, level: int = Urgency.NORMAL) -> int | Judgement:
        """A level as the process takes it: by itself, or as a judgement that leads to it."""
        return JUDGED[level] if definition.computes_urgency else level

    def starter(self, definition: ProcessDefinition) -> User:
        """Somebody who may start it and is no lead."""
        teams = [team.pk for team in definition.start_teams.all()] or [definition.owner_team_id]
        return self.members[teams[0]][0]


def _said(key: str, report: Report) -> str:
    return f"{key}: {[str(problem.message) for problem in report.problems]}"


def _staff(team: Team) -> list[User]:
    return [make_user(f"{team.key}{number}", team, lead=number > 3) for number in range(6)]


@dataclass
class Coverage:
    """What of one template was taken in cases that ended, out of everything there is."""

    key: str
    version: CompiledVersion
    flows: set[str] = field(default_factory=set)
    outcomes: set[tuple[str, str]] = field(default_factory=set)
    cases: int = 0

    @property
    def all_outcomes(self) -> set[tuple[str, str]]:
        """Every outcome of every step."""
        return {(step.key, one.key) for step in self.version.steps.values() for one in step.outcomes}

    @property
    def missing(self) -> list[tuple[str, str]]:
        """Outcomes no case has taken."""
        return sorted(self.all_outcomes - self.outcomes)

    @property
    def missing_flows(self) -> list[tuple[str, str]]:
        """Transitions no case has taken, by source and target."""
        flows = self.version.net.flows
        return sorted((flows[one].source, flows[one].target) for one in flows.keys() - self.flows)

    def add(self, one: Taken) -> None:
        """Count what a case has taken."""
        self.flows |= one.flows
        self.outcomes |= one.outcomes

    def line(self) -> str:
        """As people read it."""
        return (
            f"{self.key:<20} {self.cases:>3} cases"
            f"  outcomes {len(self.outcomes):>3} of {len(self.all_outcomes):>3}"
            f"  transitions {len(self.flows):>3} of {len(self.version.net.flows):>3}"
        )


def cover(office: Office, key: str) -> Coverage:
    """Walk routes until every transition was taken or was the aim of a route once."""
    version = _version(office.definitions[key])
    found, routes, tried = Coverage(key, version), planner(version), set[str]()
    while wanted := [one for one in version.net.flows if one not in found.flows and one not in tried]:
        tried.add(wanted[0])
        route = routes.route(wanted, first=wanted[0])
        if route is not None:
            case = Walk(office, office.definitions[key], route).to_end()
            found.add(taken(case))
            found.cases += 1
    return found


def _published(key: str) -> int:
    return ProcessVersion.objects.get(definition__key=key, state=ProcessVersion.State.PUBLISHED).pk


def _version(definition: ProcessDefinition) -> CompiledVersion:
    return nets.compiled(_published(definition.key))


class Walk:
    """One case on its route, with the cases it calls."""

    def __init__(self, office: Office, definition: ProcessDefinition, route: Route) -> None:
        self.office, self.at = office, MONDAY
        starter, plan = office.starter(definition), _Plan(_version(definition), route)
        self.case = runtime.start(
            definition,
            by=starter,
            title="Probe",
            data=plan.values(plan.version.start, office),
            customer=office.customer,
            urgency=office.urgency(definition),
            at=self.at,
        )
        self.plans = {self.case.pk: plan}

    def to_end(self) -> ProcessInstance:
        """Work and let time pass until the case has ended."""
        for _ in range(MOST_ROUNDS):
            self.case.refresh_from_db()
            if not self.case.is_live:
                return self.case
            self.at += PACE
            if not (self._work() or automatic.perform(at=self.at, failing=self._failing())):
                self._let_time_pass()
        raise AssertionError(f"{self.case.definition} does not end: {self._tasks()}")

    def _tasks(self) -> list[Task]:
        rows = Task.objects.open().filter(root_id=self.case.pk)
        return list(rows.select_related("instance__parent", "assignee").order_by("pk"))

    def _work(self) -> bool:
        """Complete the open tasks that people are to complete; whether there were any."""
        worked = False
        for task in self._tasks():
            plan = self._plan(task.instance)
            outcome = plan.outcome(task.step_key, task.visit)
            task.refresh_from_db()
            if task.is_open and not plan.is_clock(task.step_key, outcome):
                self._complete(task, plan, outcome)
                worked = True
        return worked

    def _complete(self, task: Task, plan: _Plan, outcome: str) -> None:
        step, person = plan.version.steps[task.step_key], self._taker(task)
        for item_id in step.mandatory_item_ids:
            runtime.check_item(task, item_id, checked=True, by=person, at=self.at)
        values = plan.values(step, self.office)
        runtime.complete_task(task, outcome=outcome, by=person, data=values, note="Geprüft.", at=self.at)

    def _taker(self, task: Task) -> User:
        """Whose task it is, else the first of the team who may take it."""
        if task.assignee is not None:
            return task.assignee
        assert task.team_id is not None
        for person in self.office.members[task.team_id]:
            try:
                runtime.claim(task, by=person, at=self.at)
            except FourEyes:
                continue
            return person
        raise AssertionError(f"nobody may do {task}")

    def _plan(self, case: ProcessInstance) -> _Plan:
        """The plan of a case; that of a called one follows from what its caller wants of it."""
        if case.pk not in self.plans:
            assert case.parent is not None and case.parent_token is not None
            plan = _Plan(nets.compiled(case.version_id), Route((), {}))
            self.plans[case.pk] = plan.towards(self._plan(case.parent).wanted(case.parent, case.parent_token))
        return self.plans[case.pk]

    def _failing(self) -> set[int]:
        """Automatic steps whose turn it is to be given up."""
        waiting = Job.objects.filter(root_id=self.case.pk, state=Job.State.WAITING)
        found = set()
        for job in waiting.select_related("instance__parent"):
            token = _token(job.instance, job.token_id)
            if self._plan(job.instance).outcome(job.step_key, token.visit) == FAILED:
                found.add(job.pk)
        return found

    def _let_time_pass(self) -> None:
        """Go to the next moment at which a clock has something to do."""
        clocks = Clock.objects.filter(root_id=self.case.pk, wake_at__isnull=False)
        moment = clocks.order_by("wake_at").values_list("wake_at", flat=True).first()
        assert moment is not None, f"{self.case.definition} stands still: {self.case.marking}"
        self.at = max(self.at, moment)
        deadlines.sweep(at=self.at)


def _token(case: ProcessInstance, token_id: int) -> Token:
    return Marking.from_json(case.marking).token(token_id)


@dataclass(frozen=True)
class _Plan:
    """What is to be chosen and filled in on a route, step by step and visit by visit."""

    version: CompiledVersion
    route: Route

    @cached_property
    def _decisions(self) -> Mapping[str, list[str]]:
        found = defaultdict(list)
        for flow in self.route.flows:
            found[flow.source].append(flow.outcome or "")
        return found

    def outcome(self, step_key: str, visit: int) -> str:
        """The outcome a visit of a step is to end with; off the route the first one a person can choose."""
        planned = self._decisions.get(step_key, [])
        if visit <= len(planned):
            return planned[visit - 1]
        outcomes = self.version.steps[step_key].outcomes
        return next((one.key for one in outcomes if one.is_choosable and one.key != FAILED), "")

    def is_clock(self, step_key: str, outcome: str) -> bool:
        """Whether that is an outcome of the clock."""
        found = self.version.steps[step_key].outcome(outcome)
        return found is not None and found.is_clock

    def wanted(self, case: ProcessInstance, token_id: int) -> list[str]:
        """Ends of a called case that mean the outcome the calling step is to have."""
        token = _token(case, token_id)
        call = self.version.steps[token.at].config.call
        assert call is not None
        ends = nets.compiled(_published(call.process)).net.nodes.values()
        outcome = self.outcome(token.at, token.visit)
        return [one.key for one in ends if one.kind in ENDS and call.outcome_of(one.key) == outcome]

    def towards(self, ends: list[str]) -> _Plan:
        """The plan whose case reaches the first of these ends."""
        route = planner(self.version).ending_at(ends[0])
        assert route is not None, ends
        return _Plan(self.version, route)

    def values(self, step: StepInfo, office: Office) -> dict[str, Any]:
        """Everything the step may fill in, but files."""
        found = {}
        for use in step.fields:
            if use.is_writable and use.spec.type != "file":
                found[use.spec.key] = self.route.values.get(use.spec.key, _value(use.spec, office))
        return found


def planner(version: CompiledVersion) -> Planner:
    """Plans routes through a version."""
    offered = {
        key: [one for one, _label in spec.choices] for key, spec in version.fields.items() if spec.choices
    }
    return Planner(version.net, offered)


def _value(spec: FieldSpec, office: Office) -> Any:
    """Some value of a field's type within its limits."""
    if spec.type in ("text", "longtext"):
        return "probe@example.org" if spec.key == "email" else "Probe"
    if spec.type in ("number", "money"):
        return str(max(Decimal(1), Decimal(spec.limits.get("min", 1))))
    if spec.type == "choice":
        return spec.choices[0][0]
    if spec.type == "multichoice":
        return [spec.choices[0][0]]
    made: Mapping[str, Callable[[], Any]] = {
        "date": lambda: (MONDAY + dt.timedelta(days=30)).date().isoformat(),
        "yesno": lambda: "ja",
        "person": lambda: office.somebody.pk,
        "team": lambda: next(iter(office.members)),
        "customer": lambda: office.customer.pk,
    }
    return made[spec.type]()
