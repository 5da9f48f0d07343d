"""The text of a mail, in the recipient's language, and its sending; called outside transactions."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from people.models import User
from people.scope import scope_of
from processes.models import ProcessInstance
from tasks.models import Notification


class Unreachable(Exception):
    """The recipient can't or must not be written to."""


def send(row: Notification) -> None:
    """Send one mail. Raises Unreachable, SMTP and connection errors."""
    recipient = row.recipient
    if not recipient.is_active:
        raise Unreachable("the account is not active")
    with translation.override(recipient.language):
        subject, body = _text(row)
    EmailMessage(
        subject=" ".join(subject.split())[:200],
        body=body,
        to=[recipient.email],
        headers={"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"},
    ).send()


def message_id(row: Notification) -> str:
    """The same for every try of the same row, so that a doubled mail can be recognised."""
    return f"<notification-{row.pk}-{row.created_at:%Y%m%d%H%M%S}@prozesstool.invalid>"


def _text(row: Notification) -> tuple[str, str]:
    if row.instance_id is None or not may_read(row.recipient, row.instance_id):
        return nothing_told()
    facts = {
        "task": row.task.title if row.task else "",
        "number": row.instance.number if row.instance else "",
        "process": row.instance.definition.name if row.instance else "",
        "link": settings.SITE_URL + _path(row),
    }
    if row.kind == "overdue":
        subject = _("Overdue: %(task)s (%(number)s)")
        body = _(
            "The task “%(task)s” of the case %(number)s (%(process)s) is overdue.\n\n"
            "Please look after it or pass it on:\n%(link)s\n"
        )
    else:
        subject = _("New task: %(task)s (%(number)s)")
        body = _(
            "You have been given the task “%(task)s” of the case %(number)s (%(process)s).\n\n%(link)s\n"
        )
    return subject % facts, body % facts


def _path(row: Notification) -> str:
    return reverse("tasks:detail", args=[row.task_id]) if row.task_id else reverse("tasks:inbox")


def may_read(person: User, instance_id: int) -> bool:
    """Titles go only to those who may see the case at the moment of sending."""
    return ProcessInstance.objects.visible_to(scope_of(person)).filter(pk=instance_id).exists()


def nothing_told() -> tuple[str, str]:
    """Subject and text for somebody who may know no more than that there is something."""
    link = settings.SITE_URL + reverse("tasks:inbox")
    return _("News in Prozesstool"), _("There is news for you: %(link)s") % {"link": link}
