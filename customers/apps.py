"""Django's entry for the app `customers`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "customers"
    verbose_name = _("Customers")
