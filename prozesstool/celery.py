"""The Celery application. Jobs stand in `<app>/jobs.py`; they carry no data, the database is the queue."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prozesstool.settings")

app = Celery("prozesstool")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
