"""The shipped templates walked through, as its test does: which outcomes and transitions cases have taken."""

from __future__ import annotations

import time
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the settings
from django.test.utils import override_settings  # noqa: E402

from processes import library  # noqa: E402
from processes.tests import walks  # noqa: E402

QUIET = {
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
}
"""Quick accounts, and no mail that leaves the house."""


def run() -> list[dict[str, Any]]:
    """Walk every template on the database of the settings."""
    call_command("migrate", verbosity=0)
    with override_settings(**QUIET):
        office = walks.Office.open()
        return [_row(office, one.key) for one in library.templates()]


def _row(office: walks.Office, key: str) -> dict[str, Any]:
    begun = time.perf_counter()
    found = walks.cover(office, key)
    taken, all_outcomes = len(found.outcomes), len(found.all_outcomes)
    return {
        "case": key,
        "ours": taken,
        "limit": all_outcomes,
        "ratio": round(taken / all_outcomes, 3),
        "unit": "outcomes",
        "transitions": len(found.flows),
        "all_transitions": len(found.version.net.flows),
        "cases": found.cases,
        "seconds": round(time.perf_counter() - begun, 1),
    }
