"""The text of a mail, in the recipient's language, and its sending; called outside transactions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User
from people.scope import scope_of
from processes.models import ProcessInstance
from tasks import duemarks
from tasks.clocks import clockrules, laws
from tasks.models import Clock, Notification


class Unreachable(Exception):
    """The recipient can't or must not be written to."""


def send(row: Notification) -> None:
    """Send one mail. Raises Unreachable, SMTP and connection errors."""
    recipient = row.recipient
    if recipient is not None and not recipient.is_active:
        raise Unreachable("the account is not active")
    with translation.override(recipient.language if recipient else settings.LANGUAGE_CODE):
        subject, body = text_of(row)
    EmailMessage(
        subject=" ".join(subject.split())[:200],
        body=body,
        to=[recipient.email if recipient else row.address],
        headers={"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"},
    ).send()


def message_id(row: Notification) -> str:
    """The same for every try of the same row, so that a doubled mail can be recognised."""
    return f"<notification-{row.pk}-{row.created_at:%Y%m%d%H%M%S}@prozesstool.invalid>"


def text_of(row: Notification) -> tuple[str, str]:
    if row.recipient is None:
        return _to_address(row)
    if row.kind != "standstill" and not _may_read(row, row.recipient):
        return nothing_told()
    facts = {**facts_of(row), "link": settings.SITE_URL + path_of(row)}
    subject, body = WORDS.get(subject_of(row), WORDS["assigned"])
    return str(subject) % facts, str(body) % facts


def subject_of(row: Notification) -> str:
    """What is told: the kind; a reaction time passed, a Vorfrist, and what is about a whole case have their
    own words."""
    kind = row.kind
    if kind == "overdue" and row.data.get("clock") == Clock.Kind.REACTION:
        kind = "not_taken"
    elif _is_warning(row.data.get("level", 0)):
        kind = "warning"
    of_case = f"case_{kind}"
    return of_case if row.task_id is None and of_case in WORDS else kind


def _is_warning(number: object) -> bool:
    return isinstance(number, int) and (number == clockrules.WARNING or laws.is_warning(number))


def facts_of(row: Notification) -> dict[str, Any]:
    """What the sentences name; a case without a title goes by its number."""
    case = row.instance
    return {
        "task": row.task.title if row.task else (case.title or case.number) if case else "",
        "number": case.number if case else "",
        "process": case.definition.name if case else "",
        "about": " · ".join(part for part in (case.title, case.definition.name) if part) if case else "",
        "tasks": row.data.get("tasks", 0),
    }


def level_of(row: Notification) -> str:
    """The name of the escalation level that told it; empty for messages of no level."""
    number = row.data.get("level")
    return duemarks.level_name(number, str(row.data.get("name", ""))) if isinstance(number, int) else ""


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
    "not_taken": (
        gettext_lazy("Not taken over yet: %(task)s (%(number)s)"),
        gettext_lazy(
            "Nobody has taken over the task “%(task)s” of the case %(number)s (%(process)s) in time.\n\n"
            "Please take it over or pass it on:\n%(link)s\n"
        ),
    ),
    "warning": (
        gettext_lazy("Early warning: %(task)s (%(number)s)"),
        gettext_lazy(
            "The legal deadline of “%(task)s”, case %(number)s (%(process)s), is drawing near.\n\n"
            "Please begin with it now:\n%(link)s\n"
        ),
    ),
    "reminder": (
        gettext_lazy("Due soon: %(task)s (%(number)s)"),
        gettext_lazy("The task “%(task)s” of the case %(number)s (%(process)s) is due soon.\n\n%(link)s\n"),
    ),
    "case_overdue": (
        gettext_lazy("Overdue: case %(number)s"),
        gettext_lazy(
            "The case %(number)s (%(about)s) is overdue as a whole.\n\n"
            "Please see what keeps it from its end:\n%(link)s\n"
        ),
    ),
    "case_not_taken": (
        gettext_lazy("No reaction yet: case %(number)s"),
        gettext_lazy(
            "Nobody has reacted to the case %(number)s (%(about)s) in time.\n\n"
            "Please look after it:\n%(link)s\n"
        ),
    ),
    "case_warning": (
        gettext_lazy("Early warning: case %(number)s"),
        gettext_lazy(
            "The legal deadline of the case %(number)s (%(about)s) is drawing near.\n\n"
            "Please see to it now:\n%(link)s\n"
        ),
    ),
    "case_reminder": (
        gettext_lazy("Due soon: case %(number)s"),
        gettext_lazy("The case %(number)s (%(about)s) is due soon as a whole.\n\n%(link)s\n"),
    ),
    "case_escalated": (
        gettext_lazy("Please help: case %(number)s"),
        gettext_lazy("You were called in for the case %(number)s (%(about)s).\n\n%(link)s\n"),
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
    "approval_void": (
        gettext_lazy("Approval void: %(number)s"),
        gettext_lazy(
            "An approval of the case %(number)s (%(process)s) is void, because what it was about has"
            " changed.\n\n%(link)s\n"
        ),
    ),
    "incident": (
        gettext_lazy("A case cannot go on: %(number)s"),
        gettext_lazy("The case %(number)s (%(process)s) cannot go on by itself.\n\nPlease look:\n%(link)s\n"),
    ),
    "standstill": (
        gettext_lazy("The clock stood still: deadlines passed meanwhile"),
        gettext_lazy(
            "While the clock of Prozesstool stood still, deadlines of your team passed. Please look through"
            " them; you can extend them by the standstill.\n\n%(link)s\n"
        ),
    ),
}
"""Subject and body by what is told (`subject_of`)."""


def path_of(row: Notification) -> str:
    """The page a message leads to: its task, else its case, else what it is about."""
    if row.task_id:
        return reverse("tasks:detail", args=[row.task_id])
    if row.instance_id:
        return reverse("processes:instance", args=[row.instance_id])
    return reverse("tasks:standstills" if row.kind == "standstill" else "tasks:inbox")


def _may_read(row: Notification, recipient: User) -> bool:
    """Titles go only to those who may see the case."""
    return row.instance is not None and may_read(recipient, row.instance.pk)


def _to_address(row: Notification) -> tuple[str, str]:
    """Whoever reads at an address that a plan names has no account and no rights: a number and a link, of a
    confidential case not even its number, as that can tell the process."""
    case = row.instance
    if case is None or case.is_confidential:
        return nothing_told()
    link = settings.SITE_URL + reverse("processes:instance", args=[case.pk])
    subject = _("Something needs attention: %(number)s") % {"number": case.number}
    body = _("Something in Prozesstool needs attention, in the case %(number)s:\n\n%(link)s\n")
    return subject, body % {"number": case.number, "link": link}


def may_read(person: User, instance_id: int) -> bool:
    """Whether somebody may see the case at the moment of sending."""
    return ProcessInstance.objects.visible_to(scope_of(person)).filter(pk=instance_id).exists()


def nothing_told() -> tuple[str, str]:
    """Subject and text for somebody who may know no more than that there is something."""
    link = settings.SITE_URL + reverse("tasks:inbox")
    return _("News in Prozesstool"), _("There is news for you: %(link)s") % {"link": link}
