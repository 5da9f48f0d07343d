"""One waiting file, several at once: it comes to one case, or is cleaned away before."""

from functools import partial

import pytest
from django.utils import timezone

from processes import runtime
from processes.errors import FieldMissing
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, make_version
from processes.tests.races import at_once, losers
from tasks import filestore
from tasks.models import CaseFile
from tasks.tests.test_filing import upload, with_files

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("races")]
ROUNDS = 30


@pytest.fixture
def anna(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return make_user("Anna", make_team())


def test_a_waiting_file_comes_to_one_of_two_cases(anna):
    version = make_version(with_files())
    for _ in range(ROUNDS):
        row = runtime.hold_file(version, "scan", upload(), by=anna)
        start = partial(runtime.start, version, by=anna, data={"scan": row.pk})
        assert losers(at_once([start, start]), FieldMissing) == 1
        row.refresh_from_db()
        assert list(ProcessInstance.objects.filter(data__scan=row.pk)) == [row.instance]


def test_a_file_is_never_cleaned_away_from_under_a_case(anna):
    version = make_version(with_files())
    for _ in range(ROUNDS):
        row = runtime.hold_file(version, "scan", upload(), by=anna, at=MONDAY.replace(year=2020))
        start = partial(runtime.start, version, by=anna, data={"scan": row.pk})
        losers(at_once([start, partial(filestore.clean, timezone.now())]), FieldMissing)
        is_used = ProcessInstance.objects.filter(data__scan=row.pk).exists()
        assert CaseFile.objects.filter(pk=row.pk).exists() is is_used
        assert filestore.default_storage.exists(row.storage_key) is is_used
