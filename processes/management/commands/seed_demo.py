"""seed_demo: fill an empty installation with a demo company; prints the logins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers import records
from customers.models import Customer
from people import companycalendar
from people.models import Membership, Setting, Team, User
from people.scope import SYSTEM
from processes import library
from processes.demo.company import PASSWORD, PEOPLE, PROCESSES, REGION, TEAMS, Person, Record, customers
from processes.demo.complaints import COMPLAINTS
from processes.demo.orders import INVOICES, TICKETS
from processes.demo.player import Player
from processes.importing import import_yaml
from processes.models import ProcessDefinition
from tasks.models import Notification

DEMO = "demo"


class Command(BaseCommand):
    """Writes people, processes, customers and cases, all or nothing; a second run changes nothing."""

    help = "Set a demo company up (never under PRODUCTION)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed once; print the logins always."""
        if settings.PRODUCTION:
            raise CommandError(_("Demo logins are never made under PRODUCTION."))
        if not Setting.objects.filter(key=DEMO).exists():
            if User.objects.exists():
                raise CommandError(_("This installation has accounts already; demo data need an empty one."))
            with translation.override("de"), transaction.atomic():
                seed()
        for login in Setting.objects.get(key=DEMO).value["logins"]:
            self.stdout.write(login)


def seed() -> None:
    """Write everything of the demo company; the cases lie in the weeks before now."""
    companycalendar.create(REGION, by=None)
    teams = {key: Team.objects.create(key=key, name=name) for key, name in TEAMS.items()}
    users = _people(teams)
    admin = next(users[person] for person in PEOPLE if person.is_process_admin)
    for key in PROCESSES:
        report = import_yaml(library.path_of(key).read_bytes(), by=admin, publish=True)
        if not report.is_imported:
            raise CommandError(f"{key}: {[str(one.message) for one in report.problems]}")
    player = Player(
        now=timezone.now(),
        members=_members(users),
        definitions={one.key: one for one in ProcessDefinition.objects.select_related("owner_team")},
        customers={record.name: _customer(record) for record in customers()},
    )
    player.play((*COMPLAINTS, *INVOICES, *TICKETS))
    _settle_messages()
    Setting.objects.create(key=DEMO, value={"is_demo": True, "logins": [_login(one) for one in PEOPLE]})


def _people(teams: dict[str, Team]) -> dict[Person, User]:
    password = make_password(PASSWORD)
    users: dict[Person, User] = {}
    for person in PEOPLE:
        user = User.objects.create(
            email=person.email,
            password=password,
            first_name=person.first_name,
            last_name=person.last_name,
            is_process_admin=person.is_process_admin,
            is_user_admin=person.is_user_admin,
            is_operator=person.is_operator,
        )
        users[person] = user
        if person.team:
            role = Membership.Role.LEAD if person.is_lead else Membership.Role.MEMBER
            Membership.objects.create(user=user, team=teams[person.team], role=role)
    return users


def _members(users: dict[Person, User]) -> dict[str, list[User]]:
    leads_first = sorted(PEOPLE, key=lambda person: not person.is_lead)
    return {key: [users[one] for one in leads_first if one.team == key] for key in TEAMS}


def _customer(record: Record) -> Customer:
    kind = "mobile" if record.phone.startswith(("015", "016", "017")) else "phone"
    return records.create(
        by=SYSTEM,
        contacts=[(kind, record.phone, ""), ("email", record.email, "")],
        kind=record.kind,
        relation=record.relation,
        name=record.name,
        first_name=record.first_name,
        salutation=record.salutation,
        contact_name=record.contact_name,
        street=record.street,
        postcode=record.postcode,
        city=record.city,
        notes=record.notes,
    )


def _settle_messages() -> None:
    """What was told in the past has been sent and, but for the last ones, read; no mail leaves the demo."""
    mails = Notification.objects.filter(channel=Notification.Channel.MAIL)
    mails.update(state=Notification.State.SENT, sent_at=F("created_at"))
    recent = Notification.objects.filter(channel=Notification.Channel.APP).order_by("-created_at", "-id")
    newest = list(recent.values_list("pk", flat=True)[:NEWS])
    recent.exclude(pk__in=newest).update(read_at=F("created_at"))


NEWS = 12
"""Notifications that are still unread."""


def _login(person: Person) -> str:
    return f"{person.email}  {PASSWORD}  ({person.role})"
