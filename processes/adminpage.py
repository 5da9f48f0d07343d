"""The names on one editing page: which steps and fields it holds, saved or only just typed.

Outcomes say "next: Prüfen" before the step "Prüfen" has a row; this resolves such names within one request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest, QueryDict

from processes.blueprint import FieldPlan, key_from
from processes.models import EscalationPlan, FormField, Step

SEPARATOR = ";"
"""Between several next steps in one field."""
ROW = re.compile(r"(steps|fields)-(\d+)-(?:name|label)")
CHOICE = re.compile(r"\s*(?:([a-z][a-z0-9_-]*)\s*=\s*)?(\S.*?)\s*")


@dataclass
class Page:
    """Keys and names of steps and fields, by form prefix (`steps-0`) where they were posted."""

    steps: dict[str, str] = field(default_factory=dict)
    """Key → shown name."""
    fields: dict[str, FieldPlan] = field(default_factory=dict)
    step_aliases: dict[str, str] = field(default_factory=dict)
    """Any accepted spelling, case-folded → key; a renamed step is still found by its old name."""
    keys_by_prefix: dict[str, str] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    """Escalation plans: key → name."""

    def step_key(self, text: str) -> str | None:
        """The key of the step meant by a key or a name; None if there is none or several."""
        text = text.strip()
        if text in self.steps:
            return text
        return self.step_aliases.get(text.casefold()) or None

    def step_keys(self, text: str) -> tuple[list[str], list[str]]:
        """Keys of several steps, and the parts that name none."""
        found: list[str] = []
        unknown: list[str] = []
        for part in filter(None, (part.strip() for part in text.split(SEPARATOR))):
            key = self.step_key(part)
            if key is None:
                unknown.append(part)
            elif key not in found:
                found.append(key)
        return found, unknown

    def field_plan(self, text: str) -> FieldPlan | None:
        """The field meant by a key or a label."""
        text = text.strip()
        if text in self.fields:
            return self.fields[text]
        matching = [one for one in self.fields.values() if one.label.casefold() == text.casefold()]
        return matching[0] if len(matching) == 1 else None

    def show_step(self, key: str) -> str:
        """The spelling offered for a step: its name, or its key where the name stands twice."""
        name = self.steps.get(key, key)
        return name if self.step_aliases.get(name.casefold()) == key else key

    def add_step(self, prefix: str, key: str, name: str) -> None:
        """Enter a step under its key and name; a name that two steps have means none of them."""
        self.keys_by_prefix[prefix] = key
        self.steps[key] = name
        folded = name.casefold()
        self.step_aliases[folded] = "" if folded in self.step_aliases else key


def page_of(request: HttpRequest, version_id: int) -> Page:
    """The page of this request, made once."""
    known: Page | None = getattr(request, "_process_page", None)
    if known is None:
        known = posted(request.POST, version_id) if request.method == "POST" else stored(version_id)
        known.plans = dict(EscalationPlan.objects.values_list("key", "name"))
        request._process_page = known  # type: ignore[attr-defined]
    return known


def stored(version_id: int) -> Page:
    """The names as they stand in the database."""
    page = Page()
    for key, name in Step.objects.filter(version_id=version_id).values_list("key", "name"):
        page.add_step("", key, name)
    for one in FormField.objects.filter(version_id=version_id):
        choices = tuple((str(value), str(label)) for value, label in one.choices)
        page.fields[one.key] = FieldPlan(one.key, one.label, one.type, choices=choices)
    return page


def posted(data: QueryDict, version_id: int) -> Page:
    """The names as they were typed; rows marked for deletion do not count."""
    page = Page()
    renamed: dict[str, str] = {}
    for prefix, name in _rows(data, "steps"):
        key = _key(data, prefix, name, page.steps)
        page.add_step(prefix, key, name)
        renamed[data.get(f"{prefix}-id", "")] = key
    for pk, former in Step.objects.filter(version_id=version_id).values_list("pk", "name"):
        if str(pk) in renamed:
            page.step_aliases.setdefault(former.casefold(), renamed[str(pk)])
    for prefix, label in _rows(data, "fields"):
        key = _key(data, prefix, label, page.fields, fallback="feld")
        choices = read_choices(data.get(f"{prefix}-choices_text", ""))
        page.keys_by_prefix[prefix] = key
        page.fields[key] = FieldPlan(key, label, data.get(f"{prefix}-type", "text"), choices=choices)
    return page


def _rows(data: QueryDict, kind: str) -> Iterator[tuple[str, str]]:
    for name in data:
        match = ROW.fullmatch(name)
        if match is None or match[1] != kind:
            continue
        prefix = f"{kind}-{match[2]}"
        text = (data.get(name) or "").strip()
        if text and not data.get(f"{prefix}-DELETE"):
            yield prefix, text


def _key(
    data: QueryDict, prefix: str, name: str, taken: Mapping[str, object], fallback: str = "schritt"
) -> str:
    typed = (data.get(f"{prefix}-key") or "").strip()
    return typed or key_from(name, [*taken, *_typed_keys(data, prefix.split("-")[0])], fallback)


def _typed_keys(data: QueryDict, kind: str) -> list[str]:
    typed = re.compile(rf"{kind}-\d+-key")
    return [data.get(name, "") for name in data if typed.fullmatch(name)]


def read_choices(text: str) -> tuple[tuple[str, str], ...]:
    """Choices from lines `key = label` or `label`."""
    pairs: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = CHOICE.fullmatch(line)
        if match:
            key = match[1] or key_from(match[2], [value for value, _label in pairs], "wert")
            pairs.append((key, match[2]))
    return tuple(pairs)


def show_choices(choices: list[list[str]]) -> str:
    """The lines `read_choices` reads."""
    return "\n".join(f"{value} = {label}" for value, label in choices)
