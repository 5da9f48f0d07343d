"""What time it is for a trial run: one that was put forward stays there until the real clock has come.

Nothing stores that moment: it is the one of the newest event of the call tree (docs/adr/0012).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Max
from django.utils import timezone

from processes.models import ProcessInstance
from tasks.models import ProcessEvent

BEHIND = dt.timedelta(microseconds=1)
"""Pages look from just behind that moment: what the clock was put forward to is over, not about to be."""


def reached(root_id: int, at: dt.datetime) -> dt.datetime:
    """Where the clock of a trial stands when the real one says `at`; changes bear it. One statement."""
    return max(at, _latest([root_id]).get(root_id, at))


def now_of(case: ProcessInstance, at: dt.datetime | None = None) -> dt.datetime:
    """From when a page looks at a case, `at` (now) but for a trial; one statement for a trial, else none."""
    at, root_id = at or timezone.now(), case.root_id or case.pk
    return nows([root_id], at)[root_id] if case.is_trial else at


def nows(roots: Iterable[int], at: dt.datetime) -> dict[int, dt.datetime]:
    """The same for the call trees of trials, by root; one statement, and none for no tree."""
    wanted = set(roots)
    latest = _latest(wanted) if wanted else {}
    return {root: max(at, latest[root] + BEHIND) if root in latest else at for root in wanted}


def _latest(roots: Iterable[int]) -> dict[int, dt.datetime]:
    """The moment of the newest event, by root."""
    rows = ProcessEvent.objects.filter(instance__root__in=roots).values_list("instance__root")
    return dict(rows.annotate(latest=Max("at")).order_by())
