"""Auditors may read every case; each reading is written down (semantics §6)."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from people import adminlog
from people.models import User
from people.scope import scope_of
from processes.models import CaseAccess, ProcessInstance


def log_reading(user: User | AnonymousUser, instance: ProcessInstance) -> None:
    """Write an AdminEvent if the person sees this case only as an auditor."""
    if not isinstance(user, User) or not user.is_auditor:
        return
    scope = scope_of(user)
    is_granted = CaseAccess.objects.filter(instance=instance, user=user).exists() or (
        CaseAccess.objects.filter(instance=instance, team_id__in=scope.team_ids).exists()
    )
    if not is_granted:
        adminlog.record(user, "case_read", instance)
