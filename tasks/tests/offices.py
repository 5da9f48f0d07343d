"""An office for tests of pages: people, a running complaint, and browsers in which they are logged in."""

from __future__ import annotations

from django.test import Client

from people.models import User
from processes import runtime
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import MONDAY, complaint, make_team, make_user, make_version
from tasks.models import Task


def staff() -> dict[str, User]:
    """Anna and Bert in service (Lena leads), Anna and Quirin in quality, Oskar elsewhere, Pia nowhere."""
    service, quality = make_team(), make_team("quality")
    return {
        "anna": make_user("Anna", service, quality),
        "bert": make_user("Bert", service),
        "lena": make_user("Lena", service, lead=True),
        "quirin": make_user("Quirin", quality),
        "oskar": make_user("Oskar", make_team("other")),
        "pia": make_user("Pia", is_process_admin=True),
    }


def browser(user: User) -> Client:
    """A browser in which the person is logged in."""
    client = Client()
    client.force_login(user)
    return client


def start(office: dict[str, User], **values: object) -> ProcessInstance:
    """A complaint started by Anna; its first task waits in the inbox of service."""
    definition = ProcessDefinition.objects.filter(key="complaint").first()
    version = definition.published if definition else make_version(complaint())
    return runtime.start(version, by=office["anna"], at=MONDAY, **values)


def open_task(case: ProcessInstance, step: str = "capture") -> Task:
    """The open task of a step."""
    return case.tasks.open().get(step_key=step)


def at_check(office: dict[str, User], by: str = "quirin") -> Task:
    """The checking task of a new complaint, taken over by one of quality."""
    case = start(office)
    task = runtime.claim(open_task(case), by=office["anna"], at=MONDAY)
    runtime.complete_task(task, outcome="complete", by=office["anna"], at=MONDAY)
    return runtime.claim(open_task(case, "check"), by=office[by], at=MONDAY)


def kinds(case: ProcessInstance) -> list[str]:
    """Kinds of the events of a case, in order."""
    return list(case.events.order_by("seq").values_list("kind", flat=True))
