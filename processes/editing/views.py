"""The page of a draft: shown from its rows, drawn anew while it is rearranged, saved in one piece.

Everything between opening and saving is a POST that stores nothing: the page travels whole, so that two
buttons need no session and an interrupted one loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from people.models import User
from processes import blueprint, deadlinechecks, doors, pictures, publishing, repairs
from processes.blueprint import Blueprint
from processes.editing import drawing, headform, rearranging, remarks, saving, showing, visits
from processes.editing.folding import fold
from processes.editing.page import Page
from processes.editing.reading import sheet_of
from processes.editing.sheet import Sheet
from processes.editing.typed import TooManyRows, Typed
from processes.editing.unfolding import describe_gateway, unfold
from processes.errors import ProcessError
from processes.findings import ERROR, Problem, warning
from processes.models import ProcessInstance, ProcessVersion
from processes.repairs import Facts, Repair

TEMPLATE = "admin/processes/processversion/draft.html"
PREVIEW = "admin/processes/processversion/_draft_preview.html"
SAVE, PUBLISH, LOOK = "save", "publish", "preview"
SWITCHES = ("whole", "pinned")
"""How the picture is looked at."""
INPUTS = {
    "approves": "approves",
    "deadlines": "due-amount",
    "escalation": "plan",
    "repeat": "over",
    "wait": "timer-amount",
    "to": "addresses",
    "subject": "subject",
    "text": "text",
    "url": "url",
}
"""The input of a step that a part of its path means."""
SHOWN_FINDINGS = 6
"""Findings shown at once; others are folded away."""
REPAIR = "repair:"
"""In front of code and step of a finding, in the word of its button."""
MOST_MARKINGS = 3_000
"""Markings visited while somebody types, about a quarter of a second."""
MOST_REPAIRS = 6
"""Findings of one page for which a repair is looked for."""
MOST_SECONDS = 1.0
"""After that no more are looked for."""
MOST_OPEN = 20
"""Rows that show their details at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the model check with the row it leads to."""

    problem: Problem
    row: str
    repair: Repair | None = None
    input: str = ""
    """The input it is about, where that is known."""

    @property
    def is_error(self) -> bool:
        """Whether it stands in the way of publishing."""
        return self.problem.severity == ERROR


@dataclass(frozen=True)
class Draft:
    """A draft as it was typed: its page, and what it would be if it were saved."""

    version: ProcessVersion
    page: Page
    sheet: Sheet
    plan: Blueprint
    focus: str = ""
    opened: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, version: ProcessVersion, typed: Typed, kept: Blueprint, focus: str = "") -> Draft:
        """Read what was typed."""
        page = Page(typed)
        sheet = sheet_of(page, kept)
        return cls(version, page, sheet, unfold(sheet), focus, _opened(typed))

    def facts(self) -> Facts:
        """What it is judged by; its runs are looked at no longer than somebody who types waits."""
        return replace(publishing.facts(self.version, self.plan), most_markings=MOST_MARKINGS)

    def findings(self) -> list[Finding]:
        """What the model check and all other checks say of it, errors first."""
        facts = self.facts()
        problems = [_patient(one) for one in facts.problems(self.plan)]
        offered = self._repairs(problems, facts)
        found = [self._finding(one, offered.pop(_pair(one), None)) for one in problems]
        return [*found, *(Finding(one, self._undated()) for one in deadlinechecks.undated(self.plan))]

    def _finding(self, one: Problem, repair: Repair | None) -> Finding:
        row = self.row_of(one.step)
        part = str(one.path[2]) if len(one.path) > 2 and row else ""
        return Finding(one, row, repair, f"{row}-{INPUTS[part]}" if part in INPUTS else "")

    def _undated(self) -> str:
        """The first task without a deadline."""
        plain = (step for step in self.plan.steps if step.kind == "task")
        return next((self.row_of(step.key) for step in plain if not (step.deadline or step.deadlines)), "")

    def _repairs(self, problems: list[Problem], facts: Facts) -> dict[tuple[str, str], Repair | None]:
        """The repairs of findings, one for all of a code at a step. Each is tried out, so only the first few
        are asked for one."""
        first = {_pair(one): one for one in reversed(problems[:MOST_REPAIRS])}
        until = time.monotonic() + MOST_SECONDS
        return {
            pair: repairs.repair_of(self.plan, one, problems, facts)
            for pair, one in reversed(first.items())
            if time.monotonic() < until
        }

    def row_of(self, key: str) -> str:
        """The row a step or a gateway of the plan belongs to; empty if there is none."""
        rows = {self.page.keys[row]: row for row in self.page.kinds}
        if key in rows or not key:
            return rows.get(key, "")
        known = describe_gateway(self.sheet, key)
        return rows.get(known[0], "") if known else ""


def _opened(typed: Typed) -> list[str]:
    """The rows opened last."""
    return list(dict.fromkeys(typed.data.getlist(rearranging.OPEN)))[-MOST_OPEN:]


def _pair(one: Problem) -> tuple[str, str]:
    return one.code, one.step


def _patient(one: Problem) -> Problem:
    """That the page gave up looking is no fault: publishing looks longer."""
    if one.code != publishing.UNDECIDED:
        return one
    message = _("The check of this process takes longer; it is finished when the version is published.")
    return warning(one.code, one.step, message)


def draft_page(site: AdminSite, request: HttpRequest, version: ProcessVersion) -> HttpResponse:
    """Show a draft, rearrange it, look at what was typed, or save it.

    Raises TooManyRows where the page has no room for what is stored.
    """
    stored = blueprint.read(version)
    if request.method != "POST":
        draft = Draft.of(version, _shown(version, stored), stored)
        row = draft.row_of(request.GET.get("step", ""))
        return _answer(site, request, replace(draft, opened=[row], focus=row) if row else draft)
    typed, do = Typed(request.POST), request.POST.get("do", "")
    if do != LOOK and not version.is_draft:
        refusal = str(publishing.NotADraft(number=version.number))
        return _answer(site, request, Draft.of(version, typed, stored), status=409, refusal=refusal)
    if do in (SAVE, PUBLISH):
        return _save(site, request, _settled(version, typed, stored), do)
    if do == LOOK:
        context = _context(request, Draft.of(version, typed, stored))
        return render(request, PREVIEW, {**context, "is_swap": True})
    if do.startswith(REPAIR):
        return _answer(site, request, _repaired(Draft.of(version, typed, stored), do, stored))
    try:
        focus = rearranging.apply(typed, do)
    except TooManyRows as full:
        return _answer(site, request, Draft.of(version, typed, stored), status=422, full=full)
    return _answer(site, request, Draft.of(version, typed, stored, focus))


def _settled(version: ProcessVersion, typed: Typed, kept: Blueprint) -> Draft:
    """What is to be saved; where a list is full, what depends on it stays as it was typed."""
    with suppress(TooManyRows):
        rearranging.settle(typed)
    return Draft.of(version, typed, kept)


def _repaired(draft: Draft, do: str, kept: Blueprint) -> Draft:
    """The draft after the repair a button names; as it was where there is no such finding any more."""
    code, _colon, step = do.removeprefix(REPAIR).partition(":")
    facts = draft.facts()
    repair = repairs.find(draft.plan, facts.problems(draft.plan), code, step, facts)
    if repair is None:
        return draft
    try:
        typed = showing.typed_of(fold(repair.plan))
        headform.carry(draft.page.typed, typed)
        rearranging.settle(typed)
    except TooManyRows:
        return draft
    changed = _opened_alike(draft, typed, kept)
    return replace(changed, focus=changed.row_of(step))


def _opened_alike(draft: Draft, typed: Typed, kept: Blueprint) -> Draft:
    """Another page of the same draft, with the same rows open: they may have other prefixes."""
    for name in SWITCHES:
        typed.set(name, *draft.page.typed.data.getlist(name))
    changed = Draft.of(draft.version, typed, kept)
    rows = {key: row for row, key in changed.page.keys.items()}
    keys = [draft.page.keys[row] for row in draft.opened if row in draft.page.keys]
    return replace(changed, opened=[rows[key] for key in keys if key in rows])


def _shown(version: ProcessVersion, stored: Blueprint) -> Typed:
    """The page as it is first opened."""
    typed = showing.typed_of(fold(stored))
    headform.show(typed, version)
    rearranging.settle(typed)
    return typed


def _save(site: AdminSite, request: HttpRequest, draft: Draft, do: str) -> HttpResponse:
    if draft.page.faults:
        return _faulty(site, request, draft)
    head, expected = draft.page.head.head(), doors.number(request.POST.get("seen_version")) or 0
    try:
        changes = saving.save(draft.version, draft.plan, head, by=_user(request), expected=expected)
    except ProcessError as refusal:
        return _answer(site, request, draft, status=409, refusal=str(refusal))
    if do == PUBLISH:
        return _go(request, reverse("admin:processes_processversion_publish", args=[draft.version.pk]))
    said = _("The draft is saved.") if changes else _("Nothing was changed.")
    if request.headers.get("HX-Request"):
        return _saved(site, request, draft, said)
    messages.success(request, said)
    return HttpResponseRedirect(request.path)


def _faulty(site: AdminSite, request: HttpRequest, draft: Draft) -> HttpResponse:
    """The page with what is to be corrected; steps with faults are open."""
    draft.page.shows_faults = True
    opened = dict.fromkeys([*draft.opened, *(fault.row for fault in draft.page.faults if fault.row)])
    return _answer(site, request, replace(draft, opened=list(opened)), status=422, faults=draft.page.faults)


def _saved(site: AdminSite, request: HttpRequest, draft: Draft, said: str) -> HttpResponse:
    """The stored draft in place of the typed one, so that whoever saved goes on where he was."""
    version = ProcessVersion.objects.select_related("definition").get(pk=draft.version.pk)
    stored = blueprint.read(version)
    shown = _opened_alike(draft, _shown(version, stored), stored)
    return _answer(site, request, shown, seen_version=version.lock_version, saved=said)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, also where a script asked."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _answer(
    site: AdminSite, request: HttpRequest, draft: Draft, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = _context(request, draft)
    context = {
        **site.each_context(request),
        **context,
        "is_nav_sidebar_enabled": False,
        "title": draft.version.definition.name,
        "others": visits.others(draft.version, _user(request), timezone.now()),
        "rows": drawing.rows_of(draft.page, draft.sheet, draft.opened, context["remarks"]),
        "seen_version": request.POST.get("seen_version") or draft.version.lock_version,
        **more,
    }
    return render(request, TEMPLATE, context, status=status)


def _context(request: HttpRequest, draft: Draft) -> Mapping[str, Any]:
    visits.note(draft.version, _user(request), timezone.now())
    findings = draft.findings()
    return {
        "version": draft.version,
        "definition": draft.version.definition,
        "page": draft.page,
        "opened": draft.opened,
        "focus": draft.focus,
        **{name: draft.page.typed.get(name) for name in SWITCHES},
        "findings": findings,
        "more_findings": len(findings) - SHOWN_FINDINGS,
        "diagram": _diagram(draft, findings),
        **_published(draft.version),
        "remarks": remarks.of(draft.page, draft.opened, timezone.now()),
    }


def _diagram(draft: Draft, findings: list[Finding]) -> SafeString:
    marks = pictures.marks_of(draft.plan, [one.problem for one in findings if one.is_error])
    picture = pictures.picture_of(draft.plan, marks, title=draft.version.definition.name)
    boxes = [
        replace(box, href=f"#step-{row}" if (row := draft.row_of(box.key)) else "") for box in picture.boxes
    ]
    return pictures.svg(replace(picture, boxes=tuple(boxes)))


def _published(version: ProcessVersion) -> dict[str, Any]:
    """The version now in force, and how many cases run on it; nothing is said of a confidential process."""
    former = version.definition.published
    is_told = former is not None and not version.definition.is_confidential
    running = ProcessInstance.objects.real().running().filter(version=former).count() if is_told else None
    return {"former": former, "running": running}
