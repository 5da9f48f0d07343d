"""The page about process files says every word, and its example can be imported as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings

from processes.checking.callchecks import Outside
from processes.checking.checks import problems_of
from processes.files import yamlformat
from processes.tests.test_stepchecks import called

PAGE = (Path(settings.BASE_DIR) / "docs" / "process-format.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
ENQUIRY = """\
process: auskunft
name: Auskunft
owner_team: einkauf
fields:
  firma: {label: Firma, type: customer}
  limit: {label: Limit, type: money}
start: {fields: [firma], next: fragen}
steps:
  fragen: {name: Fragen, team: einkauf, fields: [limit], outcomes: {gut: ende_gut, schlecht: ende}}
  ende_gut: {kind: end, name: Gut}
  ende: {kind: end, name: Schlecht}
"""


def words(schema: Any) -> set[str]:
    """All names a file can hold."""
    if isinstance(schema, list):
        return {one for part in schema for one in words(part)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", ()))
    values = {str(one) for one in schema.get("enum", ())}
    return own | values | {one for part in schema.values() for one in words(part)}


def test_every_word_of_the_format_is_explained():
    told = set(re.findall(r"[\w-]+", PAGE))
    assert words(yamlformat.schema()) - told == set()


def test_the_example_can_be_published():
    parsed = yamlformat.read(EXAMPLE.encode())
    assert [(one.line, str(one)) for one in parsed.faults] == []
    outside = Outside("bestellung", {"auskunft": "Auskunft"}, called={"auskunft": called(ENQUIRY)})
    found = problems_of(parsed.plan, number_pattern="B-{seq}", outside=outside)
    assert [str(one.message) for one in found if one.severity == "error"] == []
