"""The switch that lets tests kill a process is closed in production."""

import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from tasks import failpoints


def test_a_failpoint_is_refused_in_production(settings, monkeypatch):
    settings.PRODUCTION = True
    monkeypatch.setenv("PROZESSTOOL_FAILPOINT", "mail-before-send")
    with pytest.raises(ImproperlyConfigured, match="PROZESSTOOL_FAILPOINT"):
        runpy.run_path(failpoints.__file__)


def test_points_not_asked_for_are_passed():
    failpoints.reach("mail-before-send")
