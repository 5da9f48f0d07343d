"""Patterns of case numbers are shown in the words people type them in."""

from __future__ import annotations

import pytest
from django.forms import Form, modelform_factory

from processes import numbers
from processes.adminpages.definitionform import DefinitionForm
from processes.adminpages.numberpatterns import PatternField
from processes.models import ProcessDefinition

GERMAN = {"year": "Jahr", "seq": "Nummer"}


@pytest.mark.parametrize("stored", ["V-{year}-{seq:05}", "{seq}", "A{seq:03}/{year}", "ohne"])
def test_words_lead_back_to_what_is_stored(stored: str):
    shown = numbers.worded(stored, GERMAN)
    assert "seq" not in shown and "year" not in shown
    assert numbers.canonical(shown) == stored


def test_a_pattern_in_words():
    assert numbers.worded("V-{year}-{seq:05}", GERMAN) == "V-{Jahr}-{Nummer:05}"
    assert numbers.worded("V-{Monat}", GERMAN) == "V-{Monat}"


def test_what_is_shown_is_no_change_when_it_is_sent_back():
    one = type("One", (Form,), {"pattern": PatternField()})
    stored = {"pattern": "V-{year}-{seq:05}"}
    assert numbers.canonical(one(initial=stored)["pattern"].value()) == stored["pattern"]
    assert not one({"pattern": "V-{Jahr}-{Nummer:05}"}, initial=stored).has_changed()
    assert one({"pattern": "B-{Jahr}-{Nummer:05}"}, initial=stored).has_changed()


def test_the_form_of_a_process_shows_its_pattern_in_words():
    form = modelform_factory(ProcessDefinition, form=DefinitionForm, fields=["number_pattern"])()
    assert isinstance(form.fields["number_pattern"], PatternField)
