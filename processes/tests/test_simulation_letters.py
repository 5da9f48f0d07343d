"""Mails of automatic steps in a play: filled as a real case fills them, recipients named, gaps to be seen."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from processes import runtime
from processes.models import ProcessVersion
from processes.stepplans import Action, Do
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version
from processes.tests.plays import Page, draft
from tasks.automatic import work
from tasks.tests.automats import acting
from tasks.tests.automats import mail as mailing

pytestmark = pytest.mark.django_db


def letter_of(version: ProcessVersion, **typed: Any) -> Any:
    """The letter of the step a play comes to with these values."""
    page = Page(version)
    page.click("begin", at="16.11.2026 10:00", **{f"s_{key}": value for key, value in typed.items()})
    return page.answer.context["open_steps"][0].letter


def plain(shown: str) -> str:
    return html.unescape(strip_tags(shown))


def published(*actions: Action, **definition: Any) -> ProcessVersion:
    return make_version(acting(*actions), make_definition("auto", **definition))


def test_a_play_shows_what_a_real_case_sends():
    anna = make_user("Anna", make_team())
    action = mailing(
        "field:clerk",
        subject=" {process}:\n {remark} ",
        text="Betrag {amount}, am {due}, {parts}, {clerk}, {urgent}.\n\nGruß",
    )
    version = published(action)
    data = {"amount": "12,50", "due": "2026-11-20", "remark": "zwei  Wörter", "urgent": "yes"}
    parts = ["a", "b"]
    runtime.start(version, by=anna, data={**data, "parts": parts, "clerk": anna.pk}, at=MONDAY)
    work.perform(at=MONDAY)
    (sent,) = mail.outbox
    shown = letter_of(version, **{**data, "parts": parts, "clerk": str(anna.pk)})
    assert (plain(shown.subject), plain(shown.text)) == (sent.subject, sent.body)
    assert shown.to == ("Anna (named in “Sachbearbeitung”)",)
    assert not shown.problem


def test_what_is_empty_or_only_a_case_has_can_be_seen():
    text = "Zu {number} von {customer}: {amount} {nosuch} {remark}"
    shown = letter_of(draft(acting(mailing("starter", subject="Zu {title}", text=text))), amount="1")
    assert plain(shown.subject) == "Zu [title of the case]"
    assert plain(shown.text).replace("\xa0", " ") == (
        "Zu [number of the case] von [name of the customer]: 1,00 € [{nosuch}: there is no such field]"
        " [“Bemerkung” is empty]"
    )
    assert shown.text.count("is-missing") == 4
    assert shown.text.count('class="filled"') == 1


def test_neither_the_text_nor_a_value_brings_markup_along():
    shown = letter_of(published(mailing("starter", text="<i>{remark}</i>")), remark="<b>{amount}</b>")
    assert "<i>" not in shown.text and "<b>" not in shown.text
    assert plain(shown.text) == "<i><b>{amount}</b></i>"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("customer", "the customer"),
        ("starter", "who started the case"),
        ("owner", "the process owner (Olga)"),
        ("team:other", "the team “Other”"),
        ("field:remark", "frei@example.org (named in “Bemerkung”)"),
        ("field:payer", "whom “Zahler” names"),
        ("fest@example.org", "fest@example.org"),
    ],
)
def test_recipients_are_named_in_words(to: str, said: str):
    make_team("other", name="Other")
    version = published(mailing(to), owner=make_user("Olga"))
    assert letter_of(version, remark="frei@example.org", payer="example").to == (said,)


def test_without_an_owner_the_lead_of_the_owning_team_is_named():
    assert "Service" in letter_of(published(mailing("owner"))).to[0]


def test_a_mail_nobody_would_get_says_so():
    shown = letter_of(published(mailing("field:clerk", "field:remark")))
    assert [one.partition(",")[0] for one in shown.to] == ["nobody", "nobody"]
    assert "the step fails" in shown.problem
    assert not letter_of(
        make_version(acting(mailing("field:clerk", "starter")), make_definition("b"))
    ).problem


def test_an_entry_for_a_customer_reads_as_it_is_entered():
    version = published(Action(Do.INTERACTION, text="Betrag: {amount}", channel="phone"))
    shown = letter_of(version, amount="3")
    assert shown.to == ()
    assert plain(shown.subject) == "Act1"
    assert plain(shown.text) == "Betrag: 3,00\xa0€"


def test_steps_that_write_nothing_have_no_letter():
    version = published(Action(Do.SET, values=(("remark", "x"),)))
    page = Page(version)
    page.click("begin")
    (step,) = page.answer.context["open_steps"]
    assert step.letter is None
    assert step.says


def test_values_of_the_step_before_are_filled_in_too():
    version = published(Action(Do.SET, values=(("remark", "gesetzt"),)), mailing("starter", text="{remark}"))
    page = Page(version)
    page.click("begin")
    page.click("1:done:")
    assert plain(page.answer.context["open_steps"][0].letter.text) == "gesetzt"


def test_the_number_of_statements_does_not_grow_with_the_mails():
    anna = make_user("Anna", make_team())
    counts = []
    for number in (1, 4):
        text = "{clerk}" * number
        version = make_version(acting(mailing("field:clerk", text=text)), make_definition(f"d{number}"))
        page = Page(version)
        with CaptureQueriesContext(connection) as asked:
            page.click("begin", s_clerk=str(anna.pk))
        counts.append(len(asked))
        assert page.answer.context["open_steps"][0].letter
    assert counts[0] == counts[1] < 32
