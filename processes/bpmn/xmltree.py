"""XML from strangers as a small tree with line numbers. Pure.

Any DOCTYPE is refused (with it entities, external ones too), and so is what is too large, too deep, has too
many elements or takes too long. Names are pairs of namespace and local name; prefixes mean nothing.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException, handler  # nosec: read by defusedxml only

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

MOST_BYTES = 10_000_000
MOST_ELEMENTS = 100_000
MOST_DEPTH = 100
MOST_SECONDS = 10.0

Name = tuple[str, str]


class XmlError(Exception):
    """The file is refused; `code` is for programs."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


@dataclass(eq=False, slots=True)
class Element:
    """One element. `attributes` are those without a namespace, or with the element's own, by local name."""

    uri: str
    name: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without blanks around it."""
        return "".join(self.texts).strip()

    def each(self, *names: str) -> Iterator[Element]:
        """Children of the same namespace with one of these names."""
        return (one for one in self.children if one.uri == self.uri and one.name in names)

    def first(self, *names: str) -> Element | None:
        """The first of `each`."""
        return next(self.each(*names), None)


def parse(raw: bytes) -> Element:
    """Read a file. Raises XmlError: `too_large`, `too_many_elements`, `too_deep`, `too_slow`, `doctype`,
    `not_well_formed`."""
    if len(raw) > MOST_BYTES:
        raise XmlError("too_large")
    builder = _Builder()
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setFeature(handler.feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.parse(io.BytesIO(raw))
    except DefusedXmlException as error:
        raise XmlError("doctype", builder.line) from error
    except (SAXException, ValueError, LookupError) as error:
        raise XmlError("not_well_formed", builder.line) from error
    if builder.root is None:
        raise XmlError("not_well_formed")
    return builder.root


class _Builder(handler.ContentHandler):
    """Builds the tree, and stops where it grows too much."""

    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self.open: list[Element] = []
        self.elements = 0
        self.locator: Any = None
        self.stop_at = time.monotonic() + MOST_SECONDS

    @property
    def line(self) -> int:
        """Where the parser is."""
        return (self.locator.getLineNumber() or 0) if self.locator else 0

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - the name SAX calls
        self.locator = locator

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802
        self._limit()
        uri, local = name
        own = (None, "", uri)
        attributes = {key: value for (space, key), value in attrs.items() if space in own}
        element = Element(uri or "", local, self.line, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        self.open.pop()

    def characters(self, content: str) -> None:
        if self.open:
            self.open[-1].texts.append(content)

    def _limit(self) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise XmlError("too_many_elements", self.line)
        if len(self.open) >= MOST_DEPTH:
            raise XmlError("too_deep", self.line)
        if self.elements % 1000 == 0 and time.monotonic() > self.stop_at:
            raise XmlError("too_slow", self.line)
