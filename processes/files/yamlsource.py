"""Reads YAML from strangers: plain values only, and the line of each of them.

Anchors and aliases are refused (a few of them can stand for billions of values), as are tags, more than one
document, deep nesting, repeated keys and large files. Words stay words: `yes`, `no`, `on` and dates are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
MAX_VALUES = 20_000
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
"""What no database or screen can hold; an escape such as "\\0" brings it past the reader."""
INTEGER = re.compile(r"-?(0|[1-9]\d{0,14})")
BOOLEANS = {"true": True, "false": False}
Path = tuple[str | int, ...]


class Fault(Exception):
    """One thing that is wrong, and in which line (from 1)."""

    def __init__(self, code: str, line: int, message: Any, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message) % self.facts if self.facts else str(self.message)


@dataclass
class Source:
    """The value of a file, the line of every path in it, and keys that stood twice."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(raw: bytes) -> Source:
    """Read one file. Raises Fault for anything that is not one small, plain document."""
    text = _decode(raw)
    try:
        _inspect(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _syntax_fault(mark.line + 1 if mark else 1, error.problem or "") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Fault("syntax", line, _("A character that YAML does not allow.")) from error
    if root is None:
        raise Fault("empty", 1, _("The file is empty."))
    source = Source()
    source.value = _value(root, (), source)
    return source


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Fault("too_large", 1, _("The file is larger than %(limit)s KB."), limit=MAX_BYTES // 1024)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Fault("encoding", line, _("The file is not UTF-8 text.")) from error


def _syntax_fault(line: int, detail: str) -> Fault:
    return Fault("syntax", line, _("This is not valid YAML (%(detail)s)."), detail=detail)


def _inspect(text: str) -> None:
    """Walk the events without building anything, and stop at what is not allowed."""
    depth = values = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = _line(event)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Fault("documents", line, _("One file holds one process; here a second one begins."))
        if isinstance(event, yaml.NodeEvent):
            values += 1
            _refuse_references(event, line)
        if isinstance(event, yaml.ScalarEvent) and UNSTORABLE.search(event.value):
            raise Fault("syntax", line, _("A character that YAML does not allow."))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or values > MAX_VALUES:
            raise Fault("too_deep", line, _("The file is nested too deeply or has too many values."))


def _line(part: yaml.Event | yaml.Node) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _refuse_references(event: yaml.NodeEvent, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise Fault("alias", line, _("References (& and *) are not allowed; please write the value out."))
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        raise Fault("tag", line, _("Type marks such as %(tag)s are not allowed."), tag=tag)


def _value(node: yaml.Node, path: Path, source: Source) -> Any:
    source.lines.setdefault(path, _line(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, index), source) for index, child in enumerate(node.value)]
    return _scalar(cast(yaml.ScalarNode, node))


def _mapping(node: yaml.MappingNode, path: Path, source: Source) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise Fault("key", line, _("A name is expected before the colon."))
        key = str(key_node.value)
        if key in result:
            source.repeated.append(
                Fault("duplicate_key", line, _("“%(key)s” stands here a second time."), key=key)
            )
            continue
        source.lines[*path, key] = line
        result[key] = _value(value_node, (*path, key), source)
    return result


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:
        return text
    if text in ("", "~", "null"):
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    return int(text) if INTEGER.fullmatch(text) else text
