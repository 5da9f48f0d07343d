"""The check of the German catalogue finds what is missing, in doubt, or not compiled."""

import subprocess

import pytest

from prozesstool.management.commands import check_translations

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
DONE = 'msgid "Task"\nmsgstr "Aufgabe"\n\n'


@pytest.fixture
def catalogue(tmp_path):
    return tmp_path / "django.po"


def test_a_complete_catalogue_has_nothing_to_list(catalogue):
    catalogue.write_text(HEAD + DONE)
    assert check_translations.listed(catalogue, "--untranslated", "missing") == []
    assert check_translations.listed(catalogue, "--only-fuzzy", "in doubt") == []


def test_missing_and_doubtful_sentences_are_listed(catalogue):
    catalogue.write_text(HEAD + DONE + 'msgid "Case"\nmsgstr ""\n\n#, fuzzy\nmsgid "Team"\nmsgstr "Gruppe"\n')
    assert check_translations.listed(catalogue, "--untranslated", "missing") == ['missing: "Case"']
    assert check_translations.listed(catalogue, "--only-fuzzy", "in doubt") == ['in doubt: "Team"']


def test_a_new_sentence_of_a_template_is_missing_and_the_catalogue_stays_as_it_is(tmp_path):
    base = tmp_path / "base"
    kept = base / check_translations.CATALOGUE
    kept.parent.mkdir(parents=True)
    kept.write_text(HEAD + DONE)
    (base / "page.html").write_text('{% load i18n %}{% translate "Task" %}{% translate "Zebra crossing" %}')
    fresh = check_translations.collected(base, tmp_path)
    assert check_translations.listed(fresh, "--untranslated", "missing") == ['missing: "Zebra crossing"']
    assert kept.read_text() == HEAD + DONE


def test_a_catalogue_changed_since_it_was_compiled_is_noticed(catalogue, tmp_path):
    catalogue.write_text(HEAD + DONE)
    assert not check_translations.is_compiled(catalogue, tmp_path)
    subprocess.run(["msgfmt", "-o", catalogue.with_suffix(".mo"), catalogue], check=True)
    assert check_translations.is_compiled(catalogue, tmp_path)
    catalogue.write_text(HEAD + DONE.replace("Aufgabe", "Arbeit"))
    assert not check_translations.is_compiled(catalogue, tmp_path)


def test_a_sentence_that_collecting_cannot_see_is_noticed(tmp_path):
    (tmp_path / "page.py").write_text(
        "hidden = f'{_(\"Seen\")}'\nshown = _('Task')\nplain = f'{shown} {len(shown)}'\n"
        "also = f\"{pgettext('what', 'Case')}\"\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_page.py").write_text("said = f'{_(1)}'\n")
    found = check_translations.unseen(tmp_path)
    assert [one.rsplit(": ", 1)[1] for one in found] == ["page.py:1", "page.py:4"]


def test_no_sentence_of_ours_is_hidden_from_collecting(settings):
    assert check_translations.unseen(settings.BASE_DIR) == []
