"""What to do about a finding, for whoever edits a draft on its page: one sentence for each code.

The findings themselves say what is wrong; an import of a file shows them without this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _


def about(code: str) -> str:
    """The sentence for a finding; empty where it says already what to do, or nothing has to be done."""
    return str(ADVICE.get(code, ""))


BY_CODES: tuple[tuple[str, Any], ...] = (
    ("number_pattern", _("It is set under “Versions and rights”.")),
    (
        "limits_does_not_fit limits_unreadable limits_crossed",
        _("The limits stand at the field, below the steps."),
    ),
    (
        "limits_mask_empty limits_mask_too_long limits_mask_nothing_to_repeat limits_mask_open_end",
        _("The form stands at the field, below the steps."),
    ),
    ("type_changed", _("Please add a field of this type and remove this one.")),
    ("choices_missing", _("Please enter its choices at the field.")),
    ("choices_ignored", _("Please choose the type “choice”, or remove the choices.")),
    ("choice_twice", _("Please remove one of the two.")),
    ("no_end", _("Please add one with “End” below the steps.")),
    ("second_start start_entered", _("Please choose another next step.")),
    ("unreachable step_never_reached", _("Please choose it as the next step of an outcome, or remove it.")),
    ("no_way_to_an_end", _("Please let one of its outcomes, or of the steps behind it, lead to an end.")),
    ("end_goes_on", _("Please choose another kind of step, or remove what follows.")),
    ("outcome_without_target no_way_on", _("Please choose the next step.")),
    ("way_without_outcome", _("Please add an outcome and choose its next step.")),
    ("no_default", _("Please tick “otherwise” at one of the ways, for cases to which no condition applies.")),
    (
        "join_of_alternatives",
        _(
            "Please choose “as soon as one of the ways gets here”, or name only steps that run at the same"
            " time."
        ),
    ),
    ("condition_ignored", _("Please choose “depending on the data” there, or remove the conditions.")),
    ("endless", _("Please let the way lead through a task.")),
    (
        "deadlock join_cannot_complete",
        _("Please look at when the step begins: it may only wait for steps that always come in such a case."),
    ),
    (
        "work_left_over",
        _("Please let the step behind wait for all of them, or have an outcome stop the other steps."),
    ),
    ("livelock", _("Please let an outcome of these steps lead to an end.")),
    (
        "two_tokens_on_transition",
        _(
            "Please let the step where the ways meet wait for all of them; or, where a way leads back, tick"
            " at its outcome under “Stops other steps” what may still be open then."
        ),
    ),
    ("no_outcome nothing_to_choose", _("Please add one in the details of the step.")),
    ("nobody_responsible", _("Please choose a team.")),
    ("no_fallback_team", _("Please choose a team besides.")),
    ("reference_missing reference_unknown apart_unknown", _("Please choose the step under “Who does it”.")),
    ("outcome_twice", _("Please give them different names.")),
    ("unknown_person unknown_team condition_field condition plan_field", _("Please choose again.")),
    ("wait_missing", _("Please enter a time at the step.")),
    ("wait_senseless deadline_senseless", _("Please enter a number above 0 and “after”.")),
    (
        "date_may_be_empty field_not_required",
        _("Please make the field mandatory at an earlier step, if it is always needed."),
    ),
    ("field_no_date", _("Please choose a field with a date.")),
    (
        "field_unknown approves_unknown field_no_person repeat_field recipient_field their_field_unknown",
        _("Please choose another field."),
    ),
    ("step_not_before", _("Please choose a step that lies on the way before this one.")),
    ("further_way clock_misplaced", _("Please have the outcome chosen by a person.")),
    ("outcome_misplaced", _("Please remove the outcome, or choose another kind of step.")),
    ("clock_without_moment", _("Please enter a time at the outcome.")),
    ("deadline_after_clock", _("Please enter a shorter deadline, or let the clock choose later.")),
    ("part_unreadable", _("Please enter it again in the details of the step.")),
    ("cancels_unknown cancels_itself", _("Please take it out of “stops these steps”.")),
    ("approval_missing", _("Please tick “is an approval” at an outcome.")),
    ("approval_of_nothing", _("Please choose these fields in the details of the step.")),
    ("action_missing", _("Please choose what the step does.")),
    ("placeholder_unknown", _("Please correct it, or add a field with this short name.")),
    ("recipient_missing recipient_unknown", _("Please choose who gets it.")),
    ("subject_missing text_missing", _("Please enter it.")),
    (
        "customer_may_be_missing",
        _(
            "Please make the customer mandatory on the start form, or say under “What if it fails” what"
            " comes then."
        ),
    ),
    ("values_missing", _("Please choose a field.")),
    ("copy_unfit field_types", _("Please choose two fields of the same type.")),
    ("value_unfit", _("Please enter another value.")),
    ("url_missing url_unsafe", _("Please enter an address that begins with https://.")),
    ("no_agreement_alone", _("Please untick this at the outcome, or have the task done by several people.")),
    ("repeat_misplaced", _("Please choose “one person”.")),
    ("no_agreement_missing", _("Please tick “is taken when no agreement is reached” at one outcome.")),
    ("no_choice", _("Please add an outcome for those who are of another opinion.")),
    ("votes_missing", _("Please enter the number under “votes needed”.")),
    ("quorum list_short", _("Please have more people asked, or fewer votes needed.")),
    ("repeat_for_nobody list_unattended", _("Please choose the people under “Who does it”.")),
    ("call_missing call_unknown", _("Please choose the process in the details of the step.")),
    ("call_endless", _("Please let a task lie between, or choose another process.")),
    ("call_unpublished", _("Please publish it first.")),
    (
        "otherwise_missing",
        _("Please tick “and in all other cases” at the outcome that is to hold for all other ends."),
    ),
    ("end_twice", _("Please untick it at one of them.")),
    ("outcome_without_end", _("Please choose an end at the outcome, or remove the outcome.")),
    (
        "call_several_ends",
        _("Please change the other process so that only one end is reached, or choose another one."),
    ),
    ("input_missing", _("Please add it under “What it is given”.")),
    ("call_too_deep", _("Please take out one of the calls.")),
    ("callers_several_ends", _("Please let the ways meet in a step before the end.")),
    (
        "caller_misses_field caller_misses_end caller_other_type caller_misses_meaning",
        _("Please bring it back here, or change the other process first."),
    ),
    ("legal_working_time", _("Please choose calendar days, weeks, months or years.")),
    ("case_after_step", _("Please count it from the start of the case.")),
    (
        "unknown_plan plan_outcome plan_person plan_address",
        _("Please choose another escalation plan, or change the plan."),
    ),
    ("no_deadline", _("Nothing is watched there; please enter a deadline if one is meant.")),
    ("owner_missing", _("Please name one under “Versions and rights”, or change the plan.")),
    ("person_gone", _("Please choose somebody else.")),
    ("same_and_apart", _("Please take out one of the two.")),
    ("visits_low", _("Please enter at least 1, or nothing.")),
    (
        "four_eyes_steps four_eyes_outsider four_eyes_repeats",
        _("Please choose another team for one of the steps, or leave four eyes out there."),
    ),
    (
        "nobody_may_start",
        _("Please tick a team under “Versions and rights”, if not only other processes and plans start it."),
    ),
)
ADVICE: Mapping[str, Any] = {code: said for codes, said in BY_CODES for code in codes.split()}
"""Sentences by code."""
