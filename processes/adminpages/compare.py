"""Two versions of a process beside each other: the picture, and what came, went and changed in words."""

from __future__ import annotations

from functools import partial

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from processes import blueprint, doors, nets, pictures
from processes.adminpages import versiondoors
from processes.blueprint import Blueprint
from processes.comparing import versionchanges
from processes.models import ProcessVersion


def urls(site: AdminSite) -> list[URLPattern]:
    """The page that compares a version with another one."""
    view = site.admin_view(partial(compare_page, site))
    return [path("<int:pk>/compare/", view, name="processes_processversion_compare")]


def compare_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The earlier of the two versions stands on the left; 404 for a version of another process.

    `with` = the other version; `to` = look at that version instead of the one in the address.
    """
    version = versiondoors.found(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    versions = list(version.definition.versions.all())
    to = _chosen(request, "to", versions)
    other = _chosen(request, "with", versions)
    if to is not None and to != version:
        address = versiondoors.url("compare", to)
        return HttpResponseRedirect(f"{address}?with={other.pk}" if other else address)
    other = other or _usual(version, versions)
    title = _("Compare versions of “%(process)s”") % {"process": version.definition}
    context = versiondoors.context(site, request, version, title)
    context |= {"versions": versions, "other": other}
    if other is not None:
        former, latter = sorted((other, version), key=lambda one: one.number)
        context |= comparison(former, latter)
    return render(request, "admin/processes/processversion/compare.html", context)


def comparison(former: ProcessVersion, latter: ProcessVersion) -> dict[str, object]:
    """What the fragment `_comparison.html` shows about two versions of a process; without a picture where
    nothing differs. The number of statements does not depend on their size."""
    old, new = blueprint.read(former), blueprint.read(latter)
    plans = nets.plans_of(former), nets.plans_of(latter)
    changes = versionchanges.between(old, new, versionchanges.known_to(old, new), plans)
    title = _("Version %(new)s compared with version %(old)s") % {
        "new": latter.number,
        "old": former.number,
    }
    return {
        "former": former,
        "latter": latter,
        "changes": changes,
        **(_drawn(old, new, title) if old != new else {"diagram": ""}),
    }


def _drawn(old: Blueprint, new: Blueprint, title: str) -> dict[str, object]:
    """The picture, and how many of the steps are in it where not all are."""
    whole = pictures.comparison(old, new, title=title)
    shown = pictures.focused(whole)
    steps = {one.key for one in (*old.steps, *new.steps)}
    drawn = sum(box.key in steps for box in shown.boxes)
    return {
        "diagram": pictures.svg(shown),
        "drawn_steps": drawn if shown is not whole else 0,
        "all_steps": len(steps),
    }


def _chosen(request: HttpRequest, name: str, versions: list[ProcessVersion]) -> ProcessVersion | None:
    """The version a parameter names; None without one, 404 for what is no version of the process."""
    text = request.GET.get(name, "")
    if not text:
        return None
    chosen = next((one for one in versions if one.pk == doors.number(text)), None)
    if chosen is None:
        raise Http404
    return chosen


def _usual(version: ProcessVersion, versions: list[ProcessVersion]) -> ProcessVersion | None:
    """The published version, else the one before, else any other."""
    others = [one for one in versions if one != version]
    published = [one for one in others if one.state == ProcessVersion.State.PUBLISHED]
    before = [one for one in others if one.number < version.number]
    return next(iter((*published, *before, *others)), None)
