"""Mails of automatic steps: to whom, what they say, and what nobody can smuggle into them."""

import pytest
from django.core import mail

from customers import records
from people.scope import SYSTEM
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_team, make_user
from tasks.automatic import actions, work
from tasks.models import Job
from tasks.tests.automats import acting, begun, done, error_of, open_step
from tasks.tests.automats import mail as mailing

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def bakery():
    contacts = [
        ("phone", "0711 555", ""),
        ("email", "backstube@example.org", ""),
        ("email", "2@example.org", ""),
    ]
    return records.create(by=SYSTEM, name="Bäckerei Hollerbach", contacts=contacts)


def addresses(message):
    return message.to + message.bcc


# -- mail: recipients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("customer", ["backstube@example.org"]),
        ("starter", ["anna@example.org"]),
        ("owner", ["olga@example.org"]),
        ("team:other", ["berg@example.org", "vogt@example.org"]),
        ("field:clerk", ["anna@example.org"]),
        ("field:payer", ["backstube@example.org"]),
        ("field:remark", ["frei@example.org"]),
        ("fest@example.org", ["fest@example.org"]),
    ],
)
def test_each_kind_of_recipient_is_found(anna, bakery, to, expected):
    other = make_team("other")
    make_user("Vogt", other), make_user("Berg", other), make_user("Weg", other, is_active=False)
    definition = make_definition("owned", owner=make_user("Olga"))
    data = {"clerk": anna.pk, "payer": bakery.pk, "remark": "frei@example.org"}
    done(mailing(to), by=anna, definition=definition, customer=bakery, data=data)
    (message,) = mail.outbox
    assert sorted(addresses(message)) == expected


def test_without_an_owner_the_leads_of_the_owning_team_are_written_to(anna):
    make_user("Lead", make_team(), lead=True)
    done(mailing("owner"), by=anna)
    assert mail.outbox[0].to == ["lead@example.org"]


def test_a_merged_customer_is_written_to_at_the_record_it_lives_on_in(anna, bakery):
    former = records.create(by=SYSTEM, name="Hollerbach alt", contacts=[("email", "alt@example.org", "")])
    former.merged_into = former.canonical = bakery
    former.save()
    done(mailing("customer"), by=anna, customer=former)
    assert mail.outbox[0].to == ["backstube@example.org"]


def test_several_recipients_do_not_see_each_other_and_nobody_gets_it_twice(anna, bakery):
    done(mailing("customer", "starter", "anna@example.org"), by=anna, customer=bakery)
    (message,) = mail.outbox
    assert message.bcc == ["backstube@example.org", "anna@example.org"]
    raw = message.message().as_string()
    assert "To: undisclosed-recipients:;" in raw
    assert "backstube" not in raw and "anna@" not in raw


@pytest.mark.parametrize("to", ["customer", "field:clerk", "field:payer", "team:none", "field:unknown"])
def test_without_anybody_to_write_to_the_step_stands_still_and_says_so(anna, to):
    case = done(mailing(to), by=anna)
    assert (open_step(case), error_of(case)) == ("act1", "no_recipient")
    assert not mail.outbox


@pytest.mark.parametrize(
    "value",
    [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\nSubject: x",
        "a@example.org, b@example.org",
        "Name <a@example.org>",
        "a@example.org b@example.org",
        "kein",
    ],
)
def test_more_than_one_plain_address_in_a_field_is_refused(anna, value):
    case = begun(acting(mailing("field:remark")), anna)
    ProcessInstance.objects.filter(pk=case.pk).update(data={"remark": value})
    work.perform(at=MONDAY)
    assert error_of(case) == "bad_recipient"
    assert not mail.outbox


# -- mail: texts ---------------------------------------------------------------------------------------------


def test_placeholders_stand_for_what_is_shown_and_for_words_of_the_case(anna, bakery, settings):
    settings.SITE_URL = "https://vorgang.example.org"
    text = "{amount} bis {due}, {clerk}, {parts}, {urgent}, {limit}|{title}|{process}|{customer}|{link}"
    data = {"amount": "1284,60", "due": "24.12.2026", "clerk": anna.pk, "parts": ["a", "b"], "urgent": "ja"}
    case = done(mailing("starter", text=text), by=anna, customer=bakery, title="Glas", data=data)
    (message,) = mail.outbox
    assert message.subject == f"Zu {case.number}"
    assert message.body == (
        "1.284,60\u00a0€ bis 24.12.2026, Anna, Achse, Bremse, Ja, |Glas|"
        f"{case.definition.name}|Bäckerei Hollerbach|https://vorgang.example.org/cases/{case.pk}/"
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{ settings.SECRET_KEY }}",
        "{% include 'admin/base.html' %}",
        "{% load i18n %}{{ case.title|safe }}",
        "{number.__class__}",
        "{0.__init__.__globals__}",
        "%(number)s ${number!r} $number",
        "{unknown}",
        "{Number}",
        "{ number }",
        "{}",
    ],
)
def test_nothing_else_is_interpreted(anna, text):
    done(mailing("starter", subject=text, text=text), by=anna)
    (message,) = mail.outbox
    assert message.body == text
    assert message.subject == " ".join(text.split())


def test_what_a_value_brings_along_is_not_looked_at_again(anna):
    data = {"remark": "{title} {{ x }} {% y %}"}
    done(mailing("starter", text="{remark}"), by=anna, title="Glas", data=data)
    assert mail.outbox[0].body == "{title} {{ x }} {% y %}"


def test_line_breaks_of_a_value_never_reach_a_header(anna):
    case = begun(acting(mailing("starter", subject="Zu {title}")), anna)
    ProcessInstance.objects.filter(pk=case.pk).update(title="Glas\r\nBcc: alle@example.org\n\nHallo")
    work.perform(at=MONDAY)
    (message,) = mail.outbox
    assert message.subject == "Zu Glas Bcc: alle@example.org Hallo"
    assert message.message()["Bcc"] is None
    assert addresses(message) == ["anna@example.org"]


def test_every_try_has_the_same_message_id(anna):
    case = begun(acting(mailing("starter")), anna)
    job = Job.objects.get(instance=case)
    for _ in range(2):
        actions.prepare(job).effect()
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
    assert mail.outbox[0].extra_headers["Auto-Submitted"] == "auto-generated"


def test_of_a_confidential_case_only_those_who_see_it_are_told_anything(anna):
    stranger, keeper = make_user("Stranger", make_team("other")), make_user("Keeper", make_team("secret"))
    definition = make_definition("hidden", is_confidential=True, visibility="participants")
    to = ("starter", "team:other", "field:remark", "extern@example.com")
    text = mailing(*to, subject="{title}", text="{title}")
    data = {"remark": "STRANGER@example.org"}
    case = done(text, by=keeper, definition=definition, title="Abmahnung", data=data)
    told, untold = mail.outbox
    assert addresses(told) == ["keeper@example.org", "extern@example.com"]
    assert told.subject == told.body == "Abmahnung"
    assert {one.lower() for one in addresses(untold)} == {stranger.email}
    assert not any(word in untold.subject + untold.body for word in ("Abmahnung", case.number, "Hidden"))
    assert told.extra_headers["Message-ID"] != untold.extra_headers["Message-ID"]
