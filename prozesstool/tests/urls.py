"""The product's doors and two broken ones, for tests of error pages."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from prozesstool.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose, password=geheim123")


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


def to_login(request: HttpRequest) -> HttpResponse:
    return redirect("people:login")


def caller(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.META["REMOTE_ADDR"])


urlpatterns = [
    path("broken/", broken),
    path("refused/", refused),
    path("suspicious/", suspicious),
    path("to-login/", to_login),
    path("caller/", caller),
    path("", include("prozesstool.urls")),
]
