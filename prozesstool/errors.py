"""Error pages: each carries an id the user can quote; that of a server error asks the database nothing."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Engine

logger = logging.getLogger("prozesstool.errors")


def _page(request: HttpRequest, status: int, name: str) -> HttpResponse:
    context = {"request_id": getattr(request, "request_id", "")}
    return render(request, f"errors/{name}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense."""
    return _page(request, 400, "400")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: may be seen, may not be done."""
    return _page(request, 403, "403")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is too old or not ours."""
    logger.warning("csrf: %s", reason)
    return _page(request, 403, "csrf")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: does not exist, or may not be seen."""
    return _page(request, 404, "404")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; rendered without context processors, which would read the database."""
    page = Engine.get_default().get_template("errors/500.html")
    text = page.render(Context({"request_id": getattr(request, "request_id", "")}))
    return HttpResponse(text, status=500)
