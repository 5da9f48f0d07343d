"""Structured logs: one JSON object a line, with the id of the request, without secrets."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

SECRET = re.compile(
    r"(?i)(password|passwort|secret|token|authorization|cookie|csrf)"
    r"([\"']?\s*[=:]\s*)([\"']?(?:Bearer |Basic )?)[^\s\"',;&]+"
)
ONE_TIME_PATH = re.compile(r"(/(?:invitation|setup|password[-_]reset|reset)/)[^\s\"']+")
URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")


def masked(text: str) -> str:
    """The text without one-time codes and the values of what is named like a secret."""
    text = URL_PASSWORD.sub(r"\1***@", SECRET.sub(r"\1\2\3***", text))
    return ONE_TIME_PATH.sub(r"\1***", text)


def on_one_line(text: str) -> str:
    """The text with its line breaks spelled out, so that no message can look like two."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time (UTC), level, logger, message, request id, and the traceback of an exception."""
        line = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": on_one_line(masked(record.getMessage())),
        }
        if request_id := current_request_id.get():
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
