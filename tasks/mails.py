"""The text of a mail, in the recipient's language, and its sending; called outside transactions."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User
from people.scope import scope_of
from processes.models import ProcessInstance
from tasks.models import Notification


class Unreachable(Exception):
    """The recipient can't or must not be written to."""


def send(row: Notification) -> None:
    """Send one mail. Raises Unreachable, SMTP and connection errors."""
    recipient = row.recipient
    if recipient is not None and not recipient.is_active:
        raise Unreachable("the account is not active")
    with translation.override(recipient.language if recipient else settings.LANGUAGE_CODE):
        subject, body = _text(row)
    EmailMessage(
        subject=" ".join(subject.split())[:200],
        body=body,
        to=[recipient.email if recipient else row.address],
        headers={"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"},
    ).send()


def message_id(row: Notification) -> str:
    """The same for every try of the same row, so that a doubled mail can be recognised."""
    return f"<notification-{row.pk}-{row.created_at:%Y%m%d%H%M%S}@prozesstool.invalid>"


def _text(row: Notification) -> tuple[str, str]:
    if row.kind == "standstill":
        return _standstill_text(row)
    if not _may_read(row):
        return nothing_told()
    facts = {
        "task": row.task.title if row.task else row.instance.title if row.instance else "",
        "number": row.instance.number if row.instance else "",
        "process": row.instance.definition.name if row.instance else "",
        "level": row.data.get("name", ""),
        "link": settings.SITE_URL + _path(row),
    }
    subject, body = WORDS.get(row.kind, WORDS["assigned"])
    return str(subject) % facts, str(body) % facts


WORDS = {
    "assigned": (
        gettext_lazy("New task: %(task)s (%(number)s)"),
        gettext_lazy(
            "You have been given the task “%(task)s” of the case %(number)s (%(process)s).\n\n%(link)s\n"
        ),
    ),
    "overdue": (
        gettext_lazy("Overdue: %(task)s (%(number)s)"),
        gettext_lazy(
            "The task “%(task)s” of the case %(number)s (%(process)s) is overdue.\n\n"
            "Please look after it or pass it on:\n%(link)s\n"
        ),
    ),
    "reminder": (
        gettext_lazy("Due soon: %(task)s (%(number)s)"),
        gettext_lazy("The task “%(task)s” of the case %(number)s (%(process)s) is due soon.\n\n%(link)s\n"),
    ),
    "escalated": (
        gettext_lazy("Please help: %(task)s (%(number)s)"),
        gettext_lazy(
            "You were called in for the task “%(task)s” of the case %(number)s (%(process)s).\n\n%(link)s\n"
        ),
    ),
    "came_back": (
        gettext_lazy("Back on the list: %(task)s (%(number)s)"),
        gettext_lazy("The task “%(task)s” of the case %(number)s (%(process)s) is open again.\n\n%(link)s\n"),
    ),
}
"""Subject and body by kind of notification."""


def _standstill_text(row: Notification) -> tuple[str, str]:
    """One message for everything that became due while the clock stood still."""
    link = settings.SITE_URL + reverse("tasks:inbox") + "?folder=led"
    body = _(
        "While the clock of Prozesstool stood still, deadlines of your team passed. Please look through them;"
        " you can extend them by the standstill.\n\n%(link)s\n"
    )
    return _("The clock stood still: deadlines passed meanwhile"), body % {"link": link}


def _path(row: Notification) -> str:
    if row.task_id:
        return reverse("tasks:detail", args=[row.task_id])
    return (
        reverse("processes:instance", args=[row.instance_id]) if row.instance_id else reverse("tasks:inbox")
    )


def _may_read(row: Notification) -> bool:
    """Titles go only to those who may see the case; to plain addresses, which an escalation plan names, only
    those of cases that are not confidential."""
    if row.instance is None:
        return False
    if row.recipient is None:
        return not row.instance.is_confidential
    return may_read(row.recipient, row.instance.pk)


def may_read(person: User, instance_id: int) -> bool:
    """Whether somebody may see the case at the moment of sending."""
    return ProcessInstance.objects.visible_to(scope_of(person)).filter(pk=instance_id).exists()


def nothing_told() -> tuple[str, str]:
    """Subject and text for somebody who may know no more than that there is something."""
    link = settings.SITE_URL + reverse("tasks:inbox")
    return _("News in Prozesstool"), _("There is news for you: %(link)s") % {"link": link}
