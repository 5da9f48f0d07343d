"""A draft, an administrator and the page he edits it on."""

from __future__ import annotations

import pytest
from django.test import Client

from processes import publishing
from processes.models import ProcessVersion
from processes.tests.builders import complaint, make_version
from processes.tests.draft_page import DraftPage, as_admin, opened


@pytest.fixture
def version() -> ProcessVersion:
    """A draft of the complaint beside a published version."""
    return publishing.new_draft(make_version(complaint()), by=None)


@pytest.fixture
def admin() -> Client:
    """The browser of a process administrator."""
    return as_admin("Admin")


@pytest.fixture
def page(admin: Client, version: ProcessVersion) -> DraftPage:
    """The page of the draft as the administrator has opened it."""
    return opened(admin, version)
