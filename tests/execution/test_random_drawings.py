"""Random block-structured drawings, walked at random: against BPMN's meaning, and in lockstep with stock SpiffWorkflow."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

LONGEST_WALK = 30


def blocks(*kinds):
    """Return a strategy for blocks such as ``("all", [("task",), ("loop", [("task",)])])``."""
    leaf = st.just(("task",))
    two = {"xor", "all", "some", "seq"}
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            *(st.tuples(st.just(kind), st.lists(inner, min_size=2 if kind in two else 1, max_size=3 if kind in two else 1)) for kind in kinds)
        ),
        max_leaves=7,
    )


@dataclass
class Writer:
    """Writes a block as lines of the small drawing language, and as something that can be walked by BPMN's meaning."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def new(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def write(self, block, after: str, indent: str = "") -> tuple[str, list[str], object]:
        """Return the first element's id, the lines, and the meaning."""
        return getattr(self, block[0])(block, after, indent)

    def task(self, block, after, indent):
        name = self.new("task")
        return name, [f"{indent}user {name} > {after}"], Task(name)

    def seq(self, block, after, indent):
        lines, parts = [], []
        for inner in reversed(block[1]):
            after, written, meaning = self.write(inner, after, indent)
            lines = written + lines
            parts.insert(0, meaning)
        return after, lines, Sequence(parts)

    def sub(self, block, after, indent):
        name = self.new("sub")
        deeper = indent + "  "
        first, lines, meaning = self.write(block[1][0], f"{name}_end", deeper)
        inside = [f"{deeper}start {name}_start > {first}", *lines, f"{deeper}end {name}_end"]
        return name, [f"{indent}sub {name} > {after}", *inside], meaning

    def watch(self, block, after, indent):
        name, lines, meaning = self.sub(block, after, indent)
        lines.append(f"{indent}boundary stop_{name} on={name} message={name} > {after}")
        merged = f"{name}_left"
        lines = [
            line.replace(f"{name} > {after}", f"{name} > {merged}").replace(f"message={name} > {after}", f"message={name} > {merged}")
            for line in lines
        ]
        return name, [*lines, f"{indent}xor {merged} > {after}"], Watch(name, meaning)

    def loop(self, block, after, indent):
        name = self.new("again")
        self.names.append(name)
        first, lines, meaning = self.write(block[1][0], f"{name}_back", indent)
        head = f"{indent}xor {name}_head > {first}"
        back = f"{indent}xor {name}_back > {name}_head?{name} > *{after}"
        return f"{name}_head", [head, *lines, back], Loop(name, meaning)

    def xor(self, block, after, indent):
        name = self.new("left")
        self.names.append(name)
        firsts, lines, parts = self._branches(f"{indent}xor {name}_join > {after}", block, f"{name}_join", indent)
        ways = [*(f"{first}?{name}" for first in firsts[:-1]), f"*{firsts[-1]}"]
        return name, [f"{indent}xor {name} > {' > '.join(ways)}", *lines], Choice(name, parts)

    def some(self, block, after, indent):
        name = self.new("some")
        firsts, lines, parts = self._branches(f"{indent}or {name}_join > {after}", block, f"{name}_join", indent)
        flags = [f"{name}_{at}" for at in range(len(firsts) - 1)]
        self.names += flags
        ways = [*(f"{first}?{flag}" for first, flag in zip(firsts, flags, strict=False)), f"*{firsts[-1]}"]
        return name, [f"{indent}or {name} > {' > '.join(ways)}", *lines], Some(flags, parts)

    def all(self, block, after, indent):
        name = self.new("split")
        firsts, lines, parts = self._branches(f"{indent}and {name}_join > {after}", block, f"{name}_join", indent)
        return name, [f"{indent}and {name} > {' > '.join(firsts)}", *lines], Parallel(parts)

    def _branches(self, join_line, block, join, indent):
        written = [self.write(inner, join, indent) for inner in block[1]]
        lines = [line for _, more, _ in written for line in more]
        return [first for first, _, _ in written], [join_line, *lines], [meaning for _, _, meaning in written]


class Task:
    def __init__(self, name):
        self.name = name

    def begin(self, data):
        self.done = False

    def open(self):
        return [] if self.done else [self.name]

    def complete(self, name, data):
        if name == self.name:
            self.done = True


class Sequence:
    def __init__(self, parts):
        self.parts = parts

    def begin(self, data):
        self.at = 0
        self.parts[0].begin(data)

    @property
    def done(self):
        return self.at == len(self.parts)

    def open(self):
        return [] if self.done else self.parts[self.at].open()

    def complete(self, name, data):
        if name not in self.open():
            return
        self.parts[self.at].complete(name, data)
        if self.parts[self.at].done:
            self.at += 1
            if not self.done:
                self.parts[self.at].begin(data)


class Choice:
    def __init__(self, name, parts):
        self.name, self.parts = name, parts

    def begin(self, data):
        self.taken = self.parts[0] if data[self.name] else self.parts[-1]
        self.taken.begin(data)

    @property
    def done(self):
        return self.taken.done

    def open(self):
        return self.taken.open()

    def complete(self, name, data):
        self.taken.complete(name, data)


class Parallel:
    def __init__(self, parts):
        self.parts = parts

    def begin(self, data):
        for part in self.parts:
            part.begin(data)

    @property
    def done(self):
        return all(part.done for part in self.parts)

    def open(self):
        return [name for part in self.parts for name in part.open()]

    def complete(self, name, data):
        for part in self.parts:
            if name in part.open():
                part.complete(name, data)


class Some(Parallel):
    """The parts whose flags are set, else the last."""

    def __init__(self, flags, parts):
        self.flags, self.every = flags, parts

    def begin(self, data):
        taken = [part for flag, part in zip(self.flags, self.every, strict=False) if data[flag]]
        self.parts = taken or self.every[-1:]
        super().begin(data)


class Watch:
    """A subprocess that a message ends: ``!name`` among what is open."""

    def __init__(self, name, part):
        self.name, self.part = name, part

    def begin(self, data):
        self.stopped = False
        self.part.begin(data)

    @property
    def done(self):
        return self.stopped or self.part.done

    def open(self):
        return [] if self.done else [f"!{self.name}", *self.part.open()]

    def complete(self, name, data):
        if name == f"!{self.name}":
            self.stopped = True
        else:
            self.part.complete(name, data)


class Loop:
    def __init__(self, name, part):
        self.name, self.part = name, part

    def begin(self, data):
        self.done = False
        self.part.begin(data)

    def open(self):
        return [] if self.done else self.part.open()

    def complete(self, name, data):
        if name in self.open():
            self.part.complete(name, data)
            if self.part.done:
                if data[self.name]:
                    self.part.begin(data)
                else:
                    self.done = True


def written(block):
    writer = Writer()
    first, lines, meaning = writer.write(block, "done")
    return f"start s > {first}\n" + "\n".join(lines) + "\nend done", writer.names, meaning


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(block=blocks("seq", "xor", "all", "some", "loop", "sub", "watch"), walk=st.data())
def test_a_drawing_does_what_its_blocks_mean(draw, begin, block, walk):
    text, names, meaning = written(block)
    data = dict.fromkeys(names, False)
    meaning.begin(data)
    case = begin(draw(text, variables=" ".join(names)), **data)

    for turn in range(LONGEST_WALK):
        assert case.open == sorted(name for name in meaning.open() if not name.startswith("!"))
        assert case.step.messages == {name[1:] for name in meaning.open() if name.startswith("!")}
        if meaning.done:
            break
        name = walk.draw(st.sampled_from(sorted(meaning.open())))
        if name.startswith("!"):
            meaning.complete(name, data)
            case.deliver(name[1:])
            continue
        answers = {one: turn < LONGEST_WALK // 2 and walk.draw(st.booleans()) for one in names}
        data |= answers
        meaning.complete(name, data)
        case.complete(name, **answers)

    assert (case.step.ended == "done") == meaning.done


class Stock:
    """The same drawing on stock SpiffWorkflow, serialized and restored at every step."""

    serializer = BpmnWorkflowSerializer()

    def __init__(self, xml, data):
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml.replace("<bpmn:conditionExpression>=", "<bpmn:conditionExpression>").encode()))
        workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        workflow.task_tree.set_data(**data)
        workflow.do_engine_steps()
        self.keep(workflow)

    def keep(self, workflow):
        self.state = self.serializer.serialize_json(workflow)
        self.done = workflow.is_completed()
        self.ready = [task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]
        self.result = dict((self.ready[0] if self.ready else workflow.last_task).data)

    @property
    def open(self):
        return sorted(task.task_spec.name for task in self.ready)

    def complete(self, name, answers):
        workflow = self.serializer.deserialize_json(self.state)
        task = next(task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.name == name)
        task.set_data(**answers)
        task.run()
        workflow.do_engine_steps()
        self.keep(workflow)


@QUICK
@given(block=blocks("seq", "xor", "loop", "sub"), walk=st.data())
def test_without_parallel_ways_tasks_and_data_are_those_of_stock(draw, begin, block, walk):
    text, names, _ = written(block)
    data = dict.fromkeys(names, False)
    xml = draw(text, variables=" ".join(names))
    case, stock = begin(xml, **data), Stock(xml, data)

    for turn in range(12):
        assert case.open == stock.open
        if stock.done:
            break
        (name,) = stock.open
        answers = {one: turn < 6 and walk.draw(st.booleans()) for one in names}
        case.complete(name, **answers)
        stock.complete(name, answers)
        assert case_data(case) == stock.result

    assert (case.step.ended is not None) == stock.done


@QUICK
@given(block=blocks("seq", "xor", "all", "sub"), walk=st.data())
def test_with_parallel_ways_outside_loops_tasks_are_those_of_stock(draw, begin, block, walk):
    text, names, _ = written(block)
    data = {name: walk.draw(st.booleans()) for name in names}
    xml = draw(text, variables=" ".join(names))
    case, stock = begin(xml, **data), Stock(xml, data)

    while not stock.done:
        assert case.open == stock.open
        name = walk.draw(st.sampled_from(stock.open))
        case.complete(name)
        stock.complete(name, {})

    assert case.step.ended == "done"
    assert case.step.result == stock.result


def case_data(case):
    if case.step.ended:
        return case.step.result
    return orjson.loads(case.step.state)["s"][0][1]
