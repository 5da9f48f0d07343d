"""What the page on which a version is played through shows. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from people import explaining, worktime
from people.explaining import Line
from processes import casepicture, engine, fieldforms, pictures, plannets
from processes.casepicture import Progress
from processes.compiledversion import DeadlineInfo, OutcomeInfo, StepInfo
from processes.diagram.model import Picture, State
from processes.fieldforms import FieldView
from processes.marking import Token
from processes.models import DeadlineRule, Step, Urgency
from processes.outlines import outline_of
from processes.playing import calls, levels, mails, simulation, words
from processes.playing.forms import Entered, moment_input, state_of, uses_of
from processes.playing.levels import Course
from processes.playing.mails import Known, Letter
from processes.playing.receiving import Receiver, Story
from processes.playing.setting import Setting, moment_of, stamp
from processes.playing.simulation import By, Play, PlayError, Run
from processes.stepplans import Quorum
from processes.words import planwords
from tasks import duetime, taskpage, whydue
from tasks.clocks import dues
from tasks.clocks.dues import Due

# -- until when ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadline:
    """One deadline with its reason: the rule, the sentence, and the table of what was counted."""

    title: str
    due: str = ""
    rule: str = ""
    sentence: str = ""
    lines: tuple[Line, ...] = ()
    note: str = ""
    course: Course | None = None
    """What happens around it."""

    @property
    def has_amounts(self) -> bool:
        """Whether the table says how long something took; days that are only counted have no length."""
        return any(line.amount for line in self.lines)


def deadlines(
    setting: Setting, play: Play, run: Run, token: Token, receiver: Receiver | None
) -> list[Deadline]:
    """Until when an open task is done, and taken over where it waits for that."""
    if receiver is None:
        return []
    step, begun = setting.net.steps[token.at], run.since[token.id]
    calendar = setting.calendar(play, begun, receiver.team_id, receiver.person_id)
    kinds = {DeadlineRule.Kind.SOLUTION: _("Deadline of the task")}
    if receiver.is_inbox:
        kinds = {DeadlineRule.Kind.REACTION: _("To be taken over until"), **kinds}
    found = [
        _deadline(setting, play, run, step, begun, calendar, kind, title) for kind, title in kinds.items()
    ]
    return [one for one in found if one is not None]


def case_deadline(setting: Setting, play: Play, run: Run) -> Deadline | None:
    """Until when the whole case is over."""
    kind, calendar = DeadlineRule.Kind.SOLUTION, setting.calendar(play, play.at)
    return _deadline(setting, play, run, None, play.at, calendar, kind, _("Deadline of the case"))


def _deadline(
    setting: Setting,
    play: Play,
    run: Run,
    step: StepInfo | None,
    begun: dt.datetime,
    calendar: worktime.Calendar,
    kind: DeadlineRule.Kind,
    title: str,
) -> Deadline | None:
    rules = dues.applicable((step or setting.net).deadlines, kind, play.urgency)
    if not rules:
        return None
    found = simulation.anchors(play, run, begun)
    try:
        due = simulation.due(rules, found, calendar, play.urgency, kind)
    except PlayError:
        return Deadline(title, note=_("It cannot be counted with these values."))
    if due is None:
        return Deadline(title, note=_missing(setting, rules))
    shown = _explained(setting, title, due, rules, dues.explanation(due.rule, found, calendar))
    around = levels.course(setting, play, step, begun, due, calendar, run.data)
    return replace(shown, course=around)


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
    remarks: tuple[str, ...] = ()
    letter: Letter | None = None
    is_call: bool = False
    instructions: str = ""
    deadlines: tuple[Deadline, ...] = ()
    checklist: tuple[Item, ...] = ()
    fields: tuple[FieldView, ...] = ()
    at: FieldView | None = None
    buttons: tuple[Button, ...] = ()
    problem: str = ""


def open_step(
    setting: Setting,
    play: Play,
    run: Run,
    token: Token,
    receiver: Receiver | None,
    found: Entered,
    known: Known,
) -> OpenStep:
    """An open step as the page shows it; `known` = what placeholders stand for."""
    step, begun = setting.net.steps[token.at], run.since[token.id]
    buttons = tuple(_buttons(setting, play, run, token))
    letter = mails.letter(setting, step, run.data, known)
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
        says=tuple(_says(setting, step)) if letter is None else (),
        remarks=tuple(calls.remarks(setting, step)),
        letter=letter,
        is_call=step.config.call is not None,
        instructions=step.instructions,
        deadlines=tuple(deadlines(setting, play, run, token, receiver)),
        checklist=tuple(
            Item(one.text, one.is_mandatory, one.parent_id is not None) for one in step.checklist
        ),
        fields=tuple(field_views(setting, step, f"t{token.id}_", run.data, found)),
        at=None if is_timer else at_view(f"t{token.id}_at", begun, found),
        buttons=buttons,
        problem=problem,
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
        yield from _chosen(setting, step, run, token)
    elif step.kind == Step.Kind.TIMER:
        moment = moment_of(setting, play, run, token)
        if moment is not None:
            text = _("On from %(when)s") % {"when": stamp(moment)}
            yield _button(setting, step, run, token, By.DONE, "", text, icon="clock")
    elif step.kind == Step.Kind.ACTION:
        yield _button(setting, step, run, token, By.DONE, "", _("It is done"), icon="circle-check")
        if step.outcome(engine.FAILED):
            text = _("It fails for good")
            yield _button(setting, step, run, token, By.FAILED, engine.FAILED, text, icon="triangle-alert")
    else:
        yield from _ended(setting, step, run, token)
    yield from _timed(setting, play, run, token)


def _button(
    setting: Setting,
    step: StepInfo,
    run: Run,
    token: Token,
    by: By,
    outcome: str,
    label: str,
    *,
    icon: str = "circle-check",
    note: str = "",
) -> Button:
    others = taskpage.open_beside(run.marking, token.id)
    then = taskpage.then_text(setting.net, step, outcome or None, others)
    return Button(f"{token.id}:{by}:{outcome}", label, then or _("nothing"), icon, note)


def _chosen(setting: Setting, step: StepInfo, run: Run, token: Token) -> Iterator[Button]:
    """Outcomes of a task; of a vote the outcome it is decided with, which stands for its voices."""
    for one in step.outcomes:
        if not one.is_clock:
            reason = _("needs a reason") if one.requires_note else ""
            note = ", ".join(said for said in (_voices(step, one), reason) if said)
            yield _button(setting, step, run, token, By.PERSON, one.key, one.label, note=note)


def _voices(step: StepInfo, outcome: OutcomeInfo) -> str:
    """What one click on an outcome of a vote plays; "" where the task is no vote."""
    repeat = step.config.repeat
    if repeat is None:
        return ""
    if outcome.is_no_agreement:
        return _("the voices do not agree")
    if repeat.quorum is Quorum.COUNT:
        text = ngettext("stands for %(n)s voice", "stands for %(n)s equal voices", repeat.count)
        return text % {"n": repeat.count}
    return {
        Quorum.ALL: _("stands for the voices of all"),
        Quorum.FIRST: _("stands for the first voice"),
        Quorum.MAJORITY: _("stands for the majority of the voices"),
    }[repeat.quorum]


def _ended(setting: Setting, step: StepInfo, run: Run, token: Token) -> Iterator[Button]:
    """Which end the called process has, and what it means here; its meaning alone where no end is known."""
    outcomes = [(one.key, one.label) for one in step.outcomes if not one.is_clock]
    choices = outcomes if step.outcomes else [("", "")]
    ends = [one for key, label in choices for one in _ends_of(setting, step, run, token, key, label)]
    yield from ends or (
        _button(setting, step, run, token, By.CALL, key, label or _("The other process ends"))
        for key, label in choices
    )


def _ends_of(
    setting: Setting, step: StepInfo, run: Run, token: Token, outcome: str, label: str
) -> Iterator[Button]:
    """The ends that mean an outcome."""
    note = _("Outcome: %(outcome)s") % {"outcome": label} if label else ""
    call = step.config.call
    for end, name in calls.ends(setting, call, outcome).items() if call else ():
        text = _("It ends with “%(end)s”") % {"end": name}
        button = _button(setting, step, run, token, By.CALL, outcome, text, note=note)
        yield replace(button, value=f"{button.value}:{end}")


def _timed(setting: Setting, play: Play, run: Run, token: Token) -> Iterator[Button]:
    step = setting.net.steps[token.at]
    for key in simulation.clock_outcomes(step, run, token):
        known, moment = step.outcome(key), moment_of(setting, play, run, token, key)
        if known is None or moment is None:
            continue
        text = _("The clock chooses on %(when)s: %(outcome)s") % {
            "when": stamp(moment),
            "outcome": known.label,
        }
        note = "" if known.is_interrupting else _("the step stays open besides")
        yield _button(setting, step, run, token, By.CLOCK, key, text, icon="hourglass", note=note)


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


def past(setting: Setting, run: Run, story: Story) -> list[Past]:
    """The way so far, in the order of the clicks."""
    return [
        Past(
            number=number,
            step=setting.net.steps[one.step].name or str(Step.Kind.START.label),
            what=_what(setting, one),
            when=stamp(one.at),
            who=story.doers[number],
            then=_led_to(setting, one),
            is_last=number == len(run.passed) - 1,
        )
        for number, one in enumerate(run.passed)
    ]


def _what(setting: Setting, one: simulation.Passed) -> str:
    if one.turn is None:
        return _("started")
    known = setting.net.steps[one.step].outcome(one.turn.outcome)
    end = _end_name(setting, one.step, one.turn.end)
    if end:
        text = _("ended with “%(end)s”") % {"end": end}
        return f"{text} ({known.label})" if known else text
    if known is not None:
        return known.label
    return _("failed") if one.turn.by is By.FAILED else _("done")


def _end_name(setting: Setting, step: str, end: str) -> str:
    """What an end of the process is called that a step calls."""
    call = setting.net.steps[step].config.call
    called = setting.called.get(call.process) if call and end else None
    return called.ends.get(end, end) if called else ""


def _end_text(result: str) -> str:
    """An end of the process by its result; one called nothing but “end” without saying so twice."""
    word = str(Step.Kind.END.label)
    return _("end (%(result)s)") % {"result": result} if result and result != word else word


def _led_to(setting: Setting, one: simulation.Passed) -> str:
    steps = setting.net.steps
    parts = [steps[key].name for key in one.entered]
    parts += [_end_text(steps[key].result or steps[key].name) for key in one.ends]
    if one.waiting and not one.entered and not one.ends:
        parts.append(_("waits for other ways"))
    names = ", ".join(name for key in one.cancelled if (name := steps[key].name))
    if names:
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


def context(
    setting: Setting, play: Play, run: Run | None, typed: Mapping[str, Entered], about: Entered
) -> dict[str, Any]:
    """Everything the page shows. `typed` = by the prefix of the inputs; `about` = the top of the page."""
    drawn = pictures.linked(picture(setting, run), casepicture.ROWS)
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
    story = Story(setting.net, run, setting.people)
    writes = any(setting.net.steps[token.at].config.action for token in run.open)
    known = mails.known_to(setting, run.data) if writes else Known()
    steps = []
    for token in run.open:
        receiver, about = story.receivers.get(token.id), typed.get(f"t{token.id}_", Entered())
        steps.append(open_step(setting, play, run, token, receiver, about, known))
    end = setting.net.steps.get(run.marking.first_end)
    stuck = run.stuck_at(setting.net.net)
    return {
        "open_steps": steps,
        "newest": next((one.id for one in steps if one.id in run.passed[-1].tokens), None),
        "past": past(setting, run, story)[::-1],
        "case_deadline": case_deadline(setting, play, run),
        "is_over": run.is_over,
        "end": (end.result or end.name) if end else "",
        "stuck": words.stands_still(setting.net, stuck) if stuck else "",
        "is_full": len(play.turns) >= simulation.MOST_TURNS,
    }
