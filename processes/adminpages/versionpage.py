"""A version that changes no more, on a page of its own: its picture and its steps as a table."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.models import Team, User
from processes import blueprint, pictures, publishing
from processes.adminpages import templatewords
from processes.blueprint import Blueprint
from processes.checking import stepchecks
from processes.diagram import listing
from processes.models import EscalationPlan, ProcessDefinition, ProcessVersion
from processes.words import levelwords
from processes.words.planwords import Names


def page(site: AdminSite, request: HttpRequest, version: ProcessVersion) -> HttpResponse:
    """Show a published or retired version."""
    plan = blueprint.read(version)
    names = Names.of(
        plan,
        teams=dict(Team.objects.values_list("key", "name")),
        processes=dict(ProcessDefinition.objects.values_list("key", "name")),
        people={user.email: str(user) for user in User.objects.filter(email__in=_emails(plan))},
    )
    picture = pictures.linked(
        pictures.picture_of(plan, pictures.Marks(), title=version.definition.name), "step-"
    )
    plans = dict(EscalationPlan.objects.values_list("key", "name"))
    context = {
        **site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": version.definition.name,
        "version": version,
        "definition": version.definition,
        "callers": publishing.callers(version),
        "diagram": pictures.svg(picture, across=True),
        "diagram_rows": listing.rows(picture),
        "rows": templatewords.rows(plan, names),
        "fields": templatewords.uses(plan, names),
        "plans": levelwords.plans(version.plan_keys, plans),
    }
    return render(request, "admin/processes/processversion/version.html", context)


def _emails(plan: Blueprint) -> set[str]:
    """Of the people who vote."""
    return {email for email, _path in stepchecks.people_named(plan)}
