"""BPMN files written by the tests, as terse as possible."""

from __future__ import annotations

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def file(*parts: str, prefix: str = "", extra: str = "") -> bytes:
    """A file with one process of these parts: elements, and arrows written `a->b` or `a->b|name`."""
    body = "".join(one if one.startswith("<") else arrow(one) for one in parts)
    text = f"<definitions xmlns='{MODEL}'>{extra}<process id='p' name='Urlaub'>{body}</process></definitions>"
    return (prefixed(text, prefix) if prefix else text).encode()


def arrow(words: str) -> str:
    """`source->target|name`."""
    ends, _, name = words.partition("|")
    source, _, target = ends.partition("->")
    return tag("sequenceFlow", f"{source}-{target}", sourceRef=source, targetRef=target, name=name)


def prefixed(text: str, prefix: str) -> str:
    """The same file as a tool writes it that puts a prefix before every element."""
    marked = text.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    return marked.replace("xmlns=", f"xmlns:{prefix}=")


def tag(name_: str, id_: str, inner: str = "", /, **attributes: str) -> str:
    """An element."""
    more = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<{name_} id='{id_}'{more}>{inner}</{name_}>"


START, END = tag("startEvent", "s"), tag("endEvent", "e")
TIMER = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"
MESSAGE = "<messageEventDefinition/>"


def link(name: str) -> str:
    """A link event's definition."""
    return f"<linkEventDefinition name='{name}'/>"


INNER = "".join(
    [
        *(tag("startEvent", "is"), tag("parallelGateway", "ig"), tag("task", "i1"), tag("task", "i2")),
        *(tag("endEvent", "ie1"), tag("endEvent", "ie2")),
        *map(arrow, ("is->ig", "ig->i1", "ig->i2", "i1->ie1", "i2->ie2")),
    ]
)
"""What stands in a sub-process: two tasks at once."""
