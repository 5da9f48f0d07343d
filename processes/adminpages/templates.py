"""“Vorlagen” in Django admin: the shipped processes, one of them in detail, and taking it over as a draft."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from people import adminlog
from people.models import User
from processes import importing, library
from processes.adminpages import templatewords
from processes.adminpages.templateforms import AdoptForm
from processes.adminpages.versiondoors import demand_admin
from processes.library import Adaptation, Template
from processes.models import ProcessDefinition, ProcessVersion


def urls(site: AdminSite) -> list[URLPattern]:
    """The list of templates, and the page of one."""
    return [
        path("templates/", site.admin_view(partial(template_list, site)), name="process_templates"),
        path("templates/<slug:key>/", site.admin_view(partial(template_page, site)), name="process_template"),
    ]


def template_list(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """All templates: what for, how large, which teams, and whether it was taken over already."""
    demand_admin(request)
    adopted = {one.key: one for one in ProcessDefinition.objects.all()}
    rows = [templatewords.summary(one, adopted.get(one.key)) for one in library.templates()]
    context = {
        **site.each_context(request),
        "title": _("Process templates"),
        "rows": sorted(rows, key=lambda row: (row.category, row.name)),
    }
    return render(request, "admin/processes/templates/list.html", context)


def template_page(site: AdminSite, request: HttpRequest, key: str) -> HttpResponse:
    """One template: its steps, and the form that takes it over."""
    user = demand_admin(request)
    one = library.template(key)
    if one is None:
        raise Http404
    form = AdoptForm(one, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        version = adopt(one, form.adaptation(), form.new_teams(), by=user)
        messages.success(request, _("“%(name)s” is a draft now.") % {"name": version.definition.name})
        return HttpResponseRedirect(reverse("admin:processes_processversion_change", args=[version.pk]))
    context = {
        **site.each_context(request),
        "title": one.head.name,
        "template": templatewords.page(one),
        "form": form,
    }
    return render(
        request, "admin/processes/templates/detail.html", context, status=422 if form.errors else 200
    )


@transaction.atomic
def adopt(
    one: Template, adaptation: Adaptation, team_names: dict[str, str], *, by: User | None
) -> ProcessVersion:
    """Write a template as the draft of a new process, with the teams that are missing; all or nothing.

    `team_names` = names of the teams to be made, by key. Writes AdminEvents.
    """
    report = importing.import_parsed(adaptation.of(one), by=by, create_teams=True, team_names=team_names)
    version = report.version
    if version is None:
        raise ValueError([str(problem.message) for problem in report.problems])
    changes: dict[str, Any] = {"template": [None, one.key], "teams": [None, dict(adaptation.teams)]}
    adminlog.record(by, "template_adopted", version.definition, changes)
    return version
