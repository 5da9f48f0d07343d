"""The parts of one step: who does it, what is to be done, when it begins, how often, what it does itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from customers.models import Interaction
from processes.checking.stepchecks import ADDRESSED, REPEATED
from processes.editing import rowform
from processes.editing.rowform import CHOOSE, NOTHING, CarriedKey, CarriedName, RowForm, carried_name, is_key
from processes.editing.sheet import Gather, Merge, Wait
from processes.models import Step, StepField
from processes.models.definition import KEY_VALIDATOR
from processes.stepplans import CASE_WORDS, Action, Call, Do, Over, Quorum, Repeat

KINDS = (
    ("task", _("Task")),
    ("timer", _("Wait")),
    ("action", _("Automatic")),
    ("subprocess", _("Other process")),
    ("end", _("End")),
    ("terminate", _("End everything at once")),
)
"""Kinds that are offered; ways that divide or meet are asked for at outcomes and at the step they lead to."""
GATEWAYS = (
    ("exclusive", _("Depending on the data")),
    ("parallel", _("Several at once, or wait for all")),
    ("inclusive", _("Several, depending on the data")),
)
"""Offered only where a draft has one that stands alone."""
LONGEST_KEYS = 200
"""Characters of the short names of several steps as they are stored."""
WITH_OUTCOMES, ENDS = ("task", "subprocess"), ("end", "terminate")


class StepForm(RowForm):
    """What every step has."""

    name = rowform.text(_("name"), 120, required=True)
    key = rowform.text(
        _("short name"), 60, help_text=_("For files and reports; made of the name if it is left empty.")
    )
    kind = rowform.one_of(_("kind"), redraws=True)
    result = rowform.text(
        _("result"), 120, help_text=_("What a case that ends here has come to; empty: the name of the end.")
    )

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        kind = page.kinds[prefix]
        if kind == "start":
            offered: Any = [("start", Step.Kind.START.label)]
        else:
            offered = [*KINDS, *(one for one in GATEWAYS if one[0] == kind)]
        self.offer(kind=offered)

    def clean_key(self) -> str:
        """A key of its own."""
        typed: str = self.cleaned_data["key"]
        if typed:
            KEY_VALIDATOR(typed)
        others = [self.page.keys[row] for row in self.page.kinds if row != self.prefix]
        if typed and typed in others:
            raise ValidationError(_("Another step has this short name already."), code="key_twice")
        return typed


class TaskForm(RowForm):
    """Who does it and what is to be done. Who must not do it is asked once, whatever assigns it."""

    team = rowform.one_of(_("team"))
    assignment = rowform.one_of(
        _("who gets it"),
        [one for one in Step.Assignment.choices if one[0] != Step.Assignment.NOT_SAME_AS],
        redraws=True,
    )
    person = rowform.one_of(_("person"))
    same = rowform.several(_("of these steps"))
    from_field = rowform.one_of(_("field"))
    apart = rowform.several(
        _("not for whoever did one of these steps"),
        help_text=_("Holds however the task is assigned, for people who stand in as well."),
    )
    max_visits = rowform.number(
        _("most rounds"), 1000, help_text=_("Comes it back more often than that, the lead gets it.")
    )
    approves = rowform.several(
        _("approves these fields"),
        help_text=_("Changed later, the approval is void and has to be given again."),
    )
    instructions = rowform.lines(_("what is to be done"), 4)
    plan = rowform.one_of(_("escalation plan"))

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        others = [(row, name) for row, name in page.step_names.items() if row != prefix and page.is_task(row)]
        naming = [row for row, type_ in page.types.items() if type_ in ("person", "team")]
        self.offer(
            same=others,
            apart=others,
            from_field=[CHOOSE, *((row, page.field_names[row]) for row in naming)],
            approves=page.field_names.items(),
        )
        self.offer_known("team", [CHOOSE, *page.offered.teams], page.offered.known_teams)
        if self.rule == Step.Assignment.PERSON:
            self.offer_known("person", [CHOOSE, *page.offered.people], page.offered.known_people)
        self.offer_known("plan", [("", _("that of the process")), *page.offered.plans])

    def clean_same(self) -> list[str]:
        """So many that their short names find room."""
        return self._short_enough("same")

    def clean_apart(self) -> list[str]:
        """So many that their short names find room."""
        return self._short_enough("apart")

    def _short_enough(self, name: str) -> list[str]:
        rows: list[str] = self.cleaned_data[name]
        if len(", ".join(self.page.keys[row] for row in rows if row in self.page.keys)) > LONGEST_KEYS:
            message = _(
                "The short names of these steps are too long together. Choose fewer, or shorten them."
            )
            raise ValidationError(message, code="too_many")
        return rows

    @property
    def rule(self) -> str:
        """How it is assigned."""
        return self.page.typed.get(f"{self.prefix}-assignment")


class WaitForm(RowForm):
    """When a step begins that several ways lead to. What has outcomes can be first and stop the others."""

    gather = rowform.one_of(_("begins"), redraws=True)
    sources = rowform.several(_("when these are done"))
    wait_gateway = rowform.hidden(CarriedKey)
    wait_name = rowform.hidden(CarriedName)
    merges = rowform.hidden()

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        leading = page.leading_to(prefix)
        if page.typed.get(f"{prefix}-gather") == Gather.FIRST:
            leading = [one for one in leading if page.kinds[one[0]] in WITH_OUTCOMES]
        self.leading = leading
        self.offer(gather=GATHERS, sources=leading)

    def wait(self, fallback_key: str) -> Wait | None:
        """What it waits for; `fallback_key` = the key of a join that has none yet."""
        gather = self.value("gather")
        sources = [self.page.keys[row] for row in self.value("sources", []) if row in self.page.keys]
        if not gather or not sources:
            return None
        is_first = gather == Gather.FIRST
        key = "" if is_first else self.value("wait_gateway") or fallback_key
        return Wait(Gather(gather), tuple(sources), key, self.value("wait_name"), tuple(self._merges()))

    def _merges(self) -> list[Merge]:
        """The gateways in front of the join, as the page carried them; what cannot be read is made anew."""
        try:
            found = [Merge(*(str(part) for part in one)) for one in json.loads(self.value("merges") or "[]")]
        except (ValueError, TypeError, RecursionError):
            return []
        return [replace(one, name=carried_name(one.name)) for one in found if is_key(one.key)]


GATHERS = (
    ("", _("as soon as one of the ways gets here")),
    (Gather.ALL, _("when all of these are done")),
    (Gather.BEGUN, _("when all of these are done that have begun")),
    (Gather.FIRST, _("as soon as the first of these is done; the others are stopped")),
)


class RepeatForm(RowForm):
    """Whether a task is done by several people, and when it is decided."""

    over = rowform.one_of(_("done by"), redraws=True)
    persons = rowform.several(_("people"))
    repeat_team = rowform.one_of(_("team"))
    repeat_field = rowform.one_of(_("field"))
    one_after_another = rowform.yes(_("one after another, not all at the same time"))
    quorum = rowform.one_of(_("decided when"), redraws=True)
    count = rowform.number(_("votes needed"), 999)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        fitting = [(row, label) for row, label in page.field_names.items() if page.types[row] in REPEATED]
        self.offer_known("persons", page.offered.people if self.over_now == Over.PERSONS else ())
        self.offer_known("repeat_team", [CHOOSE, *page.offered.teams])
        self.offer(
            over=OVERS,
            repeat_field=[CHOOSE, *fitting],
            quorum=QUORUMS,
        )

    @property
    def over_now(self) -> str:
        """Whom it is repeated for; empty: once."""
        return self.page.typed.get(f"{self.prefix}-over")

    @property
    def is_counted(self) -> bool:
        """Whether a number of votes decides."""
        return self.page.typed.get(f"{self.prefix}-quorum") == Quorum.COUNT

    def repeat(self) -> Repeat | None:
        """The repetition; None where the task is done once."""
        over = self.value("over")
        if not over:
            return None
        field = self.page.keys.get(self.value("repeat_field"), "")
        return Repeat(
            over=Over(over),
            persons=tuple(self.value("persons", [])) if over == Over.PERSONS else (),
            key={Over.TEAM: self.value("repeat_team"), Over.FIELD: field}.get(Over(over), ""),
            is_sequential=bool(self.value("one_after_another", False)),
            quorum=Quorum(self.value("quorum") or Quorum.ALL),
            count=self.value("count", 0) if self.value("quorum") == Quorum.COUNT else 0,
        )


OVERS = (
    ("", _("one person")),
    (Over.PERSONS, _("each of certain people (vote)")),
    (Over.TEAM, _("each member of a team (vote)")),
    (Over.FIELD, _("once for each entry of a field")),
)
QUORUMS = (
    (Quorum.ALL, _("all choose the same")),
    (Quorum.FIRST, _("the first has chosen")),
    (Quorum.MAJORITY, _("an outcome has the majority")),
    (Quorum.COUNT, _("an outcome has so many votes:")),
)


class ActionForm(RowForm):
    """What an automatic step does."""

    do = rowform.one_of(_("does"), redraws=True)
    to = rowform.several(_("to"))
    addresses = rowform.text(_("and to these addresses"), 1000, help_text=_("Separated by commas."))
    subject = rowform.text(_("subject"), 200)
    text = rowform.lines(_("text"), 6)
    url = rowform.text(_("address"), 500, help_text=_("Begins with https://."))
    told = rowform.several(_("is told these fields"))
    channel = rowform.one_of(_("kind of contact"), [NOTHING, *Interaction.Channel.choices])

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.offer(do=DOES, to=[*RECEIVERS, *self._receivers()], told=page.field_names.items())
        words = [*CASE_WORDS, *(one.key for one in page.field_plans.values())]
        self.placeholders = [f"{{{word}}}" for word in words]

    def _receivers(self) -> Any:
        for row, label in self.page.field_names.items():
            if self.page.types[row] in ADDRESSED:
                yield f"field:{row}", _("whom “%(field)s” names") % {"field": label}
        for key, name in self.page.offered.teams:
            yield f"team:{key}", _("team %(team)s") % {"team": name}

    @property
    def does(self) -> str:
        """What it does."""
        return self.page.typed.get(f"{self.prefix}-do")

    def clean_addresses(self) -> tuple[str, ...]:
        """The addresses, each checked."""
        found = tuple(one for part in self.cleaned_data["addresses"].split(",") if (one := part.strip()))
        for one in found:
            validate_email(one)
        return found

    def action(self, values: tuple[tuple[str, str], ...]) -> Action | None:
        """The action; None as long as it is not chosen."""
        do = self.value("do")
        if not do:
            return None
        keys = self.page.keys
        if do == Do.SET:
            return Action(Do.SET, values=values)
        if do == Do.WEBHOOK:
            told = tuple(keys[row] for row in self.value("told", []) if row in keys)
            return Action(Do.WEBHOOK, url=self.value("url"), fields=told)
        if do == Do.INTERACTION:
            words = {"subject": self.value("subject"), "text": self.value("text")}
            return Action(Do.INTERACTION, channel=self.value("channel"), **words)
        to = tuple(self._stored(one) for one in self.value("to", []))
        return Action(
            Do.MAIL,
            to=(*to, *self.value("addresses", ())),
            subject=self.value("subject"),
            text=self.value("text"),
        )

    def _stored(self, one: str) -> str:
        word, _colon, row = one.partition(":")
        return f"field:{self.page.keys.get(row, row)}" if word == "field" else one


DOES = (
    CHOOSE,
    (Do.MAIL, _("sends a mail")),
    (Do.SET, _("fills in fields")),
    (Do.INTERACTION, _("records a contact with the customer")),
    (Do.WEBHOOK, _("calls another program (webhook)")),
)
RECEIVERS = (
    ("customer", _("the customer")),
    ("starter", _("who started the case")),
    ("owner", _("the process owner")),
)

LITERAL, COPY, TODAY, CLEAR = "value", "copy", "today", "clear"
HOWS = (
    (LITERAL, _("to the value")),
    (COPY, _("to what another field holds")),
    (TODAY, _("to the day on which it is done")),
    (CLEAR, _("to nothing (empties it)")),
)


class ValueForm(RowForm):
    """A field an automatic step fills in."""

    field = rowform.one_of(_("field"), redraws=True)
    how = rowform.one_of(_("is set"), HOWS, redraws=True)
    value_text = rowform.text(_("value"), 500)
    other = rowform.one_of(_("from the field"))

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.offer(field=[CHOOSE, *page.field_names.items()], other=[CHOOSE, *page.field_names.items()])

    @property
    def how_now(self) -> str:
        """In which way."""
        return self.page.typed.get(f"{self.prefix}-how") or LITERAL

    def pair(self) -> tuple[str, str] | None:
        """Field and value as `stepplans.Action.values` has them; None without a field."""
        key, how = self.page.keys.get(self.value("field"), ""), self.value("how") or LITERAL
        if not key:
            return None
        other = self.page.keys.get(self.value("other"), "")
        texts = {LITERAL: self.value("value_text"), COPY: f"={other}", TODAY: "today", CLEAR: ""}
        return key, texts[how]


class CallForm(RowForm):
    """Which process is called."""

    process = rowform.one_of(_("process"), redraws=True)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        offered = page.offered.callable(page.typed.get(f"{prefix}-process"))
        self.offer_known("process", [CHOOSE, *offered])

    def call(self, inputs: Any, outputs: Any, ends: Any, otherwise: str) -> Call | None:
        """The call; None as long as no process is chosen."""
        process = self.value("process")
        return Call(process, tuple(inputs), tuple(outputs), tuple(ends), otherwise) if process else None


class PairForm(RowForm):
    """A field of the called process and one of ours."""

    theirs = rowform.one_of(_("its field"))
    ours = rowform.one_of(_("our field"))

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        called = page.called(prefix.split("-")[0])
        self.offer_known("theirs", [CHOOSE, *called.fields])
        self.offer(ours=[CHOOSE, *page.field_names.items()])

    def pair(self) -> tuple[str, str] | None:
        """Its key and ours; None unless both are chosen."""
        theirs, ours = self.value("theirs"), self.page.keys.get(self.value("ours"), "")
        return (theirs, ours) if theirs and ours else None


class ItemForm(RowForm):
    """An activity of the checklist."""

    text = rowform.text(_("activity"), 250, required=True)
    key = rowform.hidden(CarriedKey)
    is_mandatory = rowform.yes(_("mandatory"))
    is_part = rowform.yes(_("part of the one above"))


class ShownForm(RowForm):
    """A field that a step shows."""

    field = rowform.one_of(_("field"))
    mode = rowform.one_of(_("how"), StepField.Mode.choices)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.offer(field=[CHOOSE, *page.field_names.items()])
