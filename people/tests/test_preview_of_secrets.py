"""The preview of what a changed calendar moves names nothing confidential."""

from __future__ import annotations

import pytest

from people.models import CalendarDay
from processes import runtime
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks.clocks import recomputing
from tasks.tests.clockwork import calendar, on

pytestmark = pytest.mark.django_db


def test_a_process_that_became_confidential_is_not_named():
    anna = make_user("Anna", make_team())
    company = calendar("company", is_default=True)
    version = make_version(single(deadline="3d"), make_definition("secret", name="Geheimsache"))
    runtime.start(version, by=anna, at=MONDAY)
    version.definition.is_confidential = True
    version.definition.save()
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026)
    assert [one.process for one in recomputing.preview(at=on(16, 11)).moves] == []
