"""What the pages about a version in the administration share: who may come, which version, where to go."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest
from django.urls import reverse

from people.models import User
from processes import policy
from processes.models import ProcessVersion


def demand_admin(request: HttpRequest) -> User:
    """The process administrator who asks; 404 for everybody else."""
    user = cast(User, request.user)
    if not policy.may_define_processes(user):
        raise Http404
    return user


def found(request: HttpRequest, pk: int) -> ProcessVersion:
    """The version of that number, with its process; 404 as for a missing one without the right."""
    demand_admin(request)
    rows = ProcessVersion.objects.select_related("definition__owner_team", "definition__owner")
    version = rows.filter(pk=pk).first()
    if version is None:
        raise Http404
    return version


def url(page: str, version: ProcessVersion) -> str:
    """Where a page of a version is: change, compare, publish, revise, copy, retire."""
    return reverse(f"admin:processes_processversion_{page}", args=[version.pk])


def context(site: AdminSite, request: HttpRequest, version: ProcessVersion, title: str) -> dict[str, Any]:
    """What the frame of every such page shows."""
    return {**site.each_context(request), "title": title, "version": version, "opts": version._meta}
