"""Every answer carries the security headers: pages, files, redirects and all error pages."""

import pytest
from django.contrib.auth.hashers import get_hasher
from django.test import Client
from django.test.utils import override_settings

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}
ANSWERS = [
    ("/healthz", 200),
    ("/admin/", 302),
    ("/static/admin/css/base.css", 200),
    ("/static/no-such-file.css", 404),
    ("/no-such-page/", 404),
    ("/suspicious/", 400),
    ("/refused/", 403),
    ("/broken/", 500),
    ("/?q=%00", 400),
]


@pytest.fixture
def client(db, settings):
    settings.ROOT_URLCONF = "prozesstool.tests.urls"
    return Client(raise_request_exception=False)


def policy_of(answer):
    return {part.strip() for part in answer["Content-Security-Policy"].split(";")}


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_every_answer_has_the_security_headers(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]
    if not path.startswith("/admin/"):
        assert policy_of(answer) == POLICY


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_only_static_files_may_be_stored(client, path, status):
    answer = client.get(path)
    is_file = path.startswith("/static/") and status == 200
    assert ("no-store" in answer["Cache-Control"]) is not is_file


def test_static_files_are_for_our_pages_only(client):
    assert "Access-Control-Allow-Origin" not in client.get("/static/admin/css/base.css")


def test_admin_pages_have_the_same_policy(client):
    assert policy_of(client.get("/admin/")) == POLICY


def test_nothing_unsafe_is_allowed_anywhere(client):
    for path, _ in ANSWERS:
        assert "unsafe" not in client.get(path)["Content-Security-Policy"]


def test_a_foreign_host_name_is_refused_with_all_headers(client):
    answer = client.get("/admin/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert policy_of(answer) >= POLICY - {"img-src 'self'"}


def test_a_form_without_token_is_refused_with_an_id(db):
    answer = Client(enforce_csrf_checks=True).post("/admin/login/")
    assert answer.status_code == 403
    assert "no-store" in answer["Cache-Control"]


def test_the_page_of_a_server_error_shows_the_id_and_asks_the_database_nothing(
    client, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = client.get("/broken/", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer["X-Request-ID"] == "from-the-proxy-1"
    assert "from-the-proxy-1" in answer.content.decode()
    assert "geheim123" not in answer.content.decode()


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "abcdefgh<script>", "abcdefgh\u00e4"])
def test_an_ill_formed_request_id_is_replaced(client, given):
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_a_request_is_logged_by_its_route_not_its_path(client, caplog):
    with caplog.at_level("INFO", logger="prozesstool.requests"):
        client.get("/no-such-page/geheim123/")
        client.get("/caller/")
    assert [
        record.getMessage().rsplit(" ", 2)[0] for record in caplog.records if "requests" in record.name
    ] == [
        "GET /(none) 404",
        "GET /caller/ 200",
    ]


def test_callers_behind_the_proxy_are_told_by_its_word_alone(client, settings):
    forged = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    assert client.get("/caller/", headers=forged).content == b"127.0.0.1"
    with override_settings(BEHIND_PROXY=True):
        assert client.get("/caller/", headers=forged).content == b"203.0.113.9"
        assert client.get("/caller/", headers={"X-Forwarded-For": "x"}).content == b"127.0.0.1"


def test_a_fragment_without_session_sends_the_whole_page_to_the_login(client):
    answer = client.get("/to-login/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].endswith("/login/")


def test_passwords_are_hashed_with_argon2():
    from prozesstool import settings as ours

    assert get_hasher("default").algorithm == "md5"
    assert ours.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
