"""Trial runs: their start form, and their removal; every other page is that of a real case."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from processes import publishing, runtime
from processes.doors import for_trials, viewer
from processes.models import ProcessInstance, ProcessVersion
from processes.runtime import trials
from processes.views import cases, catalogue
from tasks import deadlines, duetime


@require_http_methods(["GET", "HEAD", "POST"])
@for_trials
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """The start form of a draft or the published version; what is wrong with a draft is on its trial page."""
    version = ProcessVersion.objects.select_related("definition__owner_team").filter(pk=pk).first()
    if version is None or version.state == ProcessVersion.State.RETIRED:
        raise Http404
    try:
        if version.is_draft:
            publishing.demand_no_faults(version)
    except publishing.NotPublishable:
        return redirect("admin:processes_processversion_trial", pk)
    return catalogue.start_page(request, version, is_trial=True)


@require_POST
@for_trials
def advance(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the clock of a trial forward to the next moment at which it has something to do."""
    case = _find(request, pk)
    moment = trials.next_moment(case)
    if moment is None:
        messages.info(request, _("No deadline is running in this trial run."))
    else:
        deadlines.sweep_tree(case.root_id or case.pk, at=max(moment, timezone.now()))
        messages.success(
            request, _("The clock of the trial run stands at %(when)s.") % {"when": duetime.full_text(moment)}
        )
    return redirect("processes:instance", pk)


def _find(request: HttpRequest, pk: int) -> ProcessInstance:
    case = cases.find(request, pk)
    if not case.is_trial:
        raise Http404
    return case


@require_POST
@for_trials
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a trial for good, and go back to the version it was made from, if that is still there."""
    case = _find(request, pk)
    origin = trials.origin_of(case)
    runtime.remove_trial(case, by=viewer(request))
    messages.success(
        request, _("%(number)s is removed, with everything that belonged to it.") % {"number": case.number}
    )
    return redirect("admin:processes_processversion_trial", origin.pk) if origin else redirect("tasks:inbox")
