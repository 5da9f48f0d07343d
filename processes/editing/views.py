"""The page of a draft: shown from its rows, drawn anew while it is rearranged, saved in one piece.

Everything between opening and saving is a POST that stores nothing: the page travels whole, so that two
buttons need no session and an interrupted one loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from processes import blueprint, doors, pictures, publishing
from processes.blueprint import Blueprint
from processes.editing import conflicts, drawing, rearranging, remarks, saving, undoing, visits
from processes.editing.draft import (
    SWITCHES,
    Draft,
    Finding,
    Unfinished,
    opened_alike,
    repaired,
    settled,
    shown,
)
from processes.editing.parts import StepPart
from processes.editing.typed import REMOVED, TooManyRows, Typed
from processes.models import ProcessInstance, ProcessVersion

TEMPLATE = "admin/processes/processversion/draft.html"
PREVIEW = "admin/processes/processversion/_draft_preview.html"
SAVE, LOOK = "save", "preview"
ONWARD = ("publish", "simulate", "trial")
"""Pages that a button saves for and leads to."""
REPLACE, RENEW = "replace", "renew"
"""Save over what somebody else saved meanwhile; go on after the draft was published meanwhile."""
SHOWN_FINDINGS = 6
"""Findings shown at once; others are folded away."""
REPAIR = "repair:"
"""In front of code and step of a finding, in the word of its button."""


def draft_page(site: AdminSite, request: HttpRequest, version: ProcessVersion) -> HttpResponse:
    """Show a draft, rearrange it, look at what was typed, or save it.

    Raises TooManyRows where the page has no room for what is stored.
    """
    stored = blueprint.read(version)
    if request.method != "POST":
        draft = Draft.of(version, shown(version, stored), stored)
        row = draft.row_of(request.GET.get("step", ""))
        return _answer(site, request, replace(draft, opened=[row], focus=row) if row else draft)
    typed, do = Typed(request.POST), request.POST.get("do", "")
    if do != LOOK and not version.is_draft:
        return _published_meanwhile(site, request, settled(version, typed, stored), do)
    if do in (SAVE, REPLACE, *ONWARD):
        return _save(site, request, settled(version, typed, stored), do)
    if do == LOOK:
        over = None if version.is_draft else conflicts.published(version)
        context = _context(request, Draft.of(version, typed, stored))
        return render(request, PREVIEW, {**context, "is_swap": True, "over": over})
    if do.startswith(REPAIR):
        code, _colon, step = do.removeprefix(REPAIR).partition(":")
        return _repaired(site, request, Draft.of(version, typed, stored), code, step, stored)
    return _rearranged(site, request, version, typed, stored)


def _rearranged(
    site: AdminSite, request: HttpRequest, version: ProcessVersion, typed: Typed, stored: Blueprint
) -> HttpResponse:
    """The page after a button that changes it; what was removed or brought back is said."""
    do = request.POST.get("do", "")
    back = _removal(typed) if do == rearranging.UNDO else ""
    waiting = rearranging.waiting(typed)
    try:
        focus = rearranging.apply(typed, do)
    except TooManyRows as full:
        return _answer(site, request, Draft.of(version, typed, stored), status=422, full=full)
    said = _("%(what)s is back.") % {"what": back} if back else ""
    draft = Draft.of(version, typed, stored, focus)
    begun = [part for part in draft.page.steps if part.prefix in rearranging.waiting(typed) - waiting]
    draft = replace(draft, said=said or _said_of_waiting(begun))
    return _answer(site, request, draft, is_removed=do.startswith(f"{rearranging.REMOVE}:"))


def _removal(typed: Typed) -> str:
    """What is taken back next, in words; empty for nothing."""
    removal = undoing.last(typed)
    return removal.what(typed) if removal else ""


def _repaired(
    site: AdminSite, request: HttpRequest, draft: Draft, code: str, step: str, stored: Blueprint
) -> HttpResponse:
    try:
        return _answer(site, request, repaired(draft, code, step, stored))
    except Unfinished as unfinished:
        return _faulty(site, request, draft, full=unfinished)


def _said_of_waiting(begun: list[StepPart]) -> str:
    """That a step waits for others from now on; empty where none does."""
    found = (
        _("“%(step)s” %(begins)s.") % {"step": one.page.step_names[one.prefix], "begins": one.begins}
        for one in begun
        if one.begins
    )
    return next(found, "")


def _save(site: AdminSite, request: HttpRequest, draft: Draft, do: str) -> HttpResponse:
    if draft.page.faults:
        return _faulty(site, request, draft)
    seen = request.POST.get("stored_version" if do == REPLACE else "seen_version")
    head, expected = draft.page.head.head(), doors.number(seen) or 0
    try:
        changes = saving.save(draft.version, draft.plan, head, by=_user(request), expected=expected)
    except publishing.DraftChanged:
        return _answer(
            site, request, draft, status=409, conflict=conflicts.changed(draft.version, draft.plan)
        )
    except publishing.NotADraft:
        return _answer(site, request, draft, status=409, conflict=conflicts.published(draft.version))
    if do in ONWARD:
        return _go(request, reverse(f"admin:processes_processversion_{do}", args=[draft.version.pk]))
    said = _("The draft is saved.") if changes else _("Nothing was changed.")
    if request.headers.get("HX-Request"):
        return _saved(site, request, draft, said)
    messages.success(request, said)
    return HttpResponseRedirect(request.path)


def _published_meanwhile(site: AdminSite, request: HttpRequest, draft: Draft, do: str) -> HttpResponse:
    """Say that what was typed can change nothing any more, or go on with it as the draft of a new version."""
    if do != RENEW or not draft.sheet.rows:
        return _answer(site, request, draft, status=409, conflict=conflicts.published(draft.version))
    if draft.page.faults:
        return _faulty(site, request, draft)
    renewed = saving.renew(draft.version, draft.plan, draft.page.head.head(), by=_user(request))
    said = _("What was typed is the draft of version %(number)s now.") % {"number": renewed.number}
    messages.success(request, said)
    return _go(request, reverse("admin:processes_processversion_change", args=[renewed.pk]))


def _faulty(site: AdminSite, request: HttpRequest, draft: Draft, **more: Any) -> HttpResponse:
    """The page with what is to be corrected; steps with faults are open."""
    draft.page.shows_faults = True
    opened = dict.fromkeys([*draft.opened, *(fault.row for fault in draft.page.faults if fault.row)])
    shown = replace(draft, opened=list(opened))
    return _answer(site, request, shown, status=422, faults=draft.page.faults, **more)


def _saved(site: AdminSite, request: HttpRequest, draft: Draft, said: str) -> HttpResponse:
    """The stored draft in place of the typed one, so that whoever saved goes on where he was."""
    version = ProcessVersion.objects.select_related("definition").get(pk=draft.version.pk)
    stored = blueprint.read(version)
    alike = opened_alike(draft, shown(version, stored), stored)
    return _answer(site, request, alike, seen_version=version.lock_version, saved=said)


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
    context = {**site.each_context(request), **_context(request, draft)}
    context |= {
        "is_nav_sidebar_enabled": False,
        "title": draft.version.definition.name,
        "removed": draft.page.typed.data.getlist(REMOVED),
        "removal": _removal(draft.page.typed),
        "worn": draft.page.typed.get(undoing.WORN),
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
        "said": draft.said,
        **{name: draft.page.typed.get(name) for name in SWITCHES},
        "findings": findings,
        "more_findings": len(findings) - SHOWN_FINDINGS,
        "diagram": _diagram(draft, findings),
        **_published(draft.version),
        "remarks": remarks.of(draft.page, draft.sheet, draft.opened, timezone.now()),
    }


def _diagram(draft: Draft, findings: list[Finding]) -> SafeString:
    marks = pictures.marks_of(draft.plan, [one.problem for one in findings if one.is_error])
    picture = pictures.picture_of(draft.plan, marks, title=draft.version.definition.name)
    boxes = [
        replace(box, href=f"#step-{row}" if (row := draft.row_of(box.key)) else "") for box in picture.boxes
    ]
    return pictures.svg(replace(picture, boxes=tuple(boxes)), across=True)


def _published(version: ProcessVersion) -> dict[str, Any]:
    """The version now in force, and how many cases run on it; nothing is said of a confidential process."""
    former = version.definition.published
    is_told = former is not None and not version.definition.is_confidential
    running = ProcessInstance.objects.real().running().filter(version=former).count() if is_told else None
    return {"former": former, "running": running}
