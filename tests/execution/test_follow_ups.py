"""Long cases: the state stays as small as at the start, and the next task is there."""

from __future__ import annotations

from engine.execution import complete

SIP = """
start s > plan
user plan > follow_up
call follow_up process=q in.round=round out.next_step=next_step out.round=round+1 > more
boundary withdrawn on=follow_up message=withdrawn > over
end over outcome=withdrawn
xor more > 'follow_up?next_step="again"' > *e
end e outcome=closed
"""
ROUND = """
start s > split
and split > ask > evaluate
user ask > join
boundary late on=ask duration=P14D beside > remind
service remind type=notify > reminded
end reminded
user evaluate > join
and join > decide
user decide > e
end e
"""


def follow_up(draw, begin):
    return begin(draw(SIP), draw(ROUND, "q"), round=0).complete("plan")


def one_round(case):
    case.complete("evaluate", note="x" * 200).complete("ask", note="y" * 200)
    return case.complete("decide", next_step="again")


def test_two_hundred_and_fifty_rounds_leave_the_state_as_small_as_the_first(draw, begin):
    case = follow_up(draw, begin)
    one_round(case)
    small = len(case.step.state)

    for _ in range(250):
        one_round(case)

    assert case.open == ["ask", "evaluate"]
    assert len(case.step.state) <= small * 1.05
    assert case.complete("evaluate").complete("ask").complete("decide", next_step="close").step.outcome == "closed"


def test_after_two_thousand_rounds_the_next_task_is_there(draw, begin):
    text = draw("start s > a\nuser a > g\nxor g > a?again > *e\nend e")
    case = begin(text)

    for _ in range(2000):
        (task,) = case.step.ready
        case.step = complete(case.release, case.step.state, task.id, {"again": True}, case._facts, case.now)

    assert case.open == ["a"]
    assert len(case.step.state) < 500


def test_an_open_task_beside_the_loop_does_not_hold_its_past(draw, begin):
    case = begin(draw("start s > split\nand split > stay > a\nuser stay > e\nuser a > g\nxor g > a?again > *e\nend e"))
    case.complete("a", again=True)
    small = len(case.step.state)

    for _ in range(100):
        case.complete("a", again=True)

    assert len(case.step.state) <= small


def test_parallel_branches_in_a_flat_loop_join_once_a_round(draw, begin):
    case = begin(
        draw("start s > m\nxor m > split\nand split > a > b\nuser a > join\nuser b > join\nand join > c\nuser c > g\nxor g > m?again > *e\nend e")
    )

    for turn in range(50):
        first, second = ("a", "b") if turn % 2 else ("b", "a")
        assert case.open == ["a", "b"]
        assert case.complete(first).open == [second]
        assert case.complete(second).open == ["c"]
        case.complete("c", again=True)

    case.complete("a").complete("b").complete("c", again=False)
    assert case.step.ended == "e"
