"""The life of a version: draft → published → retired, and the list of what is wrong before that.

Every change locks the definition row first, so that of two administrators at once one wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import adminlog, companycalendar
from people.models import Team, User
from processes import availability, blueprint, conditions, nets, policy
from processes.blueprint import Blueprint
from processes.checking import deadlinechecks, outside, soundness
from processes.checking.callchecks import Caller
from processes.checking.findings import ERROR, Problem, warning
from processes.errors import ProcessError, StaleError
from processes.escalation import Level, Whom
from processes.models import EscalationPlan, FormField, ProcessDefinition, ProcessVersion, Step
from processes.repairs import Facts

__all__ = [
    "DraftChanged",
    "NotADraft",
    "NotPublishable",
    "NotPublished",
    "NotSigner",
    "Problem",
    "callers",
    "copied_plans",
    "demand_no_faults",
    "facts",
    "frozen",
    "hints",
    "is_publishable",
    "is_signable",
    "new_draft",
    "problems",
    "publish",
    "retire",
]


UNDECIDED = soundness.UNDECIDED.code


class NotPublishable(ProcessError):
    """The version has faults; `problems` lists them."""

    code = "not_publishable"
    message = _("This version cannot be published yet: %(count)s faults.")

    def __init__(self, found: Sequence[Problem]) -> None:
        faults = [problem for problem in found if problem.severity == ERROR]
        super().__init__(count=len(faults))
        self.problems = list(found)


class NotSigner(ProcessError):
    """Only the process owner answers for what could not be proved."""

    code = "not_signer"
    message = _("Only the process owner can sign that the process ends although it could not be proved.")


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
    return _known(version, plan, are_coming=are_coming).problems(plan)


def facts(version: ProcessVersion, plan: blueprint.Blueprint) -> Facts:
    """What has to be known to repair what a version holds."""
    owner = version.definition.owner_team.key
    return replace(_known(version, plan, besides=[owner]), owner_team=owner)


def _known(
    version: ProcessVersion,
    plan: blueprint.Blueprint,
    *,
    are_coming: bool = False,
    besides: Sequence[str] = (),
) -> Facts:
    return Facts(
        number_pattern=version.definition.number_pattern,
        earlier_types=earlier_types(version.definition, before=version.number),
        outside=outside.read(plan, version.definition.key),
        unknown_names=unknown_names(plan),
        staff=availability.staff_of(plan, are_coming=are_coming, besides=besides),
    )


def unknown_names(plan: blueprint.Blueprint) -> set[tuple[str, str]]:
    """People without an active account and teams that don't exist, of those that conditions name.

    Teams the plan gives steps to count as existing: an import makes them before it publishes.
    """
    fields = {one.key: one for one in plan.fields}
    named = {pair for flow in plan.flows for pair in conditions.names(flow.conditions, fields)}
    if not named:
        return set()
    words = [word for _type, word in named]
    people = User.objects.active().filter(email__in=words).values_list("email", flat=True)
    teams = Team.objects.filter(key__in=words, is_active=True).values_list("key", flat=True)
    known = {("person", one) for one in people} | {("team", one) for one in teams}
    return named - known - {("team", step.team) for step in plan.steps}


def hints(version: ProcessVersion) -> list[Problem]:
    """What is no fault, but worth a look before publishing: tasks without a deadline, no holidays, that
    nobody may start a case, and that a plan tells an owner who is not named."""
    plan = blueprint.read(version)
    closed = [NOBODY_MAY_START] if policy.is_closed(version.definition) else []
    missing = deadlinechecks.without_holidays(plan) if companycalendar.is_missing() else ()
    return [*closed, *missing, *deadlinechecks.undated(plan), *_without_owner(version, plan)]


def _without_owner(version: ProcessVersion, plan: Blueprint) -> list[Problem]:
    """That an escalation plan tells the process owner, where a deadline is watched and nobody is one."""
    is_watched = plan.deadlines or any(step.deadline or step.deadlines for step in plan.steps)
    if version.definition.owner_id is not None or not is_watched:
        return []
    names = [one.name for one in copied_plans(version) if any(map(_tells_owner, one.levels()))]
    message = _("The escalation plan “%(plan)s” tells the process owner, but this process has none.")
    return [warning("owner_missing", "", message, plan=name) for name in names]


def _tells_owner(level: Level) -> bool:
    return any(Whom.OWNER in act.whom for act in level.acts)


NOBODY_MAY_START = warning(
    "nobody_may_start",
    "",
    _("Nobody may start a case: only named teams may, and no team with anybody in it is named."),
)


def copied_plans(version: ProcessVersion) -> list[EscalationPlan]:
    """The escalation plans this version's deadlines are watched by: those it names, else the standard one."""
    keys = {*version.plan_keys.values()}
    for step_keys in version.steps.values_list("plan_keys", flat=True):
        keys |= {*step_keys.values()}
    return list(EscalationPlan.objects.filter(Q(key__in=keys) | Q(is_default=True)))


def is_publishable(found: Sequence[Problem]) -> bool:
    """Whether none of the findings stands in the way."""
    return not any(problem.severity == ERROR for problem in found)


def is_signable(found: Sequence[Problem]) -> bool:
    """Whether nothing stands in the way but that the proof was given up; the process owner may sign that."""
    return [problem.code for problem in found if problem.severity == ERROR] == [UNDECIDED]


def callers(version: ProcessVersion) -> tuple[Caller, ...]:
    """The steps of other published processes that call this one and would find none without it."""
    if version.state != ProcessVersion.State.PUBLISHED:
        return ()
    return outside.callers_of(version.definition.key)


def earlier_types(definition: ProcessDefinition, before: int | None = None) -> dict[str, str]:
    """Type of every field key that a published or retired version ever used (semantics §5)."""
    in_force = (ProcessVersion.State.PUBLISHED, ProcessVersion.State.RETIRED)
    rows = FormField.objects.filter(version__definition=definition, version__state__in=in_force)
    if before is not None:
        rows = rows.exclude(version__number=before)
    return dict(rows.order_by("version__number").values_list("key", "type"))


def publish(
    version: ProcessVersion,
    *,
    by: User | None,
    at: dt.datetime | None = None,
    expected: int | None = None,
    signed_reason: str = "",
    are_coming: bool = False,
) -> ProcessVersion:
    """Make a draft the version new cases start with; the one published before is retired with it.

    `expected` is the `lock_version` the person looked at, `are_coming` as in `problems`. With `signed_reason`
    the process owner answers for a version of which it could not be proved that every case ends (semantics
    §1). Writes an AdminEvent, and one more for a signature. Raises NotADraft, DraftChanged, NotSigner,
    NotPublishable (with the list).
    """
    moment, reason = at or timezone.now(), signed_reason.strip()
    with transaction.atomic():
        current = _locked(version)
        if not current.is_draft:
            raise NotADraft(number=current.number)
        if expected is not None and current.lock_version != expected:
            raise DraftChanged
        found = problems(current, are_coming=are_coming)
        if is_signable(found) and reason:
            _sign(current, by=by, reason=reason, at=moment)
        elif not is_publishable(found):
            raise NotPublishable(found)
        return _put_in_force(current, by=by, at=moment)


def _sign(version: ProcessVersion, *, by: User | None, reason: str, at: dt.datetime) -> None:
    if by is None or not policy.may_sign(by, version.definition):
        raise NotSigner
    version.signed_by, version.signed_reason = by, reason
    adminlog.record(by, "version_signed", version, {"signed_reason": ["", reason]}, at=at)


def _put_in_force(version: ProcessVersion, *, by: User | None, at: dt.datetime) -> ProcessVersion:
    former = version.definition.published
    if former is not None:
        former.retire(at=at)
        former.save()
    version.publish(by=by, at=at)
    version.plans = nets.plan_snapshot()
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


def demand_no_faults(version: ProcessVersion) -> None:
    """Raise NotPublishable (with the list) where a draft has faults; one that could only not be proved to end
    has none."""
    found = problems(version)
    if not (is_publishable(found) or is_signable(found)):
        raise NotPublishable(found)


def frozen(draft: ProcessVersion, *, by: User | None, at: dt.datetime) -> ProcessVersion:
    """A copy of a draft that never changes, to be run on trial: with its rows, and the plans of now."""
    plan = blueprint.read(draft)
    copy = ProcessVersion.everything.create(
        definition=draft.definition,
        number=draft.number,
        state=ProcessVersion.State.TRIAL,
        language=plan.language,
        translations=dict(plan.translations),
        plans=nets.plan_snapshot(),
        created_by=by,
        created_at=at,
    )
    blueprint.write(copy, plan)
    return copy


def locked_draft(version: ProcessVersion) -> ProcessVersion:
    """A draft read anew, under the lock of its process, which publishing takes too: nothing is put in force
    that changed since it was checked. In a transaction. Raises NotADraft, also where it was removed."""
    ProcessDefinition.objects.select_for_update(no_key=True).get(pk=version.definition_id)
    current = ProcessVersion.objects.select_for_update(of=("self",)).filter(pk=version.pk).first()
    if current is None or not current.is_draft:
        raise NotADraft(number=version.number)
    return current


def _locked(version: ProcessVersion) -> ProcessVersion:
    """The version read anew under the lock of its process and of those it calls: a caller and the process it
    relies on are never published at the same moment."""
    configs = version.steps.filter(kind=Step.Kind.SUBPROCESS).values_list("config", flat=True)
    called = [config.get("call", {}).get("process", "") for config in configs]
    family = ProcessDefinition.objects.filter(Q(pk=version.definition_id) | Q(key__in=called))
    list(family.select_for_update().order_by("pk"))
    return ProcessVersion.objects.select_related("definition").get(pk=version.pk)
