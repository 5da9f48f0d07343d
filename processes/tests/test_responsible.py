"""Who gets a task, in words: the same in pictures, in tables and before publishing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from processes import blueprint
from processes.adminpages import templatewords
from processes.blueprint import FieldPlan
from processes.comparing import affected, versionchanges
from processes.models import ProcessDefinition
from processes.nets import compile_version
from processes.outlines import outline_of, outline_of_version
from processes.tests.builders import complaint, make_team, make_user, make_version, repeated
from processes.words.planwords import Names

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def assigned(key="check", **how):
    """The complaint with one step assigned otherwise, and a field that names somebody."""
    plan = complaint()
    steps = tuple(replace(one, **how) if one.key == key else one for one in plan.steps)
    boss = FieldPlan("boss", "Vorgesetzte", "person")
    return replace(plan, steps=steps, fields=(*plan.fields, boss))


def vote(**config):
    plan = assigned()
    steps = tuple(repeated(one, **config) if one.key == "check" else one for one in plan.steps)
    return replace(plan, steps=steps)


def said(plan, key="check"):
    """What the picture says of a blueprint, and of the version made of it: the same."""
    (drawn,) = (box.sub for box in outline_of(plan).boxes if box.key == key)
    version = make_version(plan, ProcessDefinition.objects.first())
    compiled = outline_of_version(compile_version(version))
    assert drawn == next(box.sub for box in compiled.boxes if box.key == key)
    return drawn


def test_a_field_is_named_whatever_team_stands_in():
    assert said(assigned(assignment="from_field", field_key="boss", team="")) == "as “Vorgesetzte” says"
    assert said(assigned(assignment="from_field", field_key="boss")) == "as “Vorgesetzte” says"


def test_a_person_and_another_step_are_named():
    anna = make_user("Anna", make_team("quality"))
    assert said(assigned(assignment="person", person=anna.email)) == "Anna"
    assert said(assigned(assignment="same_as", reference_key="capture")) == "who did “Capture”"


def test_rules_that_choose_within_the_team_name_the_team():
    make_team("quality", name="Qualität")
    for rule in ("pool", "fewest_open", "round_robin"):
        assert said(assigned(assignment=rule)) == "Qualität"
    assert said(assigned(assignment="not_same_as", reference_key="capture")) == "Qualität"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"over": "team", "key": "board"}, "vote: Vorstand (all must agree)"),
        ({"over": "team", "key": "board", "quorum": "majority"}, "vote: Vorstand (majority)"),
        ({"over": "team", "key": "board", "quorum": "first"}, "vote: Vorstand (the first one decides)"),
        ({"over": "team", "key": "board", "quorum": "count", "count": 2}, "vote: Vorstand (2 votes decide)"),
        ({"over": "persons", "persons": ["anna@example.org"]}, "vote: Anna (all must agree)"),
        ({"over": "persons", "persons": [f"p{n}@example.org" for n in range(5)]},
         "vote: 5 people (all must agree)"),
        ({"over": "persons", "quorum": "count"},
         "vote: nobody chosen yet (how many votes decide is not said yet)"),
        ({"over": "team"}, "vote: nobody chosen yet (all must agree)"),
        ({"over": "field", "key": "boss"}, "vote: as “Vorgesetzte” says (all must agree)"),
    ],
)  # fmt: skip
def test_of_a_vote_is_said_who_votes_and_what_decides(config, expected):
    make_user("Anna", make_team("board", name="Vorstand"))
    assert said(vote(**config)) == expected


def test_tables_use_the_same_words():
    make_team("quality", name="Qualität")
    plan = assigned(assignment="from_field", field_key="boss")
    names = Names.of(plan, teams={"quality": "Qualität"})
    row = next(one for one in templatewords.rows(plan, names) if one.name == "Check")
    assert row.responsible == "as “Vorgesetzte” says; Qualität"
    (told,) = (one for one in affected.between(complaint(), plan, versionchanges.Known()) if not one.is_team)
    assert (told.name, told.gained) == ("as “Vorgesetzte” says", ("Check",))


def test_a_step_or_a_field_that_is_only_renamed_gives_nobody_other_tasks():
    for how in (
        {"assignment": "same_as", "reference_key": "capture"},
        {"assignment": "from_field", "field_key": "boss"},
    ):
        old = assigned(**how)
        steps = tuple(replace(one, name="Erfassen") if one.key == "capture" else one for one in old.steps)
        fields = tuple(replace(one, label=f"{one.label} (neu)") for one in old.fields)
        new = replace(old, steps=steps, fields=fields)
        assert affected.between(old, new, versionchanges.Known()) == ()


def test_a_stored_version_reads_the_same_as_its_blueprint():
    plan = assigned(assignment="from_field", field_key="boss")
    version = make_version(plan)
    assert outline_of(blueprint.read(version)).boxes == outline_of_version(compile_version(version)).boxes
