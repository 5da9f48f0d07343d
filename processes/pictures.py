"""Pictures of processes: a version, a draft (however wrong), two versions compared; on a page or as a file.

Layouts are remembered by the shape of the picture (`diagram.layout`), drawings by the whole of it, state and
language included (`svg`). Both are looked up by value, so nothing remembered can be out of date.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from processes import engine
from processes.blueprint import Blueprint
from processes.checking import checks, findings, soundness
from processes.diagram import drawing
from processes.diagram.model import BARS, CHOICES, STEPS, Arrow, Box, Mark, Picture, Shape, State, Words
from processes.editing.folding import fold
from processes.editing.sheet import Row
from processes.models import Step
from processes.outlines import Outline, Way, outline_of
from processes.words import waywords

MOST_ARROWS = 500
"""Ways that are laid out for a page, in about two seconds at worst."""


MOST_COMPARED = 150
"""Ways up to which two versions can be read in one picture."""


@dataclass(frozen=True)
class Looks:
    """What one picture adds to an outline, by step and by transition. What is not named stays plain."""

    boxes: Mapping[str, Box] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    rest: State = State.PLAIN
    """The state of what only pictures have."""


@dataclass(frozen=True)
class Marks:
    """What to point out in a draft: faulty steps with a sentence each, and the transitions of a
    counter-example, by their position in the blueprint."""

    faults: Mapping[str, str] = field(default_factory=dict)
    example: frozenset[int] = frozenset()


def picture_of(plan: Blueprint, marks: Marks, *, title: str = "") -> Picture:
    """The picture of a blueprint, saved or not, right or wrong. One statement (names of teams)."""
    outline = outline_of(plan)
    touched = {end for number in marks.example for end in _ends(plan, number)}
    boxes = {}
    for box in outline.boxes:
        if box.key in marks.faults:
            boxes[box.key] = replace(box, mark=Mark.FAULT, note=marks.faults[box.key])
        elif box.key in touched:
            boxes[box.key] = replace(box, mark=Mark.EXAMPLE)
    return compose(outline, Looks(boxes, marks={str(one): Mark.EXAMPLE for one in marks.example}), title)


def _ends(plan: Blueprint, number: int) -> tuple[str, str]:
    return plan.flows[number].source, plan.flows[number].target


def marks_of(plan: Blueprint, problems: Iterable[findings.Problem]) -> Marks:
    """Faulty steps of a list of problems, and the counter-example of the first that has one."""
    faults: dict[str, list[str]] = {}
    example: frozenset[int] = frozenset()
    for problem in problems:
        if problem.severity == findings.ERROR and problem.step:
            faults.setdefault(problem.step, []).append(str(problem.message))
        turns = getattr(problem.message, "facts", {}).get("example")
        if turns is not None and turns.turns and not example:
            example = flows_of(plan, turns.turns)
    return Marks({step: " ".join(said) for step, said in faults.items()}, example)


def flows_of(plan: Blueprint, turns: Sequence[soundness.Turn]) -> frozenset[int]:
    """Positions of the transitions a run of the model check takes. The last turn may be one that fails."""
    net = checks.net_of(plan)
    taken: set[str] = set()
    for length in range(1, len(turns) + 1):
        with suppress(engine.EngineError):
            taken.update(soundness.replay(net, tuple(turns[:length])).flows)
    last = turns[-1]
    if last.outcome:
        taken |= {one.id for one in net.outgoing(last.step) if one.outcome == last.outcome}
    return frozenset(int(one) for one in taken)


# -- comparing -----------------------------------------------------------------------------------------------


def comparison(old: Blueprint, new: Blueprint, *, title: str = "") -> Picture:
    """The new version with what has come, what has changed, and what is gone since the old one."""
    before, after = _rows(old), _rows(new)
    outline, former = outline_of(new), outline_of(old)
    known = {_same(way) for way in former.ways}
    kept = {_same(way) for way in outline.ways}
    gone = [replace(way, id=f"old-{way.id}") for way in former.ways if _same(way) not in kept]
    marks = {way.id: Mark.ADDED for way in outline.ways if _same(way) not in known}
    marks |= {way.id: Mark.REMOVED for way in gone}
    boxes = {key: _compared(before, after, box) for key, box in _all_boxes(former, outline).items()}
    both = Outline(tuple(boxes.values()), {**former.outcomes, **outline.outcomes}, (*outline.ways, *gone))
    return compose(both, Looks(marks=marks), title)


def focused(picture: Picture, most: int = MOST_COMPARED) -> Picture:
    """A comparison with too many ways for a page, reduced to what differs and what is next to it: as many of
    the changed steps as there is room for, in the author's order. A smaller one stays as it is."""
    if len(picture.arrows) <= most:
        return picture
    touching: dict[str, list[int]] = defaultdict(list)
    for number, arrow in enumerate(picture.arrows):
        for end in {arrow.source, arrow.target}:
            touching[end].append(number)
    boxes = {box.key for box in picture.boxes if box.mark is not Mark.NONE}
    boxes |= {end for one in picture.arrows if one.mark is not Mark.NONE for end in (one.source, one.target)}
    kept: set[int] = set()
    shown: set[str] = set()
    for key in (box.key for box in picture.boxes if box.key in boxes):
        if len(kept | set(touching[key])) <= most:
            kept.update(touching[key])
            shown.add(key)
    arrows = tuple(picture.arrows[number] for number in sorted(kept))
    shown |= {end for one in arrows for end in (one.source, one.target)}
    return replace(picture, boxes=tuple(one for one in picture.boxes if one.key in shown), arrows=arrows)


def _same(way: Way) -> tuple[str, str, str, str]:
    return way.source, way.target, way.outcome, way.label


def _all_boxes(former: Outline, outline: Outline) -> dict[str, Box]:
    """Steps of both versions: those that are gone behind the one they used to follow."""
    kept, before = {box.key for box in outline.boxes}, ""
    gone: dict[str, list[Box]] = defaultdict(list)
    for box in former.boxes:
        if box.key in kept:
            before = box.key
        else:
            gone[before].append(box)
    ordered = [*gone[""], *(one for box in outline.boxes for one in (box, *gone[box.key]))]
    return {box.key: box for box in ordered}


def _rows(plan: Blueprint) -> dict[str, Row]:
    """Steps as the editing page shows them; a gateway it folds into one stands for itself, without ways."""
    rows = {row.step.key: row for row in fold(plan).rows}
    return {step.key: rows.get(step.key, Row(step)) for step in plan.steps}


def _compared(before: Mapping[str, Row], after: Mapping[str, Row], box: Box) -> Box:
    if box.key not in before:
        return replace(box, mark=Mark.ADDED)
    if box.key not in after:
        return replace(box, mark=Mark.REMOVED)
    is_same = waywords.is_same(before[box.key], after[box.key])
    return box if is_same else replace(box, mark=Mark.CHANGED)


# -- putting together ----------------------------------------------------------------------------------------


def compose(outline: Outline, looks: Looks, title: str) -> Picture:
    """A picture of an outline. An outcome with several next steps gets a bar that says so; where a way leads
    to no step, stands a box that says so."""
    boxes = {box.key: looks.boxes.get(box.key, box) for box in outline.boxes}
    arrows: list[Arrow] = []
    leaving: dict[str, list[Way]] = defaultdict(list)
    for way in outline.ways:
        leaving[way.source].append(way)
    for key in list(boxes):
        for (_alone, outcome), ways in _by_outcome(leaving[key], looks, boxes[key]).items():
            _add(boxes, arrows, looks, key, outcome, ways)
        for outcome, label in _untaken(outline, leaving[key], boxes[key]):
            end = _nowhere(boxes, f"{key}.{outcome}")
            arrows.append(Arrow(key, end, label, looks.rest))
    steps = sum(box.shape in STEPS for box in boxes.values())
    said = ngettext("%(n)s step", "%(n)s steps", steps) % {"n": steps}
    return Picture(title or _("Course of the process"), tuple(boxes.values()), tuple(arrows), said)


def _by_outcome(leaving: Sequence[Way], looks: Looks, box: Box) -> dict[tuple[str, str], list[Way]]:
    """The ways that leave a step together: those of one outcome; of a choice, or gone by now, each alone."""
    found: dict[tuple[str, str], list[Way]] = {}
    for way in leaving:
        is_alone = box.shape in CHOICES | BARS or looks.marks.get(way.id) is Mark.REMOVED
        alone = way.id if is_alone else ""
        found.setdefault((alone, way.outcome), []).append(way)
    return found


def _add(
    boxes: dict[str, Box], arrows: list[Arrow], looks: Looks, key: str, outcome: str, ways: Sequence[Way]
) -> None:
    source, label, stops, clock = key, ways[0].label, ways[0].stops, ways[0].clock
    if len(ways) > 1:
        source = f"split:{key}.{outcome}"
        states = [looks.states.get(way.id, looks.rest) for way in ways]
        state = max(states, key=drawing.LAST.index)
        mark = next((looks.marks[way.id] for way in ways if way.id in looks.marks), Mark.NONE)
        boxes[source] = Box(source, Shape.PARALLEL, _("from here on at the same time"), state=state)
        mark = mark if _all_marked(looks, ways) else Mark.NONE
        arrows.append(Arrow(key, source, label, state, mark, stops, clock))
        label = stops = clock = ""
    for way in ways:
        target = way.target if way.target in boxes else _nowhere(boxes, f"{way.id}.{way.target}")
        state, mark = looks.states.get(way.id, looks.rest), looks.marks.get(way.id, Mark.NONE)
        arrows.append(Arrow(source, target, label, state, mark, stops, clock))


def _all_marked(looks: Looks, ways: Sequence[Way]) -> bool:
    return all(way.id in looks.marks for way in ways)


def _nowhere(boxes: dict[str, Box], name: str) -> str:
    key = f"nowhere:{name}"
    boxes[key] = Box(key, Shape.NOWHERE, _("leads nowhere"), mark=Mark.FAULT)
    return key


def _untaken(outline: Outline, leaving: Sequence[Way], box: Box) -> list[tuple[str, str]]:
    """Outcomes (key and label) nothing follows; of other steps that must go on, the way itself."""
    if box.mark is Mark.REMOVED or box.shape in (Shape.END, Shape.TERMINATE):
        return []
    taken = {way.outcome for way in leaving}
    outcomes = outline.outcomes.get(box.key, ())
    if outcomes:
        return [(key, label) for key, label in outcomes if key not in taken]
    return [] if taken else [("", "")]


# -- writing -------------------------------------------------------------------------------------------------


def words() -> Words:
    """The words of pictures in the language of the moment."""
    return Words(
        shapes={kind.value: str(kind.label) for kind in Step.Kind},
        states={
            State.OPEN: _("still open"),
            State.DONE: _("done"),
            State.CURRENT: _("current step"),
            State.SKIPPED: _("not needed"),
        },
        marks={
            Mark.FAULT: _("faulty"),
            Mark.EXAMPLE: _("in the example"),
            Mark.ADDED: _("new"),
            Mark.REMOVED: _("removed"),
            Mark.CHANGED: _("changed"),
        },
        way=_("from “%(source)s” to “%(target)s”"),
    )


def linked(picture: Picture, prefix: str) -> Picture:
    """With steps that lead to the row of a page that tells about them, where they lead nowhere yet."""
    boxes = (
        box if box.href or box.shape not in STEPS else replace(box, href=f"#{prefix}{box.key}")
        for box in picture.boxes
    )
    return replace(picture, boxes=tuple(boxes))


def svg(picture: Picture, *, name: str = "diagram", across: bool = False) -> SafeString:
    """The drawing for a page, whose style sheet is `css/diagram.css`, downwards or from left to right; words
    where it would take too long."""
    if len(picture.arrows) > MOST_ARROWS:
        return format_html("<p>{}</p>", _("This process has too many ways for a picture."))
    return mark_safe(_drawn(picture, name, get_language() or "", across))  # noqa: S308 - every text in it is escaped


@lru_cache(maxsize=128)
def _drawn(picture: Picture, name: str, language: str, across: bool) -> str:
    return drawing.draw(picture, words(), name=name, across=across)


def svg_file(plan: Blueprint, *, title: str) -> str:
    """The drawing as a file of its own."""
    return drawing.draw(picture_of(plan, Marks(), title=title), words(), style=_style_of_files()) + "\n"


COLOUR = re.compile(r"(--d-[a-z-]+):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)")


@lru_cache(maxsize=1)
def _style_of_files() -> str:
    """The rules of the page, with colours instead of variables (programs that draw know none), twice: for
    light and for dark."""
    source = re.sub(
        r"/\*.*?\*/", "", Path(str(finders.find("css/diagram.css"))).read_text("utf-8"), flags=re.DOTALL
    )
    colours = {name: (light, dark) for name, light, dark in COLOUR.findall(source)}
    rules = COLOUR.sub("", source).replace(".diagram {", "", 1).split("}", 1)[1].split("@media", 1)[0]
    light, dark = (
        re.sub(r"var\((--d-[a-z-]+)\)", lambda match: colours[match[1]][look], rules).strip()  # noqa: B023
        for look in (0, 1)
    )
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
