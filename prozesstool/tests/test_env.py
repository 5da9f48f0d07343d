"""The environment is read strictly: a slip of the keyboard is an error that names the variable."""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from prozesstool import env

NAME = "PROZESSTOOL_TEST_VALUE"


@pytest.mark.parametrize(
    ("word", "value"), [("1", True), ("yes", True), ("On", True), ("0", False), ("no", False), ("", False)]
)
def test_flag_reads_the_usual_words(monkeypatch, word, value):
    monkeypatch.setenv(NAME, word)
    assert env.flag(NAME, default=not value) is value


def test_flag_unset_gives_the_default(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    assert env.flag(NAME, default=True) is True


def test_flag_of_another_word_names_the_variable(monkeypatch):
    monkeypatch.setenv(NAME, "ja")
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.flag(NAME)


@pytest.mark.parametrize("word", ["acht", "80.5", "0", "70000"])
def test_integer_out_of_bounds_or_no_number_names_the_variable(monkeypatch, word):
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.integer(NAME, 8000, least=1, most=65535)


def test_integer_empty_gives_the_default(monkeypatch):
    monkeypatch.setenv(NAME, "")
    assert env.integer(NAME, 8000) == 8000


def test_words_are_split_at_commas(monkeypatch):
    monkeypatch.setenv(NAME, " a.example, b.example ,")
    assert env.words(NAME) == ["a.example", "b.example"]


def test_database_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv(NAME, "postgresql://b%C3%BCro:p%40ss@db.example:5433/prozess%2Ftool?sslmode=require")
    database = env.database(NAME, options={"lock_timeout": "10s"})
    assert database["NAME"] == "prozess/tool"
    assert (database["USER"], database["PASSWORD"]) == ("büro", "p@ss")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")
    assert database["OPTIONS"] == {"sslmode": "require", "options": "-c lock_timeout=10s"}


def test_database_unset_is_none(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    assert env.database(NAME, options={}) is None


@pytest.mark.parametrize(
    "address", ["mysql://a/b", "postgresql://host", "host/name", "postgresql://h:port/name"]
)
def test_database_address_of_another_kind_names_the_variable(monkeypatch, address):
    monkeypatch.setenv(NAME, address)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.database(NAME, options={})


@pytest.mark.parametrize(
    ("address", "port", "ssl", "starttls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://u:p%40@mail.example", 587, False, True),
        ("smtps://u:p@mail.example:4650", 4650, True, False),
    ],
)
def test_mail_address_is_taken_apart(monkeypatch, address, port, ssl, starttls):
    monkeypatch.setenv(NAME, address)
    mail = env.mail(NAME)
    assert mail["EMAIL_HOST"] == "mail.example"
    assert (mail["EMAIL_PORT"], mail["EMAIL_USE_SSL"], mail["EMAIL_USE_TLS"]) == (port, ssl, starttls)


@pytest.mark.parametrize("address", ["mail.example", "imap://mail.example", "smtp://mail.example:port"])
def test_mail_address_of_another_kind_names_the_variable(monkeypatch, address):
    monkeypatch.setenv(NAME, address)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.mail(NAME)


@pytest.mark.parametrize("address", ["localhost:6379", "http://broker/0", "redis://h:port/0"])
def test_broker_address_of_another_kind_names_the_variable(monkeypatch, address):
    monkeypatch.setenv(NAME, address)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.broker(NAME)


def test_broker_addresses_of_redis_are_taken(monkeypatch):
    for address in (
        "redis://:p@broker.example:6379/1",
        "rediss://broker.example",
        "redis+socket:///run/b.sock",
    ):
        monkeypatch.setenv(NAME, address)
        assert env.broker(NAME) == address


@pytest.mark.parametrize("value", ["a b", "ftp://example.org", "https://example.org/path"])
def test_hosts_that_nobody_can_read_are_an_error_that_names_the_variable(settings, value):
    settings.WEBHOOK_HOSTS = ["api.example.org", value]
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_HOSTS"):
        apps.get_app_config("tasks").ready()
