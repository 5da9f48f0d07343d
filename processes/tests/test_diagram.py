"""The layout and the drawing of a process: whatever is drawn, nothing lies on anything else."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings

from processes.diagram import layout, texts
from processes.diagram.drawing import draw
from processes.diagram.hyphenation import breaks
from processes.diagram.layering import layers
from processes.diagram.layout import lay_out
from processes.diagram.listing import rows
from processes.diagram.model import Arrow, Box, Mark, Picture, Shape, State, Words
from processes.tests.nets_drawn import collisions, hidden, pictures, random_process, wide_split

SVG = "{http://www.w3.org/2000/svg}"
WORDS = Words(
    states={State.DONE: "erledigt", State.CURRENT: "aktueller Schritt", State.SKIPPED: "nicht benötigt"},
    marks={Mark.FAULT: "fehlerhaft", Mark.ADDED: "neu"},
    way="von „%(source)s“ nach „%(target)s“",
)


def picture(*boxes: Box, arrows: tuple[Arrow, ...] = ()) -> Picture:
    return Picture("Bild", boxes, arrows)


def drawn(*boxes: Box, arrows: tuple[Arrow, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(draw(picture(*boxes, arrows=arrows), WORDS))


@settings(max_examples=100)
@given(pictures())
@example(wide_split(1))
@example(wide_split(25))
def test_nothing_lies_on_anything_else(shown):
    assert list(collisions(lay_out(shown))) == []
    assert list(collisions(lay_out(shown, across=True))) == []


TAGS = ("berechtigt und freigegeben", "ja", "nein, noch nicht", "ja", "Rückfrage an den Kunden")
FIVE_WAYS = Picture(
    "Fünf Wege",
    tuple(Box(key, Shape.START, "") for key in "sabcde"),
    tuple(Arrow("s", target, label) for target, label in zip("abcde", TAGS, strict=True)),
)


@settings(max_examples=100)
@given(pictures(most=30))
@example(FIVE_WAYS)
@example(replace(FIVE_WAYS, arrows=FIVE_WAYS.arrows[::-1]))
def test_everything_lies_within_the_picture_and_lines_join_what_they_name(shown):
    for across in (False, True):
        assert_joined(shown, lay_out(shown, across=across))


def assert_joined(shown, placed):
    """Lines leave at the lower (or right) edge of a box and arrive at the upper (or left) one."""
    areas = {box.key: one.area for box, one in zip(shown.boxes, placed.boxes, strict=True)}
    tags = [one.tag for one in placed.arrows if one.tag]
    for area in (*areas.values(), *tags):
        assert area.x >= 0 and area.x + area.width <= placed.width
        assert area.y >= 0 and area.y + area.height <= placed.height
    for arrow, one in zip(shown.arrows, placed.arrows, strict=True):
        source, target = areas[arrow.source], areas[arrow.target]
        (first_x, first_y), (last_x, last_y) = one.points[0], one.points[-1]
        if placed.is_across:
            assert first_x == source.x + source.width and source.y < first_y < source.y + source.height
            assert last_x == target.x and target.y < last_y < target.y + target.height
        else:
            assert first_y == source.y + source.height and source.x < first_x < source.x + source.width
            assert last_y == target.y and target.x < last_x < target.x + target.width
        assert all(before[0] == after[0] or before[1] == after[1] for before, after in pairwise(one.points))


@settings(max_examples=100)
@given(pictures(most=30))
def test_drawing_is_well_formed_and_the_same_every_time(shown):
    for across in (False, True):
        first = draw(shown, WORDS, across=across)
        layout.forget()
        assert draw(shown, WORDS, across=across) == first
        root = ElementTree.fromstring(first)
        assert not root.findall(f".//{SVG}script") and "style=" not in first


def test_lines_to_different_steps_hardly_ever_run_on_top_of_each_other():
    shown = [random_process(steps, seed) for seed in range(60) for steps in (8, 20, 38)]
    arrows = sum(len(one.arrows) for one in shown)
    assert sum(len(list(hidden(one, lay_out(one)))) for one in shown) <= arrows / 1000


def test_forty_steps_take_less_than_a_tenth_of_a_second():
    """The aim is 20 ms on an idle machine (`python -m bench diagram`); a test machine is busy."""
    shown = [random_process(38, seed) for seed in range(5)]
    begun = time.process_time()
    for one in shown:
        draw(one, WORDS)
    assert (time.process_time() - begun) / len(shown) < 0.1


def test_cases_of_a_version_share_one_layout():
    box = Box("a", Shape.TASK, "Prüfen", "Team Qualität", State.OPEN)
    done = replace(box, sub="Miriam Vogt, 18.11.", state=State.DONE, href="/tasks/1/")
    assert lay_out(picture(box)) is lay_out(picture(done))


# -- layers ------------------------------------------------------------------------------------------------


def layer_of(count, *pairs):
    return layers(count, pairs, frozenset()).layer[:count]


def test_a_way_back_puts_no_step_before_an_earlier_one():
    assert layer_of(4, (0, 1), (1, 2), (2, 1), (2, 3), (3, 3)) == [0, 1, 2, 3]


def test_a_shortcut_met_first_does_not_turn_the_main_line_round():
    """0 leads to 3 before it leads to 1: walking alone would take 2 → 3 for the way back."""
    assert layer_of(4, (0, 3), (3, 1), (0, 1), (1, 2), (2, 3)) == [0, 1, 2, 3]


def test_a_step_added_last_stands_where_it_belongs():
    """Drawn as 0 → 1 → 3 → 2 → 0: one way back, although 3 → 2 is against the order."""
    assert layer_of(4, (0, 1), (1, 3), (3, 2), (2, 0)) == [0, 1, 3, 2]


def test_lines_to_one_step_run_together_but_not_those_to_a_bar():
    pairs = [(0, 1), (1, 2), (2, 3), (0, 3), (1, 3)]
    assert len(layers(4, pairs, frozenset()).trunk) == 2
    assert len(layers(4, pairs, frozenset({3})).trunk) == 3


# -- what is said ------------------------------------------------------------------------------------------


def test_states_differ_in_symbol_and_words_not_in_colour_alone():
    boxes = {
        state: drawn(Box("a", Shape.TASK, "Prüfen", "Anna", state)).find(f"./{SVG}g[@role='img']")
        for state in State
    }
    said = {state: one.get("aria-label") for state, one in boxes.items()}
    assert said[State.CURRENT] == "Prüfen, Anna, aktueller Schritt"
    assert said[State.DONE] == "Prüfen, Anna, erledigt"
    signs = {
        tuple(part.get("d") or part.tag for part in one.iter() if part.get("class")) for one in boxes.values()
    }
    assert len(signs) == len(State)


@pytest.mark.parametrize("mark", [Mark.FAULT, Mark.ADDED, Mark.REMOVED, Mark.CHANGED])
def test_marks_have_a_sign_of_their_own(mark):
    plain = draw(picture(Box("a", Shape.TASK, "Prüfen")), WORDS)
    marked = draw(picture(Box("a", Shape.TASK, "Prüfen", mark=mark, note="Niemand ist zuständig.")), WORDS)
    assert "d-badge" in marked and "d-badge" not in plain
    assert "Niemand ist zuständig." in marked


def test_steps_are_links_where_the_caller_gives_an_address():
    root = drawn(Box("a", Shape.TASK, "Prüfen", href='/tasks/1/?a="b"&c'), Box("b", Shape.TASK, "Zahlen"))
    link = root.find(f"{SVG}a")
    assert (link.get("href"), link.get("aria-label")) == ('/tasks/1/?a="b"&c', "Prüfen")
    assert root.get("role") == "group"
    assert drawn(Box("b", Shape.TASK, "Zahlen")).get("role") == "img"


def test_lines_say_where_they_lead():
    arrow = Arrow("a", "b", "berechtigt", State.DONE)
    root = drawn(Box("a", Shape.TASK, "Prüfen"), Box("b", Shape.TASK, "Zahlen"), arrows=(arrow,))
    titles = [one.text for one in root.iter(f"{SVG}title")]
    assert "von „Prüfen“ nach „Zahlen“, berechtigt, erledigt" in titles


def test_texts_are_escaped_and_what_xml_does_not_know_is_left_out():
    evil = "<script>alert(1)</script>\x00\ud800&\"'"
    box = Box("a", Shape.TASK, evil, evil, note=evil, href=f"javascript:{evil}")
    svg = draw(Picture(evil, (box,), (Arrow("a", "a", evil),), evil), WORDS)
    ElementTree.fromstring(svg)
    assert "<script" not in svg and "\x00" not in svg


def test_long_german_words_widen_the_box_and_are_divided_in_the_end():
    word = "Kraftfahrzeughaftpflichtversicherung"
    usual, wide = (lay_out(picture(Box("a", Shape.TASK, text))) for text in ("Prüfen", word))
    assert wide.boxes[0].area.width > usual.boxes[0].area.width
    divided = lay_out(picture(Box("a", Shape.TASK, word * 3))).boxes[0]
    assert divided.lines[:2] == ("Kraftfahrzeughaftpflicht-", "versicherungKraftfahr-")
    endless = lay_out(picture(Box("a", Shape.TASK, word * 9))).boxes[0]
    assert len(endless.lines) == 5 and endless.lines[-1].endswith("…")


def test_words_are_divided_between_syllables_and_behind_their_own_hyphens():
    assert texts.wrap("Kostenübernahmeerklärung", 14, 155, 3) == ("Kostenübernahme-", "erklärung")
    assert texts.wrap("Grundstücksverkehrsgenehmigung", 14, 130, 9)[0] == "Grundstücks-"
    assert texts.wrap("Arbeitsunfähigkeits-Bescheinigung", 14, 200, 3)[0] == "Arbeitsunfähigkeits-"
    assert all(3 <= place <= len(word) - 3 for word in ("Prüfung", "Ausgabe") for place in breaks(word))


def test_a_step_grows_before_anything_of_it_is_left_out():
    name = "Kündigung zustellen und Austritt der Mitarbeiterin abwickeln"
    box = Box("a", Shape.TASK, name, "Lager und Einkauf (Team-Eingang)", State.CURRENT)
    for across in (False, True):
        svg = draw(picture(box), WORDS, across=across)
        said = [one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}tspan")]
        assert " ".join(said).replace("- ", "") == f"{name} {box.sub}".replace("- ", "")
        area = lay_out(picture(box), across=across).boxes[0].area
        assert area.height > lay_out(picture(replace(box, sub="")), across=across).boxes[0].area.height


def test_the_sign_of_a_kind_lies_beside_the_name_not_on_it():
    box = Box("a", Shape.TIMER, "Eine Woche warten", "Warten", State.OPEN)
    area, lines = (getattr(lay_out(picture(box)).boxes[0], name) for name in ("area", "lines"))
    assert 40 + max(texts.width(line, 14) for line in lines) <= area.width - 15 - 7.2


def test_an_outcome_that_stops_other_steps_has_a_sign_and_says_so():
    boxes = Box("a", Shape.TASK, "Prüfen"), Box("b", Shape.TASK, "Zahlen")
    arrow = Arrow("a", "b", "nein")
    stopping = replace(arrow, stops="stoppt „Kalkulation“")
    root = drawn(*boxes, arrows=(stopping,))
    titles = [one.text for one in root.iter(f"{SVG}title")]
    assert "nein, stoppt „Kalkulation“" in titles
    assert "von „Prüfen“ nach „Zahlen“, nein, stoppt „Kalkulation“" in titles
    with_sign, without = (lay_out(picture(*boxes, arrows=(one,))).arrows[0].tag for one in (stopping, arrow))
    assert with_sign.width > without.width


def test_an_outcome_of_the_clock_has_a_sign_of_its_own_and_says_so():
    boxes = Box("a", Shape.TASK, "Prüfen"), Box("b", Shape.TASK, "Zahlen")
    arrow = Arrow("a", "b", "Zeit um")
    timed, both = (
        replace(arrow, clock="wählt die Uhr"),
        replace(arrow, clock="wählt die Uhr", stops="stoppt „X“"),
    )
    signs = [
        [one.get("class") for one in drawn(*boxes, arrows=(way,)).iter(f"{SVG}path")]
        for way in (arrow, timed, both)
    ]
    assert [("d-clock" in found, "d-stop" in found) for found in signs] == [
        (False, False), (True, False), (True, True),
    ]  # fmt: skip
    titles = [one.text for one in drawn(*boxes, arrows=(both,)).iter(f"{SVG}title")]
    assert "Zeit um, wählt die Uhr, stoppt „X“" in titles
    widths = [lay_out(picture(*boxes, arrows=(one,))).arrows[0].tag.width for one in (arrow, timed, both)]
    assert widths == sorted(set(widths))


def test_the_two_directions_have_the_same_steps_in_the_same_order():
    boxes = tuple(Box(key, Shape.TASK, f"Schritt {key}") for key in "abc")
    one = picture(*boxes, arrows=(Arrow("a", "b", "ja"), Arrow("b", "c", "ja")))
    down, across = lay_out(one), lay_out(one, across=True)
    assert [box.area.y for box in down.boxes] == sorted(box.area.y for box in down.boxes)
    assert [box.area.x for box in across.boxes] == sorted(box.area.x for box in across.boxes)
    assert across.width > down.width and across.height < down.height


def test_wrapping_keeps_every_line_within_the_width():
    for text in ("Gewährleistung oder Garantie", "W" * 90, "", "   ", "a b c d e f g"):
        assert all(texts.width(line, 12.5) <= 120 for line in texts.wrap(text, 12.5, 120, 3))


def test_a_picture_refuses_doubled_keys_and_arrows_to_nowhere():
    box = Box("a", Shape.TASK, "Prüfen")
    with pytest.raises(ValueError, match="one key"):
        picture(box, box)
    with pytest.raises(ValueError, match="no box"):
        picture(box, arrows=(Arrow("a", "b"),))


def test_rows_follow_the_layers_and_outcomes_the_author():
    boxes = (Box("end", Shape.END, "Ende"), Box("b", Shape.TASK, "Zahlen"), Box("a", Shape.START, "Start"))
    arrows = (Arrow("b", "end", "nein"), Arrow("a", "b"), Arrow("b", "b", "ja"))
    shown = [
        (row.box.key, [one.target.key for one in row.onward]) for row in rows(picture(*boxes, arrows=arrows))
    ]
    assert shown == [("a", ["b"]), ("b", ["end", "b"]), ("end", [])]


def test_every_class_of_the_drawing_has_a_rule(settings):
    css = (settings.BASE_DIR / "static/css/diagram.css").read_text("utf-8")
    boxes = [
        Box(f"{shape}{state}{mark}", shape, "x", state=state, mark=mark)
        for shape in Shape for state in State for mark in Mark
    ]  # fmt: skip
    used = set(" ".join(re.findall(r'class="([^"]+)"', draw(picture(*boxes), WORDS))).split())
    plain = {f"d-{shape.value}" for shape in Shape} | {"d-box", "d-plain", "d-open"}
    assert {one for one in used - plain if f".{one}" not in css} == set()
