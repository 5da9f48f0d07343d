"""The record of what administrators change: process, policy, calendar, team, user, setting (semantics §4)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone

from people.models import AdminEvent, User


def record(
    by: User | None,
    kind: str,
    obj: Model,
    changes: Mapping[str, Any] | None = None,
    *,
    at: dt.datetime | None = None,
) -> AdminEvent:
    """Write that `by` (None: the system) did `kind` to an object; `changes` maps names to [old, new].

    Call it inside the transaction of the change.
    """
    return AdminEvent.objects.create(
        at=at or timezone.now(),
        by=by,
        kind=kind,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=str(obj)[:250],
        changes=json.loads(json.dumps(dict(changes or {}), cls=DjangoJSONEncoder)),
    )
