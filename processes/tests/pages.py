"""Reads the form of a page as a browser would send it back."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(name, found)
        elif tag == "select":
            self._select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in found:
            self.values[self._select] = found.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""

    def _input(self, name: str, found: dict[str, str]) -> None:
        if found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                self.values[name] = found.get("value", "on")
        elif found.get("type") != "submit":
            self.values[name] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def form_values(html: str) -> dict[str, str]:
    """Names and values of all fields, without the templates of new rows."""
    form = _Form()
    form.feed(html)
    return {
        name: value.lstrip("\n")
        for name, value in form.values.items()
        if "-empty-" not in name and "__prefix__" not in name
    }
