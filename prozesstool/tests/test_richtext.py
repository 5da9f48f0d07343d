"""Instructions: what becomes markup, and that nothing else does."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prozesstool import richtext
from tests import payloads


class Elements(HTMLParser):
    """All tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(text):
    return Elements(richtext.to_html(text)).found


def demand_harmless(text):
    for tag, attrs in elements(text):
        assert tag in richtext.TAGS, text
        assert set(attrs) <= ({"href", "rel"} if tag == "a" else {"start"} if tag == "ol" else set()), text
        if tag == "a":
            assert attrs["rel"] == "noopener noreferrer"
            assert attrs["href"].lower().startswith(("http://", "https://", "mailto:")), text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**fett** und *kursiv*", "<p><strong>fett</strong> und <em>kursiv</em></p>\n"),
        ("eins\nzwei", "<p>eins<br>\nzwei</p>\n"),
        ("# Kopf", "<p><strong>Kopf</strong></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("`REK-1`", "<p><code>REK-1</code></p>\n"),
        (
            "[Handbuch](https://example.org/a?b=1&c=2 'Titel')",
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">Handbuch</a></p>\n',
        ),
        (
            "<mailto:mia@example.org>",
            '<p><a href="mailto:mia@example.org" rel="noopener noreferrer">mailto:mia@example.org</a></p>\n',
        ),
        ("5 < 6 & 7 > 3", "<p>5 &lt; 6 &amp; 7 &gt; 3</p>\n"),
        ("<b>fett</b>", "<p>&lt;b&gt;fett&lt;/b&gt;</p>\n"),
        ("Er sagt: \"so\" und 'so'", "<p>Er sagt: &quot;so&quot; und &#x27;so&#x27;</p>\n"),
        (
            '[a>"](https://example.org/?x=>\'")',
            '<p><a href="https://example.org/?x=%3E\'%22" rel="noopener noreferrer">a&gt;&quot;</a></p>\n',
        ),
        ("", ""),
    ],
)
def test_a_part_of_markdown_is_understood(text, html):
    assert richtext.to_html(text) == html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:zq7()",
        "JaVaScRiPt:zq7()",
        "java&#115;cript:zq7()",
        "\x01javascript:zq7()",
        "vbscript:zq7",
        "data:text/html,<zq7>",
        "file:///etc/passwd",
        "//zq7.example/",
        "/people/logout/",
        "?next=/x",
        "https:javascript:zq7()",
        "\\\\zq7.example\\x",
    ],
)
def test_other_addresses_are_no_links(address):
    for text in (f"[a]({address})", f"[a](<{address}>)", f"<{address}>", f"[a][r]\n\n[r]: {address}"):
        assert not [one for one in elements(text) if one[0] == "a"], text


@pytest.mark.parametrize("text", payloads.TEXTS, ids=range(len(payloads.TEXTS)))
def test_no_text_becomes_other_markup(text):
    for shape in ("{}", "# {}", "- {}", "[{}](https://example.org)", "`{}`", "```{}", "```\n{}", "**{}**"):
        demand_harmless(shape.replace("{}", text))
    demand_harmless(f"[a](https://example.org/{text})")
    demand_harmless(f'[a](https://example.org "{text}")')
    demand_harmless(f"![{text}](https://example.org/{text})")


@given(st.text(alphabet="<>a[]()!*_`#-\\&;:/\"' \nhttps.x=", max_size=60))
def test_no_mixture_of_signs_becomes_other_markup(text):
    demand_harmless(text)


def test_a_very_long_text_is_shown_as_it_stands():
    html = richtext.to_html("<zq7> **x**\n" * 3_000)
    assert "&lt;zq7&gt; **x**<br>" in html
    demand_harmless("<zq7>" * 9_000)
