"""The one writer of running cases: every door that changes a case or a task goes through these functions.

Each opens one transaction, locks the root row first, re-reads, judges, writes, and appends its events in the
same transaction. `by` is a Principal (or a user), `at` a moment (default: the database's clock). All raise
subclasses of `ProcessError` and then have written nothing.
"""

from processes.casework.change import Busy
from processes.errors import NoWayOn
from processes.runtime.approving import renew_approval
from processes.runtime.cases import cancel, comment, resume, start, suspend
from processes.runtime.clocks import reach_moment
from processes.runtime.completing import Completion, complete_task
from processes.runtime.extending import extend_by_standstill, extend_deadline
from processes.runtime.filing import add_file, hold_file
from processes.runtime.handling import check_item, claim, reassign, release, save_draft
from processes.runtime.judging import set_case_urgency, set_urgency
from processes.runtime.leaving import HandedBack, hand_back
from processes.runtime.levels import fire_levels
from processes.runtime.opening import database_now
from processes.runtime.resolving import retry_incident
from processes.runtime.standstill import report_standstill, retry_clock
from processes.runtime.timing import (
    escalate,
    escalate_case,
    move_case_deadline,
    move_deadline,
    postpone,
    recompute,
    take_up,
)
from processes.runtime.trials import remove_old_trials, remove_trial
from processes.runtime.working import begin_job, fail_job, finish_job, retry_job

__all__ = [
    "Busy",
    "Completion",
    "HandedBack",
    "NoWayOn",
    "add_file",
    "begin_job",
    "cancel",
    "check_item",
    "claim",
    "comment",
    "complete_task",
    "database_now",
    "escalate",
    "escalate_case",
    "extend_by_standstill",
    "extend_deadline",
    "fail_job",
    "finish_job",
    "fire_levels",
    "hand_back",
    "hold_file",
    "move_case_deadline",
    "move_deadline",
    "postpone",
    "reach_moment",
    "reassign",
    "recompute",
    "release",
    "remove_old_trials",
    "remove_trial",
    "renew_approval",
    "report_standstill",
    "resume",
    "retry_clock",
    "retry_incident",
    "retry_job",
    "save_draft",
    "set_case_urgency",
    "set_urgency",
    "start",
    "suspend",
    "take_up",
]
