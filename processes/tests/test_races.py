"""Several people at the same moment: always one winner, never a lost or doubled step."""

from functools import partial

import pytest

from processes import casework, nets, runtime
from processes.errors import AlreadyClaimed, NotRunning, ProcessError, StaleError, TaskEnded
from processes.models import ProcessInstance
from processes.tests.builders import (
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
    parallel,
    single,
)
from processes.tests.races import at_once, losers
from tasks.models import Task

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("races")]

ROUNDS = 200


@pytest.fixture
def people():
    service = make_team()
    return [make_user(f"Clerk{number}", service) for number in range(4)]


def started(version, by, number):
    return [runtime.start(version, by=by) for _ in range(number)]


def wrong_claims(version, people, rounds=ROUNDS):
    wrong = 0
    for case in started(version, people[0], rounds):
        task = case.tasks.get()
        results = at_once([partial(runtime.claim, task, by=person) for person in people])
        winners = len(people) - losers(results, AlreadyClaimed, StaleError)
        wrong += winners != 1 or case.events.filter(kind="claimed").count() != 1
    return wrong


def wrong_completions(version, people, rounds=ROUNDS):
    wrong = 0
    for case in started(version, people[0], rounds):
        task = runtime.claim(case.tasks.get(), by=people[0])
        results = at_once(
            [
                partial(runtime.complete_task, task, outcome="complete", by=people[0], key=f"k{n}")
                for n in range(3)
            ]
        )
        winners = 3 - losers(results, TaskEnded, StaleError)
        wrong += winners != 1 or case.tasks.filter(step_key="check").count() != 1
    return wrong


def wrong_joins(version, people, rounds=ROUNDS):
    wrong = 0
    for case in started(version, people[0], rounds):
        tasks = [runtime.claim(task, by=people[0]) for task in case.tasks.all()]
        results = at_once(
            [partial(runtime.complete_task, task, outcome="done", by=people[0]) for task in tasks]
        )
        losers(results)
        wrong += case.tasks.filter(step_key="pay").count() != 1
    return wrong


def test_claims_have_one_winner(people):
    assert wrong_claims(make_version(single()), people) == 0


def test_completions_happen_once(people):
    assert wrong_completions(make_version(complaint()), people) == 0


def test_joins_fire_once(people):
    assert wrong_joins(make_version(parallel()), people) == 0


def test_a_double_click_gives_both_the_same_result(people):
    for case in started(make_version(single()), people[0], 50):
        task = runtime.claim(case.tasks.get(), by=people[0])
        change = partial(runtime.complete_task, task, outcome="done", by=people[0], key="form")
        results = at_once([change, change])
        assert losers(results) == 0
        assert sorted(result.is_repeat for result in results) == [False, True]


def test_starting_twice_with_one_key_makes_one_case(people):
    version = make_version(single())
    for number in range(50):
        change = partial(runtime.start, version, by=people[0], key=f"form-{number}")
        results = at_once([change, change])
        assert losers(results) == 0
        assert results[0].pk == results[1].pk


def test_numbers_are_gap_free_however_many_start(people):
    version = make_version(single())
    for _ in range(25):
        losers(at_once([partial(runtime.start, version, by=person) for person in people]))
    numbers = sorted(ProcessInstance.objects.values_list("number", flat=True))
    assert [int(number[-5:]) for number in numbers] == list(range(1, 101))


def test_cancel_against_completion_leaves_no_open_task(people):
    lead = make_user("Lena", make_team(), lead=True)
    for case in started(make_version(complaint()), people[0], 100):
        task = runtime.claim(case.tasks.get(), by=people[0])
        results = at_once(
            [
                partial(runtime.complete_task, task, outcome="complete", by=people[0]),
                partial(runtime.cancel, case, by=lead, reason="Irrtum"),
            ]
        )
        losers(results, StaleError, NotRunning)
        assert not Task.objects.open().filter(instance=case).exists()


# -- the tests above must be able to fail


def lock_without_locking(instance_id, root_id, *, by, at, skip_locked=False):
    instance = ProcessInstance.objects.get(pk=instance_id)
    return casework.Casework(
        instance=instance,
        by=by,
        at=at or runtime.database_now(),
        version=nets.compiled(instance.version_id),
    )


def count_wrong(check, version, people):
    """Wrong rounds; a refusal of the database (a doubled event number) counts as one too."""
    try:
        return check(version, people, 20)
    except ProcessError:
        raise
    except Exception:
        return 1


@pytest.mark.parametrize(
    ("check", "plan"), [(wrong_claims, single), (wrong_completions, complaint), (wrong_joins, parallel)]
)
def test_without_the_lock_the_races_are_lost(people, monkeypatch, check, plan):
    version = make_version(plan(), make_definition("unlocked"))
    monkeypatch.setattr(casework, "lock", lock_without_locking)
    assert count_wrong(check, version, people) > 0


def test_judging_what_was_read_before_the_lock_loses_the_race(people, monkeypatch):
    version = make_version(single(), make_definition("half"))
    wrong = 0
    for case in started(version, people[0], 20):
        shown = case.tasks.get()
        values = {field.attname: getattr(shown, field.attname) for field in Task._meta.concrete_fields}
        monkeypatch.setattr(casework, "read_task", lambda pk, mandatory=(), kept=values: saved(kept))
        results = at_once([partial(runtime.claim, shown, by=person) for person in people])
        wrong += sum(not isinstance(result, Exception) for result in results) != 1
    assert wrong > 0


def saved(values):
    """The row as it was read before the lock, as a saved object."""
    task = Task(**values)
    task._state.adding = False
    return task
