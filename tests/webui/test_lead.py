"""The managers' page: for those who lead only; decisions, what is late, deviations with their clock, patterns, deputies."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.facts.organisation import swedish_day
from engine.services import cases, deputies, tasks
from engine.services.cases import NewChild
from engine.services.directory import directory
from engine.storage.tables import WorkItem
from webui.dates import month
from webui.lead.words import ordinal


@pytest.fixture
def decision(runtime, school):
    """A need that has been reported and waits for the manager."""
    born = (runtime.clock.now() - timedelta(days=11 * 365)).date()
    started = cases.start(runtime, school.teacher, agreement="norrtalje", child=NewChild("Maja Exempelsson", born, None, "Testbyn"), unit=school.unit)
    told = {"need": "Maja orkar inte.", "support_from": ["social", "health"], "family_informed": "yes", "family_answer": "Ja"}
    tasks.complete(runtime, school.teacher, started.work_items[0], told)
    return started.reference


def test_the_page_is_there_for_those_who_lead_and_for_nobody_else(browser_of, school):
    teacher, manager = browser_of(school.teacher), browser_of(school.manager)

    assert (teacher.get("/lead").status, teacher.get("/lead/deputies").status) == (404, 404)
    assert ">Chef</a>" not in teacher.get("/").html
    page = manager.get("/lead")
    assert page.status == 200
    assert "Inga beslut väntar." in page.text
    assert "Inget är försenat." in page.text
    assert "Ingen avvikelse väntar på dig." in page.text
    assert page.html.count('aria-current="page"') == 1


def test_a_decision_that_waits_stands_on_top_with_the_child_by_initials(decision, browser_of, school):
    page = browser_of(school.manager).get("/lead")

    assert "1 beslut väntar på dig" in page.text
    assert decision in page.text
    assert "Maja" not in page.text
    assert page.link(r"^/task/\d+")


def test_what_is_late_is_told_to_the_manager_above_with_who_and_how_late(decision, browser_of, school, runtime):
    here = directory(runtime)
    above = here.organisation.acting(here.organisation.line(school.unit, here.at)[1].id, here.at)[0]
    assert "Inget är försenat." in browser_of(above).get("/lead").text

    due = runtime.clock.now() - timedelta(days=3)
    with runtime.database.writing() as session:
        session.execute(update(WorkItem).values(due_at=due, urgency_at=due))
    page = browser_of(above).get("/lead")

    assert "Försenat i dina verksamheter" in page.text
    assert decision in page.text.partition("Försenat i dina verksamheter")[2]
    assert "3 dagar försenad" in page.text
    assert "Väntar på" in page.text, "who has it"
    assert "Maja" not in page.text


def test_a_deputy_is_named_and_ended_on_the_page(browser_of, school, runtime):
    manager = browser_of(school.manager)
    post = directory(runtime).organisation.led_by(school.manager, runtime.clock.now())[0].id
    today = swedish_day(runtime.clock.now())
    days = {"first": today.isoformat(), "last": (today + timedelta(days=7)).isoformat()}

    empty = manager.post("/lead/deputies", position=post, person="", first="måndag", last="", reason="")
    oneself = manager.post("/lead/deputies", position=post, person=school.manager, reason="Semester", **days)
    named = manager.post("/lead/deputies", position=post, person=school.colleague, reason="Semester", **days)

    assert (empty.status, oneself.status) == (422, 422)
    assert empty.html.count('href="#') >= 4
    assert 'value="måndag"' in empty.html
    assert "kan inte utse dig själv" in oneself.text
    assert "är utsedd till ersättare" in named.text
    assert "Semester" in manager.get("/lead").text
    assert ">Chef</a>" in browser_of(school.colleague).get("/").html
    (standing,) = [one for one in deputies.standings(runtime, school.manager) if one.person == school.colleague]
    assert "Ersättaren är avslutad" in manager.post(f"/lead/deputies/{standing.id}/end").text
    assert browser_of(school.colleague).get("/lead").status == 404


def test_numbers_of_several_are_said_in_words(app, runtime):
    with app.test_request_context("/"):
        assert [ordinal(number) for number in (1, 3, 12, 13)] == ["första", "tredje", "tolfte", "13:e"]
        assert month(runtime.clock.now())
    with app.test_request_context("/", headers={"Cookie": ""}) as context:
        context.session["language"] = "en"
        assert [ordinal(number) for number in (3, 13, 21, 22, 111)] == ["third", "13th", "21st", "22nd", "111th"]
