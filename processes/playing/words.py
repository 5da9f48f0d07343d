"""Why a version that is played through does not go on, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from processes import engine
from processes.compiledversion import CompiledVersion


def stands_still(version: CompiledVersion, joins: Iterable[str]) -> str:
    """Nothing is open, but something waits for what can no longer come."""
    names = ", ".join(_("“%(step)s”") % {"step": version.steps[key].name or key} for key in joins)
    text = _(
        "It does not go on here: at %(steps)s one way waits for others on which nothing can come any more."
    )
    return text % {"steps": names}


def refusal(version: CompiledVersion, error: engine.EngineError) -> str:
    """Why the engine has no answer, for people."""
    if isinstance(error, engine.NoBranch):
        return _no_branch(version, str(error))
    if isinstance(error, engine.TooManySteps):
        return _("It does not go on here: the way runs in a circle in which nobody has anything to do.")
    if str(error) == "no start":
        return _("It does not go on here: the process has no start.")
    return _("It does not go on here: the steps and ways make no process yet.")


def _no_branch(version: CompiledVersion, place: str) -> str:
    key, _colon, outcome = place.partition(": ")
    step = version.steps.get(key)
    words = {"step": (step.name if step else "") or key}
    if not _colon:
        return (
            _(
                "It does not go on here: at “%(step)s” no condition holds with these values, and there is no"
                " “otherwise”."
            )
            % words
        )
    known = step.outcome(outcome) if step else None
    if known is None:
        return _("It does not go on here: nothing follows “%(step)s”.") % words
    words["outcome"] = known.label
    return _("It does not go on here: nothing follows the outcome “%(outcome)s” of “%(step)s”.") % words
