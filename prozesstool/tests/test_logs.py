"""Log lines are JSON, carry the request's id and no secret."""

import json
import logging
import sys

import pytest

from prozesstool import logs


def line(message, *args, exc_info=None):
    record = logging.LogRecord("prozesstool.test", logging.INFO, "f.py", 1, message, args, exc_info)
    return json.loads(logs.JsonFormatter().format(record))


def test_line_has_time_level_logger_and_message():
    found = line("sent %d", 3)
    assert (found["level"], found["logger"], found["message"]) == ("info", "prozesstool.test", "sent 3")
    assert found["at"].endswith("+00:00")


def test_line_carries_the_request_id():
    reset = logs.current_request_id.set("abcd1234")
    try:
        assert line("x")["request_id"] == "abcd1234"
    finally:
        logs.current_request_id.reset(reset)


@pytest.mark.parametrize(
    "message",
    [
        "password=geheim123",
        '{"password": "geheim123"}',
        "postgresql://büro:geheim123@db/name",
        "redis://:geheim123@broker/0",
        "Authorization: geheim123",
        "Authorization: Bearer geheim123",
        "Not Found: /invitation/geheim123/",
        "Not Found: /setup/geheim123/",
        "Not Found: /password-reset/MQ/geheim123/",
    ],
)
def test_secrets_are_masked(message):
    assert "geheim123" not in line(message)["message"]


def test_secrets_are_masked_in_tracebacks():
    try:
        raise ValueError("cannot reach redis://:geheim123@broker/0")
    except ValueError:
        found = line("failed", exc_info=sys.exc_info())
    assert "ValueError" in found["exception"]
    assert "geheim123" not in found["exception"]


def test_a_line_break_in_a_message_forges_no_line():
    assert "\n" not in json.dumps(line("a\nb"), ensure_ascii=False)
    assert line("a\nb")["message"] == "a\\nb"
