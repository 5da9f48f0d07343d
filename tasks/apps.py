"""Django's entry for the app `tasks`."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from processes import webaddresses


class TasksConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        """Refuse a list of hosts that can't be read, as every other value of the environment."""
        try:
            webaddresses.listed(settings.WEBHOOK_HOSTS)
        except ValueError as error:
            raise ImproperlyConfigured(f"WEBHOOK_HOSTS: {error}") from error
