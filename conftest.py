"""What every test has: a clean memory, quick passwords, a Redis number and a browser of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from people import postman
from processes import nets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 30_000
"""How long a browser waits for what must come; a busy machine is no failure."""
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def pytest_configure() -> None:
    """Hash passwords quickly and serve static files unhashed; both are tested by name where they matter."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    django_settings.WHITENOISE_AUTOREFRESH = django_settings.WHITENOISE_USE_FINDERS = True
    # A busy machine is no failure of a property. One commit has one result everywhere; others are looked for
    # on request.
    random_examples = os.environ.get("PROZESSTOOL_EXAMPLES")
    hypothesis_settings.register_profile(
        "project",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=random_examples is None,
        max_examples=int(random_examples or 100),
        print_blob=True,
    )
    hypothesis_settings.load_profile("project")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is PostgreSQL's in the run on SQLite; browsers and real processes share a worker."""
    if os.environ.get("TEST_DATABASE") == "sqlite":
        # Real processes bring their own database, so once is enough.
        left_out = [item for item in items if _is_for_postgres(item) or item.get_closest_marker("system")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        for name in ("journey", "system"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail, never skip, what needs PostgreSQL and has none."""
    if _is_for_postgres(item) and connection.vendor != "postgresql":
        pytest.fail("This test needs PostgreSQL: run ./test", pytrace=False)


def _is_for_postgres(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("race", "postgres", "journey"))


@pytest.fixture(autouse=True)
def _forget_compiled_versions() -> Iterator[None]:
    """Rolled-back databases reuse ids, so nothing compiled may outlive a test."""
    nets.forget()
    yield


@pytest.fixture(autouse=True)
def _send_every_mail() -> Iterator[None]:
    """A mail that is still written in its thread would turn up in the outbox of the next test."""
    yield
    postman.wait()


@pytest.fixture
def redis_url() -> str:
    """An empty Redis database of this test worker alone."""
    if "TEST_REDIS_URL" not in os.environ:
        pytest.fail("This test needs Redis: run ./test", pytrace=False)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    url = f"{os.environ['TEST_REDIS_URL']}/{worker}"
    redis.Redis.from_url(url).flushdb()
    return url


@pytest.fixture
def service_env(transactional_db: None, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a process that shall work on this test's database and broker (PostgreSQL only)."""
    db = connection.settings_dict
    server = f"{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{server}/{db['NAME']}",
        "REDIS_URL": redis_url,
        "PROZESSTOOL_VAR": str(tmp_path),
        "SECRET_KEY": django_settings.SECRET_KEY,
    }


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests of a worker.

    Playwright keeps an event loop running in this thread for as long as it lives, which Django takes for
    asynchronous code and refuses to touch the database in; hence the permission.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("Chromium is missing: apt-get install chromium", pytrace=False)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A fresh German window on the running site; a script error or a breach of the policy fails the test."""
    context = browser.new_context(base_url=live_server.url, locale="de-DE")
    window = context.new_page()
    window.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("console", lambda message: faults.append(message.text) if _is_fault(message) else None)
    yield window
    context.close()
    assert not faults, faults


def _is_fault(message: Any) -> bool:
    """Whether a console message tells of our fault; answers such as 409 and 422 are logged there too."""
    is_answer = "Failed to load resource" in message.text or "Response Status Error Code" in message.text
    return message.type == "error" and not is_answer
