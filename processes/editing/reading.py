"""What the page says, as a sheet. Also of a page that is not whole yet: what is missing is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from processes.blueprint import (
    Blueprint,
    DeadlinePlan,
    FieldPlan,
    ItemPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
    key_from,
)
from processes.editing.page import JOIN, Page
from processes.editing.parts import BranchPart, OutcomePart, RulePart, StepPart, WayPart
from processes.editing.sheet import After, Branch, Gather, Row, Sheet, Way
from processes.editing.stepforms import ENDS, PairForm, TaskForm
from processes.editing.wayforms import BESIDES
from processes.models import DeadlineRule, Step
from processes.models.definition import split_keys
from processes.moments import Basis, Moment
from processes.stepplans import Call, StepConfig

Rule = Step.Assignment
NOTHING = Blueprint()
JOINING = (Gather.ALL, Gather.BEGUN)


def sheet_of(page: Page, kept: Blueprint = NOTHING) -> Sheet:
    """The sheet a page shows. `kept` is the stored draft, for what the page does not show: escalation plans
    of steps for single urgencies, translations."""
    former = {one.key: one for one in kept.steps}
    rows = [_row(step, former) for step in page.steps]
    return Sheet(
        rows=tuple(rows),
        fields=_fields(page),
        deadlines=tuple(_rules(page.deadlines)),
        plan_keys=kept.plan_keys,
        language=kept.language,
        translations=kept.translations,
    )


def _fields(page: Page) -> tuple[FieldPlan, ...]:
    return tuple(one.field(page.keys[one.prefix or ""]) for one in page.fields)


def _rules(parts: Iterable[RulePart]) -> Iterator[DeadlinePlan]:
    for part in parts:
        rule = part.form.rule(part.moment.moment())
        if rule is not None:
            yield rule


def _row(step: StepPart, former: Mapping[str, StepPlan]) -> Row:
    page, kind = step.page, step.kind
    keys = outcome_keys(step)
    plan = StepPlan(
        key=page.keys[step.prefix],
        kind=kind,
        name=step.form.value("name"),
        result=step.form.value("result") if kind in ENDS else "",
        instructions=step.task.value("instructions"),
        config=_config(step, kind, keys).to_json(),
        outcomes=() if kind in ENDS else tuple(_outcome(one, keys) for one in step.outcomes),
        fields=_shown(step) if kind in ("task", "start") else (),
    )
    if kind == "task":
        plan = _task(step, plan, former.get(plan.key))
    return Row(plan, _ways(step, keys), step.wait.wait(_join_key(page, step.prefix)) if step.waits else None)


def _ways(step: StepPart, keys: Mapping[str, str]) -> dict[str, Way]:
    if step.is_end:
        return {}
    always = {"": _way(step.always)} if step.goes_on else {}
    return {**always, **{keys[one.form.prefix or ""]: _way(one.way) for one in step.outcomes}}


def _join_key(page: Page, row: str) -> str:
    return key_from(f"vor {page.keys[row]}", page.keys.values())


def _task(step: StepPart, plan: StepPlan, former: StepPlan | None) -> StepPlan:
    task, page = step.task, step.page
    rule, same, apart = _assigned(task, former)
    others = {urgency: key for urgency, key in (former.plan_keys if former else {}).items() if urgency}
    own = task.value("plan")
    return replace(
        plan,
        team=task.value("team"),
        assignment=rule,
        person=task.value("person") if rule == Rule.PERSON else "",
        reference_key=", ".join(same),
        apart_key=", ".join(apart),
        field_key=page.keys.get(task.value("from_field"), "") if rule == Rule.FROM_FIELD else "",
        max_visits=task.value("max_visits", None),
        approves_fields=_keys(page, task.value("approves", [])),
        deadline=_short(step),
        deadlines=tuple(_deadlines(step)),
        plan_keys=({"": own} if own else {}) | others,
        checklist=tuple(_items(step)),
    )


def _assigned(task: TaskForm, former: StepPlan | None) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The rule, the steps it refers to, and those kept apart. Where four eyes were stored as the assignment
    they stay there, so that nothing changes that nobody has changed."""
    rule, chosen = task.value("assignment") or str(Rule.POOL), _keys(task.page, task.value("apart", []))
    same = _keys(task.page, task.value("same", [])) if rule == Rule.SAME_AS else ()
    if former is None:
        return rule, same, chosen
    apart = split_keys(former.apart_key)
    if former.assignment == Rule.NOT_SAME_AS and rule == Rule.POOL:
        same = tuple(one for one in split_keys(former.reference_key) if one in chosen)
        rule = str(Rule.NOT_SAME_AS if same else Rule.POOL)
    known = (*(one for one in apart if one in chosen), *(one for one in chosen if one not in same))
    return rule, same, tuple(dict.fromkeys(known))


def _keys(page: Page, rows: list[str]) -> tuple[str, ...]:
    return tuple(page.keys[row] for row in rows if row in page.keys)


# -- deadlines -----------------------------------------------------------------------------------------------


def _short(step: StepPart) -> str:
    """The usual deadline, so long from the start of the task, has a short form."""
    moment = step.due.moment()
    return moment.offset if moment is not None and moment.basis is Basis.STEP else ""


def _deadlines(step: StepPart) -> Iterator[DeadlinePlan]:
    due, latest = step.due.moment(), step.latest.moment() if step.has_latest else None
    pick = step.page.typed.get(f"{step.prefix}-latest-pick") or str(DeadlineRule.Pick.EARLIEST)
    if due is not None and due.basis is not Basis.STEP:
        yield _rule(due, str(DeadlineRule.Pick.EARLIEST))
    if latest is not None:
        yield _rule(latest, pick)
    yield from _rules(step.rules)


def _rule(one: Moment, pick: str) -> DeadlinePlan:
    return DeadlinePlan(str(one.basis), one.offset, one.key, one.on, pick=pick)


# -- outcomes ------------------------------------------------------------------------------------------------


def outcome_keys(step: StepPart) -> dict[str, str]:
    """Key of each outcome by prefix: the one it carries, or one made of its label."""
    first = {key: one for one in reversed(step.outcomes) if (key := one.form.value("key"))}
    found = {one.form.prefix or "": key for key, one in first.items()}
    for one in step.outcomes:
        prefix = one.form.prefix or ""
        if prefix not in found:
            found[prefix] = key_from(one.form.value("label")[:40], found.values(), "ergebnis")
    return found


def all_keys(page: Page) -> dict[str, str]:
    """Key of each step, field and outcome, by prefix."""
    outcomes = (pair for step in page.steps for pair in outcome_keys(step).items())
    return {**page.keys, **dict(outcomes)}


def _outcome(part: OutcomePart, keys: Mapping[str, str]) -> OutcomePlan:
    form, page = part.form, part.form.page
    prefix = form.prefix or ""
    is_clock = page.is_by_clock(prefix)
    moment = part.clock.moment() if is_clock else None
    return OutcomePlan(
        key=keys[prefix],
        label=form.value("label"),
        requires_note=bool(form.value("requires_note", False)) and not is_clock,
        is_clock=is_clock,
        after=moment.to_json() if moment is not None else {},
        is_interrupting=not (is_clock and form.value("interrupting") == BESIDES),
        is_approval=bool(form.value("is_approval", False)),
        is_no_agreement=bool(form.value("is_no_agreement", False)),
        cancels=tuple(_stopped(page, form.value("cancels", []))),
    )


def _stopped(page: Page, chosen: list[str]) -> Iterator[str]:
    for one in chosen:
        row = one.removeprefix(JOIN)
        if row in page.keys and row != one and page.typed.get(f"{row}-gather") in JOINING:
            yield page.typed.get(f"{row}-wait_gateway") or _join_key(page, row)
        elif row in page.keys and row == one:
            yield page.keys[row]


def _way(part: WayPart) -> Way:
    form, page = part.form, part.form.page
    after = After(form.value("after") or After.ONE)
    branches = part.branches
    if after is After.ONE:
        branches = branches[:1]
    by_data = after in (After.DATA, After.SEVERAL)
    found = tuple(_branches(branches, page, with_conditions=by_data))
    if after is After.ONE:
        return Way(after, found)
    return Way(after, found, form.value("gateway"), form.value("question"))


def _branches(parts: list[BranchPart], page: Page, *, with_conditions: bool) -> Iterator[Branch]:
    for part in parts:
        target = part.form.value("target")
        if target not in page.step_names:
            continue
        is_default = with_conditions and bool(part.form.value("is_default", False))
        conditions = [one.condition for one in part.conditions] if with_conditions and not is_default else []
        yield Branch(page.keys[target], tuple(one for one in conditions if one is not None), is_default)


# -- the other parts -----------------------------------------------------------------------------------------


def _items(step: StepPart) -> Iterator[ItemPlan]:
    kept = {key: one for one in reversed(step.checklist) if (key := one.value("key"))}
    taken, top = set(kept), ""
    for one in step.checklist:
        key = one.value("key")
        if kept.get(key) is not one:
            key = key_from(one.value("text")[:40], taken, "punkt")
            taken.add(key)
        is_part = bool(one.value("is_part", False)) and bool(top)
        yield ItemPlan(key, one.value("text"), bool(one.value("is_mandatory", False)), top if is_part else "")
        top = top if is_part else key


def _shown(step: StepPart) -> tuple[StepFieldPlan, ...]:
    keys = step.page.keys
    found: dict[str, StepFieldPlan] = {}
    for one in step.shown:
        key = keys.get(one.value("field"), "")
        if key:
            found.setdefault(key, StepFieldPlan(key, one.value("mode") or "optional"))
    return tuple(found.values())


def _config(step: StepPart, kind: str, outcomes: Mapping[str, str]) -> StepConfig:
    if kind == "timer":
        return StepConfig(wait=step.timer.moment())
    if kind == "action":
        return StepConfig(action=step.action.action(tuple(_filled(pair.pair() for pair in step.values))))
    if kind == "subprocess":
        return StepConfig(call=_call(step, outcomes))
    return StepConfig(repeat=step.repeat.repeat() if step.is_repeated else None)


def _filled(pairs: Iterator[tuple[str, str] | None]) -> Iterator[tuple[str, str]]:
    return (pair for pair in pairs if pair is not None)


def _call(step: StepPart, outcomes: Mapping[str, str]) -> Call | None:
    ends, otherwise = [], ""
    for part in step.outcomes:
        key = outcomes[part.form.prefix or ""]
        ends += [(end, key) for end in part.form.value("ends", [])]
        if part.form.value("is_otherwise", False):
            otherwise = otherwise or key
    outputs = [(ours, theirs) for theirs, ours in _pairs(step.outputs)]
    return step.call.call(_pairs(step.inputs), outputs, ends, otherwise)


def _pairs(forms: list[PairForm]) -> list[tuple[str, str]]:
    return list(_filled(one.pair() for one in forms))
