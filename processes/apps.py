"""Django's entry for the app `processes`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcessesConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "processes"
    verbose_name = _("Processes")
