"""How the lists and pages of the administration are called: by names that need no case."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst

from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def everybody(client: Client) -> Client:
    """An account with every role."""
    client.force_login(make_user("Ada", make_team(), is_superuser=True, is_operator=True))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_is_called_by_the_plural_of_its_rows(everybody: Client, model: type) -> None:
    page = everybody.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    with translation.override("de"):
        plural = capfirst(str(model._meta.verbose_name_plural))
    assert f"<h1>{plural}</h1>" in page.content.decode()
    assert "auswählen</h1>" not in page.content.decode()


def test_adding_names_no_case(everybody: Client) -> None:
    page = everybody.get(reverse("admin:processes_startschedule_changelist")).content.decode()
    assert 'class="addlink">Hinzufügen</a>' in page
