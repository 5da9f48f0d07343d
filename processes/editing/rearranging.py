"""What the buttons of the editing page do to what was typed: add, move, remove, open. Saves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from processes.editing import filling, meeting, undoing
from processes.editing.page import JOIN, Page
from processes.editing.sheet import Gather
from processes.editing.stepforms import ENDS, WITH_OUTCOMES
from processes.editing.typed import ALWAYS, ASIDE, ASKED_BY, LETTERS, Typed, list_of
from processes.editing.wayforms import NEW, PERSON
from processes.engine import FAILED
from processes.models import StepField

REMOVE, UNDO = "remove", "undo"
OPEN = "open"
"""Name of the list of rows whose details are shown."""
TODAY = {"unit": "d", "direction": "after"}
TASK = {"kind": "task", "assignment": "pool"}
RULE = {
    "kind": "solution",
    "pick": "earliest",
    "shifts_to_working_day": "on",
    "warning_amount": "1",
    "warning_unit": "w",
    **TODAY,
}
FRESH: Mapping[str, Mapping[str, str]] = {
    "fields": {"type": "text"},
    "steps": TASK,
    "outcomes": {"chosen_by": PERSON, "after": "one"},
    "shown": {"mode": "optional"},
    "deadlines": RULE,
    "values": {"how": "value"},
}
"""What a new row begins with."""


def apply(typed: Typed, do: str) -> str:
    """Do what a button says (`add:s1-outcomes`, `remove:s2`, `up:s3` …), then set right what depends on it.

    Answers the prefix of the row to look at next; empty if that is unchanged. Unknown words do nothing.
    Raises TooManyRows.
    """
    word, _colon, what = do.partition(":")
    before = dict(typed.data.lists())
    touched = BUTTONS[word](typed, what) if word in BUTTONS else ""
    try:
        touched = settle(typed) or touched
        _wait_where_ways_meet(typed)
        return touched
    finally:
        if word == REMOVE:
            undoing.remember(typed, what, before)
        elif word != UNDO:
            undoing.wear(typed)


def _add(typed: Typed, what: str) -> str:
    name, _colon, of_kind = what.partition(":")
    parent, _dash, last = name.rpartition("-")
    if last not in LETTERS:
        return ""
    if name == "steps":
        return _add_step(typed, of_kind)
    prefix = typed.add(name, FRESH.get(last))
    kind = typed.get(f"{parent}-kind")
    if last == "outcomes" and kind == "subprocess":
        _begin_telling_apart(typed, parent, prefix)
    if last == "outcomes" and kind == "action":
        typed.set(f"{prefix}-key", FAILED)
    if name == "fields":
        _open(typed, prefix)
    return prefix


def _begin_telling_apart(typed: Typed, step: str, outcome: str) -> None:
    """The first outcome of a call stands for all ends and leads where the step led before."""
    if typed.rows(f"{step}-outcomes") == [outcome]:
        typed.set(f"{outcome}-label", _("Finished"))
        typed.set(f"{outcome}-is_otherwise", "on")
        _take_over(typed, f"{step}-{ALWAYS}", outcome)


def _add_step(typed: Typed, kind: str = "task", *, asked_from: str = "", behind: str = "") -> str:
    """A new step; tasks begin with one outcome, and stand in front of the ends."""
    kind = kind or "task"
    steps = typed.rows("steps")
    lasting = [one for one in steps if typed.get(f"{one}-kind") not in ENDS]
    if not behind and kind not in ENDS and lasting:
        behind = lasting[-1]
    prefix = typed.add("steps", {**TASK, "kind": kind}, behind=behind)
    _open(typed, prefix, beside=asked_from)
    return prefix


def _insert(typed: Typed, what: str) -> str:
    """A new task behind a step: the step leads to it, and it leads where the step led. A step that can end in
    several ways keeps them; the first that leads nowhere yet leads to the new one."""
    if what not in typed.rows("steps"):
        return ""
    made = _add_step(typed, behind=what)
    way = _way_to_insert(typed, what)
    if way:
        branch = next(iter(typed.rows(f"{way}-branches")), "") or typed.add(f"{way}-branches")
        after = typed.get(f"{branch}-target")
        typed.set(f"{branch}-target", made)
        if after:
            _go_on(typed, made, after)
            _wait_instead(typed, after, what, made)
    return made


def _way_to_insert(typed: Typed, step: str) -> str:
    """The way on that leads to what is inserted; empty if that is not clear."""
    page = Page(typed)
    ways = page.ways_of(step)
    plain = [way for way in ways if typed.get(f"{way}-after") in ("", "one")]
    idle = [way for way in plain if not page.targets_of(way)]
    return (idle or (plain if len(ways) == 1 else []) or [""])[0]


def _go_on(typed: Typed, task: str, step: str) -> None:
    """Let the one outcome of a new task lead to a step."""
    _settle_kind(typed, task)
    for outcome in typed.rows(f"{task}-outcomes"):
        typed.add(f"{outcome}-branches", {"target": step})


def _wait_instead(typed: Typed, step: str, former: str, made: str) -> None:
    """Let a step that waits for another one wait for what was inserted behind that."""
    waited = typed.data.getlist(f"{step}-sources")
    typed.set(f"{step}-sources", *(made if one == former else one for one in waited))


def _remove(typed: Typed, what: str) -> str:
    try:
        name = list_of(what)
    except ValueError:
        return ""
    rows = typed.rows(name)
    if what not in rows:
        return ""
    place = rows.index(what)
    typed.remove(what)
    undoing.begin(typed, what)
    left = typed.rows(name)
    return left[min(place, len(left) - 1)] if left else name.rpartition("-")[0]


def _move(by: int) -> Callable[[Typed, str], str]:
    def move(typed: Typed, what: str) -> str:
        try:
            list_of(what)
        except ValueError:
            return ""
        if not (by < 0 and _stands_behind_start(typed, what)):
            typed.move(what, by)
        return ""

    return move


def _stands_behind_start(typed: Typed, what: str) -> bool:
    """Whether the row above is the start, which always comes first."""
    rows = typed.rows("steps")
    place = rows.index(what) if what in rows else 0
    return place > 0 and typed.get(f"{rows[place - 1]}-kind") == "start"


def _open(typed: Typed, what: str, *, beside: str = "") -> str:
    """Show the details of a row: of one step and of one field alone, and of the one it was asked from."""
    alike = next((rows for kind in ("steps", "fields") if what in (rows := typed.rows(kind))), [])
    closing = set(alike) - {beside}
    staying = [one for one in typed.data.getlist(OPEN) if one not in closing]
    typed.set(OPEN, *dict.fromkeys([*staying, what]))
    return what


def _close(typed: Typed, what: str) -> str:
    typed.set(OPEN, *(one for one in typed.data.getlist(OPEN) if one != what))
    return what


def _show(typed: Typed, what: str) -> str:
    """Let a step show for reading every field that was filled before, and the start ask for every field; the
    first of them is looked at next."""
    page = Page(typed)
    mode = StepField.Mode.OPTIONAL if page.kinds.get(what) == "start" else StepField.Mode.READONLY
    fields = filling.unseen(page, what) if what in page.kinds else ()
    added = [typed.add(f"{what}-shown", {"field": field, "mode": str(mode)}) for field in fields]
    return added[0] if added else ""


def _gather(typed: Typed, what: str) -> str:
    """Let a step wait for all that lead there."""
    if what in typed.rows("steps"):
        typed.set(f"{what}-gather", str(Gather.ALL))
        typed.set(f"{what}-sources", *Page(typed).arriving(what))
    return ""


def _undo(typed: Typed, _what: str) -> str:
    """Bring back what was removed last, and show the details it stands in unless one went on to others."""
    row, went_on = undoing.undo(typed), bool(typed.get(undoing.WORN))
    top, opened = row.partition("-")[0], typed.data.getlist(OPEN)
    if went_on and opened and top not in opened:
        return ""
    if top != row and top not in opened:
        _open(typed, top)
    return row


BUTTONS: Mapping[str, Callable[[Typed, str], str]] = {
    "add": _add,
    "insert": _insert,
    REMOVE: _remove,
    UNDO: _undo,
    "up": _move(-1),
    "down": _move(1),
    "open": _open,
    "close": _close,
    "show": _show,
    "gather": _gather,
}


# -- what depends on what was changed ------------------------------------------------------------------------


def settle(typed: Typed) -> str:
    """Give every choice the rows it needs: a way on for each outcome, two where there are several, a
    condition for each that depends on the data; make a step of each target “new step”. Answers its prefix."""
    made = ""
    for name in [one for one in typed.data if one.endswith("-basis")]:
        _settle_moment(typed, name.removesuffix("-basis"))
    for step in typed.rows("steps"):
        _settle_kind(typed, step)
        for way in Page(typed).ways_of(step):
            _settle_way(typed, way)
            made = _make_targets(typed, step, way) or made
        _settle_wait(typed, step)
    _settle_stops(typed)
    return made


def _settle_moment(typed: Typed, prefix: str) -> None:
    """Without an amount a date, or the end of a step, is meant exactly; with one it lies after it."""
    is_by_start = typed.get(f"{prefix}-basis") in ("", "step", "case")
    has_amount = typed.get(f"{prefix}-amount") not in ("", "0")
    if not is_by_start and not has_amount:
        typed.set(f"{prefix}-direction", "on")
    elif typed.get(f"{prefix}-direction") == "on" and (has_amount or is_by_start):
        typed.set(f"{prefix}-direction", "after")


def _settle_kind(typed: Typed, step: str) -> None:
    """A step that got another kind keeps its ways on: what follows a task by its outcome follows a step that
    has none when that is over, and the other way round."""
    kind = typed.get(f"{step}-kind") or "task"
    if kind == "task":
        _settle_task(typed, step)
    elif kind not in (*WITH_OUTCOMES, *ENDS):
        _settle_going_on(typed, step, is_action=kind == "action")


def _settle_task(typed: Typed, step: str) -> None:
    """The outcomes it had before come back, else it has one."""
    aside, outcomes = typed.data.getlist(f"{step}-{ASIDE}"), f"{step}-outcomes"
    if aside:
        typed.set(outcomes, *aside, *typed.rows(outcomes))
        typed.set(f"{step}-{ASIDE}")
    elif not typed.rows(outcomes):
        typed.add(outcomes, {**FRESH["outcomes"], "label": _("Done")})
    else:
        return
    always, first = f"{step}-{ALWAYS}", next(iter(typed.rows(outcomes)), "")
    if first and _leads_on(typed, always):
        _take_over(typed, always, first)
    _clear(typed, always)


def _settle_going_on(typed: Typed, step: str, *, is_action: bool) -> None:
    """It goes on where the first outcome led. An only one is set aside; several are to be removed by whoever
    chose the kind. That an automatic step cannot be done is an outcome of its own, which nobody else's is."""
    outcomes, always = typed.rows(f"{step}-outcomes"), f"{step}-{ALWAYS}"
    former = [one for one in outcomes if not (is_action and typed.get(f"{one}-key") == FAILED)]
    if not former or _leads_on(typed, always):
        return
    _take_over(typed, former[0], always)
    if len(former) == 1:
        typed.set(f"{step}-outcomes", *(one for one in outcomes if one not in former))
        typed.set(f"{step}-{ASIDE}", *former)


def _leads_on(typed: Typed, way: str) -> bool:
    return any(typed.get(f"{branch}-target") for branch in typed.rows(f"{way}-branches"))


MANNER = ("after", "gateway", "question")
"""What is said about the ways behind an outcome besides the ways themselves."""


def _clear(typed: Typed, way: str) -> None:
    """Let a way lead nowhere."""
    for branch in typed.rows(f"{way}-branches"):
        typed.remove(branch)
    for name in MANNER:
        typed.set(f"{way}-{name}")


def _take_over(typed: Typed, source: str, way: str) -> None:
    """Let a way lead where another one leads, in the same manner."""
    _clear(typed, way)
    _copy(typed, source, way, *MANNER)
    for branch in typed.rows(f"{source}-branches"):
        made = typed.add(f"{way}-branches")
        _copy(typed, branch, made, "target", "is_default")
        for one in typed.rows(f"{branch}-conditions"):
            _copy(typed, one, typed.add(f"{made}-conditions"), "field", "operator", "value_text")


def _copy(typed: Typed, source: str, target: str, *names: str) -> None:
    for name in names:
        typed.set(f"{target}-{name}", *typed.data.getlist(f"{source}-{name}"))


def _settle_way(typed: Typed, way: str) -> None:
    after, branches = typed.get(f"{way}-after") or "one", f"{way}-branches"
    needed = 1 if after == "one" else 2
    while len(typed.rows(branches)) < needed:
        typed.add(branches)
    if after in ("data", "several"):
        rows = typed.rows(branches)
        if not any(typed.get(f"{one}-is_default") or typed.rows(f"{one}-conditions") for one in rows):
            typed.set(f"{rows[-1]}-is_default", "on")
        for one in rows:
            if not typed.get(f"{one}-is_default") and not typed.rows(f"{one}-conditions"):
                typed.add(f"{one}-conditions")


def _make_targets(typed: Typed, step: str, way: str) -> str:
    made = ""
    for branch in typed.rows(f"{way}-branches"):
        if typed.get(f"{branch}-target") == NEW:
            made = _add_step(typed, asked_from=step, behind=_last_made(typed, way, branch) or step)
            typed.set(f"{branch}-target", made)
            typed.set(f"{made}-{ASKED_BY}", branch)
            _settle_kind(typed, made)
            for own in typed.rows(f"{made}-outcomes"):
                _settle_way(typed, own)
    return made


def _last_made(typed: Typed, way: str, branch: str) -> str:
    """Where the branch before this one leads, if that stands further down: steps follow the branches."""
    steps, branches = typed.rows("steps"), typed.rows(f"{way}-branches")
    before = branches[: branches.index(branch)]
    targets = [typed.get(f"{one}-target") for one in before]
    own = steps.index(way.split("-")[0])
    later = [one for one in targets if one in steps[own + 1 :] and typed.get(f"{one}-kind") not in ENDS]
    return later[-1] if later else ""


def _settle_wait(typed: Typed, step: str) -> None:
    """Who begins to wait waits for all that lead there, until others are chosen. Who was left waiting for one
    only waits for the next that leads there as well."""
    if not typed.get(f"{step}-gather"):
        return
    waited, leading = typed.data.getlist(f"{step}-sources"), Page(typed).leading_to(step)
    if not waited:
        typed.set(f"{step}-sources", *(row for row, _name in leading))
    elif typed.get(f"{step}-alone"):
        known = {*waited, *typed.data.getlist(f"{step}-direct")}
        more = [row for row, _name in leading if row not in known]
        if more:
            typed.set(f"{step}-sources", *waited, *more)
            typed.set(f"{step}-alone")
            typed.set(f"{step}-direct")


def _settle_stops(typed: Typed) -> None:
    """What waits in front of a step can be stopped only as long as the step waits."""
    for step in typed.rows("steps"):
        for outcome in typed.rows(f"{step}-outcomes"):
            stopped = typed.data.getlist(f"{outcome}-cancels")
            left = [one for one in stopped if not one.startswith(JOIN) or _has_join(typed, one)]
            if left != stopped:
                typed.set(f"{outcome}-cancels", *left)


def _has_join(typed: Typed, stopped: str) -> bool:
    return typed.get(f"{stopped.removeprefix(JOIN)}-gather") in (Gather.ALL, Gather.BEGUN)


def _wait_where_ways_meet(typed: Typed) -> None:
    """A step to which a second way has just been led waits for both, if they run at the same time and each
    comes for certain: else it would be done once for each. Who has chosen otherwise is not asked again."""
    page = Page(typed)
    for row in page.step_names:
        is_second = bool(typed.get(f"{row}-{meeting.FEW}")) and not typed.get(f"{row}-gather")
        if is_second and meeting.one_a_branch(page, row):
            _gather(typed, row)
    meeting.note_few(Page(typed))


def waiting(typed: Typed) -> set[str]:
    """The steps that wait for others."""
    return {row for row in typed.rows("steps") if typed.get(f"{row}-gather")}
