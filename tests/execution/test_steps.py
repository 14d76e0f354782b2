"""What a drawing does, step by step, restored from bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.execution import NotListening, NotOpen, StepFailed, start

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_a_task_is_offered_with_what_its_drawing_says(draw, begin):
    case = begin(draw("start s > a\nuser a form=f role=chair in.unit=home due=2026-03-09 priority=80 > e\nend e"), home="u1")

    (task,) = case.step.ready
    assert (task.element, task.name, task.process, task.form, task.role) == ("a", "A", "p", "f", "chair")
    assert task.inputs == {"unit": "u1"}
    assert task.due_at == datetime(2026, 3, 9, 22, 59, tzinfo=UTC)
    assert task.priority == 80


def test_a_condition_chooses_the_way(draw, begin):
    text = draw("start s > a\nuser a > g\nxor g > b?x>3 > *c\nuser b > e\nuser c > e\nend e")

    high = begin(text).complete("a", x=4)
    low = begin(text).complete("a", x=3)

    assert high.open == ["b"]
    assert low.open == ["c"]


def test_a_condition_that_is_neither_true_nor_false_stops_the_step(draw, begin):
    case = begin(draw("start s > a\nuser a > g\nxor g > b?x>3 > *c\nuser b > e\nuser c > e\nend e"))

    with pytest.raises(StepFailed) as failed:
        case.complete("a")

    assert (failed.value.element, failed.value.name, failed.value.file) == ("g", "G", "p0.bpmn")


def test_only_answers_that_the_drawing_reads_become_process_data(draw, begin):
    case = begin(draw("start s > a\nuser a > g\nxor g > b?x=1 > *e\nuser b > e\nend e"))

    case.complete("a", x=1, secret="health")

    assert b"health" not in case.step.state
    assert case.complete("b").step.result == {"x": 1}


def test_an_output_mapping_decides_what_leaves_a_task(draw, begin):
    case = begin(draw("start s > a\nuser a in.n=2 out.total=x+n > g\nxor g > b?total=5 > *e\nuser b > e\nend e"))

    case.complete("a", x=3)

    assert case.open == ["b"]
    assert case.complete("b").step.result == {"total": 5}


def test_effects_come_in_the_order_of_the_drawing_with_their_inputs(draw, begin):
    case = begin(
        draw('start s > a\nuser a effect="record_note close_case" in.unit=home > n\nservice n type=notify in.to=home > e\nend e'),
        home="u1",
    )

    case.complete("a", text="hej")

    assert [(effect.type, dict(effect.inputs)) for effect in case.effects] == [
        ("record_note", {"unit": "u1", "text": "hej"}),
        ("close_case", {"unit": "u1", "text": "hej"}),
        ("notify", {"to": "u1"}),
    ]


def test_a_milestone_is_set_once_its_element_is_done_and_the_facts_are_asked_anew(draw, begin):
    case = begin(draw("start s > a\nuser a milestone=reported > b\nuser b in.d=deadlines > e\nend e"))

    case.complete("a")

    assert case.step.milestones == {"reported": NOON}
    assert case.asked[-1] == {"reported": NOON}


def test_the_end_event_says_how_the_instance_ended(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nend e outcome=declined"))

    case.complete("a")

    assert (case.step.ended, case.step.outcome, case.open, case.step.timers) == ("e", "declined", [], ())


def test_a_task_that_is_done_is_not_open(draw, begin):
    case = begin(draw("start s > a\nuser a > b\nuser b > e\nend e"))
    done = case.task("a").id
    case.complete("a")

    with pytest.raises(NotOpen):
        case.complete_task(done)


def test_a_called_process_gets_and_gives_only_what_is_mapped(draw, begin):
    outer = draw("start s > c\ncall c process=q in.unit=home out.answer=x > g\nxor g > a?answer=2 > *e\nuser a > e\nend e", "p")
    inner = draw("start s > b\nuser b in.seen=home in.got=unit > g\nxor g > e?x=1 > *e2\nend e\nend e2", "q")
    case = begin(outer, inner, home="u1")

    assert case.task("b").inputs == {"seen": None, "got": "u1"}
    assert case.task("b").path == ("c",)
    case.complete("b", x=2)
    assert case.open == ["a"]
    assert case.complete("a").step.result == {"home": "u1", "answer": 2}


def test_a_subprocess_reads_and_writes_the_variables_around_it(draw, begin):
    case = begin(
        draw("""
start s > sub
sub sub > g
  start s1 > a
  user a in.seen=home > e1
  end e1
xor g > b?x=1 > *e
user b > e
end e"""),
        home="u1",
    )

    assert case.task("a").inputs == {"seen": "u1"}
    assert case.complete("a", x=1).open == ["b"]


@pytest.mark.parametrize("turn", ["", "inturn"])
def test_results_of_instances_lie_in_the_order_of_the_items(draw, begin, turn):
    case = begin(
        draw(f"start s > a\nuser a each=unit:units give=answers:unit+x {turn} in.unit=unit > b\nuser b in.all=answers > e\nend e"),
        units=["a", "b", "c"],
    )

    while case.open != ["b"]:
        last = case.step.ready[-1]
        case.complete_task(last.id, x=last.inputs["unit"].upper())

    assert case.task("b").inputs == {"all": ["aA", "bB", "cC"]}


def test_instances_at_once_are_all_open_and_those_in_turn_one_at_a_time(draw, begin):
    at_once = begin(draw("start s > a\nuser a each=u:units > e\nend e"), units=[1, 2, 3])
    in_turn = begin(draw("start s > a\nuser a each=u:units inturn > e\nend e"), units=[1, 2, 3])

    assert len(at_once.step.ready) == 3
    assert len(in_turn.step.ready) == 1


def test_an_empty_collection_is_passed_by(draw, begin):
    case = begin(draw("start s > a\nuser a each=u:units give=out:x > b\nuser b in.out=out > e\nend e"), units=[])

    assert case.open == ["b"]
    assert case.task("b").inputs == {"out": []}
    assert case.visited == ["s", "a"]


def test_an_instance_keeps_its_variables_to_itself(draw, begin):
    case = begin(
        draw("""
start s > sub
sub sub each=unit:units give=answers:answer > e
  start s1 > a
  user a > g
  xor g > 'b?answer="no"' > *e1
  user b in.why=answer > e1
  end e1
end e"""),
        units=["u1", "u2"],
    )
    first, second = case.step.ready

    case.complete_task(first.id, answer="no").complete_task(second.id, answer="yes")

    assert case.task("b").inputs == {"why": "no"}
    assert case.complete("b").step.result == {"units": ["u1", "u2"], "answers": ["no", "yes"]}


def test_enough_answers_end_the_rest(draw, begin):
    case = begin(
        draw("start s > a\nuser a each=u:units give=got:x until=numberOfCompletedInstances>=2 > b\nuser b in.got=got > e\nend e"),
        units=[1, 2, 3],
    )

    case.complete_task(case.step.ready[2].id, x="c").complete_task(case.step.ready[0].id, x="a")

    assert case.open == ["b"]
    assert case.task("b").inputs == {"got": ["a", None, "c"]}
    assert [visit.state for visit in case.step.visited if visit.element == "a"] == ["completed", "cancelled"]


def test_one_call_per_unit_runs_at_once_with_its_own_data(draw, begin):
    outer = draw("start s > c\ncall c process=q each=unit:units in.unit=unit out.answer=x give=answers:answer > b\nuser b in.a=answers > e\nend e")
    inner = draw("start s > r\nuser r in.unit=unit > g\nxor g > e?x!=null > *e2\nend e\nend e2", "q")
    case = begin(outer, inner, units=["u1", "u2", "u3"])

    for unit in ("u2", "u3", "u1"):
        task = next(task for task in case.step.ready if task.inputs == {"unit": unit})
        case.complete_task(task.id, x=unit)

    assert case.task("b").inputs == {"a": ["u1", "u2", "u3"]}


def test_a_boundary_event_on_a_multi_instance_call_ends_all_of_it(draw, begin):
    outer = draw("start s > c\ncall c process=q each=unit:units in.unit=unit > e\nboundary stop on=c message=withdrawn > b\nuser b > e\nend e")
    inner = draw("start s > r\nuser r > e\nboundary late on=r duration=P3D > e\nend e", "q")
    case = begin(outer, inner, units=["u1", "u2"])

    case.deliver("withdrawn")

    assert case.open == ["b"]
    assert case.step.timers == ()
    assert sorted(visit.element for visit in case.step.visited if visit.state == "cancelled") == ["c", "c", "r", "r"]


def test_an_interrupting_timer_takes_the_task_away(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary late on=a duration=P3D > b\nuser b > e\nend e"))

    assert [timer.due_at for timer in case.step.timers] == [NOON + timedelta(days=3)]
    assert case.wait(days=2, hours=23, minutes=59).open == ["a"]
    assert case.wait(minutes=1).open == ["b"]
    assert case.step.timers == ()


def test_a_timer_beside_the_task_leaves_it_open(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary late on=a duration=P3D beside > n\nservice n type=notify > e2\nend e2\nend e"))

    case.wait(days=3)

    assert case.open == ["a"]
    assert [effect.type for effect in case.effects] == ["notify"]
    assert case.complete("a").step.ended == "e"


def test_a_cycle_fires_once_for_turns_that_were_missed(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary again on=a cycle=R/P7D beside > n\nservice n type=notify > e2\nend e2\nend e"))

    case.wait(days=7).wait(days=40)

    assert [effect.type for effect in case.effects] == ["notify", "notify"]
    assert [timer.due_at - case.now for timer in case.step.timers] == [timedelta(days=7)]


def test_a_cycle_with_a_count_ends(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary again on=a cycle=R2/P7D beside > n\nservice n type=notify > e2\nend e2\nend e"))

    for _ in range(4):
        case.wait(days=8)

    assert len(case.effects) == 2
    assert case.step.timers == ()


def test_a_boundary_timer_without_a_moment_is_not_armed(draw, begin):
    text = draw("start s > a\nuser a > e\nboundary late on=a date==deadlines.reply.at > b\nuser b > e\nend e")

    without = begin(text, facts={"deadlines": {"reply": None}})
    due = begin(text, facts={"deadlines": {"reply": {"at": NOON + timedelta(days=1)}}})

    assert without.step.timers == ()
    assert [(timer.due_at, timer.deadline) for timer in due.step.timers] == [(NOON + timedelta(days=1), "reply")]


def test_the_first_event_decides_at_an_event_gateway(draw, begin):
    text = draw("start s > g\nevent g > m > t\ncatch m message=answer > a\ncatch t duration=P2D > b\nuser a in.got=text > e\nuser b > e\nend e")

    heard = begin(text).deliver("answer", text="ja", secret="x")
    silent = begin(text).wait(days=2)

    assert heard.open == ["a"]
    assert heard.task("a").inputs == {"got": "ja"}
    assert heard.step.timers == ()
    assert silent.open == ["b"]
    assert silent.step.messages == frozenset()


def test_a_message_that_nothing_waits_for_is_refused(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nend e"))

    with pytest.raises(NotListening):
        case.deliver("anything")


def test_a_message_beside_a_task_is_heard_again_and_again(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary m on=a message=note beside > n\nservice n type=record_note > e2\nend e2\nend e"))

    for _ in range(5):
        case.deliver("note")

    assert len(case.effects) == 5
    assert case.open == ["a"]


def test_an_error_reaches_only_the_activity_that_it_comes_from(draw, begin):
    case = begin(
        draw("""
start s > split
and split > one > two
sub one > m1
  start s1 > a
  user a > bad1
  end bad1 error=E
boundary b1 on=one error=E > x
user x > m1
xor m1 > join
sub two > m2
  start s2 > b
  user b > e2
  end e2
boundary b2 on=two error=E > y
user y > m2
xor m2 > join
and join > e
end e""")
    )

    case.complete("a")

    assert case.open == ["b", "x"]
    assert case.complete("x").complete("b").step.ended == "e"


def test_an_error_that_nothing_catches_stops_the_step(draw, begin):
    case = begin(draw("start s > sub\nsub sub > e\n  start s1 > a\n  user a > bad\n  end bad error=E\nend e"))

    with pytest.raises(StepFailed, match="bad"):
        case.complete("a")


def test_an_escalation_beside_leaves_the_process_running(draw, begin):
    outer = draw("start s > c\ncall c process=q > e\nboundary up on=c escalation=U beside > b\nuser b > e2\nend e2\nend e")
    inner = draw("start s > a\nuser a > up\nthrow up escalation=U > c\nuser c > e\nend e", "q")
    case = begin(outer, inner)

    assert case.complete("a").open == ["b", "c"]


def test_a_terminate_end_ends_everything_beside_it(draw, begin):
    case = begin(
        draw("start s > g\nand g > a > b\nuser a > e\nend e terminate outcome=closed\nuser b > e2\nboundary t on=b duration=P1D > e2\nend e2")
    )

    case.complete("a")

    assert (case.step.ended, case.step.outcome, case.open, case.step.timers) == ("e", "closed", [], ())


WITHDRAWAL = """
start s > a
user a > c
call c process=q each=unit:units in.unit=unit > b
user b > e
end e outcome=closed
sub w event
  start heard message=withdrawn {beside}
  user tell in.reason=reason in.x=x > over
  end over outcome=withdrawn
"""


def withdrawal(beside=""):
    text = WITHDRAWAL.format(beside=beside)
    return text.replace(f"start heard message=withdrawn {beside}".rstrip(), f"start heard message=withdrawn {beside} > tell".replace("  ", " "))


def test_an_interrupting_event_subprocess_ends_all_else_and_sees_the_data(draw, begin):
    inner = draw("start s > r\nuser r > e\nboundary late on=r duration=P3D > e\nend e", "q")
    case = begin(draw(withdrawal()), inner, units=["u1", "u2"])
    case.complete("a", x=7)

    case.deliver("withdrawn", reason="vill inte")

    assert case.open == ["tell"]
    assert case.step.timers == ()
    assert case.step.messages == frozenset()
    assert case.task("tell").inputs == {"reason": "vill inte", "x": 7}
    case.complete("tell")
    assert (case.step.ended, case.step.outcome) == ("over", "withdrawn")


def test_of_a_message_with_output_mappings_those_alone_are_kept(draw, begin):
    inside = "start heard message=stop out.who=giver > tell\n  user tell in.who=who in.giver=giver > over\n  end over"
    text = f"start s > a\nuser a > e\nend e\nsub w event\n  {inside}"
    case = begin(draw(text))

    case.deliver("stop", giver="Elis")

    assert case.task("tell").inputs == {"who": "Elis", "giver": None}


def test_a_completed_instance_hears_nothing(draw, begin):
    case = begin(draw(withdrawal()), draw("start s > e\nend e", "q"), units=[])
    case.complete("a").complete("b")

    assert case.step.ended == "e"
    with pytest.raises(NotListening):
        case.deliver("withdrawn")


def test_an_event_subprocess_beside_runs_again_and_again_while_the_rest_goes_on(draw, begin):
    case = begin(draw(withdrawal("beside")), draw("start s > r\nuser r > e\nend e", "q"), units=["u1"])

    case.deliver("withdrawn", reason="ett").deliver("withdrawn", reason="två")

    assert case.open == ["a", "tell", "tell"]
    case.complete("a").complete("r").complete("b")
    assert case.open == ["tell", "tell"]
    assert case.complete("tell").complete("tell").step.outcome == "withdrawn"


def test_a_timer_starts_an_event_subprocess(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nend e\nsub w event\n  start t duration=P30D > tell\n  user tell > over\n  end over"))

    assert [timer.element for timer in case.step.timers] == ["t"]
    assert case.wait(days=30).open == ["tell"]
    assert case.complete("tell").step.ended == "over"


def test_cases_on_one_release_do_not_touch_each_other(draw, begin):
    text = draw("start s > a\nuser a > e\nend e\nsub w event\n  start heard message=stop > tell\n  user tell > over\n  end over")
    first, second = begin(text), begin(text)

    first.deliver("stop").complete("tell")

    assert first.step.ended == "over"
    assert second.complete("a").step.ended == "e"
    assert begin(text).complete("a").step.ended == "e"


def test_a_loop_without_people_stops_with_the_element_named(draw, begin):
    case = begin(draw("start s > a\nuser a > m\nxor m > n\nservice n type=notify > g\nxor g > m?true > *e\nend e"))

    with pytest.raises(StepFailed, match=r"\b[mng]\b"):
        case.complete("a")


def test_an_instance_starts_with_what_its_process_declares(draw, released):
    release = released(draw("start s > a\nuser a in.u=unit > e\nend e", variables="unit started_by"))

    step = start(release, "p", {"unit": "u1", "other": "secret"}, lambda _: {}, NOON)

    assert step.ready[0].inputs == {"u": "u1"}
    assert b"secret" not in step.state


def test_an_inclusive_gateway_waits_for_the_ways_that_were_taken(draw, begin):
    text = draw("start s > g\nor g > a?x>0 > b?x>1 > *c\nuser a > j\nuser b > j\nuser c > j\nor j > d\nuser d > e\nend e")

    both, one, none = (begin(text, x=x) for x in (2, 1, 0))

    assert both.open == ["a", "b"]
    assert both.complete("a").open == ["b"]
    assert both.complete("b").open == ["d"]
    assert one.complete("a").open == ["d"]
    assert none.complete("c").open == ["d"]


def test_a_reminder_leaves_no_trace_in_the_state_however_often_it_comes(draw, begin):
    case = begin(draw("start s > a\nuser a > b\nboundary late on=a cycle=R/P7D beside > n\nservice n type=notify > e2\nend e2\nuser b > e\nend e"))
    case.wait(days=7)
    first = len(case.step.state)

    for _ in range(50):
        case.wait(days=7)

    assert len(case.effects) == 51
    assert len(case.step.state) <= first
    case.complete("a")
    assert (case.open, case.step.timers) == (["b"], ())
    assert case.complete("b").step.ended == "e"


def test_what_a_reminder_set_going_goes_on_beside_its_element_and_after_it(draw, begin):
    case = begin(draw("start s > a\nuser a > e\nboundary late on=a cycle=R/P7D beside > n\nuser n > e2\nend e2\nend e"))
    case.wait(days=7)
    case.wait(days=7)

    case.complete("n")
    case.wait(days=7)
    assert sorted(case.open) == ["a", "n", "n"]
    case.complete("a")
    assert case.open == ["n", "n"]
    case.complete("n")

    assert case.complete("n").step.ended is not None
