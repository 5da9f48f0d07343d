"""The one writer of running cases: every door that changes a case or a task goes through these functions.

Each opens one transaction, locks the root row first, re-reads, judges, writes, and appends its events in the
same transaction. `by` is a Principal (or a user), `at` a moment (default: the database's clock). All raise
subclasses of `ProcessError` and then have written nothing.
"""

from processes.runtime.cases import cancel, comment, resume, start, suspend
from processes.runtime.completing import Completion, complete_task
from processes.runtime.handling import check_item, claim, reassign, release, save_draft, set_urgency
from processes.runtime.opening import database_now
from processes.runtime.working import begin_job, fail_job, finish_job, retry_job

__all__ = [
    "Completion",
    "begin_job",
    "cancel",
    "check_item",
    "claim",
    "comment",
    "complete_task",
    "database_now",
    "fail_job",
    "finish_job",
    "reassign",
    "release",
    "resume",
    "retry_job",
    "save_draft",
    "set_urgency",
    "start",
    "suspend",
]
