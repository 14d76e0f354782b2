from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from engine.clock import STOCKHOLM
from engine.services import access, cases, history, steps, tasks
from engine.storage import queries
from engine.storage.queries import Narrowing, Position
from engine.storage.tables import Attendance, WorkItem

ROUNDS = 50
NEED = {"need": "Stöd", "consents": [{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}]}


def test_a_case_opens_with_a_task_for_its_initiator(house):
    started = house.start(units=["school", "bup"])

    entry = house.only("school_worker")
    assert (entry.id, entry.name, entry.case) == (started.work_items[0], "Berätta", started.reference)
    assert entry.child == "ME 2012"
    assert tasks.inbox(house.runtime, "stranger") == []


def test_a_task_goes_on_to_whoever_the_drawing_names(house):
    house.start(units=["school", "bup"])
    house.complete("school_worker", **NEED)

    assert house.only("school_boss").name == "Bedöm"
    house.complete("school_boss", decision="call")

    assert {house.only(person).unit for person in ("school_worker", "bup_worker")} == {"school", "bup"}
    house.complete("school_worker", answer="yes")
    house.complete("bup_worker", answer="no")
    task = tasks.show(house.runtime, "school_worker", house.only("school_worker").id)
    assert task.values["yeses"] == 1


def test_a_case_ends_as_the_drawing_says(house):
    reference = house.asked("bup").reference
    house.complete("bup_worker", answer="yes")

    taken = house.complete("school_worker")

    assert (taken.ended, taken.outcome) == (True, "closed")
    assert cases.show(house.runtime, "school_worker", reference).outcome == "closed"


def test_whoever_claims_works_alone_until_it_is_released(house):
    house.asked("bup")
    item = house.only("bup_worker").id
    tasks.claim(house.runtime, "bup_worker", item)

    for attempt in (tasks.claim, tasks.release, lambda *who: tasks.save_draft(*who, {"answer": "no"})):
        with pytest.raises(tasks.ClaimedByAnother, match="Bup Worker"):
            attempt(house.runtime, "bup_boss", item)
    assert tasks.inbox(house.runtime, "bup_boss") == []

    tasks.release(house.runtime, "bup_worker", item)
    tasks.claim(house.runtime, "bup_boss", item)
    assert house.only("bup_boss").claimed_by == "bup_boss"


def test_somebody_else_may_neither_see_nor_complete_a_task(house):
    house.asked("bup")
    item = house.only("bup_worker").id

    with pytest.raises(access.NotYours):
        tasks.show(house.runtime, "stranger", item)
    with pytest.raises(access.NotYours):
        tasks.complete(house.runtime, "social_worker", item, {"answer": "yes"})
    with pytest.raises(access.NoSuchWorkItem):
        tasks.show(house.runtime, "bup_worker", item + 1000)


def test_what_became_of_a_task_is_told_to_those_whose_it_was_and_to_nobody_else(house):
    house.asked("bup")
    item = house.only("bup_worker").id
    house.complete("bup_worker", answer="yes")
    acts = (
        lambda person: tasks.show(house.runtime, person, item),
        lambda person: tasks.claim(house.runtime, person, item),
        lambda person: tasks.take_back(house.runtime, person, item),
        lambda person: tasks.save_draft(house.runtime, person, item, {}),
        lambda person: tasks.complete(house.runtime, person, item, {}),
    )

    for act in acts:
        with pytest.raises(tasks.AlreadyCompleted):
            act("bup_boss")
        for person in ("stranger", "social_worker", "school_worker"):
            with pytest.raises(access.NoSuchWorkItem):
                act(person)


def test_of_several_tasks_those_of_others_are_told_of_as_tasks_that_are_not_there(house):
    house.asked("bup")
    item = house.only("bup_worker").id

    done = tasks.each([item, item + 1000], lambda one: tasks.claim(house.runtime, "stranger", one))

    assert [str(one.failure).replace(str(one.work_item), "N") for one in done] == [str(access.NoSuchWorkItem(work_item="N"))] * 2


def test_a_draft_is_kept_and_shown_to_whoever_takes_over(house):
    house.asked("bup")
    item = house.only("bup_worker").id

    tasks.save_draft(house.runtime, "bup_worker", item, {"answer": "no", "unfinished": "tex\x00t"})

    task = tasks.show(house.runtime, "bup_boss", item)
    assert task.values == {"answer": "no", "unfinished": "text"}
    assert task.draft_by == "bup_worker"


def test_wrong_answers_are_refused_field_by_field_and_nothing_is_lost(house):
    house.start(units=["bup"])
    item = house.only("school_worker").id
    sent = {"consents": [{"giver": "nobody", "name": "Elis"}]}

    with pytest.raises(tasks.InvalidAnswers) as refused:
        tasks.complete(house.runtime, "school_worker", item, sent)

    assert refused.value.answers == sent
    assert set(refused.value.fields) == {"need", "consents.0.giver"}
    assert all(complaint.sentence("sv") for complaint in refused.value.fields.values())
    assert house.only("school_worker").id == item


def test_of_two_who_hand_over_or_complete_at_once_the_second_is_told(house, monkeypatch):
    house.asked("bup")
    item = house.only("bup_worker").id
    read = tasks.queries.item_in_its_case
    pending = [lambda: tasks.delegate(house.runtime, "bup_boss", item, "clinic_worker")]

    def read_then_overtaken(session, work_item):
        found = read(session, work_item)
        if pending:
            act = pending.pop()
            with ThreadPoolExecutor(1) as other:
                other.submit(act).result()
        return found

    monkeypatch.setattr(tasks.queries, "item_in_its_case", read_then_overtaken)
    with pytest.raises(access.NotYours):
        tasks.complete(house.runtime, "bup_worker", item, {"answer": "yes"})

    assert house.only("clinic_worker").id == item


def test_a_change_of_a_work_item_counts_only_in_the_queue_in_which_it_was_read(house):
    house.asked("bup")
    item = house.only("bup_worker").id

    with house.runtime.database.writing() as session:
        moved = [queries.change_item(session, item, None, "unit:bup", {"queue": f"person:{to}"}) for to in ("clinic_worker", "stranger")]

    assert moved == [True, False]
    assert house.only("clinic_worker").id == item


def test_a_delegate_does_it_for_whoever_handed_it_over(house):
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **NEED)
    item = house.only("school_boss").id

    tasks.delegate(house.runtime, "school_boss", item, "stand_in")
    assert tasks.inbox(house.runtime, "school_boss") == []
    tasks.complete(house.runtime, "stand_in", item, {"decision": "call"})

    done = [row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "completed"][-1]
    assert (done.by, done.for_whom) == ("stand_in", "school_boss")


def test_what_was_handed_over_may_be_taken_back_by_its_queue_alone(house):
    house.start(units=["bup"])
    house.complete("school_worker", **NEED)
    item = house.only("school_boss").id
    tasks.delegate(house.runtime, "school_boss", item, "stand_in")

    with pytest.raises(access.NotYours):
        tasks.take_back(house.runtime, "bup_boss", item)
    tasks.take_back(house.runtime, "school_boss", item)

    assert house.only("school_boss").id == item
    with pytest.raises(tasks.CannotTakeOver):
        tasks.delegate(house.runtime, "school_boss", item, "nobody")


def test_a_deputy_has_the_work_from_the_first_day_to_the_last_and_not_a_second_longer(house):
    first = datetime(2026, 3, 5, tzinfo=STOCKHOLM).astimezone(UTC)
    after = datetime(2026, 3, 8, tzinfo=STOCKHOLM).astimezone(UTC)
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **NEED)
    item = house.only("school_boss").id

    house.clock.move_to(first - timedelta(seconds=1))
    assert tasks.inbox(house.runtime, "stand_in") == []
    house.clock.move_to(first)
    assert house.only("stand_in").for_whom == "school_boss"
    tasks.claim(house.runtime, "stand_in", item)
    assert tasks.inbox(house.runtime, "school_boss") == []
    house.clock.move_to(after - timedelta(seconds=1))
    assert house.only("stand_in").id == item
    assert cases.show(house.runtime, "stand_in", reference).reference == reference

    house.clock.move_to(after)
    assert tasks.inbox(house.runtime, "stand_in") == []
    with pytest.raises(access.NotYours):
        tasks.complete(house.runtime, "stand_in", item, {"decision": "call"})
    with pytest.raises(access.NoSuchCase):
        cases.show(house.runtime, "stand_in", reference)
    assert house.only("school_boss").id == item


def test_the_history_says_for_whom_a_deputy_acts(house):
    reference = house.start(units=["bup"]).reference
    house.complete("school_worker", **NEED)
    house.wait(days=3)

    house.complete("stand_in", decision="call")

    done = [row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "completed"][-1]
    assert (done.by, done.for_whom, done.rules) == ("stand_in", "school_boss", ("000-3",))


def test_a_due_date_explains_itself(house):
    house.asked("bup")
    house.complete("bup_worker", answer="yes")

    with house.runtime.database.reading() as session:
        (item,) = session.scalars(select(WorkItem).where(WorkItem.element == "sum_up"))

    assert item.explanation["deadline"] == "meeting"
    assert item.explanation["rules"] or item.explanation["sources"]
    on = date.fromisoformat(item.explanation["on"])
    assert item.explanation["sv"].startswith(f"Senast {on.day} mars {on.year}: ")
    assert item.due_at == datetime.fromisoformat(item.explanation["at"])


def test_fifty_people_complete_one_task_and_one_wins(house):
    house.asked("bup")
    item = house.only("bup_worker").id
    together = Barrier(50)

    def attempt(number):
        together.wait()
        sent = {"answer": "yes", "note": str(number)}
        try:
            tasks.complete(house.runtime, "bup_worker", item, sent)
        except tasks.AlreadyCompleted as lost:
            return lost.answers == sent
        return "won"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(attempt, range(50)))

    assert sorted(map(str, outcomes)) == ["True"] * 49 + ["won"], "one wins, the others keep their text"
    with house.runtime.database.reading() as session:
        assert len(session.scalars(select(Attendance)).all()) == 1
    assert history.verify(house.runtime) > 0


def test_five_invited_units_answer_at_the_same_moment_and_all_succeed(house):
    workers = [f"{unit}_worker" for unit in house.units]
    with ThreadPoolExecutor(5) as pool:
        for number in range(ROUNDS):
            house.asked(*house.units)
            items = {person: next(one.id for one in tasks.inbox(house.runtime, person) if one.name == "Svara") for person in workers}
            together = Barrier(5)

            def attempt(person, items=items, together=together):
                together.wait()
                return tasks.complete(house.runtime, person, items[person], {"answer": "yes"})

            taken = list(pool.map(attempt, workers))

            assert sum(len(one.opened) for one in taken) == 1, f"round {number}: the last answer, and it alone, opens the next task"
            house.complete("school_worker")
    with house.runtime.database.reading() as session:
        assert len(session.scalars(select(Attendance)).all()) == 5 * ROUNDS
    assert history.verify(house.runtime) > 0


def test_whoever_is_overtaken_by_a_claim_completes_at_the_second_try_come_what_may(house):
    house.asked("bup")
    item = house.only("bup_worker").id
    meanwhile = []

    class Interrupted(tasks.Completion):
        """Its owner changes between the reading and the writing, at every try."""

        def run(self, *known):
            meanwhile.append(pool.submit(tasks.release if meanwhile else tasks.claim, house.runtime, "bup_worker", item))
            wait(meanwhile, timeout=0.5)
            return super().run(*known)

    with ThreadPoolExecutor(1) as pool:
        steps.take(house.runtime, Interrupted(item, "bup_worker", {"answer": "yes"}))
        claimed, released = meanwhile

        assert claimed.exception() is None
        assert isinstance(released.exception(), tasks.AlreadyCompleted)


def test_an_inbox_is_read_page_by_page_without_gaps(house):
    for _ in range(7):
        house.start(units=["bup"])

    first = tasks.inbox(house.runtime, "school_worker", limit=4)
    last = first[-1]
    with house.runtime.database.reading() as session:
        urgency = session.get_one(WorkItem, last.id).urgency_at
    second = tasks.inbox(house.runtime, "school_worker", Narrowing(after=Position(urgency, last.id)), limit=4)

    assert len({entry.id for entry in (*first, *second)}) == 7
    assert tasks.waiting(house.runtime, "school_worker") == 7


def test_an_inbox_is_narrowed_to_a_case_or_a_role(house):
    first, _ = house.start(units=["bup"]), house.start(units=["bup"])

    (entry,) = tasks.inbox(house.runtime, "school_worker", Narrowing(case=first.reference))

    assert entry.case == first.reference
    assert tasks.inbox(house.runtime, "school_worker", Narrowing(role="chair")) == []


def test_history_is_written_last_of_all_that_a_step_writes_so_that_nobody_who_holds_it_waits(house):
    house.asked("bup")
    house.complete("bup_worker", answer="yes")
    tables = []

    def note(_connection, _cursor, statement, *_):
        words = statement.split()
        if words[0] in ("INSERT", "UPDATE"):
            tables.append(words[1] if words[0] == "UPDATE" else words[2])

    event.listen(house.runtime.database.engine, "before_cursor_execute", note)
    house.complete("school_worker", wrong="Bup kom inte.")

    first = next(index for index, table in enumerate(tables) if table.startswith("history"))
    assert "deviation" in tables[:first]
    assert set(tables[first:]) == {"history", "history_chain"}


def busy(times, real):
    """A database that refuses the first times, as one does that breaks a deadlock."""
    left = [None] * times

    def move(*what):
        if left:
            left.pop()
            raise OperationalError("UPDATE process_instance", {}, Exception("deadlock detected"))
        return real(*what)

    return move


def test_what_a_busy_database_refuses_once_is_done_all_the_same(house, monkeypatch):
    house.asked("bup")
    monkeypatch.setattr(queries, "move_instance", busy(1, queries.move_instance))

    house.complete("bup_worker", answer="yes")

    assert tasks.inbox(house.runtime, "bup_worker") == []


def test_what_a_busy_database_refuses_again_is_told_with_the_answers_kept(house, monkeypatch):
    house.asked("bup")
    item = house.only("bup_worker").id
    monkeypatch.setattr(queries, "move_instance", busy(2, queries.move_instance))

    with pytest.raises(tasks.DatabaseBusy) as refused:
        tasks.complete(house.runtime, "bup_worker", item, {"answer": "yes"})

    assert refused.value.answers == {"answer": "yes"}
    assert "finns kvar" in refused.value.sentence("sv")
    assert "is kept" in refused.value.sentence("en")
    assert house.only("bup_worker").id == item


def test_the_history_says_for_which_member_of_the_family_something_was_done_and_holds_no_name_of_theirs(house):
    reference = house.asked("bup").reference
    item = house.only("bup_worker").id
    with house.runtime.database.writing() as session:
        session.execute(update(WorkItem).where(WorkItem.id == item).values(role="guardian", routing=[{"for": None}, {"for": "Elis Exempelsson"}]))

    tasks.complete(house.runtime, "bup_worker", item, {"answer": "yes"})

    done = [row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "completed"]
    view = cases.show(house.runtime, "school_worker", reference)
    (guardian,) = (one for one in view.participants if one.kind == "guardian")
    assert [row.details.get("on_behalf_of") for row in done] == [None, None, [f"participant:{guardian.id}"]]
    assert guardian.name == "Elis Exempelsson"


def test_what_somebody_is_kept_from_is_neither_shown_nor_counted(house):
    house.asked("bup")
    with house.runtime.database.writing() as session:
        session.execute(update(WorkItem).where(WorkItem.queue == "unit:bup").values(excluded=["other", "bup_worker"]))

    assert (tasks.inbox(house.runtime, "bup_worker"), tasks.waiting(house.runtime, "bup_worker")) == ([], 0)
    assert (len(tasks.inbox(house.runtime, "bup_boss")), tasks.waiting(house.runtime, "bup_boss")) == (1, 1)


def test_what_somebody_claimed_and_may_no_longer_do_is_not_counted(house):
    house.wait(days=4)
    house.start(units=["bup"])
    house.complete("school_worker", **NEED)
    tasks.claim(house.runtime, "stand_in", house.only("stand_in").id)
    assert tasks.waiting(house.runtime, "stand_in") == 1

    house.wait(days=7)

    assert tasks.waiting(house.runtime, "stand_in") == 0
