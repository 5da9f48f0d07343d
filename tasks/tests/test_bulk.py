"""Writing many rows: what arrives is what `save()` would have stored, on both databases."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks import bulk
from tasks.models import Clock, Notification, ProcessEvent

pytestmark = pytest.mark.django_db

AWKWARD = ("plain", "", "NULL", 'say "ja"', "back\\slash", "{a,b}", "%s", "Größe\n'1'", "tab\t, comma")
NOTICE = ("key", "recipient_id", "channel", "kind", "data", "created_at", "available_at")


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def cases(anna):
    version = make_version(single(deadline="8h"))
    return [runtime.start(version, by=anna, at=MONDAY) for _ in range(3)]


def notices(anna, keys, **data):
    return [(key, anna.pk, "app", "overdue", {"key": key, **data}, MONDAY, MONDAY) for key in keys]


def test_texts_arrive_as_they_are_and_other_fields_take_their_defaults(anna):
    bulk.insert(Notification, NOTICE, notices(anna, AWKWARD))
    rows = list(Notification.objects.order_by("pk"))
    assert tuple(row.key for row in rows) == AWKWARD
    assert tuple(row.data["key"] for row in rows) == AWKWARD
    assert {(row.recipient, row.created_at, row.read_at, row.tries, row.state) for row in rows} == {
        (anna, MONDAY, None, 0, "pending")
    }


def test_rows_that_are_all_the_same_are_all_written(cases):
    case, clock = cases[0], Clock.objects.get(instance=cases[0])
    values = (case.pk, case.pk, None, 7, "wait", clock.due_at, ["x"])
    names = ("instance_id", "root_id", "task_id", "token_id", "kind", "due_at", "plan")
    Clock.objects.filter(instance=case).delete()
    bulk.insert(Clock, names, [values])
    row = Clock.objects.get(instance=case)
    assert (row.token_id, row.rule, row.plan, row.wake_at, row.is_legal) == (7, {}, ["x"], None, False)
    bulk.update(Clock, ("token_id",), [(clock.pk, 9) for clock in Clock.objects.all()])
    assert set(Clock.objects.values_list("token_id", flat=True)) == {9}


def test_what_is_known_already_stays_as_it_is_if_asked_for(anna):
    bulk.insert(Notification, NOTICE, notices(anna, ["a", "b"]))
    bulk.insert(Notification, NOTICE, notices(anna, ["b", "c"], again=True), skip_known=True)
    stored = dict(Notification.objects.values_list("key", "data"))
    assert stored == {"a": {"key": "a"}, "b": {"key": "b"}, "c": {"key": "c", "again": True}}


def test_what_is_known_already_is_refused_otherwise(anna):
    bulk.insert(Notification, NOTICE, notices(anna, ["a"]))
    with pytest.raises(DatabaseError), transaction.atomic():
        bulk.insert(Notification, NOTICE, notices(anna, ["b", "a"]))
    assert list(Notification.objects.values_list("key", flat=True)) == ["a"]


def test_each_row_gets_its_own_values_and_no_other_row_any(cases):
    first, second, third = cases
    moments = [MONDAY + dt.timedelta(microseconds=1), None]
    rows = [(first.pk, "Eins", moments[0]), (second.pk, 'Zwei "2"', moments[1])]
    bulk.update(ProcessInstance, ("title", "due_at"), rows)
    stored = list(ProcessInstance.objects.order_by("pk").values_list("title", "due_at"))
    assert stored == [("Eins", moments[0]), ('Zwei "2"', None), (third.title, third.due_at)]


def test_json_values_keep_their_types(cases):
    values = [{"a": [1, None, True]}, {"a": [1, None, 1]}, []]
    bulk.update(ProcessInstance, ("data",), list(zip((case.pk for case in cases), values, strict=True)))
    stored = list(ProcessInstance.objects.order_by("pk").values_list("data", flat=True))
    assert [repr(value) for value in stored] == [repr(value) for value in values]


@pytest.mark.postgres
def test_a_text_too_long_for_its_column_is_refused_not_cut(cases):
    rows = [(cases[0].pk, "x" * 201), (cases[1].pk, "y")]
    with pytest.raises(DatabaseError), transaction.atomic():
        bulk.update(ProcessInstance, ("title",), rows)


@pytest.mark.postgres
def test_a_text_with_nul_is_refused(cases):
    with pytest.raises(ValueError, match="NUL"):
        bulk.update(ProcessInstance, ("title",), [(cases[0].pk, "a\0b"), (cases[1].pk, "c")])


def test_no_rows_cost_no_statement():
    with CaptureQueriesContext(connection) as captured:
        bulk.insert(ProcessEvent, ("instance_id",), [])
        bulk.update(ProcessInstance, ("title",), [])
    assert len(captured) == 0
