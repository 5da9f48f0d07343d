"""A small part of Markdown for instructions: bold, italic, code, lists, links, line breaks, bold headings.

Twice careful: the parser knows no HTML and no pictures, and what it makes is cleaned once more by a list of
what may be in a page.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

LONGEST = 20_000
"""Characters; longer texts are shown as they stand."""
TAGS = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "a"}
ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
SCHEMES = {"http", "https", "mailto"}
ADDRESS = re.compile(r"https?://|mailto:", re.IGNORECASE)
"""Whole addresses only: what leads into our own pages could be taken for one of their buttons."""
TAG = re.compile("(<[^<>]*>)")
QUOTES = str.maketrans({'"': "&quot;", "'": "&#x27;"})
KNOWN = ["emphasis", "escape", "backticks", "entity", "link", "newline", "autolink"]
BLOCKS = ["heading", "lheading", "list", "fence", "paragraph"]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False})
    parser.enable([*KNOWN, *BLOCKS])
    parser.validateLink = lambda url: bool(ADDRESS.match(url))  # type: ignore[method-assign]
    parser.add_render_rule("heading_open", lambda *_: "<p><strong>")
    parser.add_render_rule("heading_close", lambda *_: "</strong></p>\n")
    return parser


PARSER = _parser()


@lru_cache(maxsize=1024)
def to_html(text: str) -> SafeString:
    """The text as HTML that is safe in any page; links tell the page they lead to nothing about ours."""
    if len(text) > LONGEST:
        return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped
    whole = text.encode("utf-8", "replace").decode()  # half a character is none
    cleaned = nh3.clean(
        PARSER.render(whole),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )
    return mark_safe(_without_quotes(cleaned))  # noqa: S308 - cleaned


def _without_quotes(html: str) -> str:
    """Quotation marks in the text as entities: like that it ends no attribute, wherever it is put."""
    parts = TAG.split(html)
    return "".join(one if TAG.fullmatch(one) else one.translate(QUOTES) for one in parts)
