"""Comparing two versions: which two, what the page says about them, and who may come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from processes import nets, publishing
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan
from processes.comparing import versionchanges, worddiff
from processes.comparing.versionchanges import Changes, Known
from processes.escalation import Level
from processes.models import ProcessVersion
from processes.tests.builders import (
    LEAD_AT_DEADLINE,
    complaint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    only_if,
    single,
    task,
)
from processes.words import levelwords

pytestmark = pytest.mark.django_db
LONG = "Bitte die Unterlagen vollständig lesen, bevor der Kunde angerufen wird, und alles notieren."


def door(version: ProcessVersion, query: str = "") -> str:
    return reverse("admin:processes_processversion_compare", args=[version.pk]) + query


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True))
    return client


def with_step(plan: Blueprint, key: str, **changes: object) -> Blueprint:
    steps = tuple(replace(one, **changes) if one.key == key else one for one in plan.steps)
    return replace(plan, steps=steps)


def between(old: Blueprint, new: Blueprint) -> Changes:
    return versionchanges.between(old, new, Known(teams={"service": "Kundenservice"}))


def facts(changes: Changes) -> list[tuple[str, str, str, str]]:
    groups = (*changes.changed, *changes.fields, *changes.timing)
    return [(group.name, one.about, one.old, one.new) for group in groups for one in group.changes]


def test_steps_that_came_and_went_are_rows_and_tell_nothing_else():
    new = complaint()
    old = replace(
        new,
        steps=tuple(one for one in new.steps if one.key != "approve"),
        flows=flows("start>capture", "capture.complete>check", "capture.question>end", "check.ok>end"),
    )
    found = between(old, new)
    assert [(row.name, row.who) for row in found.added] == [("Approve", "Kundenservice")]
    assert between(new, old).removed == found.added
    assert {group.name for group in found.changed} == {"Check"}


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"team": "service"}, "quality", "Kundenservice"),
        ({"name": "Sichten"}, "Check", "Sichten"),
        ({"assignment": "fewest_open"}, "–", "Wer im Team die wenigsten offenen Aufgaben hat"),
        ({"apart_key": "capture"}, "–", "Capture"),
        ({"approves_fields": ("amount",)}, "–", "Betrag"),
        ({"instructions": "Kurz."}, "–", "Kurz."),
    ],
)
def test_facts_of_a_step_read_as_words(changes: dict[str, object], old: str, new: str):
    (fact,) = facts(between(complaint(), with_step(complaint(), "check", **changes)))
    assert fact[2:] == (old, new)


def test_deadlines_stand_in_a_table_of_their_own():
    new = with_step(complaint(), "check", deadline="2d")
    new = replace(new, deadlines=(DeadlinePlan(basis="case", offset="10d"),))
    found = between(complaint(), new)
    assert [group.name for group in found.timing] == ["Der ganze Vorgang", "Check"]
    assert [(one.old, one.new) for one in found.timing[1].changes] == [("8 Arbeitsstunden", "2 Arbeitstage")]
    assert not found.changed


def test_a_changed_way_names_steps_and_conditions():
    plan = Blueprint(
        fields=(FieldPlan("urgent", "Eilig", "yesno"),),
        steps=(*single().steps, task("gate"), task("board")),
    )
    old = replace(plan, flows=flows("gate>board"))
    new = replace(plan, flows=(*flows("gate>work*"), only_if("gate>board", "urgent is yes")))
    ((_name, about, before, after),) = facts(between(old, new))
    assert about == "nächster Schritt"
    assert before == "Board"
    assert after == "Work (sonst); Board (Eilig ist Ja)"


def test_a_long_text_is_merged_word_by_word_and_escaped(admin: Client):
    former = make_version(with_step(complaint(), "check", instructions=LONG))
    text = LONG.replace("vollständig", "<b>genau</b>")
    latter = publishing.draft_from(
        with_step(complaint(), "check", instructions=text), former.definition, by=None
    )
    page = admin.get(door(latter)).content.decode()
    assert "<del>vollständig</del>" in page
    assert "<ins>&lt;b&gt;genau&lt;/b&gt;</ins>" in page
    assert "<b>genau" not in page


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", "neu"),
        ("a b", ""),
        ("a b c", "a x c"),
        ("a b", "x y "),
        (" a", "b "),
        ("eins\nzwei\n", "eins\ndrei\n"),
    ],
)
def test_both_texts_can_be_read_out_of_the_merged_one(old: str, new: str):
    parts = worddiff.merged(old, new)
    assert "".join(one.text for one in parts if one.kind != "new") == old
    assert "".join(one.text for one in parts if one.kind != "old") == new


def test_a_replaced_phrase_is_told_as_one():
    parts = worddiff.merged("Rechnung im Zweifel prüfen.", "Rechnung noch heute prüfen.")
    assert [(one.kind, one.text) for one in parts] == [
        ("same", "Rechnung "),
        ("old", "im Zweifel"),
        ("new", "noch heute"),
        ("same", " prüfen."),
    ]


def test_very_long_texts_are_compared_by_lines_and_then_as_a_whole():
    lines = "".join(f"Zeile {number} mit einigen Wörtern\n" for number in range(1000))
    changed = lines.replace("Zeile 500 mit", "Zeile 500 ohne")
    kinds = [one.kind for one in worddiff.merged(lines, changed)]
    assert kinds == ["same", "old", "new", "same"]
    assert [one.kind for one in worddiff.merged("a\n" * 2000, "b\n" * 2000)] == ["old", "new"]


def test_the_published_version_is_the_other_one_unless_another_is_chosen(admin: Client):
    first = make_version(complaint())
    second = make_version(single(), first.definition)
    third = publishing.new_draft(first, by=None)
    assert admin.get(door(third)).context["former"] == second
    assert admin.get(door(second)).context["former"] == first
    chosen = admin.get(door(third, f"?with={first.pk}"))
    assert (chosen.context["former"], chosen.context["latter"]) == (first, third)


def test_the_lower_number_is_the_one_before_whatever_the_address(admin: Client):
    first = make_version(complaint())
    second = make_version(single(), first.definition)
    page = admin.get(door(first, f"?with={second.pk}"))
    assert (page.context["former"], page.context["latter"]) == (first, second)
    moved = admin.get(door(first, f"?with={first.pk}&to={second.pk}"))
    assert moved.url == door(second, f"?with={first.pk}")


def test_versions_that_say_the_same_and_a_single_one_have_an_empty_state(admin: Client):
    only = make_version(complaint())
    only.plans = nets.plan_snapshot()
    only.save()
    assert "version-empty" in admin.get(door(only)).content.decode()
    page = admin.get(door(publishing.new_draft(only, by=None)))
    assert not page.context["changes"]
    assert "version-empty" in page.content.decode()
    assert not page.context["diagram"]


def test_levels_of_a_plan_that_changed_since_publishing_are_told(admin: Client):
    former = make_version(complaint())
    page = admin.get(door(publishing.new_draft(former, by=None)))
    ((group,), others) = page.context["changes"].timing, page.context["changes"].changed
    assert not others and not page.context["diagram"]
    assert "Standard" in group.name
    assert group.changes[0].old == levelwords.sentence(Level.from_json(LEAD_AT_DEADLINE[0]))
    assert "\n" in group.changes[0].new


def test_versions_of_different_processes_are_not_found(admin: Client):
    one = make_version(complaint())
    other = make_version(single(), make_definition("ticket"))
    for query in (f"?with={other.pk}", f"?to={other.pk}", "?with=abc", "?with=999999"):
        assert admin.get(door(one, query)).status_code == 404
    assert admin.post(door(one)).status_code == 405


@pytest.mark.parametrize("roles", [{}, {"is_user_admin": True}, {"is_operator": True}, {"is_auditor": True}])
@pytest.mark.parametrize("page", ["compare", "revise", "copy", "retire", "publish"])
def test_only_process_administrators_come_here(roles: dict[str, bool], page: str):
    version, client = make_version(complaint()), Client()
    client.force_login(make_user("Jemand", make_team(), **roles))
    url = reverse(f"admin:processes_processversion_{page}", args=[version.pk])
    assert client.get(url).status_code in (403, 404)
    assert client.post(url, {"confirmed": "1"}).status_code in (403, 404)
    version.refresh_from_db()
    assert version.state == "published"


def test_the_number_of_statements_does_not_grow_with_the_steps(admin: Client):
    def statements(key: str, number: int) -> int:
        names = [f"s{at}" for at in range(number)]
        line = ["start>s0", *(f"{a}.done>{b}" for a, b in zip(names, [*names[1:], "end"], strict=True))]
        plan = replace(
            single(),
            steps=(single().steps[0], *map(task, names), single().steps[-1]),
            flows=flows(*line),
        )
        former = make_version(plan, make_definition(key))
        renamed = replace(plan, steps=tuple(replace(one, name=f"{one.name} neu") for one in plan.steps))
        latter = publishing.draft_from(renamed, former.definition, by=None)
        admin.get(door(latter))
        with CaptureQueriesContext(connection) as captured:
            assert len(admin.get(door(latter)).context["changes"].changed) == number + 2
        return len(captured)

    assert statements("small", 2) == statements("large", 12)
