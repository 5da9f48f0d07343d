"""Escalation levels in the reader's words: when, only if, what happens; and plans by urgency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import ConditionPlan
from processes.comparisons import Condition
from processes.escalation import OF_CASE, PERSON, SHARE, Act, Do, Level, Whom
from processes.fields import FieldSpec
from processes.models import Urgency
from processes.words.planwords import duration

WHOM = {
    Whom.ASSIGNEE: _("who works on it"),
    Whom.TEAM: _("the team"),
    Whom.LEAD: _("the team's lead"),
    Whom.LEADS_LEAD: _("the lead's lead"),
    Whom.OWNER: _("the process owner"),
}
RECEIVERS = {
    "lead": _("the team's lead"),
    "pool": _("the team's inbox"),
    "fewest_open": _("who has the fewest open tasks"),
}
"""Who a task is passed on to, besides a certain person."""


def when(offset: str) -> str:
    """When a level is due, such as "1 working day after the deadline"."""
    share = SHARE.fullmatch(offset)
    if share and not int(share[1]):
        return gettext("as soon as the time begins")
    if share:
        return gettext("when %(percent)s %% of the time have passed") % {"percent": share[1]}
    if not offset:
        return gettext("at the deadline")
    is_before = offset.startswith("-")
    text = gettext("%(duration)s before the deadline") if is_before else gettext(
        "%(duration)s after the deadline"
    )  # fmt: skip
    return text % {"duration": duration(offset)}


def acts(level: Level, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a level does. `names` = people by e-mail and outcomes by key, as far as they are known."""
    found = [ACTS[act.do](act, names) for act in level.acts if act.do in ACTS]
    return "; ".join(found) or gettext("nothing")


def _tells(act: Act, _names: Mapping[str, str]) -> str:
    words = {str(word): str(label) for word, label in WHOM.items()}
    return gettext("tells %(whom)s") % {"whom": ", ".join(words.get(one, one) for one in act.whom)}


def _passes_on(act: Act, names: Mapping[str, str]) -> str:
    email = act.to.removeprefix(PERSON)
    person = names.get(email, email)
    return gettext("passes the task on to %(whom)s") % {"whom": RECEIVERS.get(act.to, person)}


ACTS: Mapping[Do, Callable[[Act, Mapping[str, str]], str]] = {
    Do.NOTIFY: _tells,
    Do.REASSIGN: _passes_on,
    Do.RAISE: lambda act, names: gettext("raises the urgency by one"),
    Do.OUTCOME: lambda act, names: (
        gettext("chooses the outcome “%(outcome)s”") % {"outcome": names.get(act.key, act.key)}
    ),
    Do.COMMENT: lambda act, names: gettext("writes the comment “%(text)s”") % {"text": act.text},
}
"""Words by act; marking a task overdue goes without saying."""


def only_if(level: Level, fields: Mapping[str, FieldSpec] = MappingProxyType({})) -> str:
    """What must hold at its moment; empty if nothing. `fields` = those known by name."""
    parts = []
    if level.is_unclaimed_only:
        parts.append(gettext("only while nobody has taken it over"))
    if level.least_urgency is not None:
        urgency = Urgency(level.least_urgency).label
        parts.append(gettext("only from urgency %(urgency)s on") % {"urgency": urgency})
    if level.condition is not None:
        parts.append(gettext("only if %(condition)s") % {"condition": _condition(level.condition, fields)})
    return ", ".join(parts)


def _condition(one: Condition, fields: Mapping[str, FieldSpec]) -> str:
    plan = ConditionPlan(one.field, one.operator, one.value)
    return conditions.in_words(plan, fields.get(one.field))


def sentence(level: Level, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """A level in one line, as the administration log keeps it; `names` as for `acts`."""
    what = ": ".join(part for part in (level.name, acts(level, names)) if part)
    return ", ".join(part for part in (when(level.offset), only_if(level), what) if part)


def plans(keys: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Which escalation plans hold, by urgency: "Critical: P1, otherwise: Standard"."""
    is_alone = not keys.keys() - {"", OF_CASE}
    found = [f"{_urgency(urgency, is_alone=is_alone)}{names.get(key, key)}" for urgency, key in keys.items()]
    return ", ".join(found)


def _urgency(urgency: str, *, is_alone: bool) -> str:
    if urgency == OF_CASE:
        return gettext("the whole case: ")
    if urgency:
        return f"{Urgency(int(urgency)).label}: "
    return "" if is_alone else gettext("otherwise: ")
