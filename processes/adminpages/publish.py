"""The life of a version in the administration: publishing with what it means, retiring, copying."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User
from processes import blueprint, copying, doors, plaintext, policy, publishing, revising
from processes.adminpages import compare, numberpatterns, versiondoors
from processes.checking import outside
from processes.checking.findings import ERROR
from processes.comparing import affected, versionchanges
from processes.errors import ProcessError
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion, StartSchedule
from processes.textfields import Line
from processes.words import levelwords, textwords

LONGEST_REASON = 2000
"""Characters kept of the reason of a signature."""
MOST_SCHEDULES = 20
"""Planned starts that are named; of more, only the number is told."""


def urls(site: AdminSite) -> list[URLPattern]:
    """Publishing, retiring, and a copy as a process of its own."""
    pages = {"publish": publish_page, "retire": retire_page, "copy": copy_page}
    return [
        path(
            f"<int:pk>/{name}/",
            site.admin_view(partial(view, site)),
            name=f"processes_processversion_{name}",
        )
        for name, view in pages.items()
    ]


# -- publishing ----------------------------------------------------------------------------------------------


def publish_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what publishing means and what stands in its way; a POST publishes."""
    version = versiondoors.found(request, pk)
    if request.method == "POST":
        return _publish(site, request, version)
    return _dialog(site, request, version)


def _publish(site: AdminSite, request: HttpRequest, version: ProcessVersion) -> HttpResponse:
    try:
        publishing.publish(
            version,
            by=versiondoors.demand_admin(request),
            expected=doors.number(request.POST.get("seen_version")) or 0,
            signed_reason=plaintext.lines(request.POST.get("signed_reason", ""))[:LONGEST_REASON],
        )
    except publishing.NotPublishable as refusal:
        return _dialog(site, request, version, refusal=str(refusal))
    except publishing.DraftChanged as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(versiondoors.url("publish", version))
    except ProcessError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return HttpResponseRedirect(versiondoors.url("change", version))


def _dialog(
    site: AdminSite, request: HttpRequest, version: ProcessVersion, refusal: str = ""
) -> HttpResponse:
    if not version.is_draft:
        return HttpResponseRedirect(versiondoors.url("change", version))
    former = version.definition.last_in_force
    title = _("Publish version %(number)s") % {"number": version.number}
    context = versiondoors.context(site, request, version, title)
    context |= _judged(version, versiondoors.demand_admin(request))
    context |= _meaning(version, former)
    context |= compare.comparison(former, version) if former else {}
    context["refusal"] = refusal
    template = "admin/processes/processversion/publish.html"
    return render(request, template, context, status=422 if refusal else 200)


def _judged(version: ProcessVersion, by: User) -> dict[str, Any]:
    """What stands in the way, what is worth a look, and who may sign."""
    found = publishing.problems(version)
    return {
        "faults": [one for one in found if one.severity == ERROR],
        "hints": [*(one for one in found if one.severity != ERROR), *publishing.hints(version)],
        "is_publishable": publishing.is_publishable(found),
        "is_signable": publishing.is_signable(found),
        "may_sign": policy.may_sign(by, version.definition),
    }


def _meaning(version: ProcessVersion, former: ProcessVersion | None) -> dict[str, Any]:
    """Who and what is touched by it; `former` = the version in force until now, or last."""
    new = blueprint.read(version)
    old = blueprint.read(former) if former else None
    known = versionchanges.known_to(new)
    left_behind = revising.left_behind(former, new) if former else []
    return {
        "former": former,
        "running": _running(version.definition),
        "left_behind": [(textwords.place(new, one), one.text) for one in left_behind],
        "affected": affected.between(old, new, known),
        "start_teams": list(version.definition.start_teams.all()),
        "callers": outside.callers_of(version.definition.key),
        **_schedules(version.definition),
        "plans": [
            (plan, [levelwords.sentence(level) for level in plan.levels()])
            for plan in publishing.copied_plans(version)
        ],
    }


def _running(definition: ProcessDefinition) -> list[tuple[int, int]] | None:
    """On which versions (their numbers) how many cases stay, the newest first; None of a confidential
    process, of which nothing is said."""
    if definition.is_confidential:
        return None
    rows = ProcessInstance.objects.real().running().filter(version__definition=definition)
    counted = rows.order_by("-version__number").values("version__number").annotate(cases=Count("pk"))
    return list(counted.values_list("version__number", "cases"))


def _running_on(version: ProcessVersion) -> int | None:
    """How many cases stay on one version; None of a confidential process."""
    found = _running(version.definition)
    return None if found is None else dict(found).get(version.number, 0)


def _schedules(definition: ProcessDefinition) -> dict[str, Any]:
    """Planned starts that will come: the next ones and their number."""
    rows = StartSchedule.objects.filter(definition=definition, is_active=True, wake_at__isnull=False)
    named = list(rows.order_by("wake_at", "pk")[: MOST_SCHEDULES + 1])
    more = rows.count() - MOST_SCHEDULES if len(named) > MOST_SCHEDULES else 0
    return {"schedules": named[:MOST_SCHEDULES], "more_schedules": more}


# -- retiring ------------------------------------------------------------------------------------------------


def retire_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Say what retiring means; a POST of this page retires, another one only asks."""
    version = versiondoors.found(request, pk)
    if version.state != ProcessVersion.State.PUBLISHED:
        messages.error(request, str(publishing.NotPublished(number=version.number)))
        return HttpResponseRedirect(versiondoors.url("change", version))
    if request.method == "POST" and request.POST.get("confirmed"):
        return _retire(request, version)
    title = _("Retire version %(number)s") % {"number": version.number}
    context = versiondoors.context(site, request, version, title)
    context |= {
        "running": _running_on(version),
        "callers": publishing.callers(version),
        **_schedules(version.definition),
    }
    return render(request, "admin/processes/processversion/retire.html", context)


def _retire(request: HttpRequest, version: ProcessVersion) -> HttpResponse:
    try:
        publishing.retire(version, by=versiondoors.demand_admin(request))
    except ProcessError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Version %(number)s is retired.") % {"number": version.number})
    return HttpResponseRedirect(versiondoors.url("change", version))


# -- a copy --------------------------------------------------------------------------------------------------


class CopyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, key and numbers of the new process."""

    class Meta:
        model = ProcessDefinition
        fields = ("name", "key", "number_pattern")
        field_classes = {"name": Line, "key": Line, "number_pattern": numberpatterns.PatternField}
        help_texts = {
            "key": gettext_lazy("Lower-case letters, digits, - and _; it cannot be changed later."),
        }

    def clean_name(self) -> str:
        """Two processes of one name could not be told apart in the list."""
        name = str(self.cleaned_data["name"]).strip()
        if ProcessDefinition.objects.filter(name__iexact=name).exists():
            raise ValidationError(_("There is a process of this name already."))
        return name

    def clean_number_pattern(self) -> str:
        """A pattern of its own."""
        return numberpatterns.own(self.cleaned_data["number_pattern"])


def copy_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for name, key and numbers; a POST makes the copy and goes on with its draft."""
    version = versiondoors.found(request, pk)
    form = CopyForm(request.POST if request.method == "POST" else None, initial=_proposed(version))
    if request.method == "POST" and form.is_valid():
        draft = _copied(request, version, form)
        if draft is not None:
            messages.success(request, _("“%(name)s” is a draft now.") % {"name": draft.definition.name})
            return HttpResponseRedirect(versiondoors.url("change", draft))
    context = versiondoors.context(site, request, version, _("Copy the process"))
    context["form"] = form
    template = "admin/processes/processversion/copy.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _copied(request: HttpRequest, version: ProcessVersion, form: CopyForm) -> ProcessVersion | None:
    """The draft of the copy; None, and a fault in the form, where a second click has made it meanwhile."""
    try:
        return copying.copy_process(version, **form.cleaned_data, by=versiondoors.demand_admin(request))
    except IntegrityError:
        form.add_error("key", _("There is a process of this key already."))
        return None


def _proposed(version: ProcessVersion) -> dict[str, str]:
    name = _("Copy of %(name)s") % {"name": version.definition.name}
    taken = dict(ProcessDefinition.objects.values_list("key", "number_pattern"))
    return {
        "name": name[:120],
        "key": blueprint.key_from(name, taken, fallback="prozess"),
        "number_pattern": numberpatterns.free(version.definition.number_pattern, taken.values()),
    }
