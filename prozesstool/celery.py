"""The Celery application. Jobs stand in `<app>/jobs.py`; they carry no data, the database is the queue."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prozesstool.settings")

app = Celery("prozesstool")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@setup_logging.connect
def keep_our_logs(**kwargs: Any) -> None:
    """Django has set the logs up; that somebody listens here keeps Celery from doing it again."""
