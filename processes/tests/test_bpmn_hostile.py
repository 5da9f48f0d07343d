"""Nothing a stranger writes into a file is a crash: it is refused as a whole, or named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes import bpmn
from processes.bpmn import xmltree
from processes.checking import soundness
from processes.tests.bpmnfiles import INNER, MESSAGE, MODEL, TIMER, file, link, tag
from processes.tests.examples import examples


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_well_formed"),
        (b"<a>", "not_well_formed"),
        (b"<a/><b/>", "not_well_formed"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "not_well_formed"),
        (b"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>", "not_well_formed"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "doctype"),
        (b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "doctype"),
        (b"<definitions/>", "not_bpmn"),
        (f"<process xmlns='{MODEL}'/>".encode(), "not_bpmn"),
        (f"<definitions xmlns='{MODEL}'/>".encode(), "no_process"),
        (b"<a>" * 200 + b"</a>" * 200, "too_deep"),
        (b"<a>" + b"<b/>" * xmltree.MOST_ELEMENTS + b"</a>", "too_many_elements"),
        (b" " * (xmltree.MOST_BYTES + 1), "too_large"),
    ],
)
def test_other_files_are_refused_as_a_whole(raw, code):
    read = bpmn.read(raw)
    assert [one.code for one in read.faults] == [code]
    assert read.processes == ()


def test_reading_stops_after_some_time(monkeypatch):
    monkeypatch.setattr(xmltree, "MOST_SECONDS", -1.0)
    assert bpmn.read(b"<a>" + b"<b/>" * 2000 + b"</a>").faults[0].code == "too_slow"


ELEMENTS = [
    *(
        "startEvent",
        "endEvent",
        "task",
        "userTask",
        "receiveTask",
        "serviceTask",
        "callActivity",
        "subProcess",
    ),
    *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "boundaryEvent"),
    *("intermediateCatchEvent", "intermediateThrowEvent", "transaction", "lane", "sequenceFlow", "?"),
]
INSIDE = ["", TIMER, MESSAGE, link("L"), "<terminateEventDefinition/>", INNER, "<x:y xmlns:x='z'/>"]


@st.composite
def any_files(draw) -> bytes:
    ids = [f"n{number}" for number in range(8)]
    one = st.sampled_from([*ids, ""])
    parts = []
    for id_ in draw(st.lists(st.sampled_from(ids), max_size=8)):
        name = draw(st.sampled_from(ELEMENTS)).replace("?", "unheardOf")
        attributes = {
            "attachedToRef": draw(one),
            "default": draw(one),
            "name": draw(st.sampled_from(["", "N"])),
        }
        parts.append(tag(name, id_, draw(st.sampled_from(INSIDE)), **attributes))
    for _ in range(draw(st.integers(0, 10))):
        parts.append(
            f"{draw(one)}->{draw(one)}|{draw(st.sampled_from(['', 'Ja']))}|f{draw(st.integers(0, 30))}"
        )
    return file(*parts)


@examples(300)
@given(raw=any_files())
def test_no_file_is_a_crash(raw):
    for process in bpmn.read(raw).processes:
        assert all(fault.code in bpmn.REASONS for fault in (*process.faults, *process.notes))
        ids = {node.id for node in process.nodes}
        assert all({flow.source, flow.target} <= ids for flow in process.flows)
        soundness.check(bpmn.to_net(process))


@examples(100)
@given(raw=st.binary(max_size=300))
def test_no_bytes_are_a_crash(raw):
    assert bpmn.read(raw).faults
