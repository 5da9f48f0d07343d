"""Comparing versions that differ in very much: the first changes in words, the others counted, in time."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from processes import pictures, publishing
from processes.blueprint import Blueprint, FieldPlan, ItemPlan
from processes.comparing import versionchanges, worddiff
from processes.comparing.versionchanges import LONGEST_TOLD, MOST_SHOWN, Changes, Known
from processes.comparing.worddiff import Effort
from processes.diagram.model import Mark
from processes.tests.builders import flows, make_user, make_version, node, task

ALIKE = 740
"""Words of two that come again and again: what comparing words takes longest for."""


def line(number: int, mark: str = "", **step: object) -> Blueprint:
    """So many tasks one after another, each name with a mark."""
    keys = [f"s{at}" for at in range(number)]
    ways = [f"{one}.done>{after}" for one, after in zip(keys, [*keys[1:], "end"], strict=True)]
    steps = (replace(task(key), name=f"{key}{mark}", **step) for key in keys)  # type: ignore[arg-type]
    return Blueprint(
        steps=(node("start", "start"), *steps, node("end", "end")), flows=flows("start>s0", *ways)
    )


def between(old: Blueprint, new: Blueprint) -> Changes:
    return versionchanges.between(old, new, Known())


def items(number: int, mark: str) -> tuple[ItemPlan, ...]:
    return tuple(ItemPlan(f"i{at}", f"Punkt {at}{mark}") for at in range(number))


# -- words ---------------------------------------------------------------------------------------------------


def test_of_thousands_of_changes_the_first_are_told_and_the_others_counted():
    old, new = line(50, checklist=items(40, "")), line(50, checklist=items(40, "!"))
    found = between(old, new)
    told = [change for group in found.changed for change in group.changes]
    assert len(told) == MOST_SHOWN
    assert found.more == 50 * 40 - MOST_SHOWN
    assert found.totals["steps"] == 50
    assert [group.name for group in found.changed][:2] == ["s0", "s1"]


def test_one_table_leaves_room_for_the_others():
    fields = tuple(FieldPlan(f"f{at}", f"Feld {at}") for at in range(MOST_SHOWN + 5))
    renamed = tuple(replace(one, label=f"{one.label}!") for one in fields)
    old = replace(line(20, checklist=items(40, "")), fields=fields)
    found = between(old, replace(line(20, "!", checklist=items(40, "!"), deadline="2d"), fields=renamed))
    assert len(found.fields) == MOST_SHOWN
    assert len(found.timing) == 20
    assert found.more == 20 * 41 - MOST_SHOWN + 5
    assert (found.totals["fields"], found.totals["timing"]) == (MOST_SHOWN + 5, 20)


def test_steps_that_came_and_went_are_counted_too():
    old = line(3)
    found = between(old, line(MOST_SHOWN + 20))
    assert len(found.added) == MOST_SHOWN
    assert (found.totals["added"], found.totals["removed"]) == (MOST_SHOWN + 17, 0)
    assert found.more == 17
    assert between(line(MOST_SHOWN + 20), old).totals["removed"] == MOST_SHOWN + 17


def test_few_changes_are_all_told():
    found = between(line(5), line(5, "!"))
    assert (found.more, found.totals["steps"], len(found.changed)) == (0, 5, 5)


def test_very_long_texts_are_cut_and_take_the_room_of_others():
    old, new = line(40, instructions="a" * 30_000), line(40, instructions="b" * 30_000)
    found = between(old, new)
    assert 2 <= len(found.changed) < 40
    assert found.more == 40 - len(found.changed)
    parts = found.changed[0].changes[0].parts
    assert {len(one.text) for one in parts} <= {LONGEST_TOLD, LONGEST_TOLD + 2, 1, 2}


# -- time ----------------------------------------------------------------------------------------------------


def alike(seed: int) -> str:
    words = random.Random(seed)
    return " ".join(words.choice(("ab", "cd")) for _word in range(ALIKE))


def test_all_texts_of_a_page_share_one_bound():
    plans = []
    for part in (0, 1000):
        plan = line(150)
        steps = (replace(one, instructions=alike(part + at)) for at, one in enumerate(plan.steps))
        plans.append(replace(plan, steps=tuple(steps)))
    began = time.process_time()
    found = between(*plans)
    assert time.process_time() - began < 10
    texts = [group.changes[0].parts for group in found.changed]
    assert len(texts[0]) > 2
    assert {len(parts) for parts in texts[40:]} == {2}


def test_what_one_text_may_cost_does_not_depend_on_the_others_until_it_is_spent():
    effort = Effort(1000)
    assert [one.kind for one in worddiff.merged("a b c", "a x c", effort)] == ["same", "old", "new", "same"]
    assert 0 < effort.left < 1000
    effort.left = 0
    assert [one.kind for one in worddiff.merged("a b c", "a x c", effort)] == ["old", "new"]
    assert worddiff.merged("a b c", "a x c") == worddiff.merged("a b c", "a x c", Effort())


# -- the picture ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_small_picture_stays_whole():
    whole = pictures.comparison(line(10), line(12))
    assert pictures.focused(whole) is whole


@pytest.mark.django_db
def test_a_large_picture_shows_what_differs_and_its_neighbours():
    old = line(200)
    steps = tuple(replace(one, name="Neu") if one.key == "s100" else one for one in old.steps)
    shown = pictures.focused(pictures.comparison(old, replace(old, steps=steps)))
    assert [box.key for box in shown.boxes] == ["s99", "s100", "s101"]
    assert [box.mark for box in shown.boxes] == [Mark.NONE, Mark.CHANGED, Mark.NONE]
    assert [(one.source, one.target) for one in shown.arrows] == [("s99", "s100"), ("s100", "s101")]


@pytest.mark.django_db
def test_where_all_differs_it_shows_as_much_as_can_be_read():
    whole = pictures.comparison(line(400), line(400, "!"))
    shown = pictures.focused(whole)
    assert len(whole.arrows) > pictures.MOST_COMPARED
    assert len(shown.arrows) == pictures.MOST_COMPARED
    keys = {box.key for box in shown.boxes}
    assert all({one.source, one.target} <= keys for one in shown.arrows)
    assert "<svg" in pictures.svg(shown)


@pytest.mark.django_db
def test_steps_that_went_stand_behind_the_one_they_followed():
    old, new = line(5), line(5)
    new = replace(new, steps=tuple(one for one in new.steps if one.key not in ("start", "s1", "s2")))
    new = replace(new, flows=flows("s0.done>s3", "s3.done>s4", "s4.done>end"))
    keys = [box.key for box in pictures.comparison(old, new).boxes if ":" not in box.key]
    assert keys == ["start", "s0", "s1", "s2", "s3", "s4", "end"]


# -- the page ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_says_how_much_more_there_is():
    former = make_version(line(180, checklist=items(3, "")))
    latter = publishing.draft_from(line(180, "!", checklist=items(3, "!")), former.definition, by=None)
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True, language="en"))
    for page in ("compare", "publish"):
        answer = client.get(reverse(f"admin:processes_processversion_{page}", args=[latter.pk]))
        html = answer.content.decode()
        assert answer.status_code == 200
        assert f"{180 * 4 - MOST_SHOWN} further ones are not" in html
        assert "of 182 steps" in html
        assert '<span class="quiet">(180)</span>' in html
        assert html.count("<ins>") + html.count("data-label") < 3000
