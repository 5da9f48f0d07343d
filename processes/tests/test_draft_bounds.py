"""The page of a draft is drawn in bounded time and stores nothing cut short, however much it is sent."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.test import Client

from processes import blueprint
from processes.blueprint import ItemPlan
from processes.editing.typed import MOST_ROWS, TooManyRows, Typed
from processes.models import ProcessVersion
from processes.tests.draft_page import DraftPage, opened, step

pytestmark = pytest.mark.django_db


# -- lists without end ---------------------------------------------------------------------------------------


def test_a_full_list_takes_no_more_rows():
    typed = Typed({"steps": [f"s{number}" for number in range(1, MOST_ROWS + 1)]})
    with pytest.raises(TooManyRows):
        typed.add("steps")


def test_adding_to_a_full_list_says_so_and_loses_nothing(page: DraftPage):
    row = page.row("check")
    items = [f"{row}-i{number}" for number in range(1, MOST_ROWS + 1)]
    page.put(f"{row}-checklist", *items)
    for one in items:
        page.put(f"{one}-text", one)
    response = page.send(f"add:{row}-checklist")
    assert response.status_code == 422
    assert str(MOST_ROWS) in response.content.decode()
    page.read(response)
    assert page.typed[f"{row}-checklist"] == items


def test_a_draft_too_large_for_the_page_is_shown_and_not_shortened(admin: Client, version: ProcessVersion):
    items = tuple(ItemPlan(f"i{number}", f"Punkt {number}") for number in range(MOST_ROWS + 1))
    plan = blueprint.read(version)
    large = replace(
        plan, steps=tuple(replace(one, checklist=items) if one.key == "check" else one for one in plan.steps)
    )
    draft = ProcessVersion.objects.create(definition=version.definition, number=7)
    blueprint.write(draft, large)
    response = admin.get(opened(admin, version).url.replace(f"/{version.pk}/", f"/{draft.pk}/"))
    assert response.status_code == 200
    assert 'id="draft"' not in response.content.decode()


def test_choices_are_read_in_bounded_time(page: DraftPage, version: ProcessVersion):
    row = page.row("cause")
    page.put(f"{page.row('check')}-kind", "action")
    for text in ("a\n" * 500_000, "a" + " " * 1_000_000 + "b"):
        began = time.monotonic()
        page.put(f"{row}-choices_text", text)
        assert page.send("preview").status_code == 200
        assert page.send("save").status_code == 422
        assert time.monotonic() - began < 10
    assert len(next(one for one in blueprint.read(version).fields if one.key == "cause").choices) == 2


def test_names_stand_shortened_for_their_rows(page: DraftPage):
    page.put("s2-name", "x" * 100_000)
    assert len(page.send("redraw").content) < 2_000_000


def test_only_rows_opened_last_show_their_details(page: DraftPage):
    steps = [f"s{number}" for number in range(1, 101)]
    page.put("steps", *steps).put("open", *steps)
    page.read(page.send("redraw"))
    assert page.typed["open"] == steps[-20:]


def test_steps_named_together_find_room(page: DraftPage, version: ProcessVersion):
    for number in range(10, 14):
        page.put("steps", *page.typed["steps"], f"s{number}").put(
            f"s{number}-name", f"{number}" + "lang" * 25
        )
        page.put(f"s{number}-key", "k" * 58 + str(number))
    page.put(f"{page.row('check')}-apart", "s10", "s11", "s12", "s13")
    assert page.send("save").status_code == 422
    page.put(f"{page.row('check')}-apart", "s10", "s11")
    assert page.send("save").status_code == 302
    assert len(step(version, "check").apart_key) == 122


# -- dense drafts --------------------------------------------------------------------------------------------


def dense(tasks: int, ways: int) -> dict[str, list[str]]:
    """A page of tasks that each begin many others at once."""
    typed = {"steps": ["s1", *(f"s{number}" for number in range(2, tasks + 3))], "seen_version": ["1"]}
    typed |= {"s1-kind": ["start"], "s1-on-branches": ["s1-on-w1"], "s1-on-w1-target": ["s2"]}
    typed |= {f"s{tasks + 2}-kind": ["end"], "version-language": ["de"]}
    for number in range(2, tasks + 2):
        one = f"s{number}-o1"
        branches = [f"{one}-w{way}" for way in range(1, ways + 1)]
        typed |= {f"s{number}-outcomes": [one], f"{one}-label": ["ok"], f"{one}-after": ["all"]}
        typed |= {f"{one}-branches": branches}
        typed |= {f"{row}-target": [f"s{2 + (number + 7 * way) % tasks}"] for way, row in enumerate(branches)}
    return typed


@pytest.mark.parametrize(("tasks", "ways"), [(40, 39), (20, 20), (190, 8)])
def test_a_dense_draft_keeps_nobody_waiting(page: DraftPage, tasks: int, ways: int):
    page.typed = {**dense(tasks, ways), "csrfmiddlewaretoken": ["x"]}
    began = time.process_time()
    response = page.send("preview")
    assert response.status_code == 200
    assert time.process_time() - began < 15
