"""A called process while a version is played through: the ends it can have, and what it brings back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from processes.checking import callchecks
from processes.compiledversion import StepInfo
from processes.fields import FieldSpec
from processes.models import FormField
from processes.playing import simulation
from processes.playing.setting import Called, Setting
from processes.playing.simulation import PlayError
from processes.stepplans import Call


def ends(setting: Setting, call: Call, outcome: str) -> dict[str, str]:
    """The ends that mean an outcome of the caller ("" = it has none), with their names."""
    called = setting.called.get(call.process)
    found = called.ends if called else {}
    return {key: name for key, name in found.items() if not outcome or call.outcome_of(key) == outcome}


def demand_end(setting: Setting, step: StepInfo, outcome: str, end: str) -> None:
    """Raise PlayError unless the end is one that means this outcome; without an end anything goes."""
    if end and (step.config.call is None or end not in ends(setting, step.config.call, outcome)):
        raise PlayError("end")


def remarks(setting: Setting, step: StepInfo) -> Iterator[str]:
    """Why a real case would stand still here, and what the called process cannot do for this one."""
    call = step.config.call
    if call is None:
        return
    called = setting.called.get(call.process)
    words = {"process": called.name if called else call.process}
    if called is None:
        yield _("There is no process “%(process)s”: a real case would stand still here.") % words
    elif called.net is None:
        yield _("“%(process)s” is not published: a real case would stand still here.") % words
    else:
        yield from _impossible(setting, step, call, called)


def _impossible(setting: Setting, step: StepInfo, call: Call, called: Called) -> Iterator[str]:
    for one in step.outcomes:
        if not one.is_clock and not ends(setting, call, one.key):
            words = {"outcome": one.label, "process": called.name}
            yield _("The outcome “%(outcome)s” cannot come: no end of “%(process)s” means it.") % words
    for ours, theirs in call.outputs:
        if ours in setting.net.fields and _theirs(setting, call, ours, theirs) is None:
            words = {"field": setting.names.field(ours), "theirs": theirs, "process": called.name}
            yield (
                _("“%(field)s” stays as it is: “%(process)s” has no field “%(theirs)s” of this type.") % words
            )


# -- what it brings back -------------------------------------------------------------------------------------


def brought_back(setting: Setting, call: Call) -> Iterator[FieldSpec]:
    """The fields that are filled in by its end, as the called process fills them; without a published one as
    they are here."""
    called = setting.called.get(call.process)
    for ours, theirs in call.outputs:
        spec = setting.net.fields.get(ours)
        if spec is not None and (called is None or called.net is None):
            yield simulation.playable(spec)
        elif spec is not None and called is not None:
            their = _theirs(setting, call, ours, theirs)
            if their is not None:
                yield _filled(spec, their, called)


def _theirs(setting: Setting, call: Call, ours: str, theirs: str) -> FieldSpec | None:
    """The field of the called process, if its values fit."""
    called = setting.called[call.process]
    found = called.net.fields.get(theirs) if called.net else None
    return found if found and callchecks.fits(found.type, setting.net.fields[ours].type) else None


def _filled(spec: FieldSpec, their: FieldSpec, called: Called) -> FieldSpec:
    """Our field with what limits theirs; of choices those that both have."""
    words = {"field": their.label, "type": FormField.Type(their.type).label, "process": called.name}
    help_text = _("“%(field)s” of “%(process)s” (%(type)s)") % words
    common = {value for value, _label in their.choices}
    choices = tuple(pair for pair in spec.choices if pair[0] in common)
    found = replace(spec, type=their.type, choices=choices, limits=their.limits, help_text=help_text)
    return simulation.playable(found)
