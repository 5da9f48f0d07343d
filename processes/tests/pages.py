"""Reads the form of a page as a browser would send it back."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(name, found)
        elif tag == "select":
            self._select = name
            self.values[name] = []
        elif tag == "option" and self._select:
            self._option(found)
        elif tag == "textarea":
            self._area = name
            self.values[name] = [""]

    def _option(self, found: dict[str, str]) -> None:
        """The chosen one, else the first."""
        if "selected" in found or not self.values[self._select]:
            self.values[self._select] = [found.get("value", "")]

    def _input(self, name: str, found: dict[str, str]) -> None:
        if found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                self.values.setdefault(name, []).append(found.get("value", "on"))
        elif found.get("type") != "submit":
            self.values.setdefault(name, []).append(found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][0] += data


def form_lists(html: str) -> dict[str, list[str]]:
    """Names and values of all fields of a page; a name may stand several times."""
    form = _Form()
    form.feed(html)
    return {name: [value.removeprefix("\n") for value in values] for name, values in form.values.items()}


def form_values(html: str) -> dict[str, str]:
    """Names and values of all fields; of a name that stands several times the last one."""
    return {name: values[-1] for name, values in form_lists(html).items() if values}
