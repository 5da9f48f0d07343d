"""Called processes: what a caller needs of them, what they owe their callers, and calls that never end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import User
from processes import publishing
from processes.checking.callchecks import Caller, Outside
from processes.importing import Report, import_yaml
from processes.models import ProcessVersion
from processes.stepplans import Call
from processes.tests.builders import make_team, make_user
from processes.tests.files import AFTERWARDS, EVERYTHING, PART
from processes.tests.test_stepchecks import AROUND, called, found_in

LOOP = """\
process: {key}
name: {key}
owner_team: service
start: {{next: {first}}}
steps:
  rufen: {{name: Rufen, process: {other}, next: ende}}
  tun: {{name: Tun, team: service, next: rufen}}
  weiche: {{name: Weiche, branches: [{{else: rufen}}]}}
  ende: {{kind: end, name: Fertig}}
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("process: zuarbeit", "process: fremd", "call_unknown"),
        ("in: {summe: betrag}", "in: {summen: betrag}", "their_field_unknown"),
        ("in: {summe: betrag}", "in: {summe: menge}", "field_types"),
        ("out: {notiz: ergebnis}", "out: {notiz: nie}", "their_field_unknown"),
        ("out: {notiz: ergebnis}", "out: {betrag: ergebnis}", "field_types"),
        ("ends: [ende, ende2]", "ends: [ende, ende9]", "end_unknown"),
        ("    in: {summe: betrag}\n", "", "input_missing"),
        ("otherwise: true", "ends: ende", "otherwise_missing"),
        ("otherwise: true", "ends: ende", "end_twice"),
        (", ends: [ende, ende2]", "", "outcome_without_end"),
    ],
)
def test_a_caller_is_told_what_does_not_fit(old: str, new: str, code: str):
    found = [one for one, _line in found_in(EVERYTHING.replace(old, new, 1)) if one.code == code]
    assert [one.step for one in found] == ["einholen"]
    assert "Einholen" in str(found[0].message)


def test_a_finding_about_ends_and_fields_names_its_line():
    text = EVERYTHING.replace("ends: [ende, ende2]", "ends: [ende9]").replace(
        "{summe: betrag}", "{summen: betrag}"
    )
    lines = {one.code: line for one, line in found_in(text)}
    assert lines["end_unknown"] == text[: text.index("ends: [ende9]")].count("\n") + 1
    assert lines["their_field_unknown"] == text[: text.index("{summen")].count("\n") + 1


def test_a_process_that_is_not_published_is_named():
    outside = replace(AROUND, called={"nachlauf": called(AFTERWARDS)})
    found, twice = [one for one, _line in found_in(EVERYTHING, outside)]
    assert twice.code == "end_reached_twice"
    assert (found.code, "Zuarbeit" in str(found.message)) == ("call_unpublished", True)


def test_a_called_process_reaches_one_end_a_run():
    twice = PART.replace("gut: ende,", "gut: [ende, ende2],")
    outside = replace(AROUND, called={**AROUND.called, "zuarbeit": called(twice)})
    codes = [one.code for one, _line in found_in(EVERYTHING, outside)]
    assert codes == ["call_several_ends", "end_reached_twice"]
    parsed_codes = [one.code for one, _line in found_in(twice, called_by("zuarbeit"))]
    assert parsed_codes == ["callers_several_ends"]


def called_by(process: str, **call: object) -> Outside:
    """The process is called by “Groß” with a text field `notiz` and an amount `betrag`."""
    caller = Caller("Groß", "Holen", Call(process, **call), {"notiz": "text", "betrag": "money"})  # type: ignore[arg-type]
    return Outside(process=process, callers=(caller,))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"inputs": (("preis", "betrag"),)}, "caller_misses_field"),
        ({"inputs": (("summe", "notiz"),)}, "caller_other_type"),
        ({"outputs": (("notiz", "weg"),)}, "caller_misses_field"),
        ({"outputs": (("notiz", "summe"),)}, "caller_other_type"),
        ({"ends": (("ende9", "x"),), "otherwise": "y"}, "caller_misses_end"),
        ({"ends": (("ende", "x"), ("ende2", "x"))}, "caller_misses_meaning"),
    ],
)
def test_a_called_process_keeps_what_its_callers_rely_on(call: dict[str, object], code: str):
    found = [one for one, _line in found_in(PART, called_by("zuarbeit", **call))]
    assert [one.code for one in found] == [code]
    assert "Groß" in str(found[0].message) and "Holen" in str(found[0].message)


def test_callers_that_rely_on_what_is_there_say_nothing():
    outside = called_by("zuarbeit", inputs=(("summe", "betrag"),), outputs=(("notiz", "ergebnis"),))
    assert list(found_in(PART, outside)) == []


def loop(key: str, other: str, first: str = "weiche") -> str:
    return LOOP.format(key=key, other=other, first=first)


def codes(text: str, **others: str) -> set[str]:
    """Codes found in a process that may call these."""
    parsed = {key: called(one) for key, one in others.items()}
    outside = Outside(process="a", names=dict.fromkeys(["a", *others], "X"), called=parsed)
    return {one.code for one, _line in found_in(text, outside)} - {"unreachable"}


def test_calls_in_a_ring_need_a_wait():
    assert codes(loop("a", "a")) == {"call_endless"}
    assert codes(loop("a", "a", "tun")) == set()
    assert codes(loop("a", "b"), b=loop("b", "a")) == {"call_endless"}
    assert codes(loop("a", "b"), b=loop("b", "a", "tun")) == set()
    assert codes(loop("a", "b"), b=loop("b", "c"), c=loop("c", "b")) == set()


def test_a_call_behind_one_that_ends_at_once_is_no_wait():
    at_once = (
        "process: c\nname: C\nowner_team: service\nstart: {next: ende}\nsteps: {ende: {kind: end, name: E}}\n"
    )
    text = loop("a", "c").replace("next: ende}", "next: noch}", 1)
    text += "  noch: {name: Noch, process: a, next: ende}\n"
    assert codes(text, c=at_once) == {"call_endless"}
    assert codes(text, c=AFTERWARDS) == set()


def test_calls_are_ten_levels_deep_at_most():
    calls = {f"p{number}": frozenset({f"p{number + 1}"}) for number in range(12)}
    for number, is_too_deep in ((9, False), (10, True)):
        outside = Outside(process="a", calls={f"p{n}": calls[f"p{n}"] for n in range(number)})
        parsed = loop("a", "p0", "tun")
        found = {one.code for one, _line in found_in(parsed, outside)}
        assert ("call_too_deep" in found) == is_too_deep
    above = Outside(
        process="a", calls={**{f"p{n}": calls[f"p{n}"] for n in range(9)}, "p9": frozenset({"a"})}
    )
    assert "call_too_deep" in {one.code for one, _line in found_in(loop("a", "x", "tun"), above)}


# -- with the database ---------------------------------------------------------------------------------------


def bring(text: str, **options: bool) -> Report:
    return import_yaml(text.encode(), **options)  # type: ignore[arg-type]


@pytest.fixture
def family(db: None, settings: object) -> User:
    """The two called processes are published; the caller's people and addresses are there."""
    settings.WEBHOOK_HOSTS = ["example.org"]  # type: ignore[attr-defined]
    people = [make_user(name, make_team(), lead=name == "c") for name in ("a", "b", "c", "d", "e", "f")]
    for text in (PART, AFTERWARDS):
        assert bring(text, publish=True).is_publishable
    return people[0]


def test_a_caller_is_published_with_the_published_versions_it_calls(family: User):
    report = bring(EVERYTHING, publish=True)
    assert [one.code for one in report.problems] == ["end_reached_twice"]
    assert report.version is not None and report.version.state == "published"


def test_a_called_process_cannot_drop_what_a_published_caller_needs(family: User):
    bring(EVERYTHING, publish=True)
    report = bring(PART.replace("summe", "preis"), publish=True)
    assert (report.is_imported, [one.code for one in report.problems]) == (False, ["caller_misses_field"])
    assert report.lines[0] == 4
    assert bring(PART.replace("name: Mittel", "name: Mittelgut"), publish=True).is_imported


def test_who_calls_a_version_is_said_before_it_is_retired(family: User):
    bring(EVERYTHING, publish=True)
    version = ProcessVersion.objects.get(definition__key="zuarbeit")
    assert [(one.process, one.step) for one in publishing.callers(version)] == [("Alles", "Einholen")]
    publishing.retire(version, by=None)
    draft = publishing.new_draft(version, by=None)
    assert publishing.callers(draft) == ()


def test_the_facts_take_the_same_number_of_statements_however_many_are_called(family: User):
    version = bring(EVERYTHING).version
    assert version is not None
    with CaptureQueriesContext(connection) as few:
        publishing.problems(version)
    many = EVERYTHING
    for number in range(5):
        key = f"zuarbeit{number}"
        assert bring(PART.replace("process: zuarbeit", f"process: {key}"), publish=True).is_publishable
        many += (
            f"  noch{number}: {{name: Noch {number}, process: {key}, in: {{summe: betrag}}, next: ende}}\n"
        )
    larger = bring(many).version
    assert larger is not None
    with CaptureQueriesContext(connection) as all_:
        found = publishing.problems(larger)
    assert {one.code for one in found} == {"unreachable"}
    assert len(few) == len(all_) <= 26
