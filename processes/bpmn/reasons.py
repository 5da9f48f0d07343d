"""The sentence for each code of a BPMN fault or note, to be translated where it is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Marks a sentence for translation."""
    return text


REASONS: Mapping[str, str] = {
    # the file
    "too_large": _("The file is larger than 10 MB."),
    "too_many_elements": _("The file has too many elements."),
    "too_deep": _("The elements of the file are nested too deeply."),
    "too_slow": _("Reading the file takes too long."),
    "doctype": _("The file has a DOCTYPE; such files are refused."),
    "not_well_formed": _("The file is no well-formed XML."),
    "not_bpmn": _("The file is no BPMN 2.0 file."),
    "no_process": _("The file has no process."),
    # what cannot be taken over
    "unsupported": _("This element cannot be taken over."),
    "unsupported_loop": _("A task that repeats itself cannot be taken over; draw the way back instead."),
    "unsupported_compensation": _("Steps that undo others cannot be taken over."),
    "several_events": _("The event waits for several things; draw one event for each."),
    "subprocess_starts": _("The sub-process needs exactly one start to be taken over."),
    "subprocess_boundary": _("A sub-process with events at its border cannot be taken over."),
    "subprocess_terminate": _("A sub-process that ends by “terminate” cannot be taken over."),
    "event_gateway": _("What this gateway waits for must be messages or timers, at least two."),
    "link_missing": _("The link has no counterpart with the same name, or several."),
    "boundary_host": _("The step to which the event is attached is missing."),
    "id_twice": _("The same id is used twice."),
    # what is taken over with a loss
    "start_by_hand": _("What starts the process is not taken over; cases are started by people."),
    "nothing_sent": _("The event ends or passes the case; nothing is sent."),
    "does_nothing": _("The event is passed without anything being done."),
    "wait_by_hand": _("The message from outside becomes a task that somebody ends."),
    "condition_missing": _("It is not said when this way is taken."),
    "condition_text": _("The condition is only text here and must be set anew."),
    "flow_end_missing": _("The arrow begins or ends at something that does not exist; it is left out."),
    "message_flows": _("Messages between pools are not taken over."),
    "empty_subprocess": _("The sub-process has no content; another process must be named for it."),
}
