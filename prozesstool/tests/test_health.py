"""Alive, and ready: only what stops pages is a 503."""

import datetime as dt
import re
import socket
import time

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from processes.tests.builders import make_team, make_user
from tasks.models import Heartbeat


@pytest.fixture
def broker(settings, redis_url):
    settings.REDIS_URL = redis_url


@pytest.fixture
def no_broker(settings, tmp_path):
    settings.REDIS_URL, settings.BROKER_SOCKET = "", tmp_path / "none.sock"


def ticked(seconds_ago):
    at = timezone.now() - dt.timedelta(seconds=seconds_ago)
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": at})


def test_healthz_reads_nothing(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_with_all_parts_has_no_warning(client, db, broker):
    ticked(1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["warnings"]) == (200, [])
    assert 1 <= answer.json()["tick_age"] < 10


def test_a_standing_clock_and_a_missing_broker_are_warnings(client, db, no_broker):
    ticked(3600)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["warnings"]) == (200, ["broker", "clock"])


def test_a_broker_that_hangs_does_not_hold_up_the_answer(client, db, settings, tmp_path):
    """A stopped process keeps its socket: connections are taken by the kernel, and nobody answers."""
    settings.REDIS_URL, settings.BROKER_SOCKET = "", tmp_path / "hanging.sock"
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(settings.BROKER_SOCKET))
        hanging.listen(8)
        began = time.monotonic()
        answer = client.get("/readyz")
        assert time.monotonic() - began < 2
    assert (answer.status_code, answer.json()["warnings"][0]) == (200, "broker")


def test_a_clock_that_never_ticked_is_a_warning(client, db, no_broker):
    assert "clock" in client.get("/readyz").json()["warnings"]


def test_three_ticks_by_the_configured_pace_are_what_counts(client, db, broker, settings):
    settings.TICK_SECONDS = 60
    ticked(170)
    assert client.get("/readyz").json()["warnings"] == []
    ticked(185)
    assert client.get("/readyz").json()["warnings"] == ["clock"]


def test_cron_keeps_the_clock_quiet(client, db, broker):
    ticked(3600)
    call_command("tick")
    assert client.get("/readyz").json()["warnings"] == []


def banner_of(client, path):
    """The classes of the banner about the clock on a page; empty if there is none."""
    page = client.get(path).content.decode()
    found = re.search(r'<p class="(banner[^"]*)" role="(?:alert|status)">', page)
    return found[1] if found else ""


@pytest.mark.parametrize("path", ["/admin/", "/admin/tasks/incident/", "/admin/tasks/heartbeat/", "/tasks/"])
def test_who_operates_is_told_on_every_page(client, db, path):
    client.force_login(make_user("Olga", make_team(), is_operator=True))
    ticked(3600)
    assert banner_of(client, path) == "banner danger"
    call_command("tick")
    assert banner_of(client, path) == ""


@pytest.mark.parametrize("role", ["is_user_admin", "is_process_admin", "is_superuser"])
def test_every_administrator_is_told_in_the_administration(client, db, role):
    client.force_login(make_user("Ada", **{role: True}))
    ticked(3600)
    assert banner_of(client, "/admin/") == "banner danger"


def test_who_works_cases_is_told_calmly_since_when(client, db):
    client.force_login(make_user("Anna", make_team()))
    assert banner_of(client, "/tasks/") == "banner", "also if it never ticked"
    ticked(3600)
    since = timezone.localtime(timezone.now() - dt.timedelta(seconds=3600))
    assert banner_of(client, "/tasks/") == "banner"
    assert f"{since:%H:%M}" in client.get("/tasks/").content.decode()
    call_command("tick")
    assert banner_of(client, "/tasks/") == ""


def test_who_is_not_logged_in_is_told_nothing(client, db):
    assert client.get(reverse("people:login")).status_code == 200
    assert banner_of(client, reverse("people:login")) == ""


def test_all_banners_are_asked_for_in_one_statement(client, db):
    client.force_login(make_user("Anna", make_team()))
    ticked(3600)
    with CaptureQueriesContext(connection) as found:
        client.get("/tasks/")
    asked = [one["sql"] for one in found if "tasks_heartbeat" in one["sql"]]
    assert len(asked) == 1
    assert [one["sql"] for one in found if "'demo'" in one["sql"]] == asked


def test_a_missing_migration_is_not_ready(client, db, no_broker):
    MigrationRecorder(connection).migration_qs.filter(app="tasks").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["migrations"])


def test_health_is_not_changed_by_posting(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
