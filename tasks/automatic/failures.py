"""Why an automatic step was not done: a code with a detail where it is kept, a sentence where it is shown.

Neither names values of a case, people or addresses, so that operators may read them.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class NotDone(Exception):
    """An effect did not happen, as far as is known; `str` is what is kept."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)


class Again(NotDone):
    """Another time it may succeed."""


class Final(NotDone):
    """Another try would fare no better."""


class Uncertain(NotDone):
    """It may have happened, and doing it again could do it twice: somebody has to look."""


SENTENCES: Mapping[str, Any] = {
    # Mail
    "no_recipient": gettext_lazy("Nobody was found to send the mail to."),
    "bad_recipient": gettext_lazy("One of the addresses is no e-mail address."),
    "bad_mail": gettext_lazy("The mail could not be put together."),
    "mail_refused": gettext_lazy("The mail server refused the mail (%(detail)s)."),
    "mail_server": gettext_lazy("The mail server could not be reached (%(detail)s)."),
    "mail_uncertain": gettext_lazy(
        "It is uncertain whether the mail was sent: the connection broke while it was handed over."
    ),
    # Calls of other systems
    "bad_address": gettext_lazy("The address of the other system cannot be used."),
    "host_not_allowed": gettext_lazy("The host %(detail)s is not on the list of allowed hosts."),
    "address_not_public": gettext_lazy("The host %(detail)s leads into an internal network."),
    "unknown_host": gettext_lazy("The host %(detail)s was not found."),
    "no_answer_in_time": gettext_lazy("The other system did not answer in time."),
    "no_connection": gettext_lazy("There was no connection to the other system (%(detail)s)."),
    "answered": gettext_lazy("The other system refused with status %(detail)s."),
    "redirected": gettext_lazy("The other system answered with a redirect, which is not followed."),
    # The case
    "no_customer": gettext_lazy("The case has no customer."),
    "value_refused": gettext_lazy("The value planned for “%(detail)s” does not fit."),
    "no_way_on": gettext_lazy("The process does not say what comes next here."),
    # Workers
    "worker_died": gettext_lazy("The worker ended several times while doing it."),
    "mail_interrupted": gettext_lazy(
        "It is uncertain whether the mail was sent: the worker ended while sending it."
    ),
    "database": gettext_lazy("The database did not answer as expected (%(detail)s)."),
    "error": gettext_lazy("An unexpected error (%(detail)s)."),
}


def reason(error: Exception) -> str:
    """What is kept of an error: its own code, or its kind; never its text, which may name an address."""
    if isinstance(error, NotDone):
        return str(error)
    if isinstance(error, smtplib.SMTPException | OSError):
        return f"mail_server: {type(error).__name__}"
    code = "database" if isinstance(error, DatabaseError) else "error"
    return f"{code}: {type(error).__name__}"


def sentence(kept: str) -> str:
    """What was kept, in the reader's language."""
    code, _colon, detail = kept.partition(": ")
    pattern = SENTENCES.get(code)
    return str(pattern) % {"detail": detail} if pattern is not None else _("Unknown reason.")
