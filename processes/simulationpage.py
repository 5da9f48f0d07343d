"""What the page on which a version is played through shows, and what is typed and clicked there. Reads only.

The number of statements depends neither on the turns nor on how much is open.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from people import calendars, explaining, worktime
from people.calendars import Calendars
from people.explaining import Line
from people.models import Team, User, WorkCalendar
from processes import (
    blueprint,
    casepicture,
    conditions,
    engine,
    fieldforms,
    fields,
    pictures,
    plannedvalues,
    plannets,
    planwords,
    simulation,
    simulationwords,
)
from processes.blueprint import Blueprint
from processes.callchecks import calls_of
from processes.casepicture import Progress
from processes.diagram.model import Picture, State
from processes.fieldforms import FieldView
from processes.fields import FieldError, FieldSpec
from processes.marking import Token
from processes.models import DeadlineRule, ProcessVersion, Step, StepField, Urgency
from processes.nets import ENDS, CompiledVersion, DeadlineInfo, OutcomeInfo, StepFieldInfo, StepInfo
from processes.outlines import outline_of
from processes.simulation import By, Play, PlayError, Run, Turn
from processes.simulationwords import People, Receiver
from processes.stepplans import Call, Do
from tasks import dues, duetime, taskpage, whydue
from tasks.dues import Due

MOMENT = FieldSpec("at", "", "datetime")
LONGEST_STATE = 1_000_000
"""Characters of a play as it travels; more is refused unread."""


# -- what is known of the version ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """A version and what is known around it, read once a request."""

    version: ProcessVersion
    plan: Blueprint
    net: CompiledVersion
    names: planwords.Names
    people: People
    options: Mapping[str, list[tuple[str, str]]]
    calendars: Calendars
    calendar_names: tuple[tuple[str, str], ...]
    ends: Mapping[str, tuple[tuple[str, str], ...]]
    """Key and name of the ends of each called process, by its key."""

    def calendar(self, play: Play, step: StepInfo | None, on: dt.datetime) -> worktime.Calendar:
        """The calendar chosen for the page, else the one that would hold: of the certain person, of the team,
        of the owning team, of the company."""
        if play.calendar in self.calendars.ids:
            return self.calendars.by_id[self.calendars.ids[play.calendar]]
        is_certain = step is not None and step.assignment == Step.Assignment.PERSON
        person_id = step.person_id if step is not None and is_certain else None
        team_id = (step.team_id if step else None) or self.version.definition.owner_team_id
        return self.calendars.of(person_id, team_id, on.date())


def setting_of(version: ProcessVersion) -> Setting:
    """Read a version and what it names. Raises engine.NetError where it makes no graph."""
    plan = blueprint.read(version)
    teams, people = _teams(plan), _people(plan)
    ids = plannets.Ids(
        {key: pk for key, (pk, _name) in teams.items()}, {email: pk for email, (pk, _name) in people.items()}
    )
    net = plannets.compile_plan(plan, ids)
    options = fieldforms.references({one.type for one in plan.fields} - simulation.EXAMPLES)
    processes, ends = _called(plan)
    return Setting(
        version=version,
        plan=plan,
        net=net,
        names=planwords.Names.of(
            plan, teams={key: name for key, (_pk, name) in teams.items()}, processes=processes
        ),
        people=People(
            dict(teams.values()) | _by_id(options.get("team", ())),
            dict(people.values()) | _by_id(options.get("person", ())),
        ),
        options=options,
        calendars=calendars.current(),
        calendar_names=tuple(WorkCalendar.objects.filter(is_active=True).values_list("key", "name")),
        ends=ends,
    )


def _by_id(rows: Iterable[tuple[str, str]]) -> dict[int, str]:
    return {int(pk): name for pk, name in rows}


def _named(plan: Blueprint, type_: str) -> set[str]:
    known = {one.key: one for one in plan.fields}
    found = conditions.names((one for flow in plan.flows for one in flow.conditions), known)
    return {word for kind, word in found if kind == type_}


def _teams(plan: Blueprint) -> dict[str, tuple[int, str]]:
    keys = {step.team for step in plan.steps} | _named(plan, "team")
    keys |= {one.key for step in plan.steps if (one := plannets.config_of(step).repeat) is not None}
    rows = Team.objects.filter(key__in=keys)
    return {row.key: (row.pk, row.name) for row in rows}


def _people(plan: Blueprint) -> dict[str, tuple[int, str]]:
    emails = {step.person for step in plan.steps} | _named(plan, "person")
    return {row.email: (row.pk, str(row)) for row in User.objects.filter(email__in=emails)}


def _called(plan: Blueprint) -> tuple[dict[str, str], dict[str, tuple[tuple[str, str], ...]]]:
    """Names and ends of the processes it calls, as they are published now."""
    keys = {call.process for call in calls_of(plan).values()}
    rows = Step.objects.filter(
        version__definition__key__in=keys, version__state=ProcessVersion.State.PUBLISHED, kind__in=ENDS
    ).order_by("position")
    names: dict[str, str] = {}
    ends: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in rows.select_related("version__definition"):
        definition = row.version.definition
        names[definition.key] = definition.name
        ends[definition.key] = (*ends.get(definition.key, ()), (row.key, row.result or row.name))
    return names, ends


# -- what is typed -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entered:
    """What a form says about one step: the moment and the fields, as typed, and what is wrong with them."""

    at: str | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, FieldError] = field(default_factory=dict)
    at_fault: str = ""
    problem: str = ""


def uses_of(setting: Setting, step: StepInfo) -> tuple[StepFieldInfo, ...]:
    """Fields that are asked at a step; of a called process those it would bring back."""
    if step.config.call is not None:
        specs = [setting.net.fields.get(ours) for ours, _theirs in step.config.call.outputs]
        return tuple(StepFieldInfo(simulation.playable(one), StepField.Mode.OPTIONAL) for one in specs if one)
    return tuple(replace(use, spec=simulation.playable(use.spec)) for use in step.fields)


def entered(setting: Setting, step: StepInfo, prefix: str, post: QueryDict) -> Entered:
    """Read the part of the form that belongs to a step."""
    typed = {
        use.spec.key: post.getlist(name) if use.spec.type == "multichoice" else post[name]
        for use in uses_of(setting, step)
        if use.is_writable
        and (
            (name := f"{prefix}{use.spec.key}") in post
            or (use.spec.type == "multichoice" and f"{prefix}at" in post)
        )
    }
    return Entered(post.get(f"{prefix}at"), typed)


def values_of(
    setting: Setting, step: StepInfo, found: Entered, data: Mapping[str, Any], at: dt.datetime
) -> tuple[dict[str, Any], dict[str, FieldError]]:
    """Canonical values that differ from the case's, and faults by field. Limits bind new values only."""
    values, faults, today = {}, {}, timezone.localdate(at)
    for use in uses_of(setting, step):
        key = use.spec.key
        if key not in found.typed:
            continue
        try:
            new = fields.read(use.spec, found.typed[key], today=today)
            if new != data.get(key):
                fields.demand_limits(use.spec, new, today=today)
                values[key] = _offered(setting, use.spec, new)
        except FieldError as fault:
            faults[key] = fault
    return values, faults


def _offered(setting: Setting, spec: FieldSpec, value: Any) -> Any:
    """A person or team that was offered. Raises FieldError."""
    if value is not None and spec.is_reference and str(value) not in dict(setting.options.get(spec.type, [])):
        raise FieldError("not_a_reference")
    return value


def read_moment(text: str | None, today: dt.date) -> dt.datetime:
    """A typed moment to the full minute. Raises FieldError."""
    raw = fields.parse(MOMENT, text, today=today)
    if raw is None:
        raise FieldError("not_a_time")
    moment = dt.datetime.fromisoformat(raw).replace(second=0, microsecond=0)
    if not simulation.EARLIEST <= moment <= simulation.LATEST:
        raise FieldError("date_out_of_range")
    return moment


def moment_input(moment: dt.datetime) -> str:
    """A moment as it can be typed again."""
    local = timezone.localtime(moment)
    return f"{local:%d.%m.%Y %H:%M}" if (get_language() or "de")[:2] == "de" else f"{local:%Y-%m-%d %H:%M}"


def written(setting: Setting, step: StepInfo, data: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """What an automatic step writes; nothing where its values do not fit (a real case would stop there)."""
    action = step.config.action
    if action is None or action.do is not Do.SET:
        return {}
    try:
        return plannedvalues.resolve(action.values, setting.net.fields, data, at=at)
    except plannedvalues.Unfit:
        return {}


# -- moments -------------------------------------------------------------------------------------------------


def moment_of(setting: Setting, play: Play, run: Run, token: Token, outcome: str = "") -> dt.datetime | None:
    """When a wait is over (or the clock chooses an outcome); None while its date is missing."""
    step, begun = setting.net.steps[token.at], run.since[token.id]
    known = step.outcome(outcome) if outcome else None
    rule = known.after if known else step.config.wait
    if rule is None:
        return None
    found = simulation.anchors(play, run, begun)
    try:
        return simulation.moment(rule, found, setting.calendar(play, step, begun), is_wait=not outcome)
    except PlayError:
        return None


def clock_before(setting: Setting, play: Play, run: Run, token: Token, at: dt.datetime) -> OutcomeInfo | None:
    """The outcome the clock would have chosen before this moment."""
    step = setting.net.steps[token.at]
    for one in step.timed_outcomes:
        moment = moment_of(setting, play, run, token, one.key)
        if one.is_interrupting and moment is not None and moment < at:
            return one
    return None


def stamp(moment: dt.datetime) -> str:
    """A moment of the play: Do 26.11.2026, 17:30 Uhr."""
    return f"{explaining.day_text(timezone.localdate(moment), 0)}, {duetime.clock_text(moment)}"


@dataclass(frozen=True)
class Deadline:
    """One deadline with its reason: the rule, the sentence, and the table of what was counted."""

    title: str
    due: str = ""
    rule: str = ""
    sentence: str = ""
    lines: tuple[Line, ...] = ()
    note: str = ""


def deadlines(setting: Setting, play: Play, run: Run, token: Token) -> list[Deadline]:
    """Until when an open task is done, and taken over."""
    step, begun = setting.net.steps[token.at], run.since[token.id]
    kinds = {
        DeadlineRule.Kind.REACTION: _("To be taken over until"),
        DeadlineRule.Kind.SOLUTION: _("Deadline of the task"),
    }
    found = [_deadline(setting, play, run, step, begun, kind, title) for kind, title in kinds.items()]
    return [one for one in found if one is not None]


def case_deadline(setting: Setting, play: Play, run: Run) -> Deadline | None:
    """Until when the whole case is over."""
    kind = DeadlineRule.Kind.SOLUTION
    return _deadline(setting, play, run, None, play.at, kind, _("Deadline of the case"))


def _deadline(
    setting: Setting,
    play: Play,
    run: Run,
    step: StepInfo | None,
    begun: dt.datetime,
    kind: DeadlineRule.Kind,
    title: str,
) -> Deadline | None:
    rules = dues.applicable((step or setting.net).deadlines, kind, play.urgency)
    if not rules:
        return None
    calendar = setting.calendar(play, step, begun)
    found = simulation.anchors(play, run, begun)
    try:
        due = simulation.due(rules, found, calendar, play.urgency, kind)
    except PlayError:
        return Deadline(title, note=_("It cannot be counted with these values."))
    if due is None:
        return Deadline(title, note=_missing(setting, rules))
    return _explained(setting, title, due, rules, dues.explanation(due.rule, found, calendar))


def _missing(setting: Setting, rules: Iterable[DeadlineInfo]) -> str:
    said = "; ".join(whydue.rule_text(rule, setting.net) for rule in rules)
    return _("None yet: %(rule)s, which is not known at present.") % {"rule": said}


def _explained(
    setting: Setting, title: str, due: Due, rules: list[DeadlineInfo], explanation: Any
) -> Deadline:
    note = ""
    if len(rules) > 1 and any(rule.is_latest for rule in rules):
        note = _("Of several rules the one with the latest deadline counts.")
    elif len(rules) > 1:
        note = _("Of several rules the one with the earliest deadline counts.")
    return Deadline(
        title,
        duetime.full_text(due.at),
        whydue.rule_text(due.rule, setting.net),
        explaining.sentence(explanation) if explanation else "",
        tuple(explaining.lines(explanation)) if explanation else (),
        note,
    )


# -- what is open --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Button:
    """One way on: what happens, and what comes then. `value` names the turn."""

    value: str
    label: str
    then: str
    icon: str = "circle-check"
    note: str = ""


@dataclass(frozen=True)
class Item:
    """A line of the checklist."""

    text: str
    is_mandatory: bool
    is_part: bool


@dataclass(frozen=True)
class OpenStep:
    """One step that is open now, with everything to be said and done about it."""

    id: int
    name: str
    kind: str
    since: str
    who: str = ""
    says: tuple[str, ...] = ()
    instructions: str = ""
    deadlines: tuple[Deadline, ...] = ()
    checklist: tuple[Item, ...] = ()
    fields: tuple[FieldView, ...] = ()
    at: FieldView | None = None
    buttons: tuple[Button, ...] = ()
    problem: str = ""
    is_new: bool = False


def open_step(
    setting: Setting, play: Play, run: Run, token: Token, receiver: Receiver | None, found: Entered
) -> OpenStep:
    """An open step as the page shows it."""
    step, begun = setting.net.steps[token.at], run.since[token.id]
    buttons = tuple(_buttons(setting, play, run, token))
    is_timer = step.kind == Step.Kind.TIMER
    problem = found.problem
    if is_timer and not buttons:
        problem = problem or _("It does not go on here: the date that it waits for is not known.")
    return OpenStep(
        id=token.id,
        name=step.name,
        kind="" if step.kind == Step.Kind.TASK else str(Step.Kind(step.kind).label),
        since=stamp(begun),
        who=str(receiver or ""),
        says=tuple(_says(setting, step)),
        instructions=step.instructions,
        deadlines=tuple(deadlines(setting, play, run, token)),
        checklist=tuple(
            Item(one.text, one.is_mandatory, one.parent_id is not None) for one in step.checklist
        ),
        fields=tuple(field_views(setting, step, f"t{token.id}_", run.data, found)),
        at=None if is_timer else at_view(f"t{token.id}_at", begun, found),
        buttons=buttons,
        problem=problem,
        is_new=bool(run.passed) and begun >= run.passed[-1].at and step.key in run.passed[-1].entered,
    )


def _says(setting: Setting, step: StepInfo) -> Iterator[str]:
    """What it does by itself."""
    yield from planwords.sentences(step.config.to_json(), setting.names)


def at_view(name: str, begun: dt.datetime, found: Entered) -> FieldView:
    """The input of the moment at which it is done."""
    return FieldView(
        key="at",
        name=name,
        label=_("Done at"),
        type="text",
        help_text="",
        is_required=False,
        is_writable=True,
        value=moment_input(begun) if found.at is None else found.at,
        shown="",
        version=0,
        error=found.at_fault,
    )


def field_views(
    setting: Setting, step: StepInfo, prefix: str, data: Mapping[str, Any], found: Entered
) -> list[FieldView]:
    """The fields of a step as inputs."""
    views = fieldforms.views(
        uses_of(setting, step),
        data,
        versions={},
        typed=found.typed,
        errors=found.faults,
        language=(get_language() or "de")[:2],
        options=setting.options,
    )
    return [replace(one, name=f"{prefix}{one.key}") for one in views]


def _buttons(setting: Setting, play: Play, run: Run, token: Token) -> Iterator[Button]:
    step = setting.net.steps[token.at]
    if step.kind == Step.Kind.TASK:
        yield from _chosen(setting, step, token)
    elif step.kind == Step.Kind.TIMER:
        moment = moment_of(setting, play, run, token)
        if moment is not None:
            text = _("On from %(when)s") % {"when": stamp(moment)}
            yield _button(setting, step, token, By.DONE, "", text, icon="clock")
    elif step.kind == Step.Kind.ACTION:
        yield _button(setting, step, token, By.DONE, "", _("It is done"), icon="circle-check")
        if step.outcome(engine.FAILED):
            text = _("It fails for good")
            yield _button(setting, step, token, By.FAILED, engine.FAILED, text, icon="triangle-alert")
    else:
        yield from _ended(setting, step, token)
    yield from _timed(setting, play, run, token)


def _button(
    setting: Setting,
    step: StepInfo,
    token: Token,
    by: By,
    outcome: str,
    label: str,
    *,
    icon: str = "circle-check",
    note: str = "",
) -> Button:
    following = setting.net.follow_ups(step.key, outcome or None)
    then = taskpage.then_text(setting.net, step, outcome or None, following)
    return Button(f"{token.id}:{by}:{outcome}", label, then or _("nothing"), icon, note)


def _chosen(setting: Setting, step: StepInfo, token: Token) -> Iterator[Button]:
    """Outcomes of a task; of a vote the outcome it is decided with."""
    for one in step.outcomes:
        if not one.is_clock:
            note = _("needs a reason") if one.requires_note else ""
            yield _button(setting, step, token, By.PERSON, one.key, one.label, note=note)


def _ended(setting: Setting, step: StepInfo, token: Token) -> Iterator[Button]:
    """Which end the called process has, by what it means here."""
    call = step.config.call
    if not step.outcomes:
        yield _button(setting, step, token, By.CALL, "", _("The other process ends"))
    for one in step.outcomes:
        if not one.is_clock:
            ends = _ends_of(setting, call, one.key)
            label = _("It ends with “%(end)s”") % {"end": ends} if ends else one.label
            note = _("Outcome: %(outcome)s") % {"outcome": one.label} if ends and ends != one.label else ""
            yield _button(setting, step, token, By.CALL, one.key, label, note=note)


def _ends_of(setting: Setting, call: Call | None, outcome: str) -> str:
    if call is None:
        return ""
    ends = setting.ends.get(call.process, ())
    return _(" or ").join(name for key, name in ends if call.outcome_of(key) == outcome)


def _timed(setting: Setting, play: Play, run: Run, token: Token) -> Iterator[Button]:
    step = setting.net.steps[token.at]
    for key in simulation.clock_outcomes(step, run, token):
        known, moment = step.outcome(key), moment_of(setting, play, run, token, key)
        if known is None or moment is None:
            continue
        text = _("Time runs out on %(when)s: %(outcome)s") % {"when": stamp(moment), "outcome": known.label}
        note = "" if known.is_interrupting else _("the step stays open besides")
        yield _button(setting, step, token, By.CLOCK, key, text, icon="hourglass", note=note)


# -- the way so far ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """One line of the way: what was chosen, when, by whom, and what came of it. `number` = turns up to it."""

    number: int
    step: str
    what: str
    when: str
    who: str
    then: str
    is_last: bool


def past(setting: Setting, run: Run) -> list[Past]:
    """The way so far, in the order of the clicks."""
    doers = simulationwords.doers(setting.net, run, setting.people)
    return [
        Past(
            number=number,
            step=setting.net.steps[one.step].name or str(Step.Kind.START.label),
            what=_what(setting, one),
            when=stamp(one.at),
            who=doers[number],
            then=_led_to(setting, one),
            is_last=number == len(run.passed) - 1,
        )
        for number, one in enumerate(run.passed)
    ]


def _what(setting: Setting, one: simulation.Passed) -> str:
    if one.turn is None:
        return _("started")
    known = setting.net.steps[one.step].outcome(one.turn.outcome)
    if known is not None:
        return known.label
    return _("failed") if one.turn.by is By.FAILED else _("done")


def _led_to(setting: Setting, one: simulation.Passed) -> str:
    steps = setting.net.steps
    parts = [steps[key].name for key in one.entered]
    parts += [_("end (%(result)s)") % {"result": steps[key].result or steps[key].name} for key in one.ends]
    if one.waiting and not one.entered and not one.ends:
        parts.append(_("waits for other ways"))
    if one.cancelled:
        names = ", ".join(steps[key].name for key in one.cancelled)
        parts.append(_("no longer needed: %(steps)s") % {"steps": names})
    return ", ".join(parts)


# -- the picture ---------------------------------------------------------------------------------------------


def picture(setting: Setting, run: Run | None) -> Picture:
    """The version drawn, with how far the play has come; before it begins, without."""
    outline = outline_of(setting.plan)
    if run is None:
        start = setting.net.net.start
        begins = {box.key: replace(box, state=State.CURRENT) for box in outline.boxes if box.key == start}
        return pictures.compose(outline, pictures.Looks(begins), setting.version.definition.name)
    progress: Progress = casepicture.progress(setting.net.net, run.marking, run.trail)
    done = _done_when(run)
    boxes = {
        box.key: replace(box, state=progress.steps[box.key], sub=done.get(box.key, box.sub))
        for box in outline.boxes
    }
    rest = State.SKIPPED if run.is_over else State.OPEN
    looks = pictures.Looks(boxes, states=progress.flows, rest=rest)
    drawn = pictures.compose(outline, looks, setting.version.definition.name)
    return replace(drawn, description=casepicture.description(boxes))


def _done_when(run: Run) -> dict[str, str]:
    """On which day each step was done last; nothing of those that are open again."""
    here = {token.at for token in run.open}
    start = run.passed[0].at
    return {
        one.step: _("done %(when)s") % {"when": duetime.plain_day(one.at, start)}
        for one in run.passed
        if one.turn and one.step not in here
    }


# -- all of it -----------------------------------------------------------------------------------------------


def state_of(play: Play) -> str:
    """A play as it travels with the page."""
    return json.dumps(play.to_json(), ensure_ascii=False, separators=(",", ":"))


def play_of(text: str, setting: Setting) -> Play:
    """A play that came with a page. Raises PlayError."""
    if len(text) > LONGEST_STATE:
        raise PlayError("too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlayError("no JSON") from error
    return Play.from_json(found, setting.net)


def context(
    setting: Setting, play: Play, run: Run | None, typed: Mapping[str, Entered], about: Entered
) -> dict[str, Any]:
    """Everything the page shows. `typed` = by the prefix of the inputs; `about` = the top of the page."""
    drawn = picture(setting, run)
    found: dict[str, Any] = {
        "state": state_of(play),
        "play": play,
        "about": about,
        "started_at": stamp(play.at),
        "at_view": replace(at_view("at", play.at, about), label=_("Start")),
        "urgencies": Urgency.choices,
        "urgency": Urgency(play.urgency).label,
        "calendar_names": setting.calendar_names,
        "calendar": dict(setting.calendar_names).get(play.calendar, ""),
        "unreadable": [
            setting.names.step(key) or _("The whole case") for key in plannets.unreadable(setting.plan)
        ],
        "diagram": pictures.svg(drawn, name="play"),
        "diagram_rows": casepicture.rows_of(drawn),
    }
    if run is None:
        start = setting.net.steps.get(setting.net.net.start or "")
        views = field_views(setting, start, "s_", play.values, typed.get("s_", Entered())) if start else []
        return {**found, "start_fields": views}
    return {**found, **_of_run(setting, play, run, typed)}


def _of_run(setting: Setting, play: Play, run: Run, typed: Mapping[str, Entered]) -> dict[str, Any]:
    done = simulationwords.done_by(setting.net, run, setting.people)
    steps = []
    for token in run.open:
        step, receiver = setting.net.steps[token.at], None
        if step.kind == Step.Kind.TASK:
            receiver = simulationwords.receiver(
                setting.net, step, token.visit, run.data, done, setting.people
            )
        about = typed.get(f"t{token.id}_", Entered())
        steps.append(open_step(setting, play, run, token, receiver, about))
    end = setting.net.steps.get(run.marking.first_end)
    stuck = run.stuck_at(setting.net.net)
    return {
        "open_steps": steps,
        "past": past(setting, run)[::-1],
        "case_deadline": case_deadline(setting, play, run),
        "is_over": run.is_over,
        "end": (end.result or end.name) if end else "",
        "stuck": simulationwords.stands_still(setting.net, stuck) if stuck else "",
        "is_full": len(play.turns) >= simulation.MOST_TURNS,
    }


def turn_of(
    setting: Setting, play: Play, run: Run, found: Entered, what: tuple[int, str, str]
) -> tuple[Turn | None, Entered]:
    """The turn that was clicked, or what is wrong with what was typed. Raises PlayError, engine.EngineError
    (the token is gone)."""
    number, by, outcome = what
    token = run.marking.token(number)
    step, begun = setting.net.steps.get(token.at), run.since[token.id]
    if step is None or by not in list(By):
        raise PlayError("no step")
    if by == By.CLOCK or step.kind == Step.Kind.TIMER:
        at = moment_of(setting, play, run, token, outcome)
        if at is None:
            raise PlayError("no moment")
        return Turn(number, By(by), outcome, at), found
    at, fault = _done_at(setting, play, run, token, found)
    values, faults = values_of(setting, step, found, run.data, at or begun)
    if faults or fault or at is None:
        return None, replace(found, faults=faults, at_fault=fault)
    if by == By.DONE:
        values = values | written(setting, step, run.data, at)
    return Turn(number, By(by), "" if by in (By.DONE, By.FAILED) else outcome, at, values), found


def _done_at(
    setting: Setting, play: Play, run: Run, token: Token, found: Entered
) -> tuple[dt.datetime | None, str]:
    """The moment that was typed, and what is wrong with it."""
    begun = run.since[token.id]
    if found.at is None:
        return begun, ""
    try:
        at = read_moment(found.at, timezone.localdate(begun))
    except FieldError as fault:
        return None, fieldforms.sentence(fault)
    if at < begun:
        return None, _("This is before the step begins (%(when)s).") % {"when": stamp(begun)}
    earlier = clock_before(setting, play, run, token, at)
    if earlier is not None:
        text = _("By then the clock has chosen “%(outcome)s” already.")
        return None, text % {"outcome": earlier.label}
    return at, ""
