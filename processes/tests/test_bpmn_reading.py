"""BPMN files become our words; what cannot be taken over is named."""

from __future__ import annotations

import pytest

from processes import bpmn
from processes.checking import soundness
from processes.engine import Kind
from processes.tests.bpmnfiles import END, INNER, MESSAGE, START, TIMER, file, link, tag


def only(raw: bytes) -> bpmn.BpmnProcess:
    """The one process of a file, which must have no faults."""
    read = bpmn.read(raw)
    assert read.all_faults == ()
    (process,) = read.processes
    return process


def faults(raw: bytes) -> list[tuple[str, str, str]]:
    return [(one.code, one.element, one.id) for one in bpmn.read(raw).all_faults]


def kinds(process: bpmn.BpmnProcess) -> dict[str, Kind]:
    return {node.id: node.kind for node in process.nodes}


def test_a_plain_process_with_lanes():
    lanes = (
        "<laneSet><lane name='Haus'><flowNodeRef>a</flowNodeRef><childLaneSet>"
        "<lane name='Personal'><flowNodeRef>a</flowNodeRef></lane></childLaneSet></lane></laneSet>"
    )
    task = tag("task", "a", "<documentation>Tu es</documentation>", name="Prüfen")
    process = only(file(lanes, START, task, END, "s->a", "a->e"))
    node = next(node for node in process.nodes if node.id == "a")
    assert (process.id, process.name) == ("p", "Urlaub")
    assert (node.kind, node.name, node.lane, node.text) == (Kind.TASK, "Prüfen", "Personal", "Tu es")


@pytest.mark.parametrize("prefix", ["bpmn", "semantic", "wurst"])
def test_prefixes_mean_nothing(prefix):
    parts = (START, tag("userTask", "a"), END, "s->a", "a->e")
    assert only(file(*parts, prefix=prefix)) == only(file(*parts))


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ("task", Kind.TASK),
        ("userTask", Kind.TASK),
        ("manualTask", Kind.TASK),
        ("receiveTask", Kind.TASK),
        ("serviceTask", Kind.ACTION),
        ("sendTask", Kind.ACTION),
        ("scriptTask", Kind.ACTION),
        ("businessRuleTask", Kind.ACTION),
        ("callActivity", Kind.SUBPROCESS),
    ],
)
def test_activities(element, kind):
    process = only(file(START, tag(element, "a"), END, "s->a", "a->e"))
    assert kinds(process)["a"] is kind
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_a_task_before_a_choice_with_names_is_a_task_with_outcomes():
    process = only(
        file(
            START,
            tag("userTask", "a"),
            tag("exclusiveGateway", "x", default="x-e"),
            END,
            *("s->a", "a->x", "x->a|Nochmal", "x->e|Gut"),
        )
    )
    (node,) = (node for node in process.nodes if node.id == "a")
    assert [(one.key, one.name) for one in node.outcomes] == [("x-a", "Nochmal"), ("x-e", "Gut")]
    assert "x" not in kinds(process)
    assert [(one.source, one.outcome, one.target) for one in process.flows[1:]] == [
        ("a", "x-a", "a"),
        ("a", "x-e", "e"),
    ]
    assert soundness.check(bpmn.to_net(process)).is_sound


@pytest.mark.parametrize(
    ("task", "ways"),
    [
        ("userTask", ("x->a", "x->e|Gut")),
        ("serviceTask", ("x->a|Nochmal", "x->e|Gut")),
        ("userTask", ("x->a|Nochmal", "x->e|Gut", "s2->x")),
    ],
)
def test_other_choices_stay_and_the_last_way_stands_for_otherwise(task, ways):
    extra = tag("task", "s2")
    process = only(
        file(START, tag(task, "a"), extra, tag("exclusiveGateway", "x"), END, "s->a", "a->x", *ways)
    )
    assert kinds(process)["x"] is Kind.EXCLUSIVE
    assert [flow.is_default for flow in process.flows if flow.source == "x"] == [False, True]
    assert "condition_missing" in {note.code for note in process.notes}


def test_conditions_out_of_a_task_are_an_inclusive_choice():
    expression = "<conditionExpression>x</conditionExpression>"
    condition = tag("sequenceFlow", "c", expression, sourceRef="a", targetRef="b")
    raw = file(
        START, tag("task", "a", default="a-e"), tag("task", "b"), END, "s->a", condition, "a->e", "b->e"
    )
    process = only(raw)
    assert kinds(process)["a#choice"] is Kind.INCLUSIVE
    assert [(one.condition, one.is_default) for one in process.flows if one.source == "a#choice"] == [
        ("x", False),
        ("", True),
    ]
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_timers_at_a_border_are_outcomes_of_the_clock():
    late = tag("boundaryEvent", "late", TIMER, attachedToRef="a", name="Zu spät")
    nag = tag("boundaryEvent", "nag", TIMER, attachedToRef="a", cancelActivity="false")
    steps = (START, tag("task", "a"), tag("task", "b"), END, late, nag)
    process = only(file(*steps, "s->a", "a->e", "late->e", "nag->b", "b->e"))
    node = next(node for node in process.nodes if node.id == "a")
    assert [(one.key, one.is_clock, one.is_interrupting, one.timer.text) for one in node.outcomes] == [
        ("done", False, True, ""),
        ("late", True, True, "P3D"),
        ("nag", True, False, "P3D"),
    ]
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_an_error_at_an_automatic_step_is_its_outcome_failed():
    error = tag("boundaryEvent", "oops", "<errorEventDefinition/>", attachedToRef="j")
    process = only(file(START, tag("serviceTask", "j"), END, error, "s->j", "j->e", "oops->e"))
    assert [one.key for one in process.nodes[1].outcomes] == ["failed"]
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_a_gateway_that_waits_for_events_is_a_task():
    process = only(
        file(
            START,
            tag("eventBasedGateway", "g"),
            tag("intermediateCatchEvent", "m", MESSAGE, name="Antwort"),
            tag("intermediateCatchEvent", "t", TIMER),
            END,
            *("s->g", "g->m", "g->t", "m->e", "t->e"),
        )
    )
    node = next(node for node in process.nodes if node.id == "g")
    assert (node.kind, node.is_waiting) == (Kind.TASK, True)
    assert [(one.key, one.name, one.is_clock) for one in node.outcomes] == [
        ("m", "Antwort", False),
        ("t", "", True),
    ]
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_links_are_joined():
    process = only(
        file(
            START,
            tag("intermediateThrowEvent", "t", link("L")),
            tag("intermediateCatchEvent", "c", link("L")),
            END,
            *("s->t", "c->e"),
        )
    )
    assert soundness.check(bpmn.to_net(process)).is_sound


def test_a_sub_process_is_set_in_and_waits_for_all_its_ways():
    process = only(file(START, tag("subProcess", "u", INNER), tag("task", "z"), END, "s->u", "u->z", "z->e"))
    net = bpmn.to_net(process)
    assert soundness.check(net).is_sound
    assert net.is_join("u#end")


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ([tag("complexGateway", "x")], ("unsupported", "complexGateway", "x")),
        ([tag("adHocSubProcess", "x", INNER)], ("unsupported", "adHocSubProcess", "x")),
        ([tag("subProcess", "x", INNER, triggeredByEvent="true")], ("unsupported", "subProcess", "x")),
        ([tag("intermediateCatchEvent", "x")], ("unsupported", "intermediateCatchEvent:none", "x")),
        (
            [tag("boundaryEvent", "x", MESSAGE, attachedToRef="a")],
            ("unsupported", "boundaryEvent:message", "x"),
        ),
        (
            [tag("boundaryEvent", "x", TIMER, attachedToRef="?")],
            ("boundary_host", "boundaryEvent:timer", "x"),
        ),
        (
            [tag("task", "x", "<standardLoopCharacteristics/>")],
            ("unsupported_loop", "standardLoopCharacteristics", "x"),
        ),
        ([tag("task", "x", isForCompensation="true")], ("unsupported_compensation", "task", "x")),
        ([tag("eventBasedGateway", "x")], ("event_gateway", "eventBasedGateway", "x")),
        (
            [tag("subProcess", "x", INNER + tag("startEvent", "is2"))],
            ("subprocess_starts", "subProcess", "x"),
        ),
        (
            [
                tag(
                    "subProcess",
                    "x",
                    INNER.replace(
                        "<endEvent id='ie1'></endEvent>",
                        "<endEvent id='ie1'><terminateEventDefinition/></endEvent>",
                    ),
                )
            ],
            ("subprocess_terminate", "subProcess", "x"),
        ),
        (
            [tag("subProcess", "x", INNER), tag("boundaryEvent", "b", TIMER, attachedToRef="x")],
            ("subprocess_boundary", "subProcess", "x"),
        ),
        ([tag("startEvent", "x", MESSAGE + TIMER)], ("several_events", "startEvent:message", "x")),
        (
            [tag("intermediateThrowEvent", "x", link("weg"))],
            ("link_missing", "intermediateThrowEvent:link", "x"),
        ),
        ([tag("task", "x"), tag("task", "x")], ("id_twice", "task", "x")),
    ],
)
def test_what_cannot_be_taken_over_is_named(parts, named):
    raw = file(START, tag("task", "a"), END, *parts, "s->a", "a->e")
    assert named in faults(raw)
    assert all(one.line == 1 and one.code in bpmn.REASONS for one in bpmn.read(raw).all_faults)


def test_pools_are_processes_and_messages_are_noted():
    pools = (
        "<collaboration><participant processRef='t:p' name='Amt'/><participant name='Bürger'/>"
        "<messageFlow id='m'/></collaboration>"
    )
    read = bpmn.read(file(START, END, "s->e", extra=pools))
    assert [process.pool for process in read.processes] == ["Amt"]
    assert [note.code for note in read.notes] == ["message_flows"]
