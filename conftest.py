"""What every test has: a fresh memory of compiled versions, quick password hashes, a private Redis number."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings

from processes import nets


def pytest_configure() -> None:
    """Hash passwords quickly and serve static files unhashed; both are tested by name where they matter."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _forget_compiled_versions() -> Iterator[None]:
    """Rolled-back databases reuse ids, so nothing compiled may outlive a test."""
    nets.forget()
    yield


@pytest.fixture
def redis_url() -> str:
    """A Redis database of this test worker alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{os.environ['TEST_REDIS_URL']}/{worker}"
