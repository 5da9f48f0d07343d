"""“Probelauf” in Django admin: what it is, what stands in its way, and the trials that are there already."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from people.models import User
from processes import policy, publishing
from processes.checking.findings import ERROR
from processes.models import ProcessVersion
from processes.runtime import trials


def urls(site: AdminSite) -> list[URLPattern]:
    """The page of a version from which it is run on trial."""
    view = site.admin_view(partial(trial_page, site))
    return [path("<path:object_id>/trial/", view, name="processes_processversion_trial")]


def _version(object_id: str) -> ProcessVersion:
    """A draft or the published version; 404 for everything else."""
    pk = unquote(object_id)
    rows = ProcessVersion.objects.select_related("definition").exclude(state=ProcessVersion.State.RETIRED)
    version = rows.filter(pk=pk).first() if pk.isascii() and pk.isdecimal() and len(pk) <= 18 else None
    if version is None:
        raise Http404
    return version


def trial_page(site: AdminSite, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show what a trial is and what stands in its way; a POST goes on to the start form, or says why not."""
    user = cast(User, request.user)
    if not policy.may_try(user):
        raise Http404
    version = _version(object_id)
    found = publishing.problems(version) if version.is_draft else []
    is_refused = not (publishing.is_publishable(found) or publishing.is_signable(found))
    if request.method == "POST" and not is_refused:
        return HttpResponseRedirect(reverse("processes:trial_start", args=[version.pk]))
    context = {
        **site.each_context(request),
        "title": _("Trial run of version %(number)s") % {"number": version.number},
        "version": version,
        "faults": [one for one in found if one.severity == ERROR] if is_refused else [],
        "trials": trials.of_user(user),
        "most": trials.MOST,
        "days": trials.KEPT.days,
    }
    status = 422 if is_refused and request.method == "POST" else 200
    return render(request, "admin/processes/processversion/trial.html", context, status=status)
