"""What the doors for case workers share: who asks, and reading what comes from outside."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from people.models import User
from people.scope import Scope, scope_of
from processes.errors import ProcessError, StaleError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
LONGEST_QUERY = 100


def viewer(request: HttpRequest) -> User:
    """The person logged in (the decorator below sees to it that there is one)."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user


def scope(request: HttpRequest) -> Scope:
    """What the person logged in may be shown."""
    return scope_of(viewer(request))


def for_case_workers(view: View[P]) -> View[P]:
    """Log in first; 404 for accounts that see no cases."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not scope(request).works_cases:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(door)


def for_case_viewers(view: View[P]) -> View[P]:
    """Log in first; 404 for accounts that see no cases and run none on trial either."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        who = scope(request)
        if not (who.works_cases or who.tries_processes):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(door)


def for_trials(view: View[P]) -> View[P]:
    """Log in first; 404 for accounts that run no process on trial."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not scope(request).tries_processes:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(door)


def is_htmx(request: HttpRequest) -> bool:
    """Whether a fragment is asked for."""
    return request.headers.get("HX-Request") == "true"


def number(text: str | None) -> int | None:
    """A row id or version from outside; None for anything that can be neither."""
    if not text or len(text) > 18 or not (text.isascii() and text.isdecimal()):
        return None
    return int(text)


def query(request: HttpRequest) -> str:
    """What is searched for: cut, without characters nobody can type, trimmed."""
    text = request.GET.get("q", "")[:LONGEST_QUERY]
    return "".join(character for character in text if character.isprintable()).strip()


def new_key() -> str:
    """An idempotency key for a form."""
    return uuid.uuid4().hex


def form_key(request: HttpRequest) -> str:
    """The key the form was given, or a new one where somebody sent nonsense."""
    key = request.POST.get("key", "")
    return key if len(key) == 32 and key.isascii() and key.isalnum() else new_key()


def status_of(error: ProcessError) -> int:
    """409 when the page was out of date, 422 for every other refusal."""
    return 409 if isinstance(error, StaleError) else 422


def toast(response: HttpResponse, text: object) -> HttpResponse:
    """Let the answer to htmx show a short message."""
    response["HX-Trigger"] = json.dumps({"toast": {"value": str(text)}})
    return response
