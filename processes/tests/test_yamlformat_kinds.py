"""Every kind of step in a file: read, written back alike, faults with their line, nothing ever raised."""

from __future__ import annotations

from typing import Any

import pytest

from processes.blueprint import OutcomePlan, StepPlan
from processes.files import yamlexport, yamlformat
from processes.moments import Basis, Moment
from processes.stepplans import Action, Call, Do, Over, Quorum, Repeat, StepConfig
from processes.tests.files import EVERYTHING
from processes.tests.test_yamlformat import faults


def steps_of(text: str = EVERYTHING) -> dict[str, StepPlan]:
    parsed = yamlformat.read(text.encode())
    assert parsed.faults == []
    return {one.key: one for one in parsed.plan.steps}


def config(key: str) -> StepConfig:
    return StepConfig.from_json(steps_of()[key].config)


def test_everything_is_read_and_written_back_alike():
    parsed = yamlformat.read(EVERYTHING.encode())
    assert parsed.faults == [] and parsed.head is not None
    again = yamlformat.read(yamlexport.dump(parsed.head, parsed.plan).encode())
    assert (again.faults, again.head) == ([], parsed.head)
    assert again.plan == parsed.plan


def test_fields_have_limits_in_the_form_of_their_type():
    fields = {one.key: one for one in yamlformat.read(EVERYTHING.encode()).plan.fields}
    assert fields["betrag"].limits == {"min": "0.00", "max": "9999.50"}
    assert fields["menge"].limits == {"min": "1", "max": "12"}
    assert fields["eintritt"].limits == {"min": "2026-01-01"}
    assert fields["kennung"].limits == {"pattern": "AA-99", "min_length": 2, "max_length": 9}
    assert [fields[key].type for key in ("themen", "farbe", "anlage")] == ["multichoice", "choice", "file"]


def test_a_task_says_who_how_often_and_what_it_approves():
    check = steps_of()["pruefen"]
    assert (check.assignment, check.apart_key, check.max_visits) == ("round_robin", "freigeben, stimmen", 3)
    assert check.approves_fields == ("betrag", "menge")
    assert [(one.key, one.parent, one.is_mandatory) for one in check.checklist] == [
        ("unterlagen_gesichtet", "", True),
        ("vertrag", "unterlagen_gesichtet", True),
        ("zwei", "unterlagen_gesichtet", False),
        ("kopiert", "", False),
    ]
    assert check.fields[-1].mode == "hidden"
    assert (steps_of()["freigeben"].assignment, steps_of()["freigeben"].field_key) == ("from_field", "wer")


def test_outcomes_say_when_the_clock_chooses_them_and_what_they_stop():
    check = steps_of()["pruefen"]
    assert [(one.key, one.is_clock, one.is_interrupting, dict(one.after)) for one in check.outcomes] == [
        ("in-ordnung", False, True, {}),
        ("keine_antwort", True, True, {"basis": "step", "offset": "5d"}),
        ("spaet", True, False, {"basis": "field", "offset": "-5d", "key": "eintritt"}),
        ("lang", True, True, {"basis": "case", "offset": "10d"}),
    ]
    assert (check.outcomes[0].is_approval, check.outcomes[0].cancels) == (True, ("erinnern",))
    assert [one.is_no_agreement for one in steps_of()["stimmen"].outcomes] == [False, False, True]


def test_words_imply_the_kind():
    kinds = {key: step.kind for key, step in steps_of().items()}
    assert (kinds["warten"], kinds["erinnern"], kinds["einholen"]) == ("timer", "action", "subprocess")


def test_automatic_steps_say_what_they_do():
    assert config("warten").wait == Moment(Basis.AFTER, "2d", "pruefen")
    assert config("erinnern").action == Action(
        Do.MAIL,
        to=("customer", "team:service", "field:wer", "chef@example.org"),
        subject="Zu {number}",
        text="Guten Tag,\nes geht um {betrag}.",
    )
    assert dict(config("setzen").action.values) == {  # type: ignore[union-attr]
        "notiz": "=kennung",
        "menge": "5",
        "geprueft": "true",
        "eintritt": "today",
        "farbe": "blau",
        "kennung": "",
    }
    assert config("melden").action == Action(
        Do.WEBHOOK, url="https://example.org/hook", fields=("betrag", "menge")
    )
    given_up = steps_of()["erinnern"].outcomes
    assert given_up == (OutcomePlan("failed", "Nicht zustellbar", cancels=("warten",)),)
    assert steps_of()["erinnern"].instructions == "Damit niemand es vergisst."


def test_a_called_process_and_what_its_ends_mean():
    assert config("einholen").call == Call(
        "zuarbeit",
        inputs=(("summe", "betrag"),),
        outputs=(("notiz", "ergebnis"),),
        ends=(("ende", "fertig"), ("ende2", "fertig")),
        otherwise="schlecht",
    )
    assert (config("nachher").call, steps_of()["nachher"].outcomes) == (Call("nachlauf"), ())


def test_a_task_is_repeated():
    assert config("freigeben").repeat == Repeat(
        Over.PERSONS, ("a@example.org", "b@example.org"), "", True, Quorum.COUNT, 2
    )
    assert config("stimmen").repeat == Repeat(Over.TEAM, key="service", quorum=Quorum.MAJORITY)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("after: 5d}", "after: bald}", "moment"),
        ("after: 5d}", "after: {case: 5d, field: eintritt}}", "moment"),
        ("after: 5d}", "after: {case: 5d, offset: 2d}}", "moment"),
        ("after: 5d}", "after: {field: wann}}", "unknown_field"),
        ("after: 5d}", "after: {step: nie}}", "unknown_step"),
        ("after: 5d}", "after: {date: bald}}", "moment"),
        ("after: 5d}", "after: {date: 20261231}}", "type"),
        ("after: 5d}", "after: {nach: 5d}}", "unknown_word"),
        ("after: 5d}", "interrupts: false}", "misplaced"),
        ("cancels: [erinnern]", "cancels: [nie]", "unknown_step"),
        ("approves: [betrag, menge]", "approves: [preis]", "unknown_field"),
        ("max_visits: 3", "max_visits: 0", "value"),
        ("max_visits: 3", "max_visits: oft", "type"),
        ("not_same_as: [freigeben, stimmen]", "not_same_as: nie", "unknown_step"),
        ("assign: {from_field: wer}", "assign: {from_field: nie}", "unknown_field"),
        ("wait: {step: pruefen, offset: 2d}", "wait: 2 Tage", "moment"),
        ("wait: {step: pruefen, offset: 2d}", "wait: 2d, team: service", "misplaced"),
        ("do: webhook", "do: tweet", "value"),
        ("url: https://example.org/hook", "subject: Hallo", "misplaced"),
        ("send: [betrag, menge]", "send: [preis]", "unknown_field"),
        ("failed: ende", "failed: nie", "unknown_step"),
        ("notiz: =kennung", "notiz: =nie", "unknown_field"),
        ("menge: 5,", "mengen: 5,", "unknown_field"),
        ("in: {summe: betrag}", "in: {summe: preis}", "unknown_field"),
        ("out: {notiz: ergebnis}", "out: {notizen: ergebnis}", "unknown_field"),
        (
            "otherwise: true}",
            "otherwise: true}\n      noch: {next: ende, otherwise: true}",
            "otherwise_twice",
        ),
        ("ends: [ende, ende2]", "reason: true", "misplaced"),
        ("after: 5d}", "ends: ende}", "misplaced"),
        ("repeat: {team: service, quorum: majority}", "repeat: {quorum: majority}", "repeat"),
        ("repeat: {team: service, quorum: majority}", "repeat: {team: a, field: wer}", "repeat"),
        ("repeat: {team: service, quorum: majority}", "repeat: {team: a, quorum: half}", "value"),
        ("repeat: {team: service, quorum: majority}", "repeat: {field: nie}", "unknown_field"),
        ("parts: [Vertrag!, {key: zwei, text: Anlage}]", "parts: [{key: zwei}]", "missing"),
        ("parts: [Vertrag!, {key: zwei, text: Anlage}]", "parts: []", "missing"),
        ("anlage~]", '"anlage?"]', "key"),
        ("min: 1, max: 12", "min: wenig", "limit"),
        ("min_length: 2", "min_length: kurz", "type"),
    ],
)
def test_a_fault_names_its_line(old: str, new: str, code: str):
    assert EVERYTHING.count(old) >= 1
    line = EVERYTHING[: EVERYTHING.index(old)].count("\n") + 1
    found = yamlformat.read(EVERYTHING.replace(old, new, 1).encode()).faults
    assert (line + new.count("\n"), code) in [(one.line, one.code) for one in found]
    assert all("%(" not in str(one) and str(one) for one in found)


def test_the_line_of_an_outcome_is_found_by_its_key_too():
    text = EVERYTHING.replace("      keine_antwort:", "      Keine Antwort mehr:")
    parsed = yamlformat.read(text.encode())
    line = text[: text.index("Keine Antwort mehr")].count("\n") + 1
    assert parsed.source.line(("steps", "pruefen", "outcomes", "keine_antwort_mehr", "after")) == line


def test_every_place_of_the_schema_is_described():
    def bare(schema: Any, place: str) -> list[str]:
        if isinstance(schema, list):
            return [one for part in schema for one in bare(part, place)]
        if not isinstance(schema, dict):
            return []
        found = []
        for name, part in schema.get("properties", {}).items():
            target = part.get("$ref", "").rpartition("/")[2]
            inner = yamlformat.schema()["$defs"].get(target, {})
            if not part.get("description") and not inner.get("description"):
                found.append(f"{place}.{name}")
        return found + [one for name, part in schema.items() for one in bare(part, f"{place}.{name}")]

    assert bare(yamlformat.schema(), "") == []


def test_a_file_with_many_faults_tells_them_all():
    text = EVERYTHING.replace("after: 5d", "after: bald").replace("failed: ende", "failed: nie")
    assert [code for _line, code in faults(text)] == ["moment", "unknown_step"]
