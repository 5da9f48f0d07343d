"""The rows of the editing page as HTML. What a row does not show it carries along; so nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from processes.blueprint import StepPlan
from processes.editing.fieldrow import FieldForm
from processes.editing.page import Page
from processes.editing.parts import RulePart, StepPart
from processes.editing.sheet import Row, Sheet
from processes.models import Step
from processes.words import responsible
from processes.words.planwords import Names, deadlines, sentences

STEP = "admin/processes/processversion/_draft_step.html"
RULE = "admin/processes/processversion/_draft_rule.html"
FIELD = "admin/processes/processversion/_draft_field.html"
CARRIED = mark_safe("<!--carried-->")
NAME = re.compile(r'\bname="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the three lists of the page."""

    steps: list[SafeString]
    fields: list[SafeString]
    deadlines: list[SafeString]


def rows_of(page: Page, sheet: Sheet, opened: list[str], remarks: Mapping[str, str]) -> Rows:
    """Draw all rows; those in `opened` with their details."""
    names = Names(
        {one.key: one for one in sheet.fields},
        {row.step.key: row.step.name for row in sheet.rows},
        page.offered.known_teams,
        dict(page.offered.processes) if any(row.step.kind == "subprocess" for row in sheet.rows) else {},
        page.offered.known_people if any(map(_names_people, sheet.rows)) else {},
    )
    steps = [
        _step(part, row.step, number, names, part.prefix in opened, remarks)
        for number, (part, row) in enumerate(zip(page.steps, sheet.rows, strict=True), start=1)
    ]
    fields = [
        _field(one, number, (one.prefix or "") in opened) for number, one in enumerate(page.fields, start=1)
    ]
    return Rows(steps, fields, [_rule(part) for part in page.deadlines])


def _names_people(row: Row) -> bool:
    return bool(row.step.person) or "repeat" in row.step.config


def _who(step: StepPlan, names: Names) -> str:
    """Who gets it where the team beside it does not say so."""
    if step.kind != Step.Kind.TASK:
        return ""
    assigned = responsible.of_plan(step, names)
    return responsible.text(assigned, names) if assigned.repeat else responsible.by_rule(assigned)


def _step(
    part: StepPart, plan: StepPlan, number: int, names: Names, is_open: bool, remarks: Mapping[str, str]
) -> SafeString:
    page = part.form.page
    context = {
        "page": page,
        "step": part,
        "number": number,
        "is_open": is_open,
        "remarks": remarks,
        "due_id": f"{part.prefix}-due-example",
        "timer_id": f"{part.prefix}-timer-example",
        "latest_pick": page.typed.get(f"{part.prefix}-latest-pick"),
        "due_text": _in_short(deadlines(plan.deadlines, names, short=plan.deadline)),
        "who": _who(plan, names),
        "does": "" if is_open else " ".join(sentences(plan.config, names)),
    }
    return _drawn(STEP, context, page, part.prefix)


def _in_short(texts: list[str]) -> str:
    """The deadlines of a closed step: the first, and how many more there are."""
    if len(texts) < 2:
        return "".join(texts)
    more = ngettext("and %(count)s more rule", "and %(count)s more rules", len(texts) - 1)
    return f"{texts[0]} {more % {'count': len(texts) - 1}}"


def _field(form: FieldForm, number: int, is_open: bool) -> SafeString:
    context = {"page": form.page, "form": form, "number": number, "is_open": is_open}
    return _drawn(FIELD, context, form.page, form.prefix or "")


def _rule(part: RulePart) -> SafeString:
    page = part.form.page
    context = {"page": page, "rule": part, "list": "deadlines", "rest": CARRIED}
    return _drawn(RULE, context, page, part.form.prefix or "")


def _drawn(template: str, context: dict[str, object], page: Page, prefix: str) -> SafeString:
    """The row, with a hidden input for everything typed that it does not show."""
    html = get_template(template).render({**context, "carried": CARRIED})
    shown = set(NAME.findall(html))
    hidden = [(name, value) for name, value in page.typed.below(prefix) if name not in shown]
    carried = format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden)
    return mark_safe(html.replace(CARRIED, carried, 1))  # noqa: S308 - parts made by templates and format_html
