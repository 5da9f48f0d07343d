"""A legal deadline that is extended: counted from its former end (BGB §190), explained, warned of before."""

from __future__ import annotations

import datetime as dt

import pytest

from people.models import User
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.errors import (
    CannotMove,
    NotAllowed,
    NoticeDay,
    ReasonMissing,
    StaleError,
    TooEarly,
    Unreadable,
)
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks import verify
from tasks.clocks import clockrules
from tasks.events import Kind, facts_of
from tasks.models import Clock, ProcessEvent, Task
from tasks.tests.offices import browser
from tasks.tests.test_legal_rules import SET, anna, begin, last_second, opening, page

pytestmark = pytest.mark.django_db
__all__ = ["anna"]
SATURDAY = DeadlinePlan(offset="12cd", is_legal=True)
"""From Monday, 16 November: ends on Saturday the 28th, moved to Monday the 30th."""


@pytest.fixture
def lea() -> User:
    return make_user("Lea", make_team(), lead=True)


def extend(clock: Clock, by_time: str, by: User, **more: object) -> Clock:
    values = {"former": clock.due_at, "reason": "vom Gericht gewährt", "at": MONDAY, **more}
    runtime.extend_deadline(Task.objects.get(pk=clock.task_id), by_time, by=by, **values)
    return Clock.objects.get(pk=clock.pk)


@pytest.mark.parametrize(
    ("is_procedural", "due"),
    [(False, "2026-12-07"), (True, "2026-12-07")],
)
def test_it_goes_on_from_the_former_end(anna: User, lea: User, is_procedural: bool, due: str):
    """Saturday 28 November and a week is Saturday 5 December, moved; from the 30th it is Monday the 7th."""
    clock = extend(begin(anna, SATURDAY), "1w", lea, is_procedural=is_procedural)
    assert clock.due_at == last_second(due)
    assert Task.objects.get().due_at == clock.due_at


@pytest.mark.parametrize(("is_procedural", "due"), [(False, "2026-12-28"), (True, "2026-12-30")])
def test_civil_law_counts_from_the_end_itself_and_procedure_from_where_it_was_moved(
    anna: User, lea: User, is_procedural: bool, due: str
):
    """BGB §190: the 28th; ZPO §224 III (BGH NJW-RR 2010, 211): the 30th."""
    clock = extend(begin(anna, SATURDAY), "1m", lea, is_procedural=is_procedural)
    assert clock.due_at == last_second(due)


def test_a_second_extension_goes_on_from_the_first(anna: User, lea: User):
    """Both by a week, from the unshifted ends: 28 November, 5 December, 12 December, moved to the 14th."""
    clock = extend(extend(begin(anna, SATURDAY), "1w", lea), "1w", lea)
    assert clock.due_at == last_second("2026-12-14")


def test_a_day_set_by_hand_is_extended_from_there(anna: User, lea: User):
    clock = begin(anna, SATURDAY)
    moved = runtime.move_deadline(
        Task.objects.get(), last_second("2026-12-10"), by=lea, reason="Gericht", at=MONDAY
    )
    clock.due_at = moved.due_at
    assert extend(clock, "1m", lea).due_at == last_second("2027-01-11")


def test_the_account_says_from_where_it_was_counted_and_who_did_it(anna: User, lea: User):
    clock = extend(begin(anna, SATURDAY), "1m", lea)
    found = page(clock)
    (why,) = found.whys
    assert why.sentence.startswith("Sat 28 Nov former end; the extension is counted from here (BGB § 190)")
    assert why.sentence.endswith("Mon 21 Dec early warning → Mon 28 Dec")
    assert "Extended by 1 month (Lea" in why.notes[0] and "vom Gericht gewährt" in why.notes[0]
    assert found.extension is not None and found.extension.former == facts_of(last_event())["new"]


def last_event() -> ProcessEvent:
    found = ProcessEvent.objects.filter(kind=Kind.DEADLINE).order_by("-seq").first()
    assert found is not None
    return found


def test_its_early_warning_comes_along(anna: User, lea: User):
    """A month has one of a week, though the twelve days before had none."""
    clock = begin(anna, SATURDAY)
    assert clockrules.warned_at(clock) is None
    clock = extend(clock, "1m", lea)
    assert clockrules.warned_at(clock) == opening("2026-12-21")
    assert clock.generation == 2
    assert not list(verify.all_breaks())


def test_a_day_set_by_hand_is_warned_of_as_its_rule_says(anna: User, lea: User):
    clock = begin(anna, DeadlinePlan(offset="1m", is_legal=True))
    day = last_second("2026-12-30")
    runtime.move_deadline(Task.objects.get(), day, by=lea, reason="Gericht", at=MONDAY)
    clock.refresh_from_db()
    assert clockrules.warned_at(clock) == opening("2026-12-23")
    assert page(clock).whys[0].sentence == ""


def test_the_same_once_more_changes_nothing_and_another_page_is_told(anna: User, lea: User):
    before = begin(anna, SATURDAY)
    clock = extend(before, "1w", lea)
    assert extend(before, "1w", lea).due_at == clock.due_at
    assert ProcessEvent.objects.filter(kind=Kind.DEADLINE).count() == 1
    with pytest.raises(StaleError):
        extend(before, "2w", lea)


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        (DeadlinePlan(offset="1m", is_legal=True, is_final=True), CannotMove),
        (DeadlinePlan("field", "-1m", "day", is_legal=True), CannotMove),
        (DeadlinePlan(offset="10d"), CannotMove),
    ],
)
def test_no_notfrist_no_notice_and_no_working_time_is_extended(
    anna: User, lea: User, rule: DeadlinePlan, refusal: type[Exception]
):
    clock = begin(anna, rule, "2027-01-31")
    assert page(clock).extension is None
    with pytest.raises(refusal):
        extend(clock, "1w", lea)
    assert Clock.objects.get(pk=clock.pk).due_at == clock.due_at


def test_the_day_of_a_notice_is_moved_to_an_earlier_one_and_back_but_no_further(anna: User, lea: User):
    clock = begin(anna, DeadlinePlan("field", "-1m", "day", is_legal=True), "2027-01-31")
    end = clock.due_at

    def move(due_at: dt.datetime) -> None:
        runtime.move_deadline(Task.objects.get(), due_at, by=lea, reason="x", at=MONDAY)

    with pytest.raises(NoticeDay):
        move(end + dt.timedelta(days=1))
    move(end - dt.timedelta(days=3))
    with pytest.raises(NoticeDay):
        move(end + dt.timedelta(days=1))
    move(end)
    assert Clock.objects.get(pk=clock.pk).due_at == end


def test_so_is_what_comes_before_that_day(anna: User, lea: User):
    plan = (DeadlinePlan(offset="3d"), DeadlinePlan("date", "-1m", on="2027-01-31", is_legal=True))
    row = runtime.start(make_version(single(deadlines=plan)), by=anna, at=MONDAY).tasks.get()
    with pytest.raises(NoticeDay):
        runtime.move_deadline(row, last_second("2027-01-04"), by=lea, reason="x", at=MONDAY)


@pytest.mark.parametrize(
    ("by_time", "more", "refusal"),
    [
        ("1w", {"reason": " "}, ReasonMissing),
        ("3d", {}, Unreadable),
        ("0w", {}, Unreadable),
        ("bald", {}, Unreadable),
        ("100y", {"by": SYSTEM}, Unreadable),
        ("100y", {}, Unreadable),
        ("11y", {}, Unreadable),
        ("1w", {"at": last_second("2027-02-01")}, TooEarly),
    ],
)
def test_what_makes_no_sense_is_refused(
    anna: User, lea: User, by_time: str, more: dict[str, object], refusal: type[Exception]
):
    clock = begin(anna, SATURDAY)
    by = more.pop("by", lea)
    with pytest.raises(refusal):
        extend(clock, by_time, by, **more)


def test_extensions_together_end_within_ten_years(anna: User, lea: User):
    clock = extend(begin(anna, SATURDAY), "9y", lea)
    assert clock.due_at.year == 2035
    with pytest.raises(Unreadable):
        extend(clock, "2y", lea)
    assert Clock.objects.get(pk=clock.pk).due_at == clock.due_at


def test_only_leads_extend(anna: User):
    with pytest.raises(NotAllowed):
        extend(begin(anna, SATURDAY), "1w", anna)


# -- in the browser ------------------------------------------------------------------------------------------


def test_a_lead_extends_it_on_the_page_of_the_task(anna: User, lea: User):
    clock = begin(anna, SATURDAY, at=dt.datetime.now(dt.UTC))
    client, url = browser(lea), f"/tasks/{clock.task_id}/"
    shown = client.get(url).context["deadlines"].extension
    sent = {"amount": "1", "unit": "m", "former": shown.former, "reason": "gewährt"}
    assert [client.post(f"{url}extend/", sent).status_code for _twice in range(2)] == [302, 302]
    later = Clock.objects.get(pk=clock.pk)
    assert later.due_at > clock.due_at + dt.timedelta(days=27)
    assert later.generation == 2
    refused = client.post(f"{url}extend/", {**sent, "amount": "viel", "former": later.due_at.isoformat()})
    assert refused.status_code == 422
    assert 'id="extend-error"' in refused.content.decode() and "gewährt" in refused.content.decode()
    assert client.post(f"{url}extend/", {**sent, "former": "gestern"}).status_code == 409


@pytest.mark.parametrize(
    "former",
    ["", "0001-01-01", "2026-11-30T10:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
)
def test_a_former_deadline_no_page_has_shown_is_stale(anna: User, lea: User, former: str):
    clock = begin(anna, SATURDAY, at=dt.datetime.now(dt.UTC))
    sent = {"amount": "1", "unit": "m", "former": former, "reason": "x"}
    assert browser(lea).post(f"/tasks/{clock.task_id}/extend/", sent).status_code == 409
    assert Clock.objects.get(pk=clock.pk).due_at == clock.due_at


def test_it_is_offered_to_nobody_else(anna: User):
    clock = begin(anna, SATURDAY, at=dt.datetime.now(dt.UTC))
    client, url = browser(anna), f"/tasks/{clock.task_id}/"
    assert "extend-amount" not in client.get(url).content.decode()
    sent = {"amount": "1", "unit": "m", "former": clock.due_at.isoformat(), "reason": "x"}
    assert client.post(f"{url}extend/", sent).status_code == 422
    assert Clock.objects.get(pk=clock.pk).due_at == clock.due_at


def test_a_plain_deadline_is_moved_as_before(lea: User):
    plan = single(deadlines=(DeadlinePlan(offset="3d"),))
    row = runtime.start(make_version(plan, make_definition("ticket")), by=lea).tasks.get()
    html = browser(lea).get(f"/tasks/{row.pk}/").content.decode()
    assert "extend-amount" not in html and 'name="date"' in html


def test_a_set_day_is_extended_too(anna: User, lea: User):
    assert extend(begin(anna, SET, "2026-12-23"), "2w", lea).due_at == last_second("2027-01-06")
