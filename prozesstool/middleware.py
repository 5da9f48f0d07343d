"""What happens to every request, in the order of settings.MIDDLEWARE."""

from __future__ import annotations

import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation

from prozesstool import errors, logs

logger = logging.getLogger("prozesstool.requests")

Answer = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET_PATHS = frozenset({"/healthz", "/readyz"})
SESSION_BEGAN = "began"
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"


def request_id(get_response: Answer) -> Answer:
    """Give the request an id (a well-formed X-Request-ID of the proxy is kept) that logs and errors carry."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)  # type: ignore[attr-defined]
        # It stays until this thread's next request: Django logs faults after the last middleware has ended.
        logs.current_request_id.set(request.request_id)  # type: ignore[attr-defined]
        began = time.perf_counter()
        response = get_response(request)
        _log_request(request, response, time.perf_counter() - began)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    return answer


def _log_request(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """One line an answer, with the route instead of the path: paths can carry one-time codes."""
    if request.path in QUIET_PATHS or request.path.startswith(settings.STATIC_URL):
        return
    route = request.resolver_match.route if request.resolver_match else "(none)"
    logger.info("%s /%s %d %d ms", request.method, route, response.status_code, seconds * 1000)


def headers(get_response: Answer) -> Answer:
    """Headers on everything, static files and error pages included; personal pages are never stored."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY)
        response.setdefault("X-Frame-Options", "DENY")
        if response.status_code >= 400 or not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        return response

    return answer


def client_address(get_response: Answer) -> Answer:
    """Behind our own proxy the caller's address is the last of X-Forwarded-For; the rest is hearsay."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if settings.BEHIND_PROXY and is_address(forwarded):
            request.META["REMOTE_ADDR"] = forwarded
        return get_response(request)

    return answer


def is_address(text: str) -> bool:
    """Whether this is an IP address, version 4 or 6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def session_limits(get_response: Answer) -> Answer:
    """End a session some hours after its log-in, however busy it is; idle ones end by their cookie's age."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            began = request.session.setdefault(SESSION_BEGAN, int(time.time()))
            if time.time() - began > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
            elif time.time() - request.session.get("seen", 0) > SEEN_EVERY:
                request.session["seen"] = int(time.time())
        return get_response(request)

    return answer


SEEN_EVERY = 300
"""Seconds after which a used session is written again, so that its idle time starts anew."""


def language(get_response: Answer) -> Answer:
    """German, unless the person has chosen English."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        chosen = request.user.language if request.user.is_authenticated else settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = get_response(request)
            response.setdefault("Content-Language", chosen)
            return response

    return answer


def htmx_login(get_response: Answer) -> Answer:
    """Send the whole page to the log-in when a session has ended, not the log-in page into a fragment."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not request.headers.get("HX-Request") or response.status_code != 302:
            return response
        login = resolve_url(settings.LOGIN_URL)
        if not response["Location"].startswith(login):
            return response
        return HttpResponse(status=204, headers={"HX-Redirect": login})

    return answer


def bad_input(get_response: Answer) -> Answer:
    """Refuse NUL characters before they reach a form or the database (400, not a server error)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path or _has_nul(request.GET.lists()):
            return errors.bad_request(request)
        return get_response(request)

    return answer


def _has_nul(lists: object) -> bool:
    return any("\x00" in value for _, values in lists for value in values)  # type: ignore[attr-defined]
