"""What steps do, in sentences."""

from __future__ import annotations

import pytest
from django.utils import translation

from processes.files import yamlformat
from processes.moments import Basis, Moment
from processes.stepplans import Action, Call, Do, Over, Quorum, Repeat, StepConfig
from processes.tests.files import EVERYTHING
from processes.words import planwords
from processes.words.planwords import Names

PLAN = yamlformat.read(EVERYTHING.encode()).plan
NAMES = Names.of(PLAN, teams={"service": "Service"}, processes={"zuarbeit": "Zuarbeit"})


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (Moment(Basis.STEP, "3d"), "Waits 3 working days."),
        (Moment(Basis.STEP, "1d"), "Waits 1 working day."),
        (Moment(Basis.STEP, "72ch"), "Waits 72 hours around the clock."),
        (Moment(Basis.CASE, "2w"), "Waits until 2 weeks after the start of the case."),
        (Moment(Basis.AFTER, "4h", "pruefen"), "Waits until 4 working hours after the end of “Prüfen”."),
        (Moment(Basis.AFTER, "", "pruefen"), "Waits until the end of “Prüfen”."),
        (Moment(Basis.FIELD, "-5d", "eintritt"), "Waits until 5 working days before the date “Eintritt”."),
        (Moment(Basis.FIELD, "", "eintritt"), "Waits until the date “Eintritt”."),
        (Moment(Basis.DATE, "1m", "", "2026-12-31"), "Waits until 1 month after the 31 Dec 2026."),
    ],
)
def test_a_wait_says_until_when(moment: Moment, sentence: str):
    assert planwords.wait(moment, NAMES) == sentence


def test_the_clock_says_when_it_chooses():
    after = Moment(Basis.STEP, "5d").to_json()
    assert planwords.clock(after, NAMES) == "Chosen by the clock: 5 working days after the start of the step."
    assert "stays open" in planwords.clock(after, NAMES, is_interrupting=False)
    assert planwords.clock({"basis": "x"}, NAMES) == "This cannot be read."


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (
            Action(Do.MAIL, ("customer", "team:service", "field:wer", "a@b.de"), "Hallo"),
            "Sends a mail to the customer, the team “Service”, whom “Wer” names, a@b.de: “Hallo”.",
        ),
        (Action(Do.SET, values=(("farbe", "blau"),)), "Sets “Farbe” to “Blau”."),
        (Action(Do.SET, values=(("betrag", "5000"),)), "Sets “Betrag” to “€5,000.00”."),
        (
            Action(Do.SET, values=(("notiz", "=kennung"), ("menge", ""))),
            "Copies “Kennung” to “Notiz”. Empties “Menge”.",
        ),
        (Action(Do.SET, values=(("eintritt", "today"),)), "Sets “Eintritt” to the day on which it is done."),
        (Action(Do.WEBHOOK, url="https://x.de"), "Calls https://x.de with the case's number."),
        (
            Action(Do.WEBHOOK, url="https://x.de", fields=("betrag", "menge")),
            "Calls https://x.de with the case's number and: Betrag, Menge.",
        ),
        (Action(Do.INTERACTION), "Records a contact with the customer."),
    ],
)
def test_an_action_says_what_it_does(action: Action, sentence: str):
    assert planwords.action(action, NAMES) == sentence


def test_a_percent_sign_in_a_text_is_a_percent_sign():
    assert "100 %" in planwords.action(Action(Do.MAIL, ("owner",), "100 % fertig"), NAMES)


def test_a_call_and_a_repetition():
    assert planwords.call(Call("zuarbeit", (("summe", "betrag"),), (("notiz", "ergebnis"),)), NAMES) == (
        "Starts a case of “Zuarbeit” and waits for its end. It is given: Betrag. It brings back: Notiz."
    )
    assert planwords.repeat(Repeat(Over.PERSONS, ("a", "b"), "", True, Quorum.COUNT, 2), NAMES) == (
        "Once for each of: a, b. One after another. Decided when an outcome has 2 votes."
    )
    assert planwords.repeat(Repeat(Over.TEAM, key="service"), NAMES) == (
        "Once for each member of the team “Service”. All at the same time. Decided when all choose the same."
    )


def test_every_part_of_a_step_gets_its_sentence():
    for step in PLAN.steps:
        assert len(planwords.sentences(step.config, NAMES)) == len(
            StepConfig.from_json(step.config).to_json()
        )
    assert planwords.sentences({"action": {"do": "dance"}}, NAMES) == ["This cannot be read."]
