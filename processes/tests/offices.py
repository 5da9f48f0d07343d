"""An office for trials: a team with a lead, a process with an owner, and an administrator in no team."""

from __future__ import annotations

from typing import Any

from people.models import User
from processes import blueprint, runtime
from processes.blueprint import Blueprint
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import (
    MONDAY,
    attend,
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from tasks.models import Task


class Office:
    """Who there is; everybody but `pia` takes part in real cases."""

    def __init__(self) -> None:
        attend("quality")
        service = make_team()
        self.pia = make_user("Pia", is_process_admin=True)
        self.anna, self.lea = make_user("Anna", service), make_user("Lea", service, lead=True)
        self.owner = make_user("Olga", make_team("owners"))
        self.definition = make_definition("complaint", owner=self.owner)

    def version(self, plan: Blueprint | None = None, **what: Any) -> ProcessVersion:
        """A published version of the office's process."""
        return make_version(plan or complaint(), self.definition, **what)

    def draft(self, plan: Blueprint | None = None) -> ProcessVersion:
        """A draft of the office's process."""
        number = self.definition.versions.count() + 1
        draft = ProcessVersion.objects.create(definition=self.definition, number=number)
        blueprint.write(draft, plan or single(deadline="8h"))
        return draft

    def trial(
        self, version: ProcessVersion | None = None, by: User | None = None, **what: Any
    ) -> ProcessInstance:
        """A trial of a version, started by the administrator."""
        values = {"title": "Probe", "at": MONDAY, **what}
        return runtime.start(version or self.version(), by=by or self.pia, trial=True, **values)


def task_of(case: ProcessInstance) -> Task:
    """The one open task of a case."""
    return Task.objects.open().get(instance=case)
