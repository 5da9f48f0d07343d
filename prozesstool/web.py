"""What gunicorn reads (`--config python:prozesstool.web`): threads, our logs, and no process left behind."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings

from prozesstool.supervisor import die_with

worker_class = "gthread"
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
timeout = 60
graceful_timeout = 10
preload_app = True
"""Starts faster and shares memory; nothing is connected before the fork."""
control_socket_disable = True
LOGGERS: dict[str, Any] = settings.LOGGING["loggers"]
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **LOGGERS,
        "gunicorn.error": {"handlers": [], "propagate": True, "level": "WARNING"},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


def post_fork(arbiter: Any, worker: Any) -> None:
    """End with the arbiter, even when it is killed."""
    die_with(os.getppid())
