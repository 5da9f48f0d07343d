"""Fields of a step as a page shows them: what was typed, what is wrong with it, what can be chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.base import File
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers import search as customer_search
from customers.models import Customer
from people.models import Team, User
from people.scope import Scope
from processes import fields
from processes.compiledversion import StepFieldInfo
from processes.fields import FieldError, FieldSpec
from tasks.models import CaseFile

REFERRED: Mapping[str, Any] = {"person": User, "team": Team, "customer": Customer}
MOST_CHOICES = 500
"""People or customers offered in one list; beyond that a field says so."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file on a page; without an address while it waits for its case."""

    id: int
    name: str
    size: str
    url: str = ""

    @classmethod
    def of(cls, row: CaseFile) -> FileView:
        """A file as a page names it."""
        url = reverse("tasks:file", args=[row.pk]) if row.instance_id else ""
        return cls(row.pk, row.name, filesizeformat(row.size), url)


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field on a page. `value` is the text in the input, `shown` the value for reading."""

    key: str
    name: str
    label: str
    type: str
    help_text: str
    is_required: bool
    is_writable: bool
    value: str
    shown: str
    version: int
    choices: list[tuple[str, str]] = field(default_factory=list)
    chosen: tuple[str, ...] = ()
    file: FileView | None = None
    error: str = ""
    wrote: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width."""
        return self.type in ("longtext", "file")


@dataclass(frozen=True, slots=True)
class Page:
    """What the fields of a page have in common."""

    data: Mapping[str, Any]
    versions: Mapping[str, int]
    typed: Mapping[str, Any]
    errors: Mapping[str, FieldError]
    options: Mapping[str, list[tuple[str, str]]]
    kept: Mapping[str, list[tuple[str, str]]]
    """What is stored and not offered any more, by type: people who have left, merged customers."""
    files: Mapping[int, FileView]
    writers: Mapping[str, str]
    language: str


def views(
    uses: Iterable[StepFieldInfo],
    data: Mapping[str, Any],
    *,
    versions: Mapping[str, int],
    typed: Mapping[str, Any],
    errors: Mapping[str, FieldError],
    language: str,
    files: Iterable[CaseFile] = (),
    writers: Mapping[str, str] | None = None,
    options: Mapping[str, list[tuple[str, str]]] | None = None,
    scope: Scope | None = None,
) -> list[FieldView]:
    """Prepare the fields of a step that are shown; what was typed wins over what is stored.

    `files` = those that may stand in a field here (of this case, or of this person's start form); they are
    read only if there is such a field. `writers` = who wrote each value last, and when, in words. `options` =
    what reference types offer, if it has been read (`references`); else it is read, for this person if one is
    named, with a statement more for each type of which something is stored that is not offered any more.
    """
    uses = [use for use in uses if use.is_shown]
    types = {use.spec.type for use in uses}
    if options is None:
        options = references(types, scope)
        kept = _kept(uses, (data, typed), options, scope)
    else:
        kept = {}
    page = Page(
        data=data,
        versions=versions,
        typed=typed,
        errors=errors,
        options=options,
        kept=kept,
        files={row.pk: FileView.of(row) for row in files} if "file" in types else {},
        writers=writers or {},
        language=language,
    )
    return [_view(use, page) for use in uses]


def _view(use: StepFieldInfo, page: Page) -> FieldView:
    spec, stored = use.spec, page.data.get(use.spec.key)
    is_typed = use.is_writable and spec.key in page.typed
    entered = page.typed[spec.key] if is_typed else None
    present = entered if is_typed else stored
    choices = page.options.get(spec.type, []) or list(spec.choices)
    if spec.type == "yesno":
        choices = [("yes", _("Yes")), ("no", _("No"))]
    names = {**dict(page.kept.get(spec.type, [])), **dict(page.options.get(spec.type, []))}
    if spec.is_reference:
        here = dict.fromkeys(str(fields.reference_id(one)) for one in (stored, present))
        offered = dict(choices)
        kept = [(one, names[one]) for one in here if one in names and one not in offered]
        choices = (
            customer_search.in_order([*choices, *kept]) if spec.type == "customer" else [*choices, *kept]
        )
    return FieldView(
        key=spec.key,
        name=f"field_{spec.key}",
        label=spec.label,
        type=spec.type,
        help_text=spec.help_text,
        is_required=use.is_required,
        is_writable=use.is_writable,
        value=typed_text(entered) if is_typed else input_text(spec, stored),
        shown=shown(spec, stored, {spec.type: list(names.items())}, page.language),
        version=page.versions.get(spec.key, 0),
        choices=choices,
        chosen=_chosen(present) if spec.type == "multichoice" else (),
        file=page.files.get(fields.reference_id(present)) if spec.type == "file" else None,
        error=sentence(page.errors[spec.key]) if spec.key in page.errors else "",
        wrote=page.writers.get(spec.key, ""),
    )


def typed_text(entered: Any) -> str:
    """What was typed, as it goes back into the input."""
    return "" if entered is None or isinstance(entered, list) else str(entered)


def _chosen(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def input_text(spec: FieldSpec, value: Any) -> str:
    """A stored value as it would be typed."""
    if value is None:
        return ""
    if spec.type == "money":
        return fields.number_text(fields.decimal_of(value["amount"]), "de")
    if spec.type == "number":
        return str(value).replace(".", ",")
    if spec.type == "yesno":
        return "yes" if value else "no"
    return str(value)


def shown(spec: FieldSpec, value: Any, options: Mapping[str, list[tuple[str, str]]], language: str) -> str:
    """A stored value for reading; references by name."""
    if value is not None and spec.is_reference:
        return dict(options.get(spec.type, [])).get(str(value), str(value))
    return fields.display(spec, value, language)


def _kept(
    uses: Iterable[StepFieldInfo],
    values: Iterable[Mapping[str, Any]],
    options: Mapping[str, list[tuple[str, str]]],
    scope: Scope | None,
) -> dict[str, list[tuple[str, str]]]:
    """Names of references that stand in fields, stored or typed, and are not among what is offered: people
    who have left, merged customers, those beyond the list. What nobody touches comes back as it was."""
    wanted: dict[str, set[int]] = {}
    for use in uses:
        if use.spec.type in REFERRED:
            ids = {fields.reference_id(one.get(use.spec.key)) for one in values}
            known = dict(options[use.spec.type])
            missing = {pk for pk in ids if pk and str(pk) not in known}
            wanted.setdefault(use.spec.type, set()).update(missing)
    return {
        type_: [(str(row.pk), str(row)) for row in _seen(type_, scope).filter(pk__in=ids)]
        for type_, ids in wanted.items()
        if ids
    }


def _seen(type_: str, scope: Scope | None) -> Any:
    """The rows of a reference type that this person may see (None: everybody)."""
    rows = REFERRED[type_].objects.all()
    return rows.visible_to(scope) if type_ == "customer" and scope is not None else rows


def references(types: Collection[str], scope: Scope | None = None) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen for reference types that occur, by this person if one is named: at most one
    statement a type."""
    found = {}
    if "person" in types:
        found["person"] = [(str(user.pk), str(user)) for user in User.objects.active()[:MOST_CHOICES]]
    if "team" in types:
        found["team"] = [(str(t.pk), str(t)) for t in Team.objects.filter(is_active=True)[:MOST_CHOICES]]
    if "customer" in types:
        rows = _seen("customer", scope).current()[:MOST_CHOICES]
        found["customer"] = [(str(row.pk), str(row)) for row in rows]
    return found


def sentence(error: FieldError) -> str:
    """What is wrong with a value, in the reader's language."""
    texts = {
        "required": _("Please fill this in."),
        "unprintable": _("This text has characters that cannot be shown."),
        "too_long": _("At most %(limit)s characters."),
        "too_short": _("At least %(limit)s characters."),
        "not_in_form": _("Please enter this in the form %(example)s."),
        "too_small": _("At least %(limit)s."),
        "too_large": _("At most %(limit)s."),
        "too_early": _("Not before %(limit)s."),
        "too_late": _("Not after %(limit)s."),
        "not_a_number": _("Please enter a number, for example 1.284,60."),
        "number_out_of_range": _("This number is too large."),
        "not_a_text": _("Please enter a text."),
        "not_a_currency": _("Please name a currency, for example EUR."),
        "not_a_time": _("Please enter date and time, for example 23.11.2026 14:30."),
        "too_many_decimals": _("At most %(limit)s decimals."),
        "not_a_date": _("Please enter a date, for example 23.11.2026."),
        "date_out_of_range": _("This date is too far away."),
        "not_a_choice": _("Please choose from the list."),
        "not_yes_or_no": _("Please choose yes or no."),
        "not_a_reference": _("Please choose from the list."),
        "file_too_large": _("This file is too large; at most %(limit)s MB are possible."),
        "file_empty": _("This file is empty."),
        "file_macros": _("Documents with macros or embedded programs are not taken. Please save it without."),
        "file_name": _("The name of “%(name)s” does not end as its contents say."),
        "file_type": _(
            "“%(name)s” is no kind of file that is taken: PDF, pictures, texts, tables, office documents"
            " without macros, e-mails (.eml) and electronic invoices are."
        ),
    }
    return texts.get(error.code, _("Please check this.")) % _worded(error.params)


def _worded(params: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a fault with its limit as one reads it: 5,00 €, 1.284,6, 23.11.2026."""
    limit, language = params.get("limit"), get_language() or "de"
    if isinstance(limit, dt.date):
        limit = fields.date_text(limit, language)
    elif params.get("type") == "money":
        limit = fields.money_text({"amount": f"{limit:.2f}", "currency": "EUR"}, language)
    elif isinstance(limit, Decimal):
        limit = fields.number_text(limit.normalize(), language)
    return {**params, "limit": limit}


def typed_values(post: QueryDict, uses: Iterable[StepFieldInfo]) -> dict[str, Any]:
    """What a form says about the writable fields of a step.

    Browsers leave out boxes that are not ticked: where the form had the field (its version is there) and
    names no choice, none is made. A file the person takes out is an empty field.
    """
    found: dict[str, Any] = {}
    for use in uses:
        key, name = use.spec.key, f"field_{use.spec.key}"
        if not use.is_writable:
            continue
        if use.spec.type == "multichoice":
            if name in post or f"version_{key}" in post:
                found[key] = post.getlist(name)
        elif name in post:
            found[key] = "" if post.get(f"drop_{key}") else post[name]
    return found


def uploads(request: HttpRequest, uses: Iterable[StepFieldInfo]) -> dict[str, File[bytes]]:
    """The files a form brings for the writable file fields of a step, by field."""
    keys = [use.spec.key for use in uses if use.is_writable and use.spec.type == "file"]
    sent = {key: request.FILES.get(f"file_{key}") for key in keys}
    return {key: upload for key, upload in sent.items() if isinstance(upload, File)}


def read_versions(post: Mapping[str, Any], uses: Iterable[StepFieldInfo]) -> dict[str, int]:
    """The version of each field as the page showed it."""
    found = {}
    for use in uses:
        raw = str(post.get(f"version_{use.spec.key}", ""))
        if raw.isdigit() and len(raw) < 10:
            found[use.spec.key] = int(raw)
    return found
