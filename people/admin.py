"""Accounts, teams and the record of changes in Django's admin. Rights come from the policy alone.

Nothing is deleted here but memberships: accounts and teams are deactivated, for cases keep naming them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as groups_admin  # noqa: F401 - registers the groups, taken out below
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from people import (
    accounts,
    adminchanges,
    adminleaving,
    adminlog,
    recordadmin,  # noqa: F401 - registers its pages
)
from people.adminforms import AccountForm, MembershipFormSet, TeamForm
from people.adminrights import ROWS, ReadByProcessAdmins, UserAdminsOnly, viewer
from people.calendaradmin import PersonCalendarInline
from people.models import Membership, Team, User
from people.movedadmin import MovesDeadlines
from processes import policy

admin.site.unregister(Group)
"""Rights are roles and teams (policy); Django's groups would be a second, silent system."""


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who belongs to which team; nobody changes the own rows."""

    model = Membership
    formset = MembershipFormSet
    template = ROWS
    extra = 0
    readonly_fields = ("account",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """To choose from, or told: who only reads teams may not open accounts, so there is no link either."""
        if policy.may_manage_users(viewer(request)):
            return ("team" if self.parent_model is User else "user", "role")
        return ("account", "role")

    @admin.display(description=_("user"))
    def account(self, obj: Membership) -> str:
        """Who belongs to the team."""
        return str(obj.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the people, in one statement."""
        return super().get_queryset(request).select_related("user", "team")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at it."""
        return policy.may_read_office(viewer(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Put somebody into a team."""
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Member or lead."""
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Take somebody out of a team."""
        return self._may(request, obj)

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        account_id = obj.pk if isinstance(obj, User) else None
        return policy.may_set_teams(viewer(request), account_id)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The formset must know who asks."""
        made = super().get_formset(request, obj, **kwargs)
        return type(made.__name__, (made,), {"by": viewer(request)})


@admin.register(User)
class UserAdmin(MovesDeadlines, UserAdminsOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Accounts: names, roles, teams; invite, deactivate, reactivate."""

    form = AccountForm
    inlines = (MembershipInline, PersonCalendarInline)
    list_display = ("full_name", "email", "teams", "roles", "state", "last_login")
    list_display_links = ("full_name",)
    list_filter = ("is_active", "memberships__team", *policy.ROLES)
    search_fields = ("first_name", "last_name", "email", "external_id")
    fieldsets = (
        (None, {"fields": ("first_name", "last_name", "email", "language", "external_id")}),
        (_("Roles"), {"fields": policy.ROLES}),
        (_("State"), {"fields": ("is_active", "last_login")}),
    )
    readonly_fields = ("is_active", "last_login")
    actions = ("invite_selected", "deactivate_selected", "reactivate_selected")

    class Media:
        css = {"all": ("css/people-admin.css",)}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of accounts that may do what one may not oneself."""
        if obj is None:
            return policy.may_manage_users(viewer(request))
        return policy.may_edit_account(viewer(request), obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Roles are given by the superuser, and nobody changes the own ones."""
        by = viewer(request)
        is_own = obj is not None and obj.pk == by.pk
        may_grant = policy.may_grant_roles(by) and not is_own
        return self.readonly_fields if may_grant else (*self.readonly_fields, *policy.ROLES)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Accounts with their teams, in two statements."""
        return super().get_queryset(request).prefetch_related("memberships__team")

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, obj: User) -> str:
        """First and last name."""
        return obj.get_full_name()

    @admin.display(description=_("teams"))
    def teams(self, obj: User) -> str:
        """The account's teams."""
        return ", ".join(sorted(membership.team.name for membership in obj.memberships.all())) or "–"

    @admin.display(description=_("roles"))
    def roles(self, obj: User) -> str:
        """Roles beyond case work."""
        names = [str(User._meta.get_field(role).verbose_name) for role in policy.ROLES if getattr(obj, role)]  # type: ignore[union-attr]
        return ", ".join(names) or "–"

    @admin.display(description=_("state"))
    def state(self, obj: User) -> str:
        """Active, without a password so far, or deactivated."""
        if not obj.is_active:
            return gettext("deactivated")
        return gettext("active") if obj.has_usable_password() else gettext("no password yet")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the account and its event; a new one has no password until its invitation is accepted."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        changes = adminchanges.of_form(form)
        if changes or not change:
            kind = "user_changed" if change else "user_created"
            adminlog.record(viewer(request), kind, obj, changes)
        if change and "email" in changes:
            request._old_email = changes["email"][0]  # type: ignore[attr-defined]

    def after_saving(self, request: HttpRequest, obj: Any) -> None:
        """Mail that the address has changed, once that is sure."""
        old = getattr(request, "_old_email", None)
        if old is not None:
            accounts.email_changed(obj, old=old)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write memberships and calendars, and their events."""
        if formset.model is Membership:
            adminchanges.save_memberships(viewer(request), formset)
            adminleaving.when_saved(request, {person_id for person_id, _team in formset.leaving})
        else:
            adminchanges.save_rows(viewer(request), "user_calendar_changed", formset)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Invite at once: a new account is of no use before."""
        self.message_user(request, gettext("The account has been created."), messages.SUCCESS)
        return self.invite(request, str(obj.pk))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The account's page, with the buttons that fit its state."""
        account = self.get_object(request, unquote(object_id))
        may = account is not None and accounts.may_change(account, viewer(request))
        warnings = adminleaving.before_leaving(account) if may else []
        context = {"account": account, "may_change_account": may, "warnings": warnings}
        context |= extra_context or {}
        return super().change_view(request, object_id, form_url, context)

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and the buttons."""
        buttons = {"invite": self.invite, "deactivate": self.deactivate, "reactivate": self.reactivate}
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"people_user_{name}",
            )
            for name, view in buttons.items()
        ]
        return [*own, *super().get_urls()]

    def invite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mail the one-time link, and show it once for printing."""
        account = self._account(request, object_id)
        if not policy.may_edit_account(viewer(request), account):
            raise PermissionDenied
        try:
            link = accounts.invite(account, by=viewer(request))
        except accounts.AccountRefused as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:people_user_change", account.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Invitation"),
            "account": account,
            "link": link,
            "days": accounts.VALID_FOR.days,
            "opts": self.opts,
        }
        return render(request, "admin/people/user/invitation.html", context)

    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Button: end the account's use; its open tasks go back."""
        return self._button(request, object_id, partial(adminleaving.deactivate, request))

    def reactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Button: let the account log in again."""
        return self._button(request, object_id, accounts.reactivate)

    @admin.action(description=_("Invite the selected accounts by mail"), permissions=["view"])
    def invite_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Mail each its one-time link."""
        if not all(policy.may_edit_account(viewer(request), user) for user in queryset):
            raise PermissionDenied
        self._each(request, queryset, accounts.invite)

    @admin.action(description=_("Deactivate the selected accounts"), permissions=["view"])
    def deactivate_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End the use of each; sessions end at once, open tasks go back."""
        self._each(request, queryset, partial(adminleaving.deactivate, request))

    @admin.action(description=_("Reactivate the selected accounts"), permissions=["view"])
    def reactivate_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let each log in again."""
        self._each(request, queryset, accounts.reactivate)

    def _account(self, request: HttpRequest, object_id: str) -> User:
        """The account a button belongs to: 404 without the right to see it, 403 to change it."""
        if not policy.may_manage_users(viewer(request)):
            raise Http404
        account = self.get_object(request, unquote(object_id))
        if not isinstance(account, User):
            raise Http404
        if not accounts.may_change(account, viewer(request)):
            raise PermissionDenied
        return account

    def _button(self, request: HttpRequest, object_id: str, operation: Callable[..., object]) -> HttpResponse:
        account = self._account(request, object_id)
        self._each(request, [account], operation)
        return redirect("admin:people_user_change", account.pk)

    def _each(self, request: HttpRequest, chosen: Iterable[User], operation: Callable[..., object]) -> None:
        """Do it to each; one account that may not be touched refuses all (403), sentences are shown."""
        by = viewer(request)
        users = list(chosen)
        if not all(accounts.may_change(user, by) for user in users):
            raise PermissionDenied
        done = 0
        for user in users:
            try:
                operation(user, by=by)
                done += 1
            except accounts.AccountRefused as error:
                self.message_user(request, f"{user}: {error}", messages.WARNING)
        if done:
            text = ngettext("Done for %(n)d account.", "Done for %(n)d accounts.", done)
            self.message_user(request, text % {"n": done}, messages.SUCCESS)


@admin.register(Team)
class TeamAdmin(MovesDeadlines, ReadByProcessAdmins, admin.ModelAdmin):  # type: ignore[type-arg]
    """Teams and their members."""

    form = TeamForm
    inlines = (MembershipInline,)
    list_display = ("name", "key", "parent", "size", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "key", "external_id")
    prepopulated_fields = {"key": ("name",)}

    class Media:
        css = {"all": ("css/people-admin.css",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is chosen once: process files name teams by it."""
        return ("key",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only a new team's key follows its name."""
        return {} if obj else dict(self.prepopulated_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        """Teams with their members, in two statements."""
        return super().get_queryset(request).select_related("parent").prefetch_related("memberships")

    @admin.display(description=_("members"))
    def size(self, obj: Team) -> int:
        """How many belong to it."""
        return len(obj.memberships.all())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the team and its event."""
        super().save_model(request, obj, form, change)
        changes = adminchanges.of_form(form)
        if changes or not change:
            adminlog.record(viewer(request), "team_changed" if change else "team_created", obj, changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write memberships and their events."""
        adminchanges.save_memberships(viewer(request), formset)
        adminleaving.when_saved(request, {person_id for person_id, _team in formset.leaving})
