"""PRODUCTION=1 starts nothing with settings meant for trying it out, by whichever door."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from prozesstool import production

SECRET = "k3Jd82Hfla9Qpz71Mxn4Bv6Cw0Er5TyUiOpAsDfGhJkLzXcVbNm-_QwErTy"


@pytest.fixture
def sound(settings):
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = SECRET
    settings.IS_SQLITE, settings.SQLITE_ALLOWED = False, False
    settings.ALLOWED_HOSTS = ["office.example"]
    settings.REDIS_URL = "redis://:password@broker.example:6379/0"
    return settings


def test_sound_settings_are_not_refused(sound):
    production.refuse()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DEBUG", True, "DEBUG"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SECRET_KEY", "a" * 80, "SECRET_KEY"),
        ("SECRET_KEY", "django-insecure-" + SECRET, "SECRET_KEY"),
        ("IS_SQLITE", True, "PROZESSTOOL_ALLOW_SQLITE"),
        ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS"),
        ("REDIS_URL", "redis://broker.example:6379/0", "REDIS_URL"),
        ("REDIS_URL", "redis://10.0.0.7:6379/0", "REDIS_URL"),
    ],
)
def test_each_unsound_setting_is_refused_by_name(sound, name, value, word):
    setattr(sound, name, value)
    with pytest.raises(ImproperlyConfigured, match=word):
        production.refuse()


def test_sqlite_may_be_asked_for(sound):
    sound.IS_SQLITE, sound.SQLITE_ALLOWED = True, True
    production.refuse()


@pytest.mark.parametrize(
    "address", ["", "redis://127.0.0.1:6379/0", "redis://[::1]/0", "redis+socket:///run/b.sock"]
)
def test_broker_on_this_machine_needs_no_password(address):
    assert not production.is_open_broker(address)


def test_nothing_is_refused_outside_production(sound):
    sound.PRODUCTION, sound.DEBUG = False, True
    production.refuse()


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-c", "import prozesstool.wsgi"]])
def test_a_production_process_ends_at_once_with_the_reasons(tmp_path, settings, command):
    kept = {name: os.environ[name] for name in ("PATH",)}
    environment = {**kept, "PRODUCTION": "1", "SECRET_KEY": "short", "PROZESSTOOL_VAR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, *command], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert answer.returncode != 0
    for word in ("SECRET_KEY", "ALLOWED_HOSTS", "PROZESSTOOL_ALLOW_SQLITE"):
        assert word in answer.stderr
