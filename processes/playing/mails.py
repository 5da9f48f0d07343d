"""What automatic steps would write while a version is played through: filled as sent, recipients in words.

The texts are filled by the code that fills them for a worker. What a play has none of (a number, a customer)
is named instead, and what would be empty is visibly so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customers.models import Interaction
from processes import casedata, placeholders
from processes.compiledversion import StepInfo
from processes.placeholders import Piece
from processes.playing import simulation
from processes.playing.setting import Setting
from processes.stepplans import Action, Do
from processes.words import planwords

WRITING = frozenset({Do.MAIL, Do.INTERACTION})


@dataclass(frozen=True)
class Letter:
    """A mail, or an entry for a customer: who gets it, and its texts as they would read."""

    title: str
    to: tuple[str, ...]
    subject: SafeString
    text: SafeString
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What placeholders stand for; of those in `missing` it only says what is not there."""

    values: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def known_to(setting: Setting, data: Mapping[str, Any]) -> Known:
    """What the placeholders stand for, values in the language of the version; at most two statements (people
    and teams)."""
    language = setting.plan.language
    specs = {key: simulation.playable(spec) for key, spec in setting.net.fields.items()}
    with translation.override(language):
        texts = casedata.texts(replace(setting.net, fields=specs), data, language)
    empty = {
        key: _("“%(field)s” is empty") % {"field": setting.names.field(key)}
        for key, text in texts.items()
        if not text.strip()
    }
    named = {word: f"[{text}]" for word, text in {**empty, **_only_in_cases()}.items()}
    process = setting.version.definition.name
    return Known({**texts, **named, "process": process}, frozenset(named) - {"process"})


def _only_in_cases() -> dict[str, str]:
    """What is named instead of what only a real case has, by placeholder."""
    return {
        "number": _("number of the case"),
        "title": _("title of the case"),
        "customer": _("name of the customer"),
        "starter": _("name of who started it"),
        "link": _("address of the case's page"),
    }


def letter(setting: Setting, step: StepInfo, data: Mapping[str, Any], known: Known) -> Letter | None:
    """What a step would write; None for one that writes nothing."""
    action = step.config.action
    if action is None or action.do not in WRITING:
        return None
    subject = _shown(known, placeholders.subject(action, known.values))
    text = _shown(known, placeholders.text(action, known.values))
    if action.do is Do.MAIL:
        to = [_recipient(setting, one, data) for one in action.to]
        problem = "" if any(one.is_somebody for one in to) else str(_nobody())
        return Letter(_("This mail would be sent"), tuple(one.said for one in to), subject, text, problem)
    title = _("This would be entered for the customer (%(channel)s)") % {"channel": _channel(action)}
    return Letter(title, (), subject or format_html("{}", step.name), text)


def _channel(action: Action) -> str:
    known = action.channel in Interaction.Channel.values
    return str(Interaction.Channel(action.channel if known else Interaction.Channel.NOTE).label)


def _nobody() -> str:
    return _("Nobody would get this mail: in a real case the step fails.")


# -- texts ---------------------------------------------------------------------------------------------------


def _shown(known: Known, pieces: Iterable[Piece]) -> SafeString:
    """A filled text as HTML: what stands for a placeholder can be told from what the author wrote."""
    return format_html_join("", "{}", ((_part(known, one),) for one in pieces))


def _part(known: Known, one: Piece) -> str:
    if not one.word:
        return one.text
    if one.word not in known.values:
        text = _("%(word)s: there is no such field") % {"word": one.text}
        return format_html('<span class="filled is-missing">[{}]</span>', text)
    look = "filled is-missing" if one.word in known.missing else "filled"
    return format_html('<span class="{}">{}</span>', look, one.text)


# -- recipients ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Recipient:
    said: str
    is_somebody: bool = True


def _recipient(setting: Setting, to: str, data: Mapping[str, Any]) -> _Recipient:
    kind, _colon, key = to.partition(":")
    if to == "owner":
        return _Recipient(_owner(setting))
    if kind == "field" and key in setting.net.fields:
        return _named(setting, key, data.get(key))
    return _Recipient(planwords.recipient(to, setting.names))


def _owner(setting: Setting) -> str:
    """The process owner; where there is none, the leads of the owning team."""
    definition = setting.version.definition
    if definition.owner is not None and definition.owner.is_active:
        return _("the process owner (%(person)s)") % {"person": definition.owner}
    words = {"team": definition.owner_team.name}
    return _("the lead of the team %(team)s, because the process has no owner") % words


def _named(setting: Setting, key: str, value: Any) -> _Recipient:
    """Whom a field names, as it is filled in."""
    spec, words = setting.net.fields[key], {"field": setting.names.field(key)}
    if value is None:
        return _Recipient(_("nobody, because “%(field)s” is empty") % words, is_somebody=False)
    source = _("named in “%(field)s”") % words
    if spec.type == "person":
        return _Recipient(f"{setting.people.people.get(value, '–')} ({source})")
    if spec.type == "text":
        return _Recipient(f"{value} ({source})")
    return _Recipient(planwords.recipient(f"field:{key}", setting.names))
