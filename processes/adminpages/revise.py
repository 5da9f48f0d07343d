"""Correcting texts of a published version in the administration: all texts, then old → new, then saved.

A correction is typed on one page and confirmed on a second one. The form carries the newest revision it was
made from (`seen`); if somebody else was quicker, what was typed stays, and the page says what has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from processes import blueprint, doors, revising, texts
from processes.adminpages import versiondoors
from processes.comparing import versionchanges, worddiff
from processes.errors import ProcessError, StaleError
from processes.models import ProcessVersion, TextRevision
from processes.stepplans import CASE_WORDS
from processes.texts import Text
from processes.words import textwords
from processes.words.stepnames import UNNAMED

TEXT = "text:"
"""Begins the names of the inputs; the path follows."""
SAVE, AGAIN = "_save", "_again"
"""Buttons of the second page: save, or go back to the texts; every other POST asks for the second page."""
HISTORY = 50
"""Revisions shown at once."""


@dataclass(frozen=True, slots=True)
class Input:
    """One text with what is typed for it."""

    name: str
    label: str
    text: str
    stored: str
    longest: int | None
    is_optional: bool
    fault: str = ""
    languages: tuple[str, ...] = ()
    meanwhile: bool = False
    words: tuple[str, ...] = ()
    """Placeholders it may use."""

    @property
    def rows(self) -> int:
        """Lines of the text area."""
        return min(max(self.text.count("\n") + len(self.text) // 80 + 1, 2), 16)

    @property
    def is_changed(self) -> bool:
        """Whether something else is typed than holds now."""
        return self.text != self.stored


@dataclass(frozen=True, slots=True)
class Card:
    """A step or a field with its texts."""

    name: str
    kind: str
    inputs: tuple[Input, ...]

    @property
    def is_open(self) -> bool:
        """Whether the page shows it unfolded: where something is typed or wrong."""
        return any(one.is_changed or one.fault for one in self.inputs)


@dataclass(frozen=True, slots=True)
class Shown:
    """A correction, made or to be made, as it is read."""

    place: str
    old: str
    new: str
    merged: SafeString
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Typed:
    """What a form brought: the texts by path, the reason, and from which revision on it was made."""

    texts: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    seen: int = 0


def urls(site: AdminSite) -> list[URLPattern]:
    """The page that corrects texts."""
    view = site.admin_view(partial(revise_page, site))
    return [path("<int:pk>/texts/", view, name="processes_processversion_revise")]


def revise_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The texts to be corrected; a POST shows old → new, and a POST of that page saves."""
    version = versiondoors.found(request, pk)
    if version.is_draft:
        messages.error(request, str(revising.IsDraft(number=version.number)))
        return HttpResponseRedirect(versiondoors.url("change", version))
    page = _Page(site, request, version)
    if request.method != "POST":
        return page.form(Typed(seen=page.last))
    typed = _typed(request)
    if AGAIN in request.POST:
        return page.form(typed)
    return page.save(typed) if SAVE in request.POST else page.preview(typed)


def _typed(request: HttpRequest) -> Typed:
    found = {
        name.removeprefix(TEXT): revising.clean(str(value))
        for name, value in request.POST.items()
        if name.startswith(TEXT)
    }
    reason = revising.clean(request.POST.get("reason", ""))[: revising.LONGEST_REASON]
    return Typed(found, reason, doors.number(request.POST.get("seen")) or 0)


class _Page:
    """One request about the texts of one version."""

    def __init__(self, site: AdminSite, request: HttpRequest, version: ProcessVersion) -> None:
        self.site, self.request, self.version = site, request, version
        self.last = version.text_revisions.last_id()
        self.plan = blueprint.read(version)
        self.now = texts.of_plan(self.plan)
        self.words = (*CASE_WORDS, *(one.key for one in self.plan.fields))

    def preview(self, typed: Typed) -> HttpResponse:
        """Old → new, with what is typed in hidden fields; or the form again if something is wrong."""
        typed = self._touched(typed)
        try:
            self._judge(typed)
        except ProcessError as refusal:
            return self.form(typed, refusal)
        context = self._context(typed)
        context["shown"] = list(
            self._shown((path, self.now[path].text, new) for path, new in self._new(typed))
        )
        kinds = {self.now[path].kind for path, _new in self._new(typed)}
        context["has_names"], context["has_mails"] = "name" in kinds, bool(kinds & revising.FILLED)
        return self._render("revise_preview.html", context, 200)

    def save(self, typed: Typed) -> HttpResponse:
        """Write the revisions; or the form again if something is wrong."""
        try:
            rows = revising.revise(
                self.version,
                typed.texts,
                reason=typed.reason,
                seen=typed.seen,
                by=versiondoors.demand_admin(self.request),
            )
        except ProcessError as refusal:
            return self.form(typed, refusal)
        said = ngettext("%(count)s text is corrected.", "%(count)s texts are corrected.", len(rows))
        messages.success(self.request, said % {"count": len(rows)})
        return HttpResponseRedirect(versiondoors.url("revise", self.version))

    def form(self, typed: Typed, refusal: ProcessError | None = None) -> HttpResponse:
        """All texts as inputs, what was typed in place, and what is wrong with it."""
        typed = self._touched(typed)
        newer = revising.since(self.version, typed.seen) if typed.seen != self.last else []
        wrong = refusal.faults if isinstance(refusal, revising.UnfitTexts) else {}
        context = self._context(typed)
        context |= {
            "cards": list(self._cards(typed, wrong, {row.path for row in newer})),
            "refusal": str(refusal) if refusal else "",
            "is_reason_missing": isinstance(refusal, revising.ReasonMissing),
            "faults": [(f"{TEXT}{path}", self._place(path), said) for path, said in wrong.items()],
            "newer": [(self._place(row.path), row) for row in newer],
            "drafts": self.version.definition.versions.filter(state=ProcessVersion.State.DRAFT),
            "has_mails": any(one.kind in revising.FILLED for one in self.now.values()),
            "history": list(self._history()),
            "history_count": self.version.text_revisions.count(),
        }
        status = (409 if isinstance(refusal, StaleError) else 422) if refusal else 200
        return self._render("revise.html", context, status)

    def _judge(self, typed: Typed) -> None:
        """Raise what saving would raise, before anything is confirmed."""
        new = dict(self._new(typed))
        wrong = revising.faults(self.now, new)
        if typed.seen != self.last:
            raise revising.TextsChanged
        if not new:
            raise revising.NothingChanged
        if wrong:
            raise revising.UnfitTexts(wrong)
        if not typed.reason:
            raise revising.ReasonMissing

    def _touched(self, typed: Typed) -> Typed:
        """What the person changed, without what only stood in the form: a text somebody else has corrected
        since is not typed back to what it was."""
        before = {row.path: row.old_text for row in reversed(revising.since(self.version, typed.seen))}
        kept = {
            path: text
            for path, text in typed.texts.items()
            if path not in before or text != revising.clean(before[path])
        }
        return Typed(kept, typed.reason, typed.seen)

    def _new(self, typed: Typed) -> list[tuple[str, str]]:
        return list(revising.changed(self.now, typed.texts).items())

    def _context(self, typed: Typed) -> dict[str, Any]:
        title = gettext("Correct texts of version %(number)s") % {"number": self.version.number}
        context = versiondoors.context(self.site, self.request, self.version, title)
        hidden = [(f"{TEXT}{path}", text) for path, text in self._new(typed)]
        return {**context, "typed": typed, "seen": self.last, "hidden": hidden}

    def _render(self, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        return render(self.request, f"admin/processes/processversion/{template}", context, status=status)

    # -- what is shown -----------------------------------------------------------------------------------

    def _cards(self, typed: Typed, wrong: Mapping[str, str], newer: set[str]) -> Iterator[Card]:
        for step in self.plan.steps:
            if step.kind in UNNAMED and not (step.name or step.instructions):
                continue
            kind = str(KIND_OF_CARD["picture" if step.kind in UNNAMED else "step"])
            name = step.name or gettext("(without a name)")
            yield Card(name, kind, self._inputs(texts.of_step(step), typed, wrong, newer))
        for one in self.plan.fields:
            kind = str(KIND_OF_CARD["field"])
            yield Card(one.label, kind, self._inputs(texts.of_field(one), typed, wrong, newer))

    def _inputs(
        self, found: Iterable[Text], typed: Typed, wrong: Mapping[str, str], newer: set[str]
    ) -> tuple[Input, ...]:
        return tuple(
            Input(
                name=f"{TEXT}{one.path}",
                label=textwords.label(one),
                text=typed.texts.get(one.path, one.text),
                stored=one.text,
                longest=one.longest,
                is_optional=one.is_optional,
                fault=wrong.get(one.path, ""),
                languages=texts.translated(one.path, self.version.translations),
                meanwhile=one.path in newer,
                words=self.words if one.kind in revising.FILLED else (),
            )
            for one in found
        )

    def _place(self, path: str) -> str:
        """Where a text stands; one that is no more by its path."""
        one = self.now.get(path)
        return textwords.place(self.plan, one) if one else path

    def _shown(self, rows: Iterable[tuple[str, str, str]]) -> Iterator[Shown]:
        effort = worddiff.Effort()
        for where, old, new in rows:
            yield Shown(
                self._place(where),
                old,
                new,
                versionchanges.as_html(worddiff.merged(old, new, effort)),
                texts.translated(where, self.version.translations),
            )

    def _history(self) -> Iterator[tuple[TextRevision, Shown]]:
        """The newest revisions, each with its words."""
        rows = list(self.version.text_revisions.select_related("by")[:HISTORY])
        shown = self._shown((row.path, row.old_text, row.new_text) for row in rows)
        return zip(rows, shown, strict=True)


KIND_OF_CARD = {"step": _("Step"), "picture": _("In the picture"), "field": _("Field")}
