"""The process templates that are shipped, as files of our format in `processes/library/`. Only reads.

A template is taken over as a draft by `importing.import_parsed`; the company it is taken over by has its own
teams and perhaps its own process of that key, so these are exchanged first (`Adaptation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

from processes.blueprint import Blueprint, StepPlan
from processes.checking.callchecks import calls_of
from processes.checking.stepchecks import TEAM, teams_named
from processes.files import yamlformat
from processes.files.yamlformat import Head, ProcessFile
from processes.graph import WAITING
from processes.stepplans import Over, StepConfig

FOLDER = Path(__file__).parent / "library"
TEAM_NAMES: Mapping[str, str] = {
    "kundenservice": "Kundenservice",
    "vertrieb": "Vertrieb",
    "lager": "Lager und Einkauf",
    "technik": "Technik und Qualität",
    "buchhaltung": "Buchhaltung",
    "verwaltung": "Verwaltung und Empfang",
    "personal": "Personal",
    "it": "IT-Service",
    "it-fachteam": "IT-Fachteam",
    "recht": "Recht, Datenschutz und Informationssicherheit",
    "betriebsrat": "Betriebsrat",
    "leitung": "Geschäftsleitung",
}
"""The teams of all templates, and what they are called where a company does not name them itself."""


@dataclass(frozen=True)
class Template:
    """A shipped process."""

    head: Head
    plan: Blueprint
    parsed: ProcessFile

    @property
    def key(self) -> str:
        """The key of the process, which is also the name of its file."""
        return self.head.key

    @property
    def teams(self) -> tuple[str, ...]:
        """Keys of the teams it needs, in the order in which they come into play, the owning one first."""
        named = (key for key, _place in teams_named(self.plan))
        working = (step.team for step in self.plan.steps if step.team)
        return tuple(dict.fromkeys((self.head.owner_team, *self.head.start_teams, *working, *named)))

    @property
    def called(self) -> tuple[str, ...]:
        """Keys of the processes it calls."""
        return tuple(sorted({call.process for call in calls_of(self.plan).values()}))

    @property
    def working_steps(self) -> tuple[StepPlan, ...]:
        """What people and the system do; without start, ends and gateways."""
        return tuple(step for step in self.plan.steps if step.kind in WAITING)


@lru_cache(maxsize=1)
def templates() -> tuple[Template, ...]:
    """All templates; a process that is called stands before those that call it. Raises nothing for our own
    files: that they have no fault is tested."""
    found = {one.key: one for one in map(_read, sorted(FOLDER.glob("*.yaml")))}
    order = TopologicalSorter({key: one.called for key, one in found.items()}).static_order()
    return tuple(found[key] for key in order)


def template(key: str) -> Template | None:
    """The template of that key."""
    return next((one for one in templates() if one.key == key), None)


def path_of(key: str) -> Path:
    """The file of a template."""
    return FOLDER / f"{key}.yaml"


def _read(path: Path) -> Template:
    parsed = yamlformat.read(path.read_bytes())
    if parsed.head is None:
        raise ValueError(f"{path.name}: {[str(fault.message) for fault in parsed.faults]}")
    return Template(parsed.head, parsed.plan, parsed)


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What a company calls things: key, name and numbers of the process, its teams and its escalation plans
    by the template's."""

    key: str
    name: str
    number_pattern: str
    teams: Mapping[str, str]
    plans: Mapping[str, str] = field(default_factory=dict)

    def of(self, one: Template) -> ProcessFile:
        """The template with everything exchanged."""
        head = replace(
            one.head,
            key=self.key,
            name=self.name,
            number_pattern=self.number_pattern,
            owner_team=self.teams[one.head.owner_team],
            start_teams=tuple(self.teams[key] for key in one.head.start_teams),
        )
        steps = tuple(
            replace(_with_teams(step, self.teams), plan_keys=self._plan_keys(step.plan_keys))
            for step in one.plan.steps
        )
        plan = replace(one.plan, steps=steps, plan_keys=self._plan_keys(one.plan.plan_keys))
        plans = tuple(replace(plan, key=self.plans.get(plan.key, plan.key)) for plan in one.parsed.plans)
        return replace(one.parsed, head=head, plan=plan, plans=plans)

    def _plan_keys(self, keys: Mapping[str, str]) -> dict[str, str]:
        return {urgency: self.plans.get(key, key) for urgency, key in keys.items()}


def _with_teams(step: StepPlan, teams: Mapping[str, str]) -> StepPlan:
    config = StepConfig.from_json(step.config)
    action, repeat = config.action, config.repeat
    if action is not None:
        action = replace(action, to=tuple(_recipient(one, teams) for one in action.to))
    if repeat is not None and repeat.over is Over.TEAM:
        repeat = replace(repeat, key=teams[repeat.key])
    team = teams[step.team] if step.team else ""
    return replace(step, team=team, config=replace(config, action=action, repeat=repeat).to_json())


def _recipient(text: str, teams: Mapping[str, str]) -> str:
    return f"{TEAM}{teams[text.removeprefix(TEAM)]}" if text.startswith(TEAM) else text
