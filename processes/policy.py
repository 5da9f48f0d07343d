"""Who may do what: the one place every door asks (view, bulk action, admin action, command, runtime).

Seeing is decided by `visible_to(scope)` of the models: what one may not see answers 404. The functions here
decide about doing, for things that may be seen. All of them read only what they are given, at most one row.
"""

from __future__ import annotations

from people.models import User
from people.scope import Principal, Scope, scope_of
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion
from processes.models.instance import ProcessInstanceQuerySet
from tasks.models import Task

ROLES = ("is_superuser", "is_process_admin", "is_user_admin", "is_operator", "is_auditor")
"""The flags of an account that open more than case work does."""


def may_define_processes(user: User) -> bool:
    """Templates: process admins, and the superuser for setting up."""
    return user.is_active and (user.is_process_admin or user.is_superuser)


def may_try(user: User) -> bool:
    """Run a version on trial: whoever defines processes."""
    return may_define_processes(user)


def is_own_trial(scope: Scope, instance: ProcessInstance) -> bool:
    """Whether the case is a trial this person started; nobody else has any right in it."""
    return instance.is_trial and instance.started_by_id == scope.user_id


def may_sign(user: User, definition: ProcessDefinition) -> bool:
    """Answer for a version of which it could not be proved that every case ends: the process owner alone."""
    return user.is_active and definition.owner_id == user.pk


def may_manage_users(user: User) -> bool:
    """Accounts and teams: user admins, and the superuser for setting up."""
    return user.is_active and (user.is_user_admin or user.is_superuser)


def may_read_office(user: User) -> bool:
    """Look at teams and working calendars without changing them: also process admins, as processes name
    both."""
    return may_manage_users(user) or may_define_processes(user)


def may_grant_roles(by: User) -> bool:
    """Hand out or take away administrators' roles: the superuser only, or roles would multiply themselves."""
    return by.is_active and by.is_superuser


def may_edit_account(by: User, account: User) -> bool:
    """Change name or e-mail: not of accounts that may do what one may not oneself.

    Whoever changes an e-mail address can ask for a new password there.
    """
    if not may_manage_users(by) or by.is_superuser:
        return may_manage_users(by)
    return not any(getattr(account, role) and not getattr(by, role) for role in ROLES)


def may_set_teams(by: User, account_id: int | None) -> bool:
    """Put an account into teams or take it out; nobody but the superuser does so to himself."""
    return may_manage_users(by) and (by.is_superuser or account_id != by.pk)


def may_read_adminlog(user: User) -> bool:
    """Read what administrators changed: user admins, IT operators, the superuser."""
    return may_manage_users(user) or may_operate(user)


def may_operate(user: User) -> bool:
    """Incidents, queues and logs without contents: IT operators, and the superuser."""
    return user.is_active and (user.is_operator or user.is_superuser)


def may_work_cases(user: User) -> bool:
    """Take part in case work at all: members of at least one active team (auditors only read)."""
    return user.is_active and bool(scope_of(user).team_ids)


def is_startable(definition: ProcessDefinition) -> bool:
    """Whether new cases are offered; a missing published version is found on starting."""
    return definition.is_active


def may_start(user: User, definition: ProcessDefinition) -> bool:
    """Start a case: everyone who works cases, or members of the named teams only."""
    if not may_work_cases(user) or not definition.is_active:
        return False
    if definition.may_start == ProcessDefinition.MayStart.EVERYONE:
        return True
    team_ids = scope_of(user).team_ids
    return any(team.pk in team_ids for team in definition.start_teams.all())


def is_closed(definition: ProcessDefinition) -> bool:
    """Whether only named teams may start it and nobody works in any of them; one statement."""
    if definition.may_start == ProcessDefinition.MayStart.EVERYONE:
        return False
    staffed = definition.start_teams.filter(is_active=True, memberships__user__is_active=True)
    return not staffed.exists()


def startable(user: User) -> list[ProcessVersion]:
    """Published versions this person may start, in two statements however many there are."""
    if not may_work_cases(user):
        return []
    versions = (
        ProcessVersion.objects.filter(state=ProcessVersion.State.PUBLISHED, definition__is_active=True)
        .select_related("definition__owner_team")
        .prefetch_related("definition__start_teams")
        .order_by("definition__category", "definition__name")
    )
    return [version for version in versions if may_start(user, version.definition)]


def is_own(scope: Scope, task: Task) -> bool:
    """Whether the task is this person's, or of somebody the person stands in for."""
    return task.assignee_id is not None and (
        task.assignee_id == scope.user_id or task.assignee_id in scope.represented_ids
    )


def leads(scope: Scope, task: Task) -> bool:
    """Whether the person leads the task's team."""
    return task.team_id is not None and task.team_id in scope.led_team_ids


def may_work(scope: Scope, task: Task) -> bool:
    """Complete, tick, fill in: whose task it is. Others take it over first."""
    return scope.is_active and is_own(scope, task)


def may_claim(scope: Scope, task: Task) -> bool:
    """Take a task over from the inbox of one of the own teams."""
    return scope.is_active and task.assignee_id is None and task.team_id in scope.team_ids


def may_release(scope: Scope, task: Task) -> bool:
    """Give a task back to the team's inbox: whose it is, and the team's lead."""
    return task.assignee_id is not None and task.team_id is not None and may_reassign(scope, task)


def may_reassign(scope: Scope, task: Task) -> bool:
    """Pass a task on: whoever may handle it; a trial's tasks stay whose they are."""
    return not task.is_trial and may_handle(scope, task)


def may_handle(scope: Scope, task: Task) -> bool:
    """Put a task off, call the lead in: whose it is, the team's lead, and members for one still in the team's
    inbox."""
    if not scope.is_active:
        return False
    return is_own(scope, task) or leads(scope, task) or may_claim(scope, task)


def may_receive(user: User, task: Task) -> bool:
    """Be given a task: active, works cases; of a confidential case only members of the task's team."""
    if not may_work_cases(user):
        return False
    return not task.is_confidential or task.meant_for.team_id in scope_of(user).team_ids


def may_comment(scope: Scope, instance: ProcessInstance) -> bool:
    """Comment on a case one sees; auditors only read."""
    return scope.is_active and (bool(scope.team_ids) or is_own_trial(scope, instance))


def may_call_in(scope: Scope, instance: ProcessInstance) -> bool:
    """Call the lead in for a whole case: whoever may have a say in it."""
    return may_comment(scope, instance)


def may_manage(scope: Scope, instance: ProcessInstance) -> bool:
    """Cancel, suspend, resume, set urgency and deadline: the process owner and leads of the owning team; of a
    trial whoever started it."""
    if instance.is_trial:
        return scope.is_active and is_own_trial(scope, instance)
    definition = instance.definition
    return scope.is_active and (
        definition.owner_id == scope.user_id or definition.owner_team_id in scope.led_team_ids
    )


def may_resolve(by: Principal, instance: ProcessInstance) -> bool:
    """Look after an incident: operators (without seeing contents), and whoever manages the case."""
    if by.user is None:
        return True
    is_operator = may_operate(by.user) and not instance.is_trial
    return is_operator or may_manage(scope_of(by.user), instance)


def may_renew(scope: Scope, team_id: int | None, approvers: frozenset[int]) -> bool:
    """Renew a void approval: whoever gave it, and members of the team whose step it is."""
    return scope.is_active and (scope.user_id in approvers or team_id in scope.team_ids)


def may_move_deadline(scope: Scope, task: Task) -> bool:
    """Set another deadline: the team's lead, and whoever manages the case."""
    return scope.is_active and (leads(scope, task) or may_manage(scope, task.instance))


def may_extend(scope: Scope, team_id: int) -> bool:
    """Extend a team's deadlines by a time in which the clock stood still: its leads."""
    return scope.is_active and team_id in scope.led_team_ids


def may_postpone(scope: Scope, task: Task) -> bool:
    """Put a task off or bring it back: whoever may handle it."""
    return may_handle(scope, task)


def may_set_urgency(scope: Scope, task: Task) -> bool:
    """Whoever may handle the task, or manages the case."""
    return may_handle(scope, task) or may_manage(scope, task.instance)


def scope_of_principal(by: Principal) -> Scope | None:
    """The scope of the acting person; None for the system, which is bound by no rights."""
    return None if by.user is None else scope_of(by.user)


def may_act_for(by: Principal) -> bool:
    """Whether the acting person stands in for the represented one at present."""
    if by.acting_for is None or by.user is None:
        return True
    return by.acting_for.pk in scope_of(by.user).represented_ids


def visible_cases(scope: Scope) -> ProcessInstanceQuerySet:
    """The cases a person may see; what every list and page starts from."""
    return ProcessInstance.objects.visible_to(scope)
