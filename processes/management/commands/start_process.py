"""start_process KEY --as USER: start a case and print its number."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from people.models import User
from processes import runtime
from processes.errors import FieldMissing, ProcessError
from processes.fieldforms import sentence
from processes.models import ProcessDefinition, Urgency
from processes.urgency import Impact, Pressure, judged


class Command(BaseCommand):
    """Starts a case for a person, by the same rules as in the browser."""

    help = "Start a case of a process and print its number."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which process, for whom, with what."""
        parser.add_argument("key")
        parser.add_argument("--as", dest="user", required=True, metavar="USER", help="e-mail of an account")
        parser.add_argument("--title", default="")
        parser.add_argument("--impact", choices=[*Impact], help="how many are hit")
        parser.add_argument("--pressure", choices=[*Pressure], help="how much time presses")
        parser.add_argument("--data", default="{}", metavar="JSON", help="values of the start form")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start it; what stands in the way is one line on standard error."""
        definition = ProcessDefinition.objects.filter(key=options["key"]).first()
        if definition is None:
            raise CommandError(_("There is no process “%(key)s”.") % {"key": options["key"]})
        user = User.objects.filter(is_active=True, email__iexact=options["user"]).first()
        if user is None:
            raise CommandError(_("There is no active account “%(email)s”.") % {"email": options["user"]})
        try:
            instance = runtime.start(
                definition,
                by=user,
                title=options["title"],
                data=_data(options["data"]),
                urgency=judged(options["impact"] or "", options["pressure"] or "") or Urgency.NORMAL,
            )
        except FieldMissing as refusal:
            details = "; ".join(f"{key}: {sentence(error)}" for key, error in refusal.fields.items())
            raise CommandError(f"{refusal} {details}") from refusal
        except ProcessError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(instance.number)


def _data(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(_("--data is not valid JSON: %(why)s") % {"why": error}) from error
    if not isinstance(value, dict):
        raise CommandError(_("--data must be a JSON object."))
    return value
