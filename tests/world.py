"""A small office with every role and a case of every standing, for tests that walk all doors.

Seen from the employee: `own` is the employee's task, `team` waits in the inbox of the employee's team,
`foreign` belongs to another team, `confidential` to a process nobody of the roles takes part in, `trial` is
run on trial by the process administrator, `missing` does not exist.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from customers import records
from customers.models import Customer
from people import accounts
from people.models import User, WorkCalendar
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import (
    Blueprint,
    DeadlinePlan,
    FieldPlan,
    ItemPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
)
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import flows, make_definition, make_team, make_user, make_version, node
from tasks import incidents
from tasks.messages import outbox
from tasks.models import CaseFile, Job, Notification, Standstill, Task

OBJECTS = ("own", "team", "foreign", "confidential", "trial", "missing")
MISSING_ID = 987_654_321
LATER = dt.datetime(2099, 11, 16, 10, tzinfo=dt.UTC)
"""When tasks that are put off come back."""
ROLES = (
    "anonymous",
    "employee",
    "colleague",
    "lead",
    "foreign_employee",
    "foreign_lead",
    "process_admin",
    "user_admin",
    "operator",
    "auditor",
    "superuser",
    "deactivated",
)
Arguments = dict[str, Any]


@dataclass
class World:
    """Who there is, and the address parts of every kind of object by its standing."""

    mark: str = ""
    people: dict[str, User] = field(default_factory=dict)
    objects: dict[str, dict[str, Arguments]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    customer: Customer | None = None
    handler: ClientHandler = field(default_factory=lambda: Client().handler)
    """One for all browsers: loading the middleware anew takes longer than most answers."""

    def client(self, role: str) -> Client:
        """A browser in which this role is logged in (the deactivated one was, before)."""
        client = Client(raise_request_exception=False)
        client.handler = self.handler
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client


def build(mark: str = "") -> World:
    """Make the office, inside the test's transaction; `mark` is added to everything that has a name."""
    world = World(mark)
    _hire(world)
    world.customer = _customer(world.mark)
    _start_cases(world)
    _open_sessions(world)
    _other_objects(world)
    return world


def _hire(world: World) -> None:
    service, other, secret = (make_team(key, name=key + world.mark) for key in ("service", "other", "secret"))
    world.people = {
        "employee": make_user("Employee", service),
        "colleague": make_user("Colleague", service),
        "lead": make_user("Lead", service, lead=True),
        "foreign_employee": make_user("Foreigner", other),
        "foreign_lead": make_user("Foreignlead", other, lead=True),
        "process_admin": make_user("Processadmin", is_process_admin=True),
        "user_admin": make_user("Useradmin", is_user_admin=True),
        "operator": make_user("Operator", is_operator=True),
        "auditor": make_user("Auditor", is_auditor=True),
        "superuser": make_user("Superuser", is_superuser=True),
        "deactivated": make_user("Deactivated", service),
        "keeper": make_user("Keeper", secret, lead=True),
    }
    WorkCalendar.objects.create(key="office", name=f"Office{world.mark}")
    User.objects.update(first_name=f"Mia{world.mark}", last_name=Concat("last_name", Value(world.mark)))


def plan(team: str, mark: str) -> Blueprint:
    """One task with an activity, three fields, and an outcome with and one without a reason."""
    work = StepPlan(
        "work",
        "task",
        f"Bearbeiten{mark}",
        instructions=f"Bitte prüfen{mark}",
        team=team,
        deadline="3d",
        outcomes=(OutcomePlan("done", f"Fertig{mark}"), OutcomePlan("refuse", f"Ablehnen{mark}", True)),
        checklist=(ItemPlan("seen", f"Gesehen{mark}"),),
        fields=tuple(StepFieldPlan(key, "optional") for key in ("remark", "cause", "paper")),
    )
    return Blueprint(
        fields=(
            FieldPlan("remark", f"Bemerkung{mark}", "longtext", help_text=f"Kurz{mark}"),
            FieldPlan("cause", f"Ursache{mark}", "choice", choices=(("delay", f"Verzug{mark}"),)),
            FieldPlan("paper", f"Beleg{mark}", "file"),
        ),
        steps=(StepPlan("start", "start", "Start"), work, node("end", "end")),
        flows=flows("start>work", "work.done>end", "work.refuse>end"),
        deadlines=(DeadlinePlan(basis="case", offset="9d"),),
    )


def _process(key: str, team: str, mark: str, **fields: Any) -> ProcessVersion:
    definition = make_definition(
        key,
        name=f"Prozess{mark}",
        description=f"Wofür{mark}",
        category=f"Gruppe{mark}",
        owner_team=make_team(team),
        number_pattern=f"{key.upper()}-{{seq}}",
        may_start="teams",
        **fields,
    )
    definition.start_teams.set([make_team(team)])
    return make_version(plan(team, mark), definition)


def _start_cases(world: World) -> None:
    people, mark = world.people, world.mark
    ours, theirs = _process("ours", "service", mark), _process("theirs", "other", mark)
    hidden = _process("hidden", "secret", mark, is_confidential=True)

    def case(version: ProcessVersion, starter: str) -> ProcessInstance:
        made = runtime.start(version, by=people[starter], title=f"Anlass{mark}", customer=world.customer)
        runtime.comment(made, f"Bemerkt{mark}", by=people[starter])
        return made

    cases = {
        "own": case(ours, "employee"),
        "team": case(ours, "colleague"),
        "foreign": case(theirs, "foreign_employee"),
        "confidential": case(hidden, "keeper"),
    }
    cases["trial"] = _trial(ours, world)
    runtime.claim(cases["own"].tasks.get(), by=people["employee"])
    resting = {"team": case(ours, "colleague"), "foreign": case(theirs, "foreign_employee")}
    for one, lead in (("team", "lead"), ("foreign", "foreign_lead")):
        runtime.suspend(resting[one], by=people[lead], reason="Wartet")
    void = {"team": case(ours, "colleague"), "foreign": case(theirs, "foreign_employee")}
    for one in void.values():
        one.approvals = {"work": {"void": ["remark"]}}
        one.save(update_fields=["approvals"])
    put_off = {"own": case(ours, "employee"), "team": case(ours, "colleague")}
    put_off["foreign"] = case(theirs, "foreign_employee")
    runtime.claim(put_off["own"].tasks.get(), by=people["employee"])
    for one in put_off.values():
        runtime.postpone(one.tasks.get(), LATER, by=SYSTEM, note=f"Rückruf{mark}")
    world.objects["put_off"] = {name: {"pk": one.tasks.get().pk} for name, one in put_off.items()}
    world.objects["void"] = {name: {"pk": one.pk} for name, one in void.items()}
    world.objects["resting"] = {name: {"pk": one.pk} for name, one in resting.items()}
    world.objects["case"] = {name: {"pk": case.pk} for name, case in cases.items()}
    world.objects["task"] = {name: {"pk": case.tasks.get().pk} for name, case in cases.items()}
    world.objects["file"] = {name: {"pk": _file(case, mark).pk} for name, case in cases.items()}
    world.objects["item"] = {name: _item(case) for name, case in cases.items()}
    world.objects["incident"] = {name: _incident(case) for name, case in cases.items()}
    processes = {"own": ours, "team": ours, "foreign": theirs, "confidential": hidden}
    world.objects["process"] = {name: {"key": one.definition.key} for name, one in processes.items()}


def _trial(version: ProcessVersion, world: World) -> ProcessInstance:
    """A case of our process that the process administrator alone may know of."""
    people, mark = world.people, world.mark
    made = runtime.start(
        version, by=people["process_admin"], title=f"Probe{mark}", customer=world.customer, trial=True
    )
    world.objects["version"] = {"own": {"pk": version.pk}}
    world.objects["trial"] = {"trial": {"pk": made.pk}}
    return made


def _item(case: ProcessInstance) -> Arguments:
    work = case.tasks.get()
    return {"pk": work.pk, "item": work.step.checklist.get().pk}


def _file(case: ProcessInstance, mark: str) -> CaseFile:
    upload = SimpleUploadedFile(f"Beleg{mark}.txt", b"Gesehen")
    return runtime.add_file(case.tasks.get(), "paper", upload, by=SYSTEM)


def _incident(case: ProcessInstance) -> Arguments:
    """An automatic step that stands still."""
    at = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
    job = Job.objects.create(
        instance=case,
        root=case,
        token_id=1,
        step_key="work",
        state="incident",
        created_at=at,
        available_at=at,
    )
    reason = "host_not_allowed: hook.example.org"
    incident = incidents.open_incident(
        case, "job", at=at, token_id=1, step_key="work", detail=reason, job=job
    )
    return {"pk": case.pk, "incident": incident.pk}


def _customer(mark: str) -> Customer:
    texts = {name: f"{name}{mark}" for name in ("contact_name", "street", "city", "notes")}
    return records.create(
        by=SYSTEM,
        name=f"Hollerbach{mark}",
        contacts=[("phone", "0711 555", f"Büro{mark}"), ("web", f"example.org{mark}", "")],
        **texts,
    )


def _other_objects(world: World) -> None:
    people, customer = world.people, world.customer
    assert customer is not None
    point = customer.contact_points.get(kind="phone")
    world.objects["customer"] = {"own": {"pk": customer.pk}}
    world.objects["contact"] = {"own": {"pk": customer.pk, "point_id": point.pk}}
    work_id = world.objects["task"]["own"]["pk"]
    world.objects["notification"] = {
        "own": {"pk": _notify(people["employee"], work_id).pk},
        "foreign": {"pk": _notify(people["keeper"], world.objects["task"]["confidential"]["pk"]).pk},
    }
    newcomer = User.objects.create_user("neu@example.org", last_name="Neu", is_active=True)
    world.objects["invitation"] = {
        "own": {"token": accounts.invite(newcomer, by=None).rstrip("/").split("/")[-1]}
    }
    world.objects["reset"] = {"own": _reset_link(User.objects.get(pk=people["employee"].pk))}
    still = Standstill.objects.create(
        from_at=timezone.now() - dt.timedelta(hours=2), until_at=timezone.now() - dt.timedelta(hours=1)
    )
    world.objects["standstill"] = {
        "team": {"pk": still.pk, "team": make_team("service").pk},
        "foreign": {"pk": still.pk, "team": make_team("other").pk},
    }
    for kind, known in world.objects.items():
        known["missing"] = _missing(kind, next(iter(known.values())))
    world.objects["setup"] = {"missing": {"code": "x" * 43}}


def _reset_link(person: User) -> Arguments:
    """A link to a new password; logging in ends it, so it is made last."""
    token = default_token_generator.make_token(person)
    return {"uidb64": urlsafe_base64_encode(force_bytes(person.pk)), "token": token}


def _notify(person: User, task_id: int) -> Notification:
    at = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
    task = Task.objects.select_related("instance").get(pk=task_id)
    rows = outbox.notice(
        "overdue", recipients=[person.pk], key=f"t{task_id}-{person.pk}", at=at, mail=False,
        instance=task.instance, task=task,
    )  # fmt: skip
    outbox.put(rows)
    return Notification.objects.get(recipient=person)


def _missing(kind: str, known: Arguments) -> Arguments:
    """The address of an object of this kind that does not exist."""
    if kind == "process":
        return {"key": "nosuchprocess"}
    return {name: MISSING_ID if isinstance(value, int) else "x" * len(value) for name, value in known.items()}


def _open_sessions(world: World) -> None:
    for role in ROLES:
        if role != "anonymous":
            client = Client()
            client.force_login(world.people[role])
            world.sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    User.objects.filter(pk=world.people["deactivated"].pk).update(is_active=False)
