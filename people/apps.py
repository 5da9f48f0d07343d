"""Django's entry for the app `people`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "people"
    verbose_name = _("People")
