"""Starts the parts of the system as processes of their own, for tests that kill them."""

import json
import shutil
import signal
import socket
import subprocess
import sys

from django.conf import settings

from prozesstool.management.commands import serve
from prozesstool.supervisor import python
from prozesstool.tests.processes import wait_until

PATIENCE = 40.0
"""Seconds; processes start slowly on a busy machine."""


class Machine:
    """Starts the parts of the clock as processes of their own, and ends them with the test."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        # These tests run at any hour of the day.
        environment.setdefault("MAIL_WAITS", "0")
        self.running = []

    def start(self, command, **extra):
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env={**self.environment, **extra}, start_new_session=True
        )
        self.running.append(process)
        return process

    def worker(self, queues="clock,mail", **extra):
        name = f"worker{len(self.running)}@%h"
        options = ("--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "warning")
        return self.start(
            python(*serve.CELERY, "worker", "--queues", queues, "--hostname", name, *options), **extra
        )

    def beat(self):
        schedule = str(self.folder / f"beat{len(self.running)}")
        return self.start(python(*serve.CELERY, "beat", "--schedule", schedule, "--pidfile", ""))

    def broker(self):
        port = self.environment["REDIS_URL"].rsplit(":", 1)[1]
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        process = self.start([program, "--port", port, "--save", "", "--dir", str(self.folder)])
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", int(port))) == 0)
        return process

    def tick(self):
        done = self.run_tick()
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def run_tick(self, **extra):
        return subprocess.run(
            [sys.executable, "manage.py", "tick"],
            cwd=settings.BASE_DIR,
            env={**self.environment, **extra},
            capture_output=True,
            timeout=PATIENCE,
        )

    def stop(self):
        for process in self.running:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
