"""A session ends after its time, idle or busy."""

import pytest
from django.conf import settings as product

from people.models import User
from prozesstool import middleware


@pytest.fixture
def visitor(client, db, settings):
    settings.ROOT_URLCONF = "prozesstool.tests.urls"
    client.force_login(User.objects.create_user(email="erika@example.org", password="x"))
    return client


def is_logged_in(client):
    return "_auth_user_id" in client.session


def shift(client, **seconds):
    session = client.session
    for name, by in seconds.items():
        session[name] = session[name] - by
    session.save()


def test_a_used_session_notes_when_it_began(visitor):
    visitor.get("/caller/")
    assert is_logged_in(visitor)
    assert middleware.SESSION_BEGAN in visitor.session


def test_a_session_ends_at_its_absolute_age_however_busy(visitor):
    visitor.get("/caller/")
    shift(visitor, **{middleware.SESSION_BEGAN: product.SESSION_ABSOLUTE_AGE + 1})
    visitor.get("/caller/")
    assert not is_logged_in(visitor)


def test_a_session_just_below_its_absolute_age_lives(visitor):
    visitor.get("/caller/")
    shift(visitor, **{middleware.SESSION_BEGAN: product.SESSION_ABSOLUTE_AGE - 60})
    visitor.get("/caller/")
    assert is_logged_in(visitor)


def test_reading_a_page_writes_the_session_only_now_and_then(visitor, django_assert_num_queries):
    visitor.get("/caller/")
    before = visitor.session["seen"]
    visitor.get("/caller/")
    assert visitor.session["seen"] == before
    shift(visitor, seen=middleware.SEEN_EVERY + 1)
    visitor.get("/caller/")
    assert visitor.session["seen"] >= before


def test_cookies_are_out_of_reach_of_scripts_and_other_sites():
    assert product.SESSION_COOKIE_HTTPONLY and product.CSRF_COOKIE_HTTPONLY
    assert product.SESSION_COOKIE_SAMESITE == "Lax"
