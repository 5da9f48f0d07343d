"""Small signs drawn by hand: of states, of kinds of steps, of marks. Each is centred on a point."""

from __future__ import annotations

from processes.diagram.model import Mark, Shape, State

STATES: dict[State, str] = {
    State.OPEN: '<circle class="d-disc" r="8"/>',
    State.DONE: '<circle class="d-disc" r="9"/><path class="d-glyph" d="M-4 .3l2.8 2.9 5.2 -6"/>',
    State.CURRENT: '<circle class="d-disc" r="9"/><path class="d-solid" d="M-2.6 -4.2l6.4 4.2 -6.4 4.2z"/>',
    State.SKIPPED: '<circle class="d-disc" r="8"/><path class="d-glyph" d="M-4 0h8"/>',
}
SHAPES: dict[Shape, str] = {
    Shape.START: '<path class="d-solid" d="M-4 -5.5l9 5.5 -9 5.5z"/>',
    Shape.TASK: (
        '<circle class="d-glyph" cy="-3.5" r="3.2"/><path class="d-glyph" d="M-6.5 7a6.5 6 0 0 1 13 0"/>'
    ),
    Shape.TIMER: '<circle class="d-glyph" r="7.2"/><path class="d-glyph" d="M0 -4.2v4.4l3 1.8"/>',
    Shape.ACTION: (
        '<circle class="d-glyph" r="4.6"/><circle class="d-solid" r="1.4"/>'
        '<path class="d-glyph" d="M0 -4.6v-3M0 4.6v3M-4.6 0h-3M4.6 0h3'
        'M-3.3 -3.3l-2.1 -2.1M3.3 3.3l2.1 2.1M-3.3 3.3l-2.1 2.1M3.3 -3.3l2.1 -2.1"/>'
    ),
    Shape.SUBPROCESS: (
        '<rect class="d-glyph" x="-7" y="-6" width="14" height="12" rx="2"/>'
        '<rect class="d-glyph" x="-3" y="-2" width="7" height="5" rx="1"/>'
    ),
    Shape.EXCLUSIVE: '<path class="d-glyph" d="M0 -7.5l7.5 7.5 -7.5 7.5 -7.5 -7.5z"/>',
    Shape.INCLUSIVE: (
        '<path class="d-glyph" d="M0 -7.5l7.5 7.5 -7.5 7.5 -7.5 -7.5z"/><circle class="d-glyph" r="2.6"/>'
    ),
    Shape.END: '<circle class="d-glyph" r="6"/><circle class="d-solid" r="3"/>',
    Shape.TERMINATE: (
        '<circle class="d-glyph" r="6.4"/><path class="d-glyph" d="M-2.6 -2.6l5.2 5.2M-2.6 2.6l5.2 -5.2"/>'
    ),
    Shape.NOWHERE: (
        '<path class="d-glyph" d="M-2.8 -3a2.9 2.9 0 1 1 4.2 2.6q-1.4 .7 -1.4 2.2"/>'
        '<circle class="d-solid" cy="5" r="1.2"/>'
    ),
}
STOP = '<circle class="d-stop" r="5.6"/><path class="d-stop" d="M-3.9 -3.9l7.8 7.8"/>'
CLOCK = '<circle class="d-clock" r="6"/><path class="d-clock" d="M0 -3.4v3.6l2.5 1.5"/>'
MARKS: dict[Mark, str] = {
    Mark.FAULT: (
        '<path class="d-badge" d="M0 -9l9.5 16.5h-19z"/>'
        '<path class="d-badge-glyph" d="M0 -3.2v5"/><circle class="d-badge-dot" cy="4.6" r="1.1"/>'
    ),
    Mark.ADDED: '<circle class="d-badge" r="9"/><path class="d-badge-glyph" d="M-4.5 0h9M0 -4.5v9"/>',
    Mark.REMOVED: '<circle class="d-badge" r="9"/><path class="d-badge-glyph" d="M-4.5 0h9"/>',
    Mark.CHANGED: (
        '<circle class="d-badge" r="9"/><path class="d-badge-glyph" d="M-4 4l.6 -2.6 5 -5 2 2 -5 5z"/>'
    ),
}


def _at(x: float, y: float, sign: str) -> str:
    return f'<g transform="translate({x:g} {y:g})">{sign}</g>'


def of_state(state: State, x: float, y: float) -> str:
    """Circle, tick, play, dash."""
    return _at(x, y, STATES[state])


def of_shape(shape: Shape, x: float, y: float) -> str:
    """Person, clock, cog, nested, rhombus, and the signs of starts and ends."""
    return _at(x, y, SHAPES[shape])


def of_mark(mark: Mark, x: float, y: float) -> str:
    """Warning, plus, minus, pencil: on the corner of a box."""
    return _at(x, y, MARKS[mark])


def of_clock(x: float, y: float) -> str:
    """A clock: no person chooses this outcome."""
    return _at(x, y, CLOCK)


def of_stop(x: float, y: float) -> str:
    """A barred circle: this outcome ends other steps."""
    return _at(x, y, STOP)
