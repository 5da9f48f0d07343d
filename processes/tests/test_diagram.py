"""The layout and the drawing of a process: whatever is drawn, nothing lies on anything else."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings

from processes.diagram import layout
from processes.diagram.drawing import draw
from processes.diagram.layout import lay_out
from processes.diagram.model import Words
from processes.tests.nets_drawn import collisions, pictures


@settings(max_examples=150)
@given(pictures())
def test_nothing_lies_on_anything_else(picture):
    assert list(collisions(lay_out(picture))) == []


@settings(max_examples=100)
@given(pictures(most=30))
def test_drawing_is_well_formed_and_the_same_every_time(picture):
    words = Words(states={"done": "<erledigt>"})
    first = draw(picture, words)
    layout._lay_out.cache_clear()
    assert draw(picture, words) == first
    ElementTree.fromstring(first)
