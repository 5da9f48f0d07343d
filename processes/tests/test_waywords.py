"""What the page writes for whoever edits – gateways without a name – is read nowhere: pages tell the steps
around it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import translation

from processes import pictures, publishing
from processes.adminpages.templatewords import rows
from processes.blueprint import Blueprint, StepPlan
from processes.checking import checks
from processes.comparing.versionchanges import Known, between
from processes.diagram import listing
from processes.diagram.model import Mark
from processes.editing import choices
from processes.tests.builders import flows, make_user, make_version, node, task
from processes.words.planwords import Names
from processes.words.stepnames import step_names


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def gateway(key: str, kind: str) -> StepPlan:
    return StepPlan(key, kind, "")


def offer(*, merged: bool = True) -> Blueprint:
    """start → check (ok, limited) and price together; then offer, when both are done."""
    merging = (gateway("nach_check", "exclusive"),) if merged else ()
    ways = (
        ("check.ok>nach_check", "check.limited>nach_check", "nach_check>vor_offer")
        if merged
        else ("check.ok>vor_offer", "check.limited>end")
    )
    return Blueprint(
        steps=(
            node("start", "start"),
            gateway("nach_start", "parallel"),
            task("check", outcomes="ok limited"),
            *merging,
            task("price"),
            gateway("vor_offer", "parallel"),
            task("offer"),
            node("end", "end"),
        ),
        flows=flows(
            "start>nach_start",
            "nach_start>check",
            "nach_start>price",
            *ways,
            "price.done>vor_offer",
            "vor_offer>offer",
            "offer.done>end",
        ),
    )


def test_a_table_of_steps_tells_what_is_waited_for_instead_of_gateways():
    found = {row.name: row for row in rows(offer(), Names.of(offer()))}
    assert list(found) == ["Check", "Price", "Offer"]
    target = "Offer (when all are done of: Check, Price)"
    assert [(way.label, way.targets) for way in found["Check"].ways] == [("Ok", target), ("Limited", target)]
    assert found["Offer"].notes == ("Begins when all are done of: Check, Price.",)


def test_a_folded_gateway_is_called_as_the_step_it_belongs_to():
    names = step_names(offer())
    assert (names["nach_start"], names["nach_check"], names["vor_offer"]) == ("Start", "Offer", "Offer")


def test_a_gateway_that_stands_alone_is_called_by_the_nearest_step_with_a_name():
    steps = (node("start", "start"), gateway("a", "exclusive"), gateway("b", "exclusive"), node("end", "end"))
    lonely = Blueprint(steps=steps, flows=flows("start>a", "start>b", "a>b", "b>end"))
    names = step_names(lonely)
    assert names["a"] == names["b"] == "waiting before End"


def test_a_finding_about_a_join_names_the_step_behind_it():
    found = checks.problems_of(offer(merged=False), number_pattern="R-{seq}")
    said = [str(one.message) for one in found if one.step == "vor_offer"]
    assert said
    assert all("“Offer”" in one and "vor_" not in one and "waiting" not in one for one in said)


@pytest.mark.django_db
def test_comparing_tells_ways_by_their_steps_and_marks_the_same_on_the_picture():
    keys = ("vor_offer", "nach_check")
    old = Blueprint(
        steps=tuple(one for one in offer().steps if one.key not in keys),
        flows=flows(
            "start>nach_start",
            "nach_start>check",
            "nach_start>price",
            "check.ok>offer",
            "check.limited>offer",
            "price.done>end",
            "offer.done>end",
        ),
    )
    changes = between(old, offer(), Known())
    said = {(group.name, one.about, one.old, one.new) for group in changes.changed for one in group.changes}
    both = "when all are done of: Check, Price"
    assert ("Offer", "begins", "as soon as one of the ways gets here", both) in said
    assert ("Price", "next step after “Done”", "End", f"Offer ({both})") in said
    assert not changes.added and not changes.removed and not changes.others
    marks = {box.key: box.mark for box in pictures.comparison(old, offer()).boxes}
    changed = {group.name for group in changes.changed}
    assert {key.title() for key in ("check", "price", "offer") if marks[key] is Mark.CHANGED} == changed


def test_other_keys_of_folded_gateways_are_no_difference():
    renamed = Blueprint(
        steps=tuple(replace(one, key=one.key.replace("vor_", "v_")) for one in offer().steps),
        flows=tuple(
            replace(one, source=one.source.replace("vor_", "v_"), target=one.target.replace("vor_", "v_"))
            for one in offer().flows
        ),
    )
    assert not between(offer(), renamed, Known())


def test_order_is_told_by_what_moved_only():
    steps = offer().steps
    moved = replace(offer(), steps=(*steps[:2], steps[4], steps[2], steps[3], *steps[5:]))
    ((one,),) = [between(offer(), moved, Known()).others]
    assert one.new in ("“Price” stands before “Check” now.", "“Check” stands before “Offer” now.")


@pytest.mark.django_db
def test_the_list_beside_a_picture_has_no_row_where_ways_only_meet():
    shown = listing.rows(pictures.picture_of(offer(), pictures.Marks()))
    assert [row.box.key for row in shown] == ["start", "check", "price", "offer", "end"]
    onward = {row.box.key: [one.target.label for one in row.onward] for row in shown}
    assert onward["start"] == ["Check", "Price"]
    assert onward["price"] == ["Offer (waits for all)"]
    assert onward["check"] == ["Offer (waits for all)"] * 2


@pytest.mark.django_db
def test_no_page_of_a_version_shows_a_gateway_without_a_name():
    version = make_version(offer())
    draft = publishing.new_draft(version, by=None)
    client = Client(headers={"accept-language": "de"})
    client.force_login(make_user("Adele", is_process_admin=True))
    base = "/admin/processes/processversion"
    for page in (
        f"{base}/{version.pk}/change/",
        f"{base}/{draft.pk}/compare/",
        f"{base}/{draft.pk}/publish/",
    ):
        html = client.get(page).content.decode()
        assert "vor_offer" not in html and "Warten vor" not in html
    cards = client.get(f"{base}/{version.pk}/texts/").context["cards"]
    assert [card.name for card in cards] == ["Start", "Check", "Price", "Offer", "End"]


@pytest.mark.parametrize(
    "typed", ["Preis\nMenge\nPreis", "eins = Preis\nMenge", "preis = Preis", "a = b = c", "Ä\nae = Ä\nÄ"]
)
def test_choices_come_back_as_they_were_meant(typed: str):
    read = choices.read_choices(typed)
    assert choices.read_choices(choices.show_choices(read)) == read


def test_choices_show_keys_only_where_the_label_gives_another_one():
    assert choices.show_choices(choices.read_choices("Preis\nm = Menge")) == "Preis\nm = Menge"
