"""The page of a version that changes no more, and the picture of a draft: what they show and lead to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from processes import blueprint
from processes.blueprint import Blueprint, FlowPlan, OutcomePlan
from processes.models import ProcessVersion
from processes.tests.builders import (
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
    parallel,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True))
    return client


def make_draft(plan: Blueprint) -> ProcessVersion:
    for step in plan.steps:
        if step.team:
            make_team(step.team)
    version = ProcessVersion.objects.create(definition=make_definition("draft"), number=1)
    blueprint.write(version, plan)
    return version


def page_of(admin: Client, plan: Blueprint, make=make_version) -> str:
    version = make(plan)
    return admin.get(reverse("admin:processes_processversion_change", args=[version.pk])).content.decode()


def picture(text: str) -> str:
    return re.search(r"<svg[^>]*class=\"diagram\".*?</svg>", text, re.DOTALL)[0]


def size(svg: str) -> tuple[int, int]:
    return tuple(map(int, re.search(r'width="(\d+)" height="(\d+)"', svg).groups()))


def test_every_step_leads_to_its_row_in_the_table(admin):
    text = page_of(admin, complaint())
    links = re.findall(r'<a href="#(step-[^"]+)"', picture(text))
    assert links == ["step-capture", "step-check", "step-approve"]
    assert all(text.count(f'<tr id="{one}"') == 1 for one in links)


def test_the_list_is_there_without_a_state(admin):
    text = page_of(admin, parallel())
    assert 'id="course-left"' in text and 'id="course-join"' not in text, "where ways only meet is no row"
    assert "diagram-aslist" in text and 'class="mark"' not in text


def test_versions_and_drafts_are_drawn_from_left_to_right(admin):
    for make in (make_version, make_draft):
        width, height = size(picture(page_of(admin, complaint(), make)))
        assert width > 2 * height


def test_the_row_of_a_draft_says_who_gets_it_where_the_team_does_not(admin):
    plan = complaint()
    plan = replace(
        plan,
        steps=tuple(
            replace(one, assignment="same_as", reference_key="capture") if one.key == "approve" else one
            for one in plan.steps
        ),
    )
    text = page_of(admin, plan, make_draft)
    assert text.count('<p class="ed-quiet">wer „Capture“ erledigt hat</p>') == 1


def test_the_page_says_who_fills_in_a_field(admin):
    text = page_of(admin, complaint())
    table = text[text.index('id="h-fields"') :]
    rows = {
        re.findall("<t[hd][^>]*>([^<]*)<", row)[0]: re.findall("<td>([^<]*)<", row)[1:]
        for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]
    }
    check = named(complaint(), "check")
    assert rows == {
        "Betrag": ["–", gettext("when starting"), "–"],
        "Ursache": [check, "–", "–"],
        "Bericht": ["–", check, "–"],
    }


def named(plan: Blueprint, key: str) -> str:
    return next(step.name for step in plan.steps if step.key == key)


def test_the_page_says_what_an_outcome_stops_and_what_holds_without_agreement(admin):
    plan = parallel()
    more = (
        OutcomePlan("stop", "Abbruch", requires_note=True, cancels=("right",)),
        OutcomePlan("open", "Offen", is_no_agreement=True),
    )
    left = next(step for step in plan.steps if step.key == "left")
    steps = tuple(
        replace(one, outcomes=(*left.outcomes, *more)) if one is left else one for one in plan.steps
    )
    extra = (FlowPlan("left", "join", "stop"), FlowPlan("left", "join", "open"))
    text = page_of(admin, replace(plan, steps=steps, flows=(*plan.flows, *extra)))
    stops = gettext("stops %(steps)s") % {"steps": f"„{named(plan, 'right')}“"}
    assert f"{gettext('with a reason')}; {stops}" in text
    assert gettext("when the votes find no agreement") in text
