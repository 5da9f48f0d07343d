"""Django's entry for the app `processes`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProcessesConfig(AppConfig):
    """Names the app for Django and its admin."""

    name = "processes"
    verbose_name = _("Processes")

    def ready(self) -> None:
        """Ship the standard escalation plan with the tables."""
        from processes import standardplan

        post_migrate.connect(standardplan.ship, sender=self, dispatch_uid="standard-plan")
