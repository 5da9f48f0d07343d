"""What automatic steps do: mails, calls of other systems, values, entries in a customer's history.

`prepare` finds out everything beforehand and does nothing; what it returns is begun, done and settled by
`tasks.automatic.work`. Texts of the definition are texts: `{field}` is replaced by the value as shown, in the
language of the version, once; nothing else is interpreted (A16).
"""

from __future__ import annotations

import contextlib
import functools
import json
import smtplib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage, get_connection
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone, translation

from customers.models import ContactPoint, Customer, Interaction
from people.models import Membership, Team, User
from processes import casedata, nets, placeholders, texts, webaddresses
from processes.compiledversion import CompiledVersion
from processes.models import ProcessInstance
from processes.runtime.working import Contact
from processes.stepplans import Action, Do, Pairs, StepConfig
from tasks.automatic import webhooks
from tasks.automatic.failures import Again, Final, Uncertain
from tasks.messages import mails
from tasks.models import Job


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step ready to be done. `effect` happens outside the database; the rest when the result is settled."""

    effect: Callable[[], None] | None = None
    values: Pairs = ()
    contact: Contact | None = None
    in_words: str = ""
    """What a trial writes down instead of an effect or an entry."""

    def without_effect(self) -> Prepared:
        """The step as a trial does it: values are written, nothing leaves the case."""
        return Prepared(values=self.values, in_words=self.in_words)


@dataclass(frozen=True, slots=True)
class Setting:
    """A step and the case it belongs to, as they are now."""

    job: Job
    case: ProcessInstance
    version: CompiledVersion
    action: Action

    @property
    def language(self) -> str:
        """Of the version's texts."""
        return self.case.version.language


def prepare(job: Job) -> Prepared:
    """Find out what a job is to do. Raises Final where it can't be done."""
    case = ProcessInstance.objects.select_related(
        "definition__owner", "version", "customer__canonical", "started_by"
    ).get(pk=job.instance_id)
    version = nets.of_case(case)
    action = _action_of(job, case, version)
    if action is None:
        raise Final("error", "no action")
    setting = Setting(job, case, version, action)
    with translation.override(setting.language):
        prepared = PREPARED[action.do](setting)
    return prepared.without_effect() if case.is_trial else prepared


def _action_of(job: Job, case: ProcessInstance, version: CompiledVersion) -> Action | None:
    """What the step does, in the words it had when the case came to it: corrections since then reach later
    cases. One statement where texts of the version were corrected at all."""
    action = version.steps[job.step_key].config.action
    if action is None or not case.version.texts_stamp:
        return action
    config = nets.compiled(case.version_id, nets.AS_PUBLISHED).steps[job.step_key].config
    said = case.version.text_revisions.effective(by=job.created_at)
    return StepConfig.from_json(texts.config(job.step_key, config.to_json(), said)).action


def is_mail(job: Job) -> bool:
    """Whether the step sends a mail, which nobody could tell from a second one."""
    version = nets.compiled(job.instance.version_id, nets.AS_PUBLISHED)
    action = version.steps[job.step_key].config.action
    return action is not None and action.do is Do.MAIL


# -- texts ---------------------------------------------------------------------------------------------------


def words(setting: Setting) -> dict[str, str]:
    """What the placeholders stand for: the case's own words, and each field as shown."""
    case = setting.case
    return {
        **casedata.texts(setting.version, case.data, setting.language),
        "number": case.number,
        "title": case.title,
        "process": case.definition.name,
        "customer": str(case.customer or ""),
        "starter": str(case.started_by or ""),
        "link": settings.SITE_URL + reverse("processes:instance", args=[case.pk]),
    }


def _filled(setting: Setting) -> tuple[str, str]:
    """Subject (one line) and text."""
    known = words(setting)
    subject, text = placeholders.subject(setting.action, known), placeholders.text(setting.action, known)
    return placeholders.said(subject), placeholders.said(text)


# -- mail ----------------------------------------------------------------------------------------------------


def _mail(setting: Setting) -> Prepared:
    addresses = list(dict.fromkeys(one.strip() for one in recipients(setting) if one.strip()))
    if not addresses:
        raise Final("no_recipient")
    for address in addresses:
        _demand_address(address)
    told, untold = _split(setting, addresses)
    messages = []
    if told:
        messages.append(_message(setting.job, told, *_filled(setting)))
    if untold:
        messages.append(_message(setting.job, untold, *mails.nothing_told(), part="-2"))
    return Prepared(
        effect=functools.partial(hand_over, messages), in_words=_mail_in_words(addresses, messages)
    )


def _mail_in_words(addresses: Sequence[str], messages: Sequence[EmailMessage]) -> str:
    """Recipients, subject and text, one below the other."""
    return "\n".join([", ".join(addresses), *(f"{one.subject}\n{one.body}" for one in messages)])


def recipients(setting: Setting) -> list[str]:
    """Addresses of everybody the step names, in its order."""
    return [address for one in setting.action.to for address in _addresses(setting, one)]


def _addresses(setting: Setting, to: str) -> list[str]:
    case, (kind, _colon, key) = setting.case, to.partition(":")
    if to == "customer":
        return _of_customer(case.customer)
    if to == "starter":
        return _of_people([case.started_by])
    if to == "owner":
        return _of_owner(case)
    if kind == "team" and key:
        return _of_people(
            User.objects.filter(memberships__team__in=Team.objects.filter(key=key, is_active=True))
        )
    if kind == "field" and key:
        return _of_field(setting, key)
    return [to]


def _of_customer(customer: Customer | None) -> list[str]:
    """The e-mail address known longest, of the record a merged one lives on in."""
    if customer is None:
        return []
    points = ContactPoint.objects.filter(customer=customer.canonical or customer)
    point = points.filter(kind=ContactPoint.Kind.EMAIL).order_by("id").first()
    return [point.value] if point else []


def _of_people(people: Any) -> list[str]:
    return [person.email for person in people if person is not None and person.is_active]


def _of_owner(case: ProcessInstance) -> list[str]:
    """The process owner; where there is none, the leads of the owning team."""
    owner = _of_people([case.definition.owner])
    leads = Membership.objects.filter(team_id=case.definition.owner_team_id, role=Membership.Role.LEAD)
    return owner or _of_people(one.user for one in leads.select_related("user").order_by("user_id"))


def _of_field(setting: Setting, key: str) -> list[str]:
    spec, value = setting.version.fields.get(key), setting.case.data.get(key)
    if spec is None or value is None:
        return []
    if spec.type == "person":
        return _of_people(User.objects.filter(pk=value))
    if spec.type == "customer":
        return _of_customer(Customer.objects.select_related("canonical").filter(pk=value).first())
    return [str(value)] if spec.type == "text" else []


def _demand_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise Final("bad_recipient") from None


def _split(setting: Setting, addresses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Who is told the text, and who only that there is something: accounts that may not see a confidential
    case, however their address came in."""
    if not setting.case.is_confidential:
        return list(addresses), []
    accounts = User.objects.filter(email__in=[one.lower() for one in addresses])
    blind = {one.email for one in accounts if not mails.may_read(one, setting.case.pk)}
    return (
        [one for one in addresses if one.lower() not in blind],
        [one for one in addresses if one.lower() in blind],
    )


def _message(job: Job, addresses: Sequence[str], subject: str, text: str, part: str = "") -> EmailMessage:
    """One mail to all; several do not see each other's addresses."""
    headers = {
        "Message-ID": f"<job-{job.pk}-{job.created_at:%Y%m%d%H%M%S}{part}@prozesstool.invalid>",
        "Auto-Submitted": "auto-generated",
    }
    if len(addresses) == 1:
        return EmailMessage(subject, text, to=list(addresses), headers=headers)
    return EmailMessage(
        subject, text, bcc=list(addresses), headers={**headers, "To": "undisclosed-recipients:;"}
    )


def hand_over(messages: Sequence[EmailMessage]) -> None:
    """Give mails to the mail server. Raises Final, Again, and Uncertain where nobody knows whether it took
    one."""
    try:
        texts = [message.message() for message in messages]
    except (BadHeaderError, ValueError) as error:
        raise Final("bad_mail") from error
    connection = get_connection()
    connection.open()
    try:
        for number in range(len(texts)):
            _hand_over_one(connection, messages[number], is_first=number == 0)
    finally:
        # What was taken is taken, whatever becomes of the farewell.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.close()


def _hand_over_one(connection: Any, message: EmailMessage, *, is_first: bool) -> None:
    try:
        connection.send_messages([message])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        code = _status(error)
        if not is_first:
            raise Uncertain("mail_uncertain") from error
        is_final = code >= 500 and not isinstance(error, smtplib.SMTPSenderRefused)
        raise (Final if is_final else Again)("mail_refused", str(code)) from error
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Uncertain("mail_uncertain") from error


def _status(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> int:
    """The mail server's number; of several refusals the mildest."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min(code for code, _text in error.recipients.values())
    return error.smtp_code


# -- other systems -------------------------------------------------------------------------------------------


def _webhook(setting: Setting) -> Prepared:
    hosts = webaddresses.listed(settings.WEBHOOK_HOSTS)
    webhooks.target(setting.action.url, hosts)
    body = payload(setting, timezone.now().isoformat(timespec="seconds"))
    words = f"{setting.action.url}\n{json.dumps(body, ensure_ascii=False)}"
    return Prepared(effect=functools.partial(_call, setting, hosts), in_words=words)


def _call(setting: Setting, hosts: Sequence[webaddresses.Allowed]) -> None:
    job, at = setting.job, timezone.now()
    body = json.dumps(payload(setting, at.isoformat(timespec="seconds")), ensure_ascii=False).encode()
    timestamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Prozesstool",
        "Idempotency-Key": f"job-{job.pk}-{job.created_at:%Y%m%d%H%M%S}",
        "X-Prozesstool-Timestamp": timestamp,
        "X-Prozesstool-Signature": webhooks.signature(settings.WEBHOOK_SECRET, timestamp, body),
    }
    webhooks.post(setting.action.url, body, headers, hosts=hosts)


def payload(setting: Setting, sent_at: str) -> dict[str, Any]:
    """What another system is told: the case's number, where it stands, and the named fields as stored."""
    data = setting.case.data
    return {
        "case": setting.case.number,
        "process": setting.case.definition.key,
        "step": setting.job.step_key,
        "fields": {key: data.get(key) for key in setting.action.fields if key in setting.version.fields},
        "sent_at": sent_at,
    }


# -- the database itself -------------------------------------------------------------------------------------


def _set(setting: Setting) -> Prepared:
    return Prepared(values=setting.action.values)


def _interaction(setting: Setting) -> Prepared:
    if setting.case.customer is None:
        raise Final("no_customer")
    subject, text = _filled(setting)
    subject = subject or setting.version.steps[setting.job.step_key].name
    known = setting.action.channel in Interaction.Channel.values
    channel = setting.action.channel if known else Interaction.Channel.NOTE
    contact = Contact(channel=channel, subject=subject, text=text)
    return Prepared(contact=contact, in_words=f"{subject}\n{text}")


PREPARED: Mapping[Do, Callable[[Setting], Prepared]] = {
    Do.MAIL: _mail,
    Do.WEBHOOK: _webhook,
    Do.SET: _set,
    Do.INTERACTION: _interaction,
}
