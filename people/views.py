"""Pages of the own account: log-in and log-out, passwords, profile, one-time links.

Answers never tell whether an account exists: the same words, the same status, the same work.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from typing import Any, cast

from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import accounts, throttling
from people.forms import ChangePasswordForm, LoginForm, NewPasswordForm, ProfileForm, ResetForm, SetupForm
from people.models import User
from people.scope import scope_of

logger = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"
secrets_in_post = sensitive_post_parameters("password", "old_password", "new_password", "repetition")
page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page of this person: the tasks, or the administration of those who work no cases.

    Whose it is is known after the log-in, which leads back here.
    """
    user = request.user
    if not isinstance(user, User):
        return redirect("people:login")
    if scope_of(user).works_cases:
        return redirect("tasks:inbox")
    return redirect("admin:index" if user.is_staff else "people:profile")


@secrets_in_post
@page
def login(request: HttpRequest) -> HttpResponse:
    """Log in with e-mail and password; too many wrong tries from one address must wait."""
    target = safe_target(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST":
        user, status = _try_log_in(request, form) if form.is_valid() else (None, 422)
        if user is not None:
            auth.login(request, user)
            return redirect(target)
    return render(request, "people/login.html", {"form": form, "next": target}, status=status)


def safe_target(request: HttpRequest) -> str:
    """Where to go after the log-in: `next` if it is an address of this system, else the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else resolve_url("home")


def _try_log_in(request: HttpRequest, form: LoginForm) -> tuple[User | None, int]:
    """The account, or None with an error in the form and the status of the answer."""
    email, address = form.cleaned_data["email"], throttling.address_of(request)
    attempt = throttling.begin("login", email, address, at=timezone.now())
    if attempt.is_refused:
        form.add_error(None, wait_sentence(attempt.wait))
        return None, 429
    user = auth.authenticate(request, username=email, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        logger.warning("log-in refused from %s", address)
        form.add_error(None, _("E-mail or password is not right."))
        return None, 422
    throttling.succeed(attempt, at=timezone.now())
    return user, 200


def wait_sentence(wait: dt.timedelta) -> str:
    """How long to wait, in words, rounded up."""
    seconds = math.ceil(wait.total_seconds())
    if seconds < 60:
        text = ngettext(
            "Too many tries. Please wait %(n)d second.", "Too many tries. Please wait %(n)d seconds.", seconds
        )
        return text % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "Too many tries. Please wait %(n)d minute.", "Too many tries. Please wait %(n)d minutes.", minutes
    )
    return text % {"n": minutes}


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect("people:login")


@page
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Own name and teams; language and keyboard shortcuts can be set."""
    user = cast(User, request.user)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(user.language):
            messages.success(request, _("Saved."))
        return redirect("people:profile")
    memberships = user.memberships.select_related("team").order_by("team__name")
    context = {"area": "profile", "form": form, "memberships": memberships}
    return render(request, "people/profile.html", context, status=422 if form.errors else 200)


@secrets_in_post
@page
@login_required
def password_change(request: HttpRequest) -> HttpResponse:
    """Set a new own password; all other sessions of the account end."""
    user = cast(User, request.user)
    form = ChangePasswordForm(user, request.POST or None)
    status = 200
    if request.method == "POST":
        status = _change_password(request, form)
        if status == 200:
            messages.success(request, _("The password has been changed. Other devices are logged out."))
            return redirect("people:profile")
    return render(request, "people/password_change.html", {"area": "profile", "form": form}, status=status)


def _change_password(request: HttpRequest, form: ChangePasswordForm) -> int:
    """Write the new password; the status of the answer. Guessing the old one is slowed down like a log-in."""
    if not form.is_valid():
        return 422
    user, address = form.user, throttling.address_of(request)
    attempt = throttling.begin("password", user.email, address, at=timezone.now())
    if attempt.is_refused:
        form.add_error(None, wait_sentence(attempt.wait))
        return 429
    if not user.check_password(form.cleaned_data["old_password"]):
        form.add_error("old_password", _("The present password is not right."))
        return 422
    throttling.succeed(attempt, at=timezone.now())
    form.save()
    auth.update_session_auth_hash(request, user)
    return 200


@page
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password; the answer is the same whether the account exists or not."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        attempt = throttling.begin("reset", email, throttling.address_of(request), at=timezone.now())
        if not attempt.is_refused:
            accounts.send_reset_link(email)
            return redirect("people:password_reset_done")
        form.add_error(None, wait_sentence(attempt.wait))
        return render(request, "people/password_reset.html", {"form": form}, status=429)
    return render(request, "people/password_reset.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Says that a mail is on its way, if there is such an account."""
    return render(request, "people/password_reset_done.html")


class PasswordResetConfirm(PasswordResetConfirmView):
    """A new password by the link of the mail (Django's view: the token leaves the address bar at once)."""

    form_class = NewPasswordForm  # type: ignore[assignment]
    template_name = "people/password_reset_confirm.html"
    success_url = reverse_lazy("people:password_reset_complete")

    def get_user(self, uidb64: str) -> User | None:
        """Only active accounts that have had a password: the others get in by an invitation."""
        user = super().get_user(uidb64)
        is_open = isinstance(user, User) and user.is_active and user.has_usable_password()
        return user if is_open else None

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Write the password; the link can't be used again."""
        self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, None)
        cast(NewPasswordForm, form).save()
        return redirect(self.get_success_url())

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """404 for a link that is no longer good, 422 for a password that is refused."""
        status = 404 if not context["validlink"] else 422 if context["form"].errors else 200
        return super().render_to_response(context, status=status, **kwargs)


@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """Says that the new password is set, and leads to the log-in."""
    return render(request, "people/password_reset_complete.html")


@secrets_in_post
@page
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Set the first password by a one-time link, and be logged in."""
    try:
        found = accounts.invitation(token, at=timezone.now())
        form = NewPasswordForm(cast(User, found.user), request.POST or None)
        if request.method == "POST" and form.is_valid():
            user = accounts.accept(token, form.cleaned_data["new_password"], at=timezone.now())
            return _welcome(request, user)
    except accounts.LinkInvalid:
        return _link_invalid(request)
    context = {"form": form, "account": found.user}
    return render(request, "people/accept_invitation.html", context, status=422 if form.errors else 200)


@secrets_in_post
@page
def set_up(request: HttpRequest, code: str) -> HttpResponse:
    """Make the first administrator's account by a one-time link, and be logged in."""
    try:
        accounts.check_setup(code, at=timezone.now())
        form = SetupForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return _welcome(request, _first_administrator(code, form.cleaned_data))
    except accounts.LinkInvalid:
        return _link_invalid(request)
    return render(request, "people/setup.html", {"form": form}, status=422 if form.errors else 200)


def _first_administrator(secret: str, typed: dict[str, Any]) -> User:
    names = {name: typed[name] for name in ("email", "first_name", "last_name")}
    return accounts.set_up(
        secret, password=typed["new_password"], at=timezone.now(), region=typed.get("region"), **names
    )


def _welcome(request: HttpRequest, user: User) -> HttpResponse:
    auth.login(request, user, backend=BACKEND)
    return redirect("home")


def _link_invalid(request: HttpRequest) -> HttpResponse:
    return render(request, "people/link_invalid.html", status=404)
