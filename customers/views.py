"""Pages about customers: list, page, forms, and the fragment other forms pick a customer with.

Everybody who works cases sees all customers; members of teams change them. For others every address here
answers 404, as for a record that does not exist.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import history, lists, records, search
from customers.forms import ContactForm, CustomerForm, InteractionForm, NewCustomerForm
from customers.models import ContactPoint, Customer, CustomerQuerySet
from people.scope import Scope
from processes import doors, policy
from processes.doors import for_case_workers, viewer
from processes.errors import StaleError

PICKER_SIZE = 8
MOST_OPTIONS = 100
LONGEST_NAME = 100
"""Characters of the name a field has in its form."""


@require_safe
@for_case_workers
def customer_list(request: HttpRequest) -> HttpResponse:
    """All customers, or those a search finds, fifty at a time."""
    scope = doors.scope(request)
    query = doors.query(request)
    found = search.find(query, _customers(scope))
    context = {
        "page": lists.page(found, scope, after=doors.number(request.GET.get("after"))),
        "query": query,
        "count": found.count(),
        "may_edit": policy.may_work_cases(viewer(request)),
    }
    return _page(request, "customers/list.html", context)


@require_safe
@for_case_workers
def picker(request: HttpRequest) -> HttpResponse:
    """The first hits of a search as radio buttons named `customer`, for forms that need one; the only hit is
    ticked, which the form is told."""
    query = doors.query(request)
    found = list(search.find(query, _customers(doors.scope(request)))[:PICKER_SIZE])
    selected = doors.number(request.GET.get("customer"))
    is_only = bool(query) and len(found) == 1 and selected != found[0].pk
    context = {"customers": found, "query": query, "selected": found[0].pk if is_only else selected}
    answer = render(request, "customers/_picker.html", context)
    if is_only:
        answer["HX-Trigger-After-Settle"] = "customer-ticked"
    return answer


@require_safe
@for_case_workers
def options(request: HttpRequest) -> HttpResponse:
    """The hits of a search as options of the list `name`, with the one chosen in it; the only hit is chosen,
    which the form is told as a change."""
    query, name = doors.query(request), request.GET.get("name", "")[:LONGEST_NAME]
    rows, selected = _customers(doors.scope(request)), doors.number(request.GET.get(name))
    found = list(search.find(query, rows)[:MOST_OPTIONS])
    is_only = bool(query) and len(found) == 1 and selected != found[0].pk
    is_missing = selected is not None and not is_only and selected not in [one.pk for one in found]
    others = rows.filter(pk=selected or 0) if is_missing else ()
    context = {
        "choices": search.choices([*found, *others]),
        "selected": str(found[0].pk if is_only else selected or ""),
        "name": name,
        "query": query,
        "number": len(found),
        "has_more": len(found) == MOST_OPTIONS,
    }
    answer = render(request, "customers/_options.html", context)
    if is_only:
        answer["HX-Trigger-After-Settle"] = "change"
    return answer


@require_safe
@for_case_workers
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer: how to reach, what is known, the cases the viewer may see, what was changed."""
    return _detail(request, _customer(request, pk), InteractionForm(), doors.new_key())


def _detail(
    request: HttpRequest, customer: Customer, form: InteractionForm, key: str, *, status: int = 200
) -> HttpResponse:
    scope = doors.scope(request)
    context = {
        **_contacts_context(request, customer),
        "cases": lists.cases_of(customer, scope),
        "history": history.of(customer, scope),
        "contact_form": form,
        "key": key,
    }
    return _page(request, "customers/detail.html", context, status=status)


@require_POST
@for_case_workers
def record_interaction(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a contact with the customer; what is missing is said on the page, with the text kept."""
    customer = _customer(request, pk)
    _require_editor(request)
    form, key = InteractionForm(request.POST), doors.form_key(request)
    if not form.is_valid():
        return _detail(request, customer, form, key, status=422)
    records.record_interaction(customer, by=viewer(request), key=key, **form.values)
    messages.success(request, _("The contact has been recorded."))
    return redirect(reverse("customers:detail", args=[pk]) + "#history")


@require_http_methods(["GET", "POST"])
@for_case_workers
def create(request: HttpRequest) -> HttpResponse:
    """A new record. Asks once more when it looks like one that exists."""
    _require_editor(request)
    if request.method != "POST":
        return _new_form(request, NewCustomerForm(initial={"name": doors.query(request)}), doors.new_key())
    form, key = NewCustomerForm(request.POST), doors.form_key(request)
    if not form.is_valid():
        return _new_form(request, form, key, status=422)
    if "anyway" not in request.POST and not records.created_before(key, viewer(request)):
        alike = _possible_duplicates(request, form)
        if alike:
            return _new_form(request, form, key, duplicates=alike, status=422)
    customer = records.create(by=viewer(request), contacts=form.contacts, key=key, **form.values)
    messages.success(request, _("%(customer)s has been created.") % {"customer": customer})
    return redirect("customers:detail", customer.pk)


def _possible_duplicates(request: HttpRequest, form: NewCustomerForm) -> list[Customer]:
    contacts = [(kind, value) for kind, value, _label in form.contacts]
    return search.possible_duplicates(Customer(**form.values), contacts, _customers(doors.scope(request)))


def _new_form(
    request: HttpRequest,
    form: NewCustomerForm,
    key: str,
    *,
    duplicates: list[Customer] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "key": key, "duplicates": duplicates}
    return _page(request, "customers/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@for_case_workers
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a record's own fields; 409 with both texts if somebody else did so meanwhile."""
    customer = _customer(request, pk)
    _require_editor(request)
    if request.method != "POST":
        return _edit_form(request, customer, CustomerForm(instance=customer))
    form = CustomerForm(request.POST, instance=copy(customer))
    version = doors.number(request.POST.get("version")) or 0
    if not form.is_valid():
        return _edit_form(request, customer, form, version=version, status=422)
    try:
        records.update(customer, by=viewer(request), expected_version=version, **form.values)
    except StaleError:
        return _conflict(request, pk, form)
    messages.success(request, _("Saved."))
    return redirect("customers:detail", pk)


def _edit_form(
    request: HttpRequest,
    customer: Customer,
    form: CustomerForm,
    *,
    version: int | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"customer": customer, "form": form, "version": version or customer.version, **more}
    return _page(request, "customers/form.html", context, status=status)


def _conflict(request: HttpRequest, pk: int, form: CustomerForm) -> HttpResponse:
    """The form as typed, beside it what is stored now; saving again knowingly replaces that."""
    now = _customer(request, pk)
    last = history.changes(now)[:1]
    differences = history.differences(now, form.values)
    return _edit_form(
        request, now, form, status=409, differences=differences, last_change=last[0] if last else None
    )


@require_http_methods(["GET", "POST"])
@for_case_workers
def add_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Another way to reach a customer."""
    customer = _customer(request, pk)
    _require_editor(request)
    form = ContactForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _contacts(request, customer, form=form)
    records.add_contact(customer, by=viewer(request), **form.values)
    return _contacts_saved(request, customer)


@require_http_methods(["GET", "POST"])
@for_case_workers
def edit_contact(request: HttpRequest, pk: int, point_id: int) -> HttpResponse:
    """Change one way of contact."""
    customer, point = _point(request, pk, point_id)
    form = ContactForm(request.POST or None, instance=copy(point))
    if request.method != "POST" or not form.is_valid():
        return _contacts(request, customer, form=form, editing=point)
    expected = request.POST.get("expected", "")
    try:
        records.change_contact(point, by=viewer(request), expected=expected, **form.values)
    except StaleError:
        return _contacts(request, customer, form=form, editing=point, status=409)
    return _contacts_saved(request, customer)


@require_POST
@for_case_workers
def remove_contact(request: HttpRequest, pk: int, point_id: int) -> HttpResponse:
    """Remove one way of contact; the history keeps it."""
    customer, point = _point(request, pk, point_id)
    try:
        records.remove_contact(point, by=viewer(request), expected=request.POST.get("expected", ""))
    except StaleError:
        return _contacts(request, customer, stale=True, status=409)
    return _contacts_saved(request, customer)


def _contacts(
    request: HttpRequest,
    customer: Customer,
    *,
    form: ContactForm | None = None,
    editing: ContactPoint | None = None,
    stale: bool = False,
    status: int = 0,
) -> HttpResponse:
    """The section with the ways of contact: alone for htmx, else on a page of its own."""
    context = {
        **_contacts_context(request, customer),
        "form": form,
        "editing": editing,
        "stale": stale or status == 409,
        "saved": form is None and not stale,
    }
    invalid = form is not None and form.is_bound and not form.is_valid()
    template = "customers/_contacts.html" if doors.is_htmx(request) else "customers/contact.html"
    return _page(request, template, context, status=status or (422 if invalid else 200))


def _contacts_saved(request: HttpRequest, customer: Customer) -> HttpResponse:
    return (
        _contacts(request, customer) if doors.is_htmx(request) else redirect("customers:detail", customer.pk)
    )


def _contacts_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "contacts": list(customer.contact_points.all()),
        "may_edit": policy.may_work_cases(viewer(request)),
    }


def _require_editor(request: HttpRequest) -> None:
    """403 for those who may only read; asked after the record was found, so that 404 comes first."""
    if not policy.may_work_cases(viewer(request)):
        raise PermissionDenied


def _customers(scope: Scope) -> CustomerQuerySet:
    return Customer.objects.visible_to(scope).current()


def _customer(request: HttpRequest, pk: int) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(doors.scope(request)), pk=pk)


def _point(request: HttpRequest, pk: int, point_id: int) -> tuple[Customer, ContactPoint]:
    """A way of contact to be changed, by somebody who may."""
    customer = _customer(request, pk)
    point = get_object_or_404(ContactPoint.objects.filter(customer=customer), pk=point_id)
    _require_editor(request)
    return customer, point


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, {"area": "customers", **context}, status=status)
