"""The texts of a version, each with a path such as `steps.check.name`, and corrections laid over them.

Only what people read is a text: names, instructions, labels, help, results, mails. Keys, structure and rules
have no path, so no correction can reach them. Choices are named by their stored value, which may hold dots
and stands last: `fields.cause.choices.a.b`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from processes.blueprint import Blueprint, FieldPlan, ItemPlan, OutcomePlan, StepPlan

P = TypeVar("P", bound="StepPlan | OutcomePlan | ItemPlan | FieldPlan")
MAIL = "mail"
WRITING = frozenset({MAIL, "interaction"})
"""Automatic steps that write a text (`stepplans.Do`)."""
WRITTEN = ("subject", "text")
LONGEST_PATH = 400
"""Characters of a path (`models.TextRevision.path`); a choice with a longer one cannot be corrected."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text: where it is, what it says, how long it may be (None: any length), whether it may be empty."""

    path: str
    text: str
    kind: str
    """name, instructions, result, outcome, item, subject, message, label, help, choice."""
    longest: int | None = None
    is_optional: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it may have several lines."""
        return self.longest is None


def of_step(step: StepPlan) -> Iterator[Text]:
    """The texts of one step."""
    path = f"steps.{step.key}"
    if step.name:
        yield Text(f"{path}.name", step.name, "name", 120)
    yield Text(f"{path}.instructions", step.instructions, "instructions", is_optional=True)
    if step.kind in ("end", "terminate"):
        yield Text(f"{path}.result", step.result, "result", 120, is_optional=True)
    yield from _of_action(path, step.config)
    for outcome in step.outcomes:
        yield Text(f"{path}.outcomes.{outcome.key}.label", outcome.label, "outcome", 120)
    for item in step.checklist:
        yield Text(f"{path}.checklist.{item.key}.text", item.text, "item", 250)


def _of_action(path: str, config: Mapping[str, Any]) -> Iterator[Text]:
    """What an automatic step writes: a mail, or an entry for a customer, which needs no subject."""
    found = config.get("action")
    action = found if isinstance(found, Mapping) else {}
    if action.get("do") in WRITING:
        may_lack = action["do"] != MAIL
        yield Text(f"{path}.action.subject", str(action.get("subject", "")), "subject", 200, may_lack)
        yield Text(f"{path}.action.text", str(action.get("text", "")), "message")


def of_field(one: FieldPlan) -> Iterator[Text]:
    """The texts of one field."""
    path = f"fields.{one.key}"
    yield Text(f"{path}.label", one.label, "label", 120)
    yield Text(f"{path}.help_text", one.help_text, "help", 250, is_optional=True)
    for value, label in one.choices:
        if len(f"{path}.choices.{value}") <= LONGEST_PATH:
            yield Text(f"{path}.choices.{value}", label, "choice", 120)


def of_plan(plan: Blueprint) -> dict[str, Text]:
    """All texts of a version by path, steps first, in the author's order."""
    found = [text for step in plan.steps for text in of_step(step)]
    found += [text for one in plan.fields for text in of_field(one)]
    return {text.path: text for text in found}


def corrected(plan: Blueprint, texts: Mapping[str, str]) -> Blueprint:
    """The blueprint with these texts (by path) in place of its own; paths it has not are left out."""
    if not texts:
        return plan
    return replace(
        plan,
        steps=tuple(_step(one, texts) for one in plan.steps),
        fields=tuple(_field(one, texts) for one in plan.fields),
    )


def _step(step: StepPlan, texts: Mapping[str, str]) -> StepPlan:
    path = f"steps.{step.key}"
    return replace(
        _over(step, path, ("name", "instructions", "result"), texts),
        config=config(step.key, step.config, texts),
        outcomes=tuple(_over(one, f"{path}.outcomes.{one.key}", ("label",), texts) for one in step.outcomes),
        checklist=tuple(
            _over(one, f"{path}.checklist.{one.key}", ("text",), texts) for one in step.checklist
        ),
    )


def config(key: str, stored: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Any]:
    """What only some kinds of steps have (`stepplans.StepConfig` as JSON), with corrected texts of mails."""
    path = f"steps.{key}.action"
    new = {name: texts[f"{path}.{name}"] for name in WRITTEN if f"{path}.{name}" in texts}
    if not new or "action" not in stored:
        return stored
    action = {**stored["action"], **new}
    return {**stored, "action": {name: value for name, value in action.items() if value or name not in new}}


def _field(one: FieldPlan, texts: Mapping[str, str]) -> FieldPlan:
    path = f"fields.{one.key}"
    found = _over(one, path, ("label", "help_text"), texts)
    return replace(found, choices=choices(one.key, one.choices, texts))


def choices(
    key: str, pairs: Iterable[tuple[str, str]], texts: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The choices of a field (value and label) with corrected labels."""
    path = f"fields.{key}.choices"
    return tuple((value, texts.get(f"{path}.{value}", label)) for value, label in pairs)


def _over(part: P, path: str, names: Iterable[str], texts: Mapping[str, str]) -> P:
    """A part with those of the named texts that are corrected."""
    found: dict[str, Any] = {name: texts[f"{path}.{name}"] for name in names if f"{path}.{name}" in texts}
    return replace(part, **found) if found else part


def translated(path: str, translations: Mapping[str, Any]) -> tuple[str, ...]:
    """Languages whose map of translations has something for this text; what the map does not reach by the
    parts of the path (`translations["en"]["steps"]["check"]["name"]`, or the path as one word) has none."""
    return tuple(
        language for language, texts in translations.items() if isinstance(texts, dict) and _has(texts, path)
    )


def _has(texts: Mapping[str, Any], path: str) -> bool:
    if path in texts:
        return True
    found: Any = texts
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return bool(found)
