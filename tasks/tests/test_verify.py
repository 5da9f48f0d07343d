"""What `verify` proves, and that each kind of damage is found."""

import pytest
from django.core.management import call_command
from django.db import connection

from processes import runtime
from processes.models import NumberCounter, ProcessInstance
from processes.tests.builders import MONDAY, complaint, make_team, make_user, make_version
from tasks import verify
from tasks.models import EventPayload, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    service, quality = make_team(), make_team("quality")
    anna = make_user("Anna", service, quality)
    case = runtime.start(make_version(complaint()), by=anna, title="Glas zerbrochen", at=MONDAY)
    task = runtime.claim(case.tasks.get(), by=anna)
    runtime.complete_task(task, outcome="complete", by=anna)
    runtime.comment(case, "Kunde ruft an", by=anna)
    case.refresh_from_db()
    return case


def codes():
    return [place.code for place in verify.all_breaks()]


def raw(sql, *params):
    """Change what the application refuses to change; on PostgreSQL past its triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)


def test_an_untouched_case_is_in_order(case, capsys):
    assert codes() == []
    call_command("verify")
    assert "1 cases, 4 events: all in order" in capsys.readouterr().out


def test_the_command_names_the_place_and_fails(case, capsys):
    ProcessInstance.objects.update(state="suspended")
    with pytest.raises(SystemExit) as ended:
        call_command("verify")
    assert ended.value.code == 1
    assert f"{case.number}: state" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE tasks_processevent SET facts = '{}' WHERE seq = 3", "changed_event"),
        ("UPDATE tasks_processevent SET actor_id = NULL WHERE seq = 2", "changed_event"),
        ("DELETE FROM tasks_eventpayload", "missing_payload"),
    ],
)
def test_changed_history_is_found(case, sql, code):
    raw(sql)
    assert code in codes()


def test_a_changed_comment_is_found(case):
    EventPayload.objects.filter(event__kind="commented").update(value='{"text":"Kunde lobt"}')
    assert codes() == ["changed_payload"]


def test_a_cut_tail_is_found(case):
    raw("DELETE FROM tasks_eventpayload WHERE event_id IN (SELECT id FROM tasks_processevent WHERE seq = 4)")
    raw("DELETE FROM tasks_processevent WHERE seq = 4")
    assert codes() == ["cut_tail"]


def test_a_lost_task_and_a_false_task_are_found(case):
    Task.objects.filter(step_key="check").update(state="cancelled")
    assert codes() == ["token_without_task"]
    Task.objects.update(state="open")
    assert codes() == ["task_without_token"]


def test_a_number_no_case_bears_is_found_and_other_counters_are_none_of_its_business(case):
    NumberCounter.objects.create(prefix="customers", last=10_030)
    assert codes() == []
    NumberCounter.objects.filter(prefix__startswith="REK").update(last=2)
    assert [str(place) for place in verify.all_breaks()] == ["REK-2026-2: missing_number"]
