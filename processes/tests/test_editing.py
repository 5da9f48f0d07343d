"""What the page of a draft shows and reads back: the same process, whatever kinds of steps it has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from people.models import Team
from processes import blueprint, importing, library
from processes.blueprint import Blueprint
from processes.editing.folding import fold
from processes.editing.page import Page
from processes.editing.reading import sheet_of
from processes.editing.rearranging import settle
from processes.editing.showing import typed_of
from processes.editing.unfolding import unfold
from processes.tests.builders import make_team, make_user
from processes.tests.files import EVERYTHING

pytestmark = pytest.mark.django_db


def through_the_page(plan: Blueprint) -> tuple[Page, Blueprint]:
    typed = typed_of(fold(plan))
    settle(typed)
    page = Page(typed)
    return page, unfold(sheet_of(page, plan))


def by_meaning(plan: Blueprint) -> Blueprint:
    """Where a gateway stands among the steps, and transitions of different steps among each other, says
    nothing."""
    flows = sorted(plan.flows, key=lambda flow: (flow.source, flow.outcome))
    steps = sorted(plan.steps, key=lambda step: step.key)
    return replace(plan, steps=tuple(steps), flows=tuple(flows))


@pytest.mark.parametrize("template", library.templates(), ids=lambda one: one.key)
def test_templates_are_read_as_they_are_shown(template: library.Template):
    Team.objects.bulk_create(Team(key=key, name=key) for key in template.teams)
    page, plan = through_the_page(template.plan)
    assert page.faults == []
    assert by_meaning(plan) == by_meaning(template.plan)


def test_every_kind_of_step_is_read_as_it_is_shown():
    for name in ("a", "b", "c", "d", "e", "f"):
        make_user(name, make_team(), lead=name == "c")
    version = importing.import_yaml(EVERYTHING.encode()).version
    assert version is not None
    before = blueprint.read(version)
    page, plan = through_the_page(before)
    assert page.faults == []
    assert by_meaning(plan) == by_meaning(before)
