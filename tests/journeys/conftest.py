"""Who edits drafts in a browser, and what."""

import pytest

from processes import publishing
from processes.tests.builders import complaint, make_team, make_user, make_version


@pytest.fixture
def office():
    """A team of three with a lead, and a process administrator."""
    team = make_team("office")
    for name in ("Anna", "Bert", "Cora"):
        make_user(name, team, lead=name == "Cora")
    return make_user("Pia", is_process_admin=True)


@pytest.fixture
def draft(office):
    """A draft of the complaint."""
    return publishing.new_draft(make_version(complaint()), by=None)
