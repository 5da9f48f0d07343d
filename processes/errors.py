"""What can go wrong when somebody works a case; every door shows the same sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _


class ProcessError(Exception):
    """A business refusal: nothing was written. `message` is for the person, `code` for programs, `also` what
    stands in the way besides, so that all of it can be shown at once."""

    code = "process_error"
    message: Any = _("This is not possible.")
    also: tuple[ProcessError, ...] = ()

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __str__(self) -> str:
        return str(self.message) % self.facts


class StaleError(ProcessError):
    """Somebody else changed the thing after the page was loaded."""

    code = "stale"
    message = _("This has changed in the meantime.")


class TaskEnded(StaleError):
    """The task is no longer open."""

    code = "task_ended"
    message = _("The task “%(task)s” has already been ended.")


class FieldChanged(StaleError):
    """A field was changed by somebody else after it was read (semantics §5)."""

    code = "field_changed"
    message = _("“%(field)s” was changed by somebody else in the meantime.")


class AlreadyClaimed(StaleError):
    """Somebody was quicker."""

    code = "already_claimed"
    message = _("The task has already been taken over by %(person)s.")


class NotAllowed(ProcessError):
    """May be seen, may not be done."""

    code = "not_allowed"
    message = _("You may not do that.")


class FourEyes(NotAllowed):
    """The same person may not do both steps."""

    code = "four_eyes"
    message = _("Four eyes: %(person)s has already worked on “%(step)s” and may not do this one too.")


class AlreadyVoted(NotAllowed):
    """One voice a person."""

    code = "already_voted"
    message = _("%(person)s has a voice in this vote already.")


class ApprovalVoid(ProcessError):
    """What was approved has been changed since; nothing behind the approval may be completed."""

    code = "approval_void"
    message = _(
        "The approval “%(step)s” is void because these details were changed since: %(fields)s. It has to be"
        " renewed first."
    )


class NotSuitable(NotAllowed):
    """The person meant cannot be given the task."""

    code = "not_suitable"
    message = _("%(person)s cannot be given this task.")


class NotRunning(ProcessError):
    """The case is suspended or over."""

    code = "not_running"
    message = _("The case %(number)s is not running.")


class ChecklistOpen(ProcessError):
    """Mandatory activities are not ticked."""

    code = "checklist_open"
    message = _("Please tick the mandatory activities first: %(items)s.")


class NoteMissing(ProcessError):
    """This outcome needs a reason."""

    code = "note_missing"
    message = _("Please give a reason.")


class FieldMissing(ProcessError):
    """Required or unreadable fields; `fields` maps field keys to sentences."""

    code = "field_missing"
    message = _("Please check the details.")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__()
        self.fields = dict(fields)


class JudgementMissing(ProcessError):
    """The process computes the urgency of its cases, and one of the two it follows from was not stated."""

    code = "judgement_missing"
    message = _("Please state impact and time pressure; the urgency follows from them.")


class UnknownOutcome(ProcessError):
    """The step has no such outcome for a person."""

    code = "unknown_outcome"
    message = _("This outcome does not exist.")


class UnknownItem(ProcessError):
    """The step has no such checklist item."""

    code = "unknown_item"
    message = _("This activity does not exist.")


class HasParts(ProcessError):
    """An activity with parts has no tick of its own."""

    code = "has_parts"
    message = _("Please tick the parts of “%(item)s”.")


class NotStartable(ProcessError):
    """No published version, or not offered."""

    code = "not_startable"
    message = _("“%(process)s” cannot be started at present.")


class TooManyTrials(ProcessError):
    """Each administrator has a handful of trials."""

    code = "too_many_trials"
    message = _("There are %(count)s trial runs already. Please remove one first.")


class NoWayOn(ProcessError):
    """The definition offers no way on with these data (a fault of the definition, shown as such)."""

    code = "no_way_on"
    message = _(
        "The process does not say what comes next here. Nothing was changed; the process owner has been told."
    )

    @property
    def code_of_engine(self) -> str:
        """What exactly is missing, in the engine's words."""
        return str(self.facts.get("code", self.code))


class CannotMove(ProcessError):
    """There is no deadline."""

    code = "cannot_move"
    message = _("“%(task)s” has no deadline that could be moved.")


class FinalDeadline(CannotMove):
    """A Notfrist."""

    code = "final_deadline"
    message = _("The deadline of “%(task)s” is a statutory one (Notfrist). Nobody may move it.")


class NoticeDay(FinalDeadline):
    """The day of a notice would come later: that would shorten a period that protects the other side."""

    code = "notice_day"
    message = _("The deadline of “%(task)s” is the last day for a notice. Nobody may move it to a later one.")


class TooEarly(ProcessError):
    """A moment that has passed already."""

    code = "too_early"
    message = _("Please choose a time in the future.")


class TooLongAgo(StaleError):
    """A standstill of the clock that leads are no longer asked about."""

    code = "too_long_ago"
    message = _("This standstill ended more than %(days)s days ago. Its time can no longer be given back.")


class ReasonMissing(ProcessError):
    """An operation that needs a reason got none."""

    code = "reason_missing"
    message = _("Please give a reason.")


class ValueRefused(ProcessError):
    """A value that an automatic step would write does not fit its field (a fault of the definition)."""

    code = "value_refused"
    message = _("The value planned for “%(field)s” does not fit.")


class Unreadable(ProcessError):
    """Something typed that cannot be read; `field` is its name in the form."""

    code = "unreadable"

    def __init__(self, field: str, text: str) -> None:
        super().__init__()
        self.field = field
        self.text = text

    def __str__(self) -> str:
        return self.text
