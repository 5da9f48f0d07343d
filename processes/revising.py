"""Correcting texts of a version that is no draft any more: a logged revision for each text (semantics §10).

Nothing of the version itself is edited: its texts are its rows with the last revision of each laid over them.
Pages of running cases, new tasks, new drafts, exports and pictures use the corrected text from the commit on.
What was written down with an old text stays as it is, because it tells what people had before them then: the
titles of tasks that exist already, open ones too (only the runtime may write a task, under the lock of its
case), results of ended cases, messages that were sent, and mails that wait for a worker already.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import adminlog
from people.models import User
from processes import blueprint, plaintext
from processes.blueprint import Blueprint
from processes.errors import ProcessError, StaleError
from processes.models import ProcessDefinition, ProcessVersion, TextRevision
from processes.models.textrevision import new_stamp
from processes.stepplans import CASE_WORDS, placeholders
from processes.texts import Text, of_plan

LONGEST_TEXT = 20_000
"""Characters of a text without a limit of its own."""
LONGEST_REASON = 2000

EMPTY = _("This text must not be empty.")
TOO_LONG = _("At most %(longest)s characters.")
ONE_LINE = _("One line only.")
NO_FIELD = _("There is no field for “{%(word)s}”.")
FILLED = frozenset({"subject", "message"})
"""Kinds of texts in which placeholders are filled in."""
TWICE = _("Another outcome of this step is called the same.")


class IsDraft(ProcessError):
    """A draft is changed where it stands."""

    code = "is_draft"
    message = _("Version %(number)s is a draft; its texts are changed on its own page.")


class TextsChanged(StaleError):
    """Somebody else corrected texts after the page was loaded."""

    code = "texts_changed"
    message = _("Texts of this version were corrected by somebody else in the meantime.")


class ReasonMissing(ProcessError):
    """A correction says why."""

    code = "reason_missing"
    message = _("Please say why the texts are corrected.")


class NothingChanged(ProcessError):
    """No text differs from what holds already."""

    code = "nothing_changed"
    message = _("No text was changed.")


class UnfitTexts(ProcessError):
    """Texts that cannot be taken; `faults` says why, by path."""

    code = "unfit_texts"
    message = _("Please correct what is marked; nothing has been saved.")

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__()
        self.faults = dict(faults)


def texts_of(version: ProcessVersion) -> dict[str, Text]:
    """The texts of a version as they hold now, by path."""
    return of_plan(blueprint.read(version))


def changed(now: Mapping[str, Text], typed: Mapping[str, str]) -> dict[str, str]:
    """Those of the typed texts that differ; what is no text of the version is left out."""
    cleaned = {path: clean(text) for path, text in typed.items() if path in now}
    return {path: text for path, text in cleaned.items() if text != clean(now[path].text)}


def clean(text: str) -> str:
    """A text as it is stored: plain line ends, no blanks around it, no control characters."""
    return plaintext.lines(text).strip()


def faults(now: Mapping[str, Text], new: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with new texts, a sentence by path; empty if they can be taken."""
    words = {*CASE_WORDS, *(one.path.split(".")[1] for one in now.values() if one.kind == "label")}
    found = {path: fault for path, text in new.items() if (fault := _fault(now[path], text, words))}
    return {**_twice(now, new), **found}


def _fault(one: Text, text: str, words: Set[str]) -> str:
    """`words` = those a text may have in braces."""
    longest = one.longest or LONGEST_TEXT
    if not text and not one.is_optional:
        return str(EMPTY)
    if len(text) > longest:
        return str(TOO_LONG) % {"longest": longest}
    if "\n" in text and not one.is_long:
        return str(ONE_LINE)
    unknown = sorted(placeholders(text) - words) if one.kind in FILLED else []
    return str(NO_FIELD) % {"word": unknown[0]} if unknown else ""


def _twice(now: Mapping[str, Text], new: Mapping[str, str]) -> dict[str, str]:
    """Outcomes of one step that would be called the same: nobody could tell the buttons apart."""
    labels = {path: new.get(path, one.text) for path, one in now.items() if one.kind == "outcome"}
    counted = Counter((_step_of(path), label.casefold()) for path, label in labels.items())
    return {
        path: str(TWICE)
        for path, label in labels.items()
        if path in new and counted[_step_of(path), label.casefold()] > 1
    }


def _step_of(path: str) -> str:
    return path.split(".")[1]


def revise(
    version: ProcessVersion,
    new: Mapping[str, str],
    *,
    reason: str,
    seen: int,
    by: User | None,
    at: dt.datetime | None = None,
) -> list[TextRevision]:
    """Add a revision for each text of `new` (by path) that differs, and an AdminEvent, in one transaction.

    `seen` = the newest revision the person looked at (`TextRevision.objects.last_id()` of the version).
    Raises IsDraft, TextsChanged, ReasonMissing, NothingChanged, UnfitTexts.
    """
    why = clean(reason)[:LONGEST_REASON]
    with transaction.atomic():
        current = _locked(version)
        now = _judged(current, seen)
        texts = changed(now, new)
        _demand(texts, why, faults(now, texts))
        return _write(current, now, texts, why, by=by, at=at or timezone.now())


def _locked(version: ProcessVersion) -> ProcessVersion:
    """The version read anew under the lock of its process, as for everything that changes versions."""
    ProcessDefinition.objects.select_for_update().get(pk=version.definition_id)
    return ProcessVersion.objects.select_related("definition").get(pk=version.pk)


def _judged(version: ProcessVersion, seen: int) -> dict[str, Text]:
    if version.is_draft:
        raise IsDraft(number=version.number)
    if version.text_revisions.last_id() != seen:
        raise TextsChanged
    return texts_of(version)


def _demand(texts: Mapping[str, str], reason: str, found: Mapping[str, str]) -> None:
    if not texts:
        raise NothingChanged
    if found:
        raise UnfitTexts(found)
    if not reason:
        raise ReasonMissing


def _write(
    version: ProcessVersion,
    now: Mapping[str, Text],
    texts: Mapping[str, str],
    reason: str,
    *,
    by: User | None,
    at: dt.datetime,
) -> list[TextRevision]:
    rows = [
        TextRevision(
            version=version,
            path=path,
            old_text=now[path].text,
            new_text=text,
            reason=reason,
            by=by,
            at=at,
        )
        for path, text in texts.items()
    ]
    TextRevision.objects.bulk_create(rows)
    version.texts_stamp = new_stamp()
    version.save(update_fields=["texts_stamp"])
    changes: dict[str, Any] = {row.path: [row.old_text, row.new_text] for row in rows}
    adminlog.record(by, "texts_corrected", version, {**changes, "reason": ["", reason]}, at=at)
    return rows


def since(version: ProcessVersion, seen: int) -> list[TextRevision]:
    """The revisions added after `seen`, oldest first, with who added them."""
    rows: Iterable[TextRevision] = version.text_revisions.filter(pk__gt=seen).select_related("by")
    return sorted(rows, key=lambda row: row.pk)


def left_behind(former: ProcessVersion, plan: Blueprint) -> list[Text]:
    """Texts of a draft that still say what was corrected in the former version meanwhile: publishing it would
    bring them back. One statement if anything was corrected."""
    if not former.texts_stamp:
        return []
    rows = list(former.text_revisions.order_by("pk").values_list("path", "old_text", "new_text"))
    right = {path: new for path, _old, new in rows}
    wrong = {(path, old) for path, old, _new in rows if old != right[path]}
    return [one for path, one in of_plan(plan).items() if (path, one.text) in wrong]
