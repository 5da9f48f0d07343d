"""A calendar that changes while a case begins, on PostgreSQL."""

import threading

import pytest
from django.db import connection, transaction

from people.models import CalendarDay
from processes import runtime
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks.clocks import recomputing
from tasks.models import Clock
from tasks.tests.clockwork import calendar, on

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_a_case_that_was_beginning_has_the_new_deadline():
    """Its clock was counted by the former calendar, and the first run could not see it yet (G10)."""
    anna = make_user("Anna", make_team())
    company = calendar("company", is_default=True)
    version = make_version(single(deadline="3d"))
    has_counted, may_go_on = threading.Event(), threading.Event()

    def begin():
        try:
            with transaction.atomic():
                runtime.start(version, by=anna, at=MONDAY)
                has_counted.set()
                may_go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=begin)
    thread.start()
    assert has_counted.wait(20)
    with transaction.atomic():
        CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026)
        recomputing.ask(anna, company, at=on(16, 11))
    for _ in range(3):
        assert recomputing.run(at=on(16, 11)).finished == 0
    may_go_on.set()
    thread.join(20)
    done = recomputing.run(at=on(16, 12))
    assert (done.moved, done.finished, Clock.objects.get().due_at) == (1, 1, on(20))
    assert recomputing.run(at=on(16, 12)).judged == 0
