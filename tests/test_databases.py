"""The suite runs on the database it says it runs on."""

import os

from django.db import connection


def test_the_database_is_the_one_asked_for():
    assert connection.vendor == os.environ.get("TEST_DATABASE", connection.vendor)
