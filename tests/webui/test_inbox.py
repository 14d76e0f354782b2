"""The inbox: whose work, filters and saved filters, several at once, pages of fifty, what was handed over."""

import re

import pytest
from sqlalchemy import event, insert, select

from engine.services import filters, tasks
from engine.storage.tables import WorkItem
from tests.webui.conftest import AGREEMENT
from tests.webui.test_work import filled, task_of

ROW = re.compile(r'<h3 class="govuk-heading-s"><a class="govuk-link" href="/task/(\d+)">')


def rows(page):
    return [int(number) for number in ROW.findall(page.html)]


@pytest.fixture
def full(need, runtime, school):
    """A browser of the teacher, in whose inbox the first need is joined by sixty more of the same."""
    browser, _ = need
    with runtime.database.writing() as session:
        item = session.scalars(select(WorkItem)).one()
        columns = {column.key: getattr(item, column.key) for column in WorkItem.__table__.columns if column.key != "id"}
        session.execute(insert(WorkItem), [{**columns, "task_id": f"{item.task_id}-{number}"} for number in range(60)])
    return browser


def test_one_sees_fifty_and_then_the_others_and_each_once(full):
    first = full.get("/inbox")
    second = full.get(first.link("after="))

    assert (len(rows(first)), len(rows(second))) == (50, 11)
    assert len({*rows(first), *rows(second)}) == 61
    assert "Visa de följande" not in second.text
    assert "Till de mest brådskande" in second.text


def test_the_number_of_questions_to_the_database_does_not_follow_the_rows(full, runtime, school, browser_of):
    asked = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    counts = []
    for address in ("/inbox?all=1", "/inbox?all=1&case=2026-XXXXXX"):
        full.get(address)
        asked.clear()
        page = full.get(address)
        counts.append((len(rows(page)), len(asked)))

    (many, few) = counts
    assert (many[0], few[0]) == (50, 0)
    assert many[1] <= few[1] + 3, asked


def test_a_made_up_place_to_go_on_from_begins_at_the_beginning(full):
    for after in ("x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~-1", f"2026-01-01T00:00:00+00:00~{9**40}"):
        assert len(rows(full.get(f"/inbox?after={after}"))) == 50


def test_what_is_whose_is_told_apart(need, runtime, school):
    browser, _ = need
    (number,) = rows(browser.get("/inbox"))
    lies = {whose: rows(browser.get(f"/inbox?whose={whose}")) for whose in ("own", "units", "claimed")}
    browser.post(f"/inbox/{number}/claim")
    then = {whose: rows(browser.get(f"/inbox?whose={whose}")) for whose in ("own", "units", "claimed")}

    assert lies == {"own": [number], "units": [], "claimed": []}
    assert then == {"own": [number], "units": [], "claimed": [number]}
    assert rows(browser.get("/inbox?whose=everybody")) == [number]


def test_a_filter_says_what_it_asks_for_and_how_much_it_hides(need):
    browser, _ = need

    kept = browser.get(f"/inbox?agreement={AGREEMENT}&role=initiator")
    hidden = browser.get("/inbox?role=chair&late=1")

    assert len(rows(kept)) == 1
    assert "Filtret döljer inget." in kept.text
    assert rows(hidden) == []
    assert "Filtret döljer 1 uppgift." in hidden.text
    assert "Mötesledare ta bort" in hidden.text
    assert len(rows(browser.get(hidden.link("all=1")))) == 1


def test_a_saved_filter_has_a_name_opens_the_inbox_and_can_be_thrown_away(need, runtime, school, browser_of):
    browser, _ = need

    browser.post("/inbox/filter", name="  Det  försenade ", late="1", at_start="1", nonsense="x")
    opened = browser.get("/inbox")
    (saved,) = filters.listed(runtime, school.teacher)

    assert (saved.name, saved.wanted, saved.at_start) == ("Det försenade", {"late": "1"}, True)
    assert opened.path == "/inbox?late=1"
    assert "Inkorgen öppnas med det här filtret" in opened.text
    assert len(rows(browser.get("/inbox?all=1"))) == 1
    browser_of(school.colleague).post(f"/inbox/filter/{saved.id}/remove")
    assert filters.listed(runtime, school.teacher) == [saved]
    browser.post(f"/inbox/filter/{saved.id}/remove")
    assert browser.get("/inbox").path == "/inbox"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_filter_without_a_fitting_name_is_not_saved(need, runtime, school, name):
    browser, _ = need

    page = browser.post("/inbox/filter", name=name, late="1")

    assert "Ge filtret ett namn" in page.text
    assert filters.listed(runtime, school.teacher) == []


def test_several_at_once_says_what_was_done_and_why_the_rest_was_not(full, runtime, school):
    mine, other, gone = rows(full.get("/inbox"))[:3]
    tasks.delegate(runtime, school.teacher, other, school.colleague)
    tasks.delegate(runtime, school.teacher, gone, school.colleague)

    page = full.post("/inbox/several", item=[str(mine), str(other), "999999"], do="claim")

    assert "Du har tagit 1 uppgift." in page.text
    assert page.text.count("Gick inte:") == 2
    assert [entry.id for entry in tasks.inbox(runtime, school.teacher) if entry.claimed_by] == [mine]
    assert "Kryssa först" in full.post("/inbox/several", do="release").text
    assert full.post("/inbox/several", item="1", do="everything").status == 404


def test_several_are_given_back_and_handed_over(full, runtime, school):
    three = [str(number) for number in rows(full.get("/inbox"))[:3]]
    full.post("/inbox/several", item=three, do="claim")

    back = full.post("/inbox/several", item=three, do="release")
    over = full.post("/inbox/several", item=three, do="delegate", to=school.colleague, next="/inbox?whose=own")

    assert "Du har lämnat tillbaka 3 uppgifter." in back.text
    assert "3 uppgifter är överlämnade" in over.text
    assert over.path == "/inbox?whose=own"
    assert {entry.id for entry in tasks.inbox(runtime, school.colleague)} >= {int(number) for number in three}


def test_what_one_handed_over_is_seen_and_taken_back(need, runtime, school, browser_of):
    browser, page = need
    browser.post(task_of(page), **filled(page))
    (entry,) = tasks.inbox(runtime, school.manager)
    manager = browser_of(school.manager)
    manager.post(f"/task/{entry.id}/delegate", to=school.colleague)

    handed = manager.get("/inbox")
    back = manager.post(f"/inbox/{entry.id}/take-back")

    assert "Överlämnat" in handed.text
    assert rows(handed) == []
    assert rows(back) == [entry.id]
    assert "Överlämnat" not in back.text
    assert browser_of(school.colleague).post(f"/inbox/{entry.id}/take-back").status == 404


def test_an_empty_inbox_says_what_one_can_do(browser_of, school):
    page = browser_of(school.stranger).get("/inbox")

    assert "Inget väntar på dig." in page.text
    assert page.link("^/need$")
    assert "Flera på en gång" not in page.text
