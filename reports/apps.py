"""Django's entry for the app `reports`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "reports"
    verbose_name = _("Reports")
