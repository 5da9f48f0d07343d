"""One change of one case under its lock: what it reads, judges and writes, in few statements.

`runtime` opens a `Casework` inside its transaction, judges with it, tells it what happened, and closes it.
Modules: `change` (the locked case, judging, writing), `values` (fields), `moving` (tokens), `rows` (what a
token at rest needs: tasks, clocks, jobs, called cases), `repeated` (votes), `calling` (called processes),
`approvals`, `erasing` (files that go for good). Nothing here opens a transaction.
"""

from processes.casework.change import (
    Casework,
    demand_open,
    is_urgency,
    lock,
    placeholder_number,
    read_task,
)

__all__ = [
    "Casework",
    "demand_open",
    "is_urgency",
    "lock",
    "placeholder_number",
    "read_task",
]
