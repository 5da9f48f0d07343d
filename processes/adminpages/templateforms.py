"""The form that takes a template over: what the process is called, which teams take part in it, and which
escalation plans watch it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Team
from processes.adminpages import numberpatterns, templatewords
from processes.blueprint import key_from
from processes.escalation import Plan
from processes.files.yamlformat import KEY
from processes.library import TEAM_NAMES, Adaptation, Template
from processes.models import EscalationPlan, ProcessDefinition
from processes.textfields import Line

NEW = "+"
"""Instead of the key of a team: make one."""


class AdoptForm(forms.Form):
    """Key, name and numbers of the process, offered so that they are free; a choice for each team and each
    escalation plan."""

    name = Line(label=gettext_lazy("Name"), max_length=120)
    key = Line(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Stays the same in all versions. Lower-case letters, digits, - and _."),
    )
    number_pattern = numberpatterns.PatternField(
        label=gettext_lazy("Number pattern"),
        max_length=60,
        # xgettext:no-python-brace-format
        help_text=gettext_lazy("For example REK-{year}-{seq:05}"),
    )

    def __init__(self, template: Template, data: Any = None) -> None:
        self.template = template
        self.teams = {team.key: team for team in Team.objects.filter(is_active=True).order_by("name")}
        super().__init__(data, initial=_free_names(template))
        for key in template.teams:
            self._add_team(key)
        self.plans = dict(EscalationPlan.objects.values_list("key", "name"))
        for plan in template.parsed.plans:
            self._add_plan(plan)

    def _add_team(self, key: str) -> None:
        name = TEAM_NAMES.get(key, key)
        here = next((one for one in self.teams.values() if key == one.key or name == one.name), None)
        choices = [(one.key, one.name) for one in self.teams.values()]
        self.fields[f"team-{key}"] = forms.ChoiceField(
            label=name, choices=[(NEW, _("New team")), *choices], initial=here.key if here else NEW
        )
        self.fields[f"name-{key}"] = Line(
            label=_("Name of the new team"), max_length=120, required=False, initial="" if here else name
        )

    def _add_plan(self, plan: Plan) -> None:
        self.fields[f"plan-{plan.key}"] = forms.ChoiceField(
            label=plan.name,
            choices=[(NEW, _("New plan")), *self.plans.items()],
            initial=plan.key if plan.key in self.plans else NEW,
        )

    def plan_rows(self) -> Iterator[tuple[BoundField, templatewords.Watch]]:
        """The input of each escalation plan, and what the plan says."""
        for watch in templatewords.page(self.template).plans:
            yield self[f"plan-{watch.key}"], watch

    def team_rows(self) -> Iterator[tuple[BoundField, BoundField]]:
        """The two inputs of each team."""
        for key in self.template.teams:
            yield self[f"team-{key}"], self[f"name-{key}"]

    def process_fields(self) -> Iterator[BoundField]:
        """The inputs about the process itself."""
        for name in ("name", "key", "number_pattern"):
            yield self[name]

    def clean_name(self) -> str:
        """Two processes of one name could not be told apart in the catalogue."""
        name: str = self.cleaned_data["name"]
        if ProcessDefinition.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is a process “%(name)s” already.") % {"name": name})
        return name

    def clean_key(self) -> str:
        """Written as keys are, and free."""
        key: str = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise forms.ValidationError(_("Lower-case letters, digits, - and _, beginning with a letter."))
        if ProcessDefinition.objects.filter(key=key).exists():
            raise forms.ValidationError(_("The key “%(key)s” is taken already.") % {"key": key})
        return key

    def clean_number_pattern(self) -> str:
        """A pattern of its own."""
        return numberpatterns.own(self.cleaned_data["number_pattern"])

    def clean(self) -> dict[str, Any]:
        """A new team needs a name that no team has, nor another new one."""
        cleaned = super().clean() or {}
        taken = {name.casefold() for name in Team.objects.values_list("name", flat=True)}
        for key in self._new_keys():
            name = cleaned.get(f"name-{key}", "")
            if not name:
                self.add_error(f"name-{key}", _("Please give the new team a name."))
            elif name.casefold() in taken:
                self.add_error(f"name-{key}", _("There is a team “%(name)s” already.") % {"name": name})
            taken.add(name.casefold())
        return cleaned

    def _new_keys(self) -> list[str]:
        """Teams of the template that are to be made."""
        return [key for key in self.template.teams if self.cleaned_data.get(f"team-{key}") == NEW]

    def adaptation(self) -> Adaptation:
        """What was chosen; a new team takes the template's key if that is free."""
        taken = set(Team.objects.values_list("key", flat=True))
        teams: dict[str, str] = {}
        for key in self.template.teams:
            chosen = self.cleaned_data[f"team-{key}"]
            teams[key] = _free_key(key, taken) if chosen == NEW else chosen
            taken.add(teams[key])
        names = {name: self.cleaned_data[name] for name in ("key", "name", "number_pattern")}
        return Adaptation(teams=teams, plans=self._plans(), **names)

    def _plans(self) -> dict[str, str]:
        """What stands for each plan of the template; a new one has the template's key if that is free."""
        taken = set(self.plans)
        found: dict[str, str] = {}
        for plan in self.template.parsed.plans:
            chosen = self.cleaned_data[f"plan-{plan.key}"]
            found[plan.key] = _free_key(plan.key, taken) if chosen == NEW else chosen
            taken.add(found[plan.key])
        return found

    def new_teams(self) -> dict[str, str]:
        """Names of the teams to be made, by their new key."""
        teams = self.adaptation().teams
        return {teams[key]: self.cleaned_data[f"name-{key}"] for key in self._new_keys()}


def _free_key(key: str, taken: set[str]) -> str:
    return key if key not in taken else key_from(key, taken)


def _free_names(template: Template) -> dict[str, str]:
    """Key, name and numbers of the template, or the next free ones where they are taken."""
    rows = list(ProcessDefinition.objects.values_list("key", "name", "number_pattern"))
    keys, names, patterns = (
        (set(column) for column in zip(*rows, strict=True)) if rows else (set(), set(), set())
    )
    head = template.head
    return {
        "key": numberpatterns.free_text(head.key, keys, "{0}_{1}"),
        "name": numberpatterns.free_text(head.name, names, "{0} {1}"),
        "number_pattern": numberpatterns.free(head.number_pattern, patterns),
    }
