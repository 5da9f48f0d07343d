"""The catalogue of processes and the form that starts a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers import search as customer_search
from customers.models import Customer
from people.models import User
from people.scope import Scope
from processes import doors, fieldforms, nets, policy, runtime, urgencyforms
from processes.compiledversion import StepInfo
from processes.doors import for_case_viewers, for_case_workers, viewer
from processes.errors import FieldMissing, ProcessError
from processes.fieldforms import FieldView
from processes.fields import FieldError
from processes.graph import WAITING
from processes.models import ProcessInstance, ProcessVersion, Step
from processes.urgencyforms import Judging
from tasks.models import CaseFile, Task

OFFERED_CUSTOMERS = 8
MOST_DUPLICATES = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A process that can be started."""

    key: str
    name: str
    description: str
    category: str
    steps: int


@require_safe
@for_case_workers
def index(request: HttpRequest) -> HttpResponse:
    """The processes the person may start, by category; `customer` is passed on to the start form."""
    query = doors.query(request)
    cards = [card for card in _cards(viewer(request)) if _contains(card, query)]
    context = {
        "area": "processes",
        "query": query,
        "categories": _by_category(cards),
        "customer": _customer(doors.scope(request), request.GET.get("customer")),
    }
    return render(request, "processes/catalogue.html", context)


def _cards(user: User) -> list[Card]:
    versions = policy.startable(user)
    steps = (
        Step.objects.filter(version__in=versions, kind__in=WAITING)
        .order_by()
        .values_list("version_id")
        .annotate(number=Count("id"))
    )
    numbers = dict(steps)
    return [
        Card(
            key=version.definition.key,
            name=version.definition.name,
            description=version.definition.description,
            category=version.definition.category,
            steps=numbers.get(version.pk, 0),
        )
        for version in versions
    ]


def _contains(card: Card, query: str) -> bool:
    text = f"{card.name} {card.description} {card.category}".casefold()
    return all(word in text for word in query.casefold().split())


def _by_category(cards: Iterable[Card]) -> dict[str, list[Card]]:
    found: dict[str, list[Card]] = {}
    for card in cards:
        found.setdefault(card.category or _("General"), []).append(card)
    return found


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the start form: nothing yet, or what was typed before it was shown again."""

    title: str = ""
    judging: Judging = field(default_factory=Judging)
    customer: Customer | None = None
    customer_query: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    faults: Mapping[str, FieldError] = field(default_factory=dict)
    key: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_case_workers
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Show the start form, or start the case: then its first task if it is mine, else the case."""
    return start_page(request, _startable(viewer(request), key))


def start_page(request: HttpRequest, version: ProcessVersion, *, is_trial: bool = False) -> HttpResponse:
    """The start form of a version, of a real case or of a trial."""
    entered = _entered(request, version, is_trial=is_trial)
    form = partial(_form, request, version, entered, is_trial=is_trial)
    if request.method != "POST" or "find" in request.POST:
        return form()
    try:
        if entered.faults:
            raise FieldMissing(entered.faults)
        case = runtime.start(
            version,
            by=viewer(request),
            title=entered.title,
            data=entered.typed,
            customer=entered.customer,
            urgency=entered.judging.wanted,
            key=entered.key,
            trial=is_trial,
        )
    except ProcessError as error:
        return form(error)
    return _started(request, case)


@require_safe
@for_case_viewers
def urgency(request: HttpRequest) -> HttpResponse:
    """The three selects of an urgency anew, with the level that follows from impact and pressure."""
    return render(request, "processes/_urgency.html", {"judging": urgencyforms.judging(request.GET)})


def _startable(user: User, key: str) -> ProcessVersion:
    for version in policy.startable(user):
        if version.definition.key == key:
            return version
    raise Http404


def _entered(request: HttpRequest, version: ProcessVersion, *, is_trial: bool) -> Entered:
    scope = doors.scope(request)
    if request.method != "POST":
        return Entered(
            judging=_judging({}, version),
            customer=_customer(scope, request.GET.get("customer")),
            key=doors.new_key(),
        )
    post = request.POST
    typed = fieldforms.typed_values(post, nets.of_version(version).start.fields)
    return Entered(
        title=post.get("title", ""),
        judging=_judging(post, version),
        customer=_customer(scope, post.get("customer")),
        customer_query=post.get("q", "")[: doors.LONGEST_QUERY].replace("\x00", ""),
        typed=typed,
        faults=_hold_files(request, version, typed, is_trial=is_trial),
        key=doors.form_key(request),
    )


def _judging(values: Mapping[str, str], version: ProcessVersion) -> Judging:
    return replace(urgencyforms.judging(values), is_demanded=version.definition.computes_urgency)


def _hold_files(
    request: HttpRequest, version: ProcessVersion, typed: dict[str, Any], *, is_trial: bool
) -> dict[str, FieldError]:
    """Keep the files the form brought, whatever else is wrong with it; answers what is wrong with them."""
    faults: dict[str, FieldError] = {}
    uses = nets.of_version(version).start.fields
    for key, upload in fieldforms.uploads(request, uses).items():
        try:
            typed[key] = runtime.hold_file(version, key, upload, by=viewer(request), trial=is_trial).pk
        except FieldMissing as error:
            faults |= error.fields
    return faults


def _customer(scope: Scope, raw: str | None) -> Customer | None:
    """The customer of that number of row, or the record it was merged into since."""
    pk = doors.number(raw)
    if pk is None:
        return None
    row = Customer.objects.visible_to(scope).select_related("canonical").filter(pk=pk).first()
    return (row.canonical or row) if row else None


def _form(
    request: HttpRequest,
    version: ProcessVersion,
    entered: Entered,
    error: ProcessError | None = None,
    *,
    is_trial: bool = False,
) -> HttpResponse:
    scope, compiled = doors.scope(request), nets.of_version(version)
    entered, offered = _choices(request, scope, entered)
    faults = error.fields if isinstance(error, FieldMissing) else entered.faults
    fields = _fields(request, compiled.start, entered, faults)
    asked = compiled.customer_use if scope.works_cases else None
    customer_field = next((one for one in fields if asked and one.key == asked.spec.key), None)
    asked_key = customer_field.key if customer_field else ""
    first = [compiled.steps[flow.target] for flow in compiled.net.outgoing(compiled.start.key)]
    context = {
        "area": "processes",
        "is_trial": is_trial,
        "version": version,
        "start_url": _start_url(version, is_trial=is_trial),
        "may_choose_customers": scope.works_cases,
        "definition": version.definition,
        "start": compiled.start,
        "first_steps": [step for step in first if step.kind == Step.Kind.TASK],
        "step_count": sum(step.kind in WAITING for step in compiled.steps.values()),
        "fields": [one for one in fields if one.key != asked_key],
        "customer_field": _pointing_at(offered, customer_field),
        "has_files": any(one.type == "file" for one in fields),
        "entered": entered,
        "customers": offered,
        "duplicates": [] if is_trial else _duplicates(scope, version, entered.customer),
        "problem": str(error) if error else "",
        "judging_missing": bool(error) and entered.judging.is_demanded and not entered.judging.judgement,
    }
    return render(request, "processes/start.html", context, status=doors.status_of(error) if error else 200)


def _start_url(version: ProcessVersion, *, is_trial: bool) -> str:
    if is_trial:
        return reverse("processes:trial_start", args=[version.pk])
    return reverse("processes:start", args=[version.definition.key])


def _fields(
    request: HttpRequest, start: StepInfo, entered: Entered, faults: Mapping[str, FieldError]
) -> list[FieldView]:
    return fieldforms.views(
        start.fields,
        {},
        versions={},
        typed=entered.typed,
        errors=faults,
        language=get_language() or "de",
        files=CaseFile.objects.waiting_of(viewer(request).pk),
        scope=doors.scope(request),
    )


def _offered(scope: Scope, entered: Entered) -> list[Customer]:
    """The customers to choose from: what a search found, with the chosen one on top."""
    rows, found = Customer.objects.visible_to(scope).current(), []
    if entered.customer_query.strip():
        found = list(customer_search.find(entered.customer_query, rows)[:OFFERED_CUSTOMERS])
    chosen = [entered.customer] if entered.customer and entered.customer not in found else []
    return chosen + found


def _choices(request: HttpRequest, scope: Scope, entered: Entered) -> tuple[Entered, list[Customer]]:
    """What stands in the form and the customers it offers; the only one a search found is chosen, unless the
    form that was sent has chosen otherwise."""
    offered = _offered(scope, entered)
    is_open = "find" in request.POST or "customer" not in request.POST
    if entered.customer is None and is_open and len(offered) == 1:
        return replace(entered, customer=offered[0]), offered
    return entered, offered


def _pointing_at(offered: list[Customer], customer_field: FieldView | None) -> FieldView | None:
    """The field of the customer; where a search has found some, what is missing is a choice among them."""
    if customer_field is None or not customer_field.error or not offered:
        return customer_field
    return replace(customer_field, error=_("Please choose a customer below."))


def _duplicates(scope: Scope, version: ProcessVersion, customer: Customer | None) -> list[ProcessInstance]:
    """Running cases of the same process with the same customer, as far as the person may see them."""
    if customer is None:
        return []
    cases = policy.visible_cases(scope).running()
    return list(
        cases.filter(definition_id=version.definition_id, participants__customer=customer)
        .distinct()
        .order_by("-id")[:MOST_DUPLICATES]
    )


def _started(request: HttpRequest, case: ProcessInstance) -> HttpResponse:
    tasks = list(Task.objects.open().filter(instance=case).select_related("assignee", "team").order_by("id"))
    text = _("Case %(number)s started.") % {"number": case.number}
    own = [task for task in tasks if task.assignee_id == viewer(request).pk]
    if tasks and not own:
        first = tasks[0]
        where = _("First task: %(task)s (%(whose)s).") % {
            "task": first.title,
            "whose": first.assignee or first.team,
        }
        text = f"{text} {where}"
    messages.success(request, text)
    return redirect("tasks:detail", own[0].pk) if own else redirect("processes:instance", case.pk)
