"""A vote in the browser: what one voice does is said before the click, and afterwards who gave them."""

import pytest
from django.utils import translation

from people.models import Membership
from processes import casepicture, nets, runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, make_version
from processes.tests.test_runtime_votes import say, vote
from tasks import history
from tasks.models import Task
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def people():
    board = make_team("board")
    return [make_user(name, board, make_team(), language="en") for name in ("Anna", "Bela", "Cem")]


def started(by, **repeat):
    return runtime.start(make_version(vote(over="team", key="board", **repeat)), by=by, at=MONDAY)


def page_of(case, person):
    task = Task.objects.open().get(instance=case, assignee=person)
    return browser(person).get(f"/tasks/{task.pk}/").content.decode()


def ended(people, *outcomes):
    """A vote by majority in which these were said."""
    case = started(people[0], quorum="majority")
    for person, outcome in zip(people, outcomes, strict=False):
        say(case, person, outcome)
    return ProcessInstance.objects.select_related("definition").get(pk=case.pk)


def test_a_button_says_that_it_is_one_voice_of_several(people):
    page = page_of(started(people[0], quorum="majority"), people[1])
    assert "<small>counts as a voice; with 2 of 3 it is decided, next: Accepted</small>" in page
    assert "It decides the next step." not in page


def test_where_one_voice_decides_a_button_says_where_it_leads(people):
    page = page_of(started(people[0], quorum="first"), people[1])
    assert "<small>next: Accepted</small>" in page
    assert "counts as a voice" not in page


def toast_of(case, person, outcome):
    task = Task.objects.open().get(instance=case, assignee=person)
    form = {"outcome": outcome, "lock_version": task.lock_version, "key": f"{task.pk}"}
    answer = browser(person).post(f"/tasks/{task.pk}/complete/", form, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_a_voice_is_confirmed_as_one_of_several_until_the_vote_is_decided(people):
    case = started(people[0], quorum="majority")
    assert toast_of(case, people[0], "yes") == ["Voice given: Ja (1 of 3). 2 equal voices decide."]
    assert toast_of(case, people[1], "yes") == ["Voice given: Ja."]


def test_the_case_says_how_far_its_vote_is_and_whose_each_task_is(people):
    case = started(people[0], quorum="majority")
    say(case, people[0], "yes")
    Membership.objects.filter(user=people[1], team=make_team("board")).delete()
    page = browser(people[0]).get(f"/cases/{case.pk}/")
    assert page.context["votes"] == ["Abstimmen: 1 of 3 voices given. 2 equal voices decide."]
    assert "1 of 3 voices given" in page.content.decode()
    assert [whose for *_rest, whose in page.context["now"]] == ["Bela", f"Cem · {make_team('board')}"]
    task = Task.objects.open().get(instance=case, assignee=people[1])
    shown = browser(people[1]).get(f"/tasks/{task.pk}/").context
    assert not shown["names_team"]
    assert shown["path"] == [], "the vote is the step at hand, and not one done before"


def test_in_a_trial_each_voice_is_named(people):
    admin = make_user("Pia", is_process_admin=True, language="en")
    case = runtime.start(make_version(vote(over="team", key="board", quorum="all")), by=admin, trial=True)
    page = browser(admin).get(f"/cases/{case.pk}/")
    named = [whose for *_rest, whose in page.context["now"]]
    assert named == [f"Pia · voice of {person}" for person in people]


def test_the_history_tells_voices_from_the_decision(people):
    case = ended(people, "yes", "no", "yes")
    texts = [line.text for line in history.of_instance(case, nets.compiled(case.version_id))]
    assert texts[:3] == [
        "Abstimmen: decided for “Ja” (voices: 2 × Ja, 1 × Nein)",
        "Abstimmen: voice for “Ja”",
        "Abstimmen: voice for “Nein”",
    ]


@pytest.mark.parametrize(
    ("outcomes", "names"),
    [
        ((), "Anna, Bela, Cem"),
        (("yes",), "Bela, Cem"),
        (("yes", "yes"), "Anna, Bela, 16.11."),
        (("yes", "no", "yes"), "Anna, Bela, Cem, 16.11."),
    ],
)
def test_the_picture_names_everybody_who_votes_or_voted(people, outcomes, names):
    case = ended(people, *outcomes)
    picture = casepicture.picture_of(case, nets.compiled(case.version_id), MONDAY)
    (box,) = [box for box in picture.boxes if box.key == "vote"]
    assert box.sub.startswith(names.removesuffix(", 16.11."))
    assert ("16.11." in names) == (len(box.sub) > len(names.removesuffix(", 16.11.")))


def test_many_voters_are_only_counted_in_the_picture(people):
    make_user("Dana", make_team("board"))
    case = started(people[0], quorum="all")
    picture = casepicture.picture_of(case, nets.compiled(case.version_id), MONDAY)
    assert "4 people" in [box.sub for box in picture.boxes]
