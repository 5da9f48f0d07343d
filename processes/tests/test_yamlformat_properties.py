"""Files nobody thought of: no change of one makes reading raise, and whatever is typed comes back."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from processes.blueprint import Blueprint, FieldPlan, FlowPlan, OutcomePlan, StepPlan
from processes.fields import EARLIEST, LATEST
from processes.files import yamlexport, yamlformat
from processes.moments import Basis, Moment
from processes.stepplans import Action, Do, StepConfig
from processes.tests.files import EVERYTHING

LINES = EVERYTHING.splitlines()
WORDS = sorted(set(re.findall(r"[\w-]+", EVERYTHING)))


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.sampled_from(["drop", "twice", "word", "value", "indent", "swap"]),
            st.sampled_from(
                [*WORDS, "null", "true", "-1", "1.5", "[]", "{}", "[a]", "{a: b}", "'='", "~", "!"]
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_change_of_a_file_makes_reading_raise(changes: list[tuple[int, str, str]]):
    lines = list(LINES)
    for number, how, word in changes:
        at = number % len(lines)
        line = lines[at]
        lines[at] = {
            "drop": "",
            "twice": f"{line}\n{line}",
            "word": re.sub(r"[\w-]+", word, line, count=1),
            "value": re.sub(r"(?<=: )[^,}\]]+", word, line, count=1),
            "indent": f"  {line}",
            "swap": lines[(at + 7) % len(lines)],
        }[how]
    parsed = yamlformat.read("\n".join(lines).encode())
    assert all(str(one) and one.line >= 1 for one in parsed.faults)
    if not parsed.faults:
        assert parsed.head is not None
        again = yamlformat.read(yamlexport.dump(parsed.head, parsed.plan).encode())
        assert (again.faults, again.plan) == ([], parsed.plan)


# -- round trips of what no file in this folder says ---------------------------------------------------------

KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(lambda key: key not in ("start", "ende"))
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co")), max_size=60
).map(str.strip)
NAMES = TEXTS.filter(bool)
OFFSETS = st.builds(
    lambda amount, unit: f"{amount}{unit}", st.integers(1, 90), st.sampled_from(["h", "d", "cd", "w"])
)
MOMENTS = st.one_of(
    st.builds(lambda offset: Moment(Basis.STEP, offset), OFFSETS),
    st.builds(lambda offset: Moment(Basis.CASE, offset), OFFSETS),
    st.builds(lambda offset: Moment(Basis.FIELD, f"-{offset}", "tag"), OFFSETS),
    st.builds(lambda day: Moment(Basis.DATE, "", "", day.isoformat()), st.dates(EARLIEST, LATEST)),
    st.just(Moment(Basis.AFTER, "", "arbeit")),
)


def plan_of(label: str, moment: Moment, text: str, key: str) -> Blueprint:
    """A task with a clock outcome, a wait and a mail."""
    outcome = OutcomePlan(key, label, is_clock=True, after=moment.to_json(), is_interrupting=False)
    mail = Action(Do.MAIL, ("customer",), text[:50], text)
    return Blueprint(
        fields=(FieldPlan("tag", label, "date"),),
        steps=(
            StepPlan("start", "start", "Start"),
            StepPlan("arbeit", "task", label, outcomes=(outcome, OutcomePlan("fertig-1", "Fertig"))),
            StepPlan("pause", "timer", label, config=StepConfig(wait=moment).to_json()),
            StepPlan("mail", "action", label, instructions=text, config=StepConfig(action=mail).to_json()),
            StepPlan("ende", "end", "Ende", result="Ende"),
        ),
        flows=(
            FlowPlan("start", "arbeit"),
            FlowPlan("arbeit", "pause", key),
            FlowPlan("arbeit", "pause", "fertig-1"),
            FlowPlan("pause", "mail"),
            FlowPlan("mail", "ende"),
        ),
    )


@given(NAMES, MOMENTS, NAMES, KEYS.filter(lambda key: key != "fertig-1"))
def test_whatever_people_type_comes_back_from_a_file(label: str, moment: Moment, text: str, key: str):
    plan = plan_of(label, moment, text.strip(), key)
    head = yamlformat.Head("probe", "Probe", "service")
    again = yamlformat.read(yamlexport.dump(head, plan).encode())
    assert again.faults == []
    assert again.plan == plan
