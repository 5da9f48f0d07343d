"""`manage.py prepare`: bring data and files up to date before serving; cheap when there is nothing to do."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from people.models import User
from prozesstool import env


class Command(BaseCommand):
    """Migrates, collects static files, and fills an empty system on the first run."""

    help = "Migrate, collect static files, and set a first system up."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what is done while it is done."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._migrate()
        self._collect_static()
        if not User.objects.exists():
            self._first_run()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def _collect_static(self) -> None:
        stamp = settings.VAR_DIR / "static.stamp"
        digest = static_digest()
        if stamp.exists() and stamp.read_text() == digest and settings.STATIC_ROOT.exists():
            return
        self.stdout.write("Collecting static files …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest)

    def _first_run(self) -> None:
        if settings.PRODUCTION or env.flag("PROZESSTOOL_EMPTY"):
            call_command("setup_code", stdout=self.stdout)
            return
        self.stdout.write("Setting the demo company up …")
        # `serve` shows the logins on every start; here they would stand twice.
        call_command("seed_demo", stdout=io.StringIO())


def static_digest() -> str:
    """A digest over names, sizes and times of all static files; changes when one of them does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
