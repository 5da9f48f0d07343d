"""Django's entry for the project itself: its refusals and management commands."""

from django.apps import AppConfig


class ProzesstoolConfig(AppConfig):
    """Refuses to start a production system with settings meant for trying it out."""

    name = "prozesstool"

    def ready(self) -> None:
        """Judge the settings here and not in a system check: web servers and workers run no checks."""
        from prozesstool import production

        production.refuse()
