"""“Durchspielen” in Django admin: a version is clicked through with data, and nothing is stored.

Everything entered and chosen travels with the page and is played from the start on every request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import User
from processes import doors, engine, fieldforms, policy
from processes.fields import FieldError
from processes.models import ProcessVersion, Urgency
from processes.playing import forms, page, simulation, words
from processes.playing import setting as simulationsetting
from processes.playing.forms import Click, Entered
from processes.playing.setting import Setting
from processes.playing.simulation import Play, PlayError, Run

TEMPLATE = "admin/processes/processversion/simulate.html"
START = "s_"
"""Prefix of the inputs of the start form; those of a step have its token's number."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The one page of a version."""
    view = site.admin_view(partial(simulate, site))
    return [path("<path:object_id>/simulate/", view, name="processes_processversion_simulate")]


def simulate(site: AdminSite, request: HttpRequest, object_id: str) -> HttpResponse:
    """Play a version through; a POST is one click. Reads only."""
    if not policy.may_define_processes(cast(User, request.user)):
        raise Http404
    versions = ProcessVersion.objects.select_related("definition__owner", "definition__owner_team")
    version = get_object_or_404(versions, pk=doors.number(object_id) or 0)
    common = {
        **site.each_context(request),
        "title": _("Play through: %(process)s") % {"process": version.definition.name},
        "version": version,
    }
    try:
        setting = simulationsetting.setting_of(version)
    except engine.NetError as error:
        broken = _(
            "This version cannot be played through: its steps and ways make no process yet (%(fault)s)."
        )
        return render(request, TEMPLATE, {**common, "broken": broken % {"fault": error}})
    answer = _answer(setting, request.POST) if "state" in request.POST else Answer(_fresh())
    shown = page.context(setting, answer.play, answer.run, answer.typed, answer.about)
    context = {**common, **shown, "message": answer.message, "focus": answer.focus}
    return render(request, TEMPLATE, context, status=answer.status)


@dataclass(frozen=True)
class Answer:
    """What a click led to: where the play stands (no `run` before it begins), what is shown as typed, what is
    said, and the part of the page that has changed (`focus`)."""

    play: Play
    run: Run | None = None
    typed: Mapping[str, Entered] = field(default_factory=dict)
    about: Entered = field(default_factory=Entered)
    message: str = ""
    status: int = 200
    focus: str = ""


def _fresh() -> Play:
    return Play(at=timezone.now().replace(second=0, microsecond=0))


def _answer(setting: Setting, post: QueryDict) -> Answer:
    """Play what came with the page, then the click."""
    try:
        play = forms.play_of(post.get("state", ""), setting)
        run = simulation.replay(setting.net, play) if play.is_begun else None
        return _clicked(setting, play, run, post)
    except (PlayError, engine.EngineError):
        return _outdated()


def _outdated() -> Answer:
    text = _("What was played does not fit this version (any more): it begins anew.")
    return Answer(_fresh(), message=text, status=409)


def _clicked(setting: Setting, play: Play, run: Run | None, post: QueryDict) -> Answer:
    do = post.get("do", "")
    if do == "anew":
        return Answer(replace(play, is_begun=False, turns=()), focus="start")
    if run is None:
        return _begun(setting, play, post)
    if do.startswith("back:"):
        return _gone_back(setting, play, do.removeprefix("back:"))
    if do == "check":
        return _checked(setting, play, run, post)
    return _turned(setting, play, run, post, do)


def _checked(setting: Setting, play: Play, run: Run, post: QueryDict) -> Answer:
    """Enter in an input chooses nothing: say what is wrong with what was typed."""
    typed = {}
    for token in run.open:
        prefix, step = f"t{token.id}_", setting.net.steps[token.at]
        found = forms.entered(setting, step, prefix, post)
        at = run.since[token.id]
        typed[prefix] = replace(found, faults=forms.values_of(setting, step, found, run.data, at)[1])
    is_wrong = any(one.faults for one in typed.values())
    return Answer(play, run, typed, status=422 if is_wrong else 200, focus="fault" if is_wrong else "open")


def _gone_back(setting: Setting, play: Play, number: str) -> Answer:
    kept = doors.number(number)
    if kept is None or kept > len(play.turns):
        raise PlayError("back")
    play = play.back_to(kept)
    return Answer(play, simulation.replay(setting.net, play), focus="open")


# -- the start -----------------------------------------------------------------------------------------------


def _begun(setting: Setting, play: Play, post: QueryDict) -> Answer:
    """Take start, urgency, calendar and the start form, and begin."""
    play = replace(play, urgency=_urgency(post), calendar=_calendar(setting, post))
    step = setting.net.steps.get(setting.net.net.start or "")
    typed = forms.entered(setting, step, START, post) if step else Entered()
    at, fault = _start_at(post)
    values, faults = forms.values_of(setting, step, typed, {}, at or play.at) if step else ({}, {})
    about = Entered(post.get("at"), at_fault=fault)
    typed = replace(typed, faults=faults)
    if fault or faults or at is None:
        return Answer(play, None, {START: typed}, about, status=422, focus="fault")
    begun = replace(play, at=at, values=values, is_begun=True, turns=())
    try:
        return Answer(begun, simulation.begin(setting.net, begun), focus="open")
    except engine.EngineError as error:
        said = words.refusal(setting.net, error)
        about = replace(about, problem=said)
        return Answer(play, None, {START: typed}, about, status=422, focus="fault")


def _start_at(post: QueryDict) -> tuple[dt.datetime | None, str]:
    try:
        return forms.read_moment(post.get("at"), timezone.localdate()), ""
    except FieldError as fault:
        return None, fieldforms.sentence(fault)


def _urgency(post: QueryDict) -> int:
    number = doors.number(post.get("urgency"))
    return number if number in Urgency.values else Urgency.NORMAL


def _calendar(setting: Setting, post: QueryDict) -> str:
    key = post.get("calendar", "")
    return key if key in dict(setting.calendar_names) else ""


# -- a turn --------------------------------------------------------------------------------------------------


def _turned(setting: Setting, play: Play, run: Run, post: QueryDict, do: str) -> Answer:
    """Take one outcome; what was typed at the other open steps stays typed."""
    what = _what(do)
    typed = _typed(setting, run, post)
    if len(play.turns) >= simulation.MOST_TURNS:
        text = _("More than %(most)s turns cannot be played.") % {"most": simulation.MOST_TURNS}
        return Answer(play, run, typed, message=text, status=422)
    prefix = f"t{what.token}_"
    turn, found = forms.turn_of(setting, play, run, typed.get(prefix, Entered()), what)
    if turn is None:
        return Answer(play, run, {**typed, prefix: found}, status=422, focus="fault")
    try:
        after = simulation.follow(setting.net, run, turn)
    except (engine.NoBranch, engine.TooManySteps) as error:
        found = replace(found, problem=words.refusal(setting.net, error))
        return Answer(play, run, {**typed, prefix: found}, status=422, focus="fault")
    rest = {name: one for name, one in typed.items() if name != prefix}
    return Answer(play.then(turn), after, rest, focus="open")


def _what(do: str) -> Click:
    """What a button says. Raises PlayError."""
    number, by, outcome, end = (*do.split(":", 3), "", "", "")[:4]
    token = doors.number(number)
    if token is None:
        raise PlayError("no turn")
    return Click(token, by, outcome, end)


def _typed(setting: Setting, run: Run, post: QueryDict) -> dict[str, Entered]:
    found = {}
    for token in run.open:
        prefix = f"t{token.id}_"
        found[prefix] = forms.entered(setting, setting.net.steps[token.at], prefix, post)
    return found
