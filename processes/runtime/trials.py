"""Trial runs: a real case for its starter alone, and its removal without a trace (docs/adr/0012).

A trial goes the way of every case; what differs is asked of the case (`is_trial`) where it matters.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence

from django.db import models, transaction
from django.utils.translation import gettext as _

from people import adminlog
from people.models import User
from people.scope import SYSTEM, Principal
from processes import casework, policy, publishing
from processes.casework import Casework
from processes.casework.change import Busy
from processes.errors import NotAllowed, NotStartable, TooManyTrials
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion
from processes.retry import one_transaction
from processes.runtime.opening import database_now, demand, open_case
from tasks import filestore
from tasks.models import (
    CaseFile,
    Clock,
    EventPayload,
    Incident,
    InteractionLink,
    Job,
    LevelFired,
    Notification,
    ProcessEvent,
    Task,
    TaskGroup,
)

MOST = 10
"""Trials one administrator has at a time."""
KEPT = dt.timedelta(days=14)
"""After that the daily job removes them."""


def version_for(
    process: ProcessDefinition | ProcessVersion, who: Principal, *, at: dt.datetime
) -> ProcessVersion:
    """The version a trial runs on: the published one itself, of a draft a copy frozen now.

    In a transaction: the draft is read under the lock that saving and publishing take, so that nobody saves
    between two of its parts. Raises NotAllowed, TooManyTrials, NotPublishable (with the list), NotStartable
    (retired or removed), NotADraft (published or removed at this moment).
    """
    if who.user is None or not policy.may_try(who.user):
        raise NotAllowed
    known = process if isinstance(process, ProcessVersion) else process.published
    if known is None:
        raise NotStartable(process=process)
    if of_user(who.user).count() >= MOST:
        raise TooManyTrials(count=MOST)
    version = ProcessVersion.objects.select_related("definition").filter(pk=known.pk).first()
    if version is not None and version.is_draft:
        draft = publishing.locked_draft(version)
        publishing.demand_no_faults(draft)
        return publishing.frozen(draft, by=who.user, at=at)
    if version is None or version.state != ProcessVersion.State.PUBLISHED:
        raise NotStartable(process=known.definition)
    return version


def of_user(user: User) -> models.QuerySet[ProcessInstance]:
    """The trials a person has started, newest first, without the cases they have called."""
    rows = ProcessInstance.objects.filter(is_trial=True, started_by=user, parent__isnull=True)
    return rows.select_related("definition", "version").order_by("-id")


def origin_of(instance: ProcessInstance) -> ProcessVersion | None:
    """The version a trial was made from, as it is now: a draft it copied, if that is still there."""
    number = ProcessVersion.everything.values_list("number").filter(pk=instance.version_id)
    return ProcessVersion.objects.filter(definition=instance.definition_id, number__in=number).first()


def next_moment(instance: ProcessInstance) -> dt.datetime | None:
    """When the clock next has something to do in a trial or what it has called; None: never, or it rests."""
    if instance.state != ProcessInstance.State.RUNNING:
        return None
    clocks = Clock.objects.filter(root=instance.root_id or instance.pk, wake_at__isnull=False)
    moment: dt.datetime | None = clocks.order_by("wake_at").values_list("wake_at", flat=True).first()
    return moment


def begin(work: Casework) -> None:
    """Name a new trial, which takes no number of its process, and log who started it."""
    work.instance.number = _("Trial run %(n)s") % {"n": work.instance.pk}
    adminlog.record(work.by.user, "trial_started", work.instance.version, at=work.at)


@one_transaction
def remove_trial(instance: ProcessInstance, *, by: Principal | User, at: dt.datetime | None = None) -> None:
    """Remove a trial with everything that was written for it and the cases it has called, files included.

    For whoever started it. Writes an AdminEvent. Raises NotAllowed, also for a case that is no trial.
    """
    root_id = instance.root_id or instance.pk
    work = open_case(root_id, root_id, by, at)
    demand(work.instance.is_trial)
    demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    _erase(work)


def remove_old_trials(*, at: dt.datetime | None = None) -> int:
    """Remove the trials of more than two weeks ago, a transaction each; how many. Waits for no change."""
    before = (at or database_now()) - KEPT
    old = ProcessInstance.objects.filter(is_trial=True, parent__isnull=True, started_at__lt=before)
    return sum(_remove_one(pk, at) for pk in list(old.values_list("pk", flat=True)))


@one_transaction
def _remove_one(pk: int, at: dt.datetime | None) -> bool:
    try:
        work = casework.lock(pk, pk, by=SYSTEM, at=at, skip_locked=True)
    except Busy:
        return False
    _erase(work)
    return True


def _erase(work: Casework) -> None:
    """Delete all rows of the tree, those that point to others first; last the frozen copy it ran on."""
    version = work.instance.version
    adminlog.record(work.by.user, "trial_removed", version, at=work.at)
    family = ProcessInstance.objects.filter(root=work.instance, is_trial=True)
    ids = list(family.values_list("pk", flat=True))
    _erase_rows(ids)
    family.update(parent=None, root=None)
    ProcessInstance.objects.filter(pk__in=ids).delete()
    if version.state == ProcessVersion.State.TRIAL:
        ProcessVersion.everything.filter(pk=version.pk).delete()


def _erase_rows(ids: Sequence[int]) -> None:
    """Everything that hangs on these cases; stored files go once that is certain."""
    files = CaseFile.objects.filter(instance__in=ids)
    for key in files.values_list("storage_key", flat=True):
        transaction.on_commit(functools.partial(filestore.drop, key))
    files.delete()
    EventPayload.objects.filter(event__instance__in=ids).delete()
    ProcessEvent.objects.filter(instance__in=ids).delete()
    LevelFired.objects.filter(clock__instance__in=ids).delete()
    for model in (Incident, InteractionLink, Notification, Job, Clock, Task, TaskGroup):
        model.objects.filter(instance__in=ids).delete()
