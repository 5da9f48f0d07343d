"""Our process format: what it can say, and that every fault names its line in a plain sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from processes import library
from processes.blueprint import ConditionPlan
from processes.files import yamlexport, yamlformat, yamlsource

GOOD = """\
process: probe
name: Probe
owner_team: service
fields:
  betrag: {label: Betrag, type: money}
  notiz: Notiz
start:
  fields: [betrag!]
  next: pruefen
steps:
  pruefen:
    name: Prüfen
    team: service
    deadline: 3d
    checklist:
      - Gelesen!
      - Kopiert
    fields: [betrag=, notiz]
    outcomes:
      in Ordnung: weiche
      beides: {label: "Beides zugleich", next: [ende, weiche], reason: true}
  weiche:
    name: Betrag hoch?
    branches:
      - {if: betrag >= 5.000, next: freigeben}
      - {else: ende}
  freigeben:
    name: Freigeben
    team: service
    assign: {not_same_as: pruefen}
    next: ende
  ende: {kind: end, name: Fertig}
"""


def faults(text: str | bytes) -> list[tuple[int, str]]:
    """Line and code of everything that is wrong."""
    raw = text.encode() if isinstance(text, str) else text
    return [(one.line, one.code) for one in yamlformat.read(raw).faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_file_says_everything_a_version_holds():
    parsed = yamlformat.read(GOOD.encode())
    assert parsed.faults == []
    steps = {one.key: one for one in parsed.plan.steps}
    check = steps["pruefen"]
    assert [(one.text, one.is_mandatory) for one in check.checklist] == [
        ("Gelesen", True),
        ("Kopiert", False),
    ]
    assert [(one.field_key, one.mode) for one in check.fields] == [
        ("betrag", "readonly"),
        ("notiz", "optional"),
    ]
    assert [(one.key, one.label, one.requires_note) for one in check.outcomes] == [
        ("in_ordnung", "in Ordnung", False),
        ("beides", "Beides zugleich", True),
    ]
    assert [one.target for one in parsed.plan.flows if one.outcome == "beides"] == ["ende", "weiche"]
    way = next(one for one in parsed.plan.flows if one.conditions)
    assert way.conditions == (ConditionPlan("betrag", "ge", {"amount": "5000.00", "currency": "EUR"}),)
    assert (steps["freigeben"].assignment, steps["freigeben"].reference_key) == ("not_same_as", "pruefen")
    assert [one.key for one in steps["freigeben"].outcomes] == ["erledigt"]
    assert steps["ende"].result == "Fertig"


@pytest.mark.parametrize("path", sorted(library.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_library_files_are_read_and_written_back_alike(path: Path):
    parsed = yamlformat.read(path.read_bytes())
    assert parsed.faults == [] and parsed.head is not None
    again = yamlformat.read(yamlexport.dump(parsed.head, parsed.plan).encode())
    assert (again.faults, again.head, again.plan) == ([], parsed.head, parsed.plan)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("      in Ordnung: weiche", "      in Ordnung: nirgends", "unknown_step"),
        ("    fields: [betrag=, notiz]", "    fields: [betrag=, notitz]", "unknown_field"),
        ("    deadline: 3d", "    deadlin: 3d", "unknown_word"),
        ("    assign: {not_same_as: pruefen}", "    assign: {not_same_as: niemand}", "unknown_step"),
        ("    assign: {not_same_as: pruefen}", "    assign: wer will", "value"),
        (
            "      - {if: betrag >= 5.000, next: freigeben}",
            "      - {if: betrag viel, next: ende}",
            "condition",
        ),
        (
            "      - {if: betrag >= 5.000, next: freigeben}",
            "      - {if: betrag >= viel, next: ende}",
            "condition",
        ),
        (
            "      - {if: betrag >= 5.000, next: freigeben}",
            "      - {if: kosten >= 5, next: ende}",
            "unknown_field",
        ),
        ("      - {else: ende}", "      - {else: ende, next: ende}", "misplaced"),
        (
            "  ende: {kind: end, name: Fertig}",
            "  ende: {kind: end, name: Fertig, team: service}",
            "misplaced",
        ),
        ("  ende: {kind: end, name: Fertig}", "  ende: {kind: ende, name: Fertig}", "value"),
        ("  ende: {kind: end, name: Fertig}", "  Ende: {kind: end, name: Fertig}", "key"),
        ("name: Probe", "name: Probe\nname: Zwei", "duplicate_key"),
        ("      - Kopiert", "      - Kopiert: ja", "unknown_word"),
        ("  notiz: Notiz", "  notiz: {type: text}", "missing"),
        ("    team: service\n    deadline", "    team: [a, b]\n    deadline", "type"),
    ],
)
def test_a_fault_names_its_line(old: str, new: str, code: str):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    changed = next(
        n for n, (a, b) in enumerate(zip(text.splitlines(), GOOD.splitlines(), strict=False), 1) if a != b
    )
    found = faults(text)
    assert code in {one for _line, one in found}
    assert changed in {line for line, _code in found}


def test_every_fault_is_a_plain_sentence():
    text = GOOD.replace("kind: end", "kind: ende").replace("next: pruefen", "next: [1, 2]")
    for fault in yamlformat.read(text.encode()).faults:
        assert str(fault).endswith((".", ")", "5000"))
        assert "%(" not in str(fault)


def test_several_faults_are_told_at_once_in_the_order_of_lines():
    text = GOOD.replace("in Ordnung: weiche", "in Ordnung: a").replace("{else: ende}", "{else: b}")
    assert faults(text) == [
        (line_of(text, "in Ordnung"), "unknown_step"),
        (line_of(text, "{else"), "unknown_step"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("# nur ein Kommentar\n", "empty"),
        ("- eine\n- Liste\n", "type"),
        ("nur Text", "type"),
        ("a: [1, 2", "syntax"),
        ("a: b: c", "syntax"),
        ("\ta: b", "syntax"),
        ("a: \x00", "syntax"),
        (b"name: \xff\xfe", "encoding"),
        ("a: 1\n---\nb: 2", "documents"),
        ("a: &x 1\nb: *x", "alias"),
        ("a: !!python/object/apply:os.system [ls]", "tag"),
        ("? [a, b]\n: c", "key"),
        ("a: " + "[" * 5000, "too_deep"),
        ("a: " + "x" * yamlsource.MAX_BYTES, "too_large"),
        ("a: [" + "1," * yamlsource.MAX_VALUES + "1]", "too_deep"),
    ],
)
def test_what_is_no_plain_small_file_is_refused(text: str | bytes, code: str):
    assert code in {one for _line, one in faults(text)}


def test_an_alias_bomb_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = time.perf_counter()
    assert faults("\n".join(lines)) == [(1, "alias")]
    assert time.perf_counter() - began < 1


def test_words_stay_words():
    text = GOOD.replace("in Ordnung: weiche", "no: weiche\n      on: ende")
    parsed = yamlformat.read(text.encode())
    assert parsed.faults == []
    assert [one.label for one in parsed.plan.steps[1].outcomes][:2] == ["no", "on"]
