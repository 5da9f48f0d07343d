"""Django's entry for the app `tasks`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "tasks"
    verbose_name = _("Tasks")
