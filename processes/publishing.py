"""The life of a version: draft → published → retired, and the list of what is wrong before that.

Every change locks the definition row first, so that of two administrators at once one wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import adminlog
from people.models import User
from processes import availability, blueprint
from processes.checks import ERROR, Problem, problems_of
from processes.errors import ProcessError, StaleError
from processes.models import FormField, ProcessDefinition, ProcessVersion

__all__ = [
    "DraftChanged",
    "NotADraft",
    "NotPublishable",
    "NotPublished",
    "Problem",
    "is_publishable",
    "new_draft",
    "problems",
    "publish",
    "retire",
]


class NotPublishable(ProcessError):
    """The version has faults; `problems` lists them."""

    code = "not_publishable"
    message = _("This version cannot be published yet: %(count)s faults.")

    def __init__(self, found: Sequence[Problem]) -> None:
        faults = [problem for problem in found if problem.severity == ERROR]
        super().__init__(count=len(faults))
        self.problems = list(found)


class NotADraft(ProcessError):
    """Only drafts can be published or changed."""

    code = "not_a_draft"
    message = _("Version %(number)s is no draft any more.")


class NotPublished(ProcessError):
    """Only the published version can be retired."""

    code = "not_published"
    message = _("Version %(number)s is not published.")


class DraftChanged(StaleError):
    """Somebody else saved the draft after it was looked at."""

    code = "draft_changed"
    message = _("The draft was changed by somebody else in the meantime. Please look at it again.")


def problems(version: ProcessVersion, *, are_coming: bool = False) -> list[Problem]:
    """Everything that is wrong with a version, errors first; writes nothing.

    `are_coming` = teams may still be without people, of which only a warning is given then.
    """
    plan = blueprint.read(version)
    return problems_of(
        plan,
        number_pattern=version.definition.number_pattern,
        earlier_types=earlier_types(version.definition, before=version.number),
        staff=availability.staff_of(plan, are_coming=are_coming),
    )


def is_publishable(found: Sequence[Problem]) -> bool:
    """Whether none of the findings stands in the way."""
    return not any(problem.severity == ERROR for problem in found)


def earlier_types(definition: ProcessDefinition, before: int | None = None) -> dict[str, str]:
    """Type of every field key that a published or retired version ever used (semantics §5)."""
    rows = FormField.objects.filter(version__definition=definition).exclude(
        version__state=ProcessVersion.State.DRAFT
    )
    if before is not None:
        rows = rows.exclude(version__number=before)
    return dict(rows.order_by("version__number").values_list("key", "type"))


def publish(
    version: ProcessVersion,
    *,
    by: User | None,
    at: dt.datetime | None = None,
    expected: int | None = None,
    are_coming: bool = False,
) -> ProcessVersion:
    """Make a draft the version new cases start with; the one published before is retired with it.

    `expected` is the `lock_version` the person looked at, `are_coming` as in `problems`. Writes an
    AdminEvent. Raises NotADraft, DraftChanged, NotPublishable (with the list).
    """
    with transaction.atomic():
        current = _locked(version)
        if not current.is_draft:
            raise NotADraft(number=current.number)
        if expected is not None and current.lock_version != expected:
            raise DraftChanged
        found = problems(current, are_coming=are_coming)
        if not is_publishable(found):
            raise NotPublishable(found)
        return _put_in_force(current, by=by, at=at or timezone.now())


def _put_in_force(version: ProcessVersion, *, by: User | None, at: dt.datetime) -> ProcessVersion:
    former = version.definition.published
    if former is not None:
        former.retire(at=at)
        former.save()
    version.publish(by=by, at=at)
    version.save()
    changes = {
        "state": ["draft", "published"],
        "published_version": [former and former.number, version.number],
    }
    adminlog.record(by, "version_published", version, changes, at=at)
    return version


def retire(version: ProcessVersion, *, by: User | None, at: dt.datetime | None = None) -> ProcessVersion:
    """Offer a published version no more; running cases end on it. Writes an AdminEvent.

    Raises NotPublished.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        current = _locked(version)
        if current.state != ProcessVersion.State.PUBLISHED:
            raise NotPublished(number=current.number)
        current.retire(at=moment)
        current.save()
        adminlog.record(by, "version_retired", current, {"state": ["published", "retired"]}, at=moment)
    return current


def new_draft(
    source: ProcessDefinition | ProcessVersion, *, by: User | None, at: dt.datetime | None = None
) -> ProcessVersion:
    """Begin a new version: a deep copy of a version, of the definition's newest one, or empty.

    Writes the draft with all its rows and an AdminEvent.
    """
    definition = source if isinstance(source, ProcessDefinition) else source.definition
    with transaction.atomic():
        origin = source if isinstance(source, ProcessVersion) else definition.versions.first()
        plan = blueprint.read(origin) if origin is not None else blueprint.Blueprint()
        return draft_from(plan, definition, by=by, at=at, note="")


def draft_from(
    plan: blueprint.Blueprint,
    definition: ProcessDefinition,
    *,
    by: User | None,
    at: dt.datetime | None = None,
    note: str = "",
) -> ProcessVersion:
    """Write a blueprint as the next draft of a definition, with an AdminEvent. Raises KeyError as `write`."""
    with transaction.atomic():
        ProcessDefinition.objects.select_for_update().get(pk=definition.pk)
        highest = definition.versions.aggregate(highest=Max("number"))["highest"] or 0
        version = ProcessVersion.objects.create(
            definition=definition,
            number=highest + 1,
            language=plan.language,
            translations=dict(plan.translations),
            note=note,
            created_by=by,
            created_at=at or timezone.now(),
        )
        blueprint.write(version, plan)
        adminlog.record(by, "version_drafted", version, {"number": [None, version.number]}, at=at)
    return version


def _locked(version: ProcessVersion) -> ProcessVersion:
    ProcessDefinition.objects.select_for_update().get(pk=version.definition_id)
    return ProcessVersion.objects.select_related("definition").get(pk=version.pk)
