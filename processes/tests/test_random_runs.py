"""Random processes through the real runtime, with random people, clocks and leads.

Whatever they do, and in whatever order, the state rebuilt from history equals the stored one, every row has
its token, and a case that is worked on ends.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.scope import SYSTEM
from processes import nets, runtime
from processes.errors import ApprovalVoid, NotRunning
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version
from processes.tests.examples import examples
from processes.tests.patterns.trials import faults
from processes.tests.randomplans import FLAGS, LEAVES, ON, Plan, trees
from tasks import deadlines, verify
from tasks.models import Incident, Task

pytestmark = pytest.mark.django_db

DAYS = ("", "16.11.2026", "20.11.2026", "14.12.2026")
VALUES = st.fixed_dictionaries(
    {**{name: st.sampled_from(["ja", "nein"]) for name in FLAGS}, "day": st.sampled_from(DAYS)}
)
OFTEN = ("work",) * 8 + ("later",) * 5 + ("claim", "suspend", "resume", "resume", "cancel_called")
TURN = st.tuples(st.sampled_from((*OFTEN * 3, "cancel")), st.integers(0, 9), st.integers(0, 9), VALUES)
"""What happens, to which of all, how, and what is typed in."""
HOURS = (1, 24, 48, 100, 400)
MOST_ROUNDS = 60


@contextmanager
def undone():
    """Every example begins on the same database."""
    nets.forget()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def one_of(rows, which):
    """One of these, if there are any."""
    return rows[which % len(rows) :][:1] if rows else []


class Run:
    """A case of a random process, with another one it may call."""

    def __init__(self, tree, inner, values, by):
        make_version(Plan.of(inner), make_definition("inner", number_pattern="I-{seq}"))
        plan = Plan.of(tree, "inner")
        self.version = make_version(plan, make_definition("outer", number_pattern="O-{seq}"))
        self.by, self.at = by, MONDAY
        self.case = runtime.start(self.version, by=by, data=values, at=self.at)

    def turn(self, name, which, how, values):
        """One thing happens; what the rules refuse does not."""
        with suppress(NotRunning, ApprovalVoid):
            if name == "work":
                self.work(which, how, values)
            elif name == "cancel":
                self.cancel()
            else:
                getattr(self, name)(which)
        self.prove()

    def prove(self):
        assert [str(one) for one in verify.all_breaks()] == []

    def tasks(self):
        return list(Task.objects.open().filter(root=self.case).order_by("pk"))

    def work(self, which, how, values):
        """Somebody ends a task, or the system for somebody."""
        for row in one_of(self.tasks(), which):
            step = nets.compiled(row.instance.version_id).steps[row.step_key]
            keys = [one.key for one in step.outcomes if one.is_choosable]
            who = row.assignee or SYSTEM
            runtime.complete_task(row, outcome=keys[how % len(keys)], by=who, data=values, at=self.at)

    def claim(self, which):
        for row in one_of(self.tasks(), which):
            if row.assignee is None:
                runtime.claim(row, by=self.by, at=self.at)

    def later(self, which):
        self.at += dt.timedelta(hours=HOURS[which % len(HOURS)])
        deadlines.sweep(at=self.at)

    def cases(self, *states):
        return list(ProcessInstance.objects.filter(root=self.case, state__in=states).order_by("pk"))

    def suspend(self, which):
        for one in one_of(self.cases("running"), which):
            runtime.suspend(one, by=SYSTEM, reason="Pause", at=self.at)

    def resume(self, which):
        for one in one_of(self.cases("suspended"), which):
            runtime.resume(one, by=SYSTEM, at=self.at)

    def cancel_called(self, which):
        called = [one for one in self.cases("running", "suspended") if one.parent_id]
        for one in one_of(called, which):
            runtime.cancel(one, by=SYSTEM, reason="Unnötig", at=self.at)

    def cancel(self):
        runtime.cancel(self.case, by=SYSTEM, reason="Erledigt", at=self.at)

    def finish(self):
        """Work until nothing is left: every task by the way on, every wait by time."""
        for _ in range(MOST_ROUNDS):
            while self.cases("suspended"):
                self.resume(0)
            for row in self.tasks():
                row.refresh_from_db()
                if row.is_open:
                    runtime.complete_task(row, outcome=ON, by=SYSTEM, data={"day": DAYS[1]}, at=self.at)
            self.later(4)
            if not self.cases("running"):
                return


@pytest.fixture
def people():
    board = make_team("board")
    make_user("Lea", make_team(), board, lead=True)
    return [make_user(name, board, make_team()) for name in ("Anna", "Bela", "Cem")]


MAY_BE_FOUND = {"undecided", "two_tokens_on_transition"}
"""In a loop a block may begin once more beside a task while it still runs beside the one before."""


@settings(examples(40), suppress_health_check=list(HealthCheck))
@given(
    tree=trees(3),
    inner=trees(1, LEAVES[:-1]),
    values=VALUES,
    turns=st.lists(TURN, min_size=12, max_size=40),
)
def test_history_state_and_rows_agree_and_cases_end(people, tree, inner, values, turns):
    with undone():
        run = Run(tree, inner, values, people[0])
        assert set(faults(run.version, most_markings=1_000)) <= MAY_BE_FOUND
        run.prove()
        for one in turns:
            run.turn(*one)
        run.finish()
        run.prove()
        run.case.refresh_from_db()
        assert not run.case.is_live or Incident.objects.filter(resolved_at=None).exists()
