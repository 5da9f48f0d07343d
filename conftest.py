"""What every test has: a fresh memory of compiled versions and quick password hashes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings

from processes import nets


def pytest_configure() -> None:
    """Hash passwords quickly; that the real hasher is Argon2 is tested by name."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _forget_compiled_versions() -> Iterator[None]:
    """Rolled-back databases reuse ids, so nothing compiled may outlive a test."""
    nets.forget()
    yield
