"""Alive, and ready: only what stops pages is a 503."""

import datetime as dt
import socket
import time

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
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


@pytest.mark.parametrize(("role", "is_told"), [("is_operator", True), ("is_active", False)])
def test_the_banner_tells_administrators_and_nobody_else(client, db, role, is_told):
    person = make_user("Olga", make_team(), **{role: True})
    client.force_login(person)
    ticked(3600)
    assert ("banner danger" in client.get("/tasks/").content.decode()) is is_told
    call_command("tick")
    assert "banner danger" not in client.get("/tasks/").content.decode()


def test_a_missing_migration_is_not_ready(client, db, no_broker):
    MigrationRecorder(connection).migration_qs.filter(app="tasks").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["migrations"])


def test_health_is_not_changed_by_posting(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
