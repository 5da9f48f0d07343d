"""Sends the accounts' own mails after the answer, so that no page waits for a mail server.

Only mails with a secret in them go this way (reset links, invitations): secrets are not stored, so these
mails cannot wait in the outbox. A lost one is asked for again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from people.models import User

logger = logging.getLogger(__name__)
_pool = futures.ThreadPoolExecutor(max_workers=2, thread_name_prefix="postman")
_under_way: set[futures.Future[None]] = set()


def send(user: User, name: str, context: Mapping[str, Any], *, to: str = "") -> None:
    """Mail `people/mail/<name>.txt` (first line: subject) to a person (or to another address of the person's)
    in the person's language.

    Reads no database in its thread. Failures are logged without the text.
    """
    job = _pool.submit(_send, user, name, {**context, "user": user}, to or user.email)
    _under_way.add(job)
    job.add_done_callback(_under_way.discard)


def _send(user: User, name: str, context: dict[str, Any], to: str) -> None:
    try:
        with translation.override(user.language):
            text = render_to_string(f"people/mail/{name}.txt", context)
        subject, _, body = text.strip().partition("\n")
        message = EmailMessage(subject, body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [to])
        message.send()
    except Exception:
        logger.exception("mail %s to account %s was not sent", name, user.pk)


def wait(seconds: float = 60) -> None:
    """Return when every mail handed over so far is sent or has failed, or after so many seconds."""
    futures.wait(set(_under_way), timeout=seconds)
