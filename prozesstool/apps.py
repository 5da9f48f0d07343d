"""Django's entry for the project itself: its checks and management commands."""

from django.apps import AppConfig


class ProzesstoolConfig(AppConfig):
    """Registers the start-up checks."""

    name = "prozesstool"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from prozesstool import checks  # noqa: F401
