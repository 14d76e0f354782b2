"""A folder of models becomes one immutable release, or is refused with the reasons."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.execution import ModelsRefused, NoSuchProcess, StateUnreadable, complete, load_files, start
from engine.execution import release as release_module
from engine.execution.release import Release, hash_of
from engine.execution.results import Effect

TEXT = "start s > a\nuser a form=f role=chair > e\nend e"
FORM = '{"type": "default", "schemaVersion": 19, "id": "f", "components": [{"type": "textfield", "id": "x", "key": "x", "label": "X"}]}'


def test_a_release_knows_its_processes_and_forms(draw):
    release = load_files({"p.bpmn": draw(TEXT, purpose="case").encode(), "f.form": FORM.encode()})

    assert release.for_purpose("case").id == "p"
    assert release.process("p").elements["a"].form == "f"
    assert [field.key for field in release.forms["f"].fields] == ["x"]
    with pytest.raises(NoSuchProcess):
        release.for_purpose("dispute")
    with pytest.raises(NoSuchProcess):
        release.process("q")


def test_the_hash_says_whether_anything_differs(draw):
    one = load_files({"p.bpmn": draw(TEXT).encode()})
    same = load_files({"p.bpmn": draw(TEXT).encode()})
    moved = load_files({"q.bpmn": draw(TEXT).encode()})

    assert one is same
    assert one.hash != moved.hash


class PushedOut(dict[str, Release]):
    """As when another thread pushes a release out just after it has been looked for."""

    def __contains__(self, digest: object) -> bool:
        return self.pop(digest, None) is not None


def test_a_release_that_another_thread_pushes_out_meanwhile_is_given_all_the_same(draw, monkeypatch):
    monkeypatch.setattr(release_module, "_loaded", PushedOut())
    files = {"p.bpmn": draw(TEXT).encode()}

    hashes = {load_files(files).hash for _ in range(3)}

    assert hashes == {hash_of(files)}


def test_a_file_that_is_no_xml_is_refused_by_name():
    with pytest.raises(ModelsRefused) as refused:
        load_files({"p.bpmn": b"<bpmn", "t.dmn": b"nothing"})

    assert sorted(fault.file for fault in refused.value.faults) == ["p.bpmn", "t.dmn"]


def test_a_call_of_a_process_that_is_not_there_is_refused(draw):
    with pytest.raises(ModelsRefused) as refused:
        load_files({"p.bpmn": draw("start s > c\ncall c process=q > e\nend e").encode()})

    assert [fault.code for fault in refused.value.faults] == ["unknown_process"]


def test_a_state_that_does_not_fit_the_release_is_refused(draw, released):
    now = datetime(2026, 3, 2, tzinfo=UTC)
    step = start(released(draw(TEXT)), "p", {}, lambda _: {}, now)
    other = released(draw("start s > b\nuser b > e\nend e"))

    for state in (step.state, b"{}", b"nonsense", b'{"v":2}'):
        with pytest.raises(StateUnreadable):
            complete(other, state, step.ready[0].id, {}, lambda _: {}, now)


def test_a_decision_answers_from_what_the_process_and_the_task_know(draw, released, decision):
    release = load_files(
        {
            "p.bpmn": draw("start s > a\nuser a > r\nrule r decision=level result=level > n\nservice n type=notify in.to=level > e\nend e").encode(),
            "t.dmn": decision,
        }
    )
    now = datetime(2026, 3, 2, tzinfo=UTC)
    step = start(release, "p", {}, lambda _: {}, now)

    step = complete(release, step.state, step.ready[0].id, {"days": 20, "other": 1}, lambda _: {}, now)

    assert step.effects == (Effect("notify", {"to": "management"}, "n", "N", "p"),)
    assert step.result == {"days": 20, "level": "management"}


@pytest.fixture
def decision():
    rows = "".join(
        f"<rule id='r{index}'><inputEntry id='i{index}'><text>{test}</text></inputEntry>"
        f"<outputEntry id='o{index}'><text>{answer}</text></outputEntry></rule>"
        for index, (test, answer) in enumerate([("&lt; 14", '"manager"'), ("&gt;= 14", '"management"')])
    )
    return (
        "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' id='d' name='d' namespace='n'>"
        "<decision id='level' name='level'><decisionTable id='t' hitPolicy='UNIQUE'>"
        "<input id='in'><inputExpression id='ie' typeRef='number'><text>days</text></inputExpression></input>"
        f"<output id='out' name='level' typeRef='string'/>{rows}</decisionTable></decision></definitions>"
    ).encode()
