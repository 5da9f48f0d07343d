"""What stands still is tried anew, whatever it is that stands still."""

from __future__ import annotations

import datetime as dt

from people.models import User
from people.scope import Principal
from processes.errors import StaleError
from processes.runtime.standstill import retry_clock
from processes.runtime.working import retry_job
from tasks.models import Incident


def retry_incident(incident: Incident, *, by: Principal | User, at: dt.datetime | None = None) -> None:
    """Try the automatic step or the moment of the clock again that an incident speaks of.

    Raises NotAllowed, NotRunning, and StaleError where there is nothing to be tried.
    """
    if incident.job_id is not None:
        retry_job(incident, by=by, at=at)
    elif incident.is_retriable:
        retry_clock(incident, by=by, at=at)
    else:
        raise StaleError
