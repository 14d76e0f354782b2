"""A deviation on its pages: where it goes before it is sent, its way, what was said, and the answer to whoever reported it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.services import deviations, tasks, timers
from engine.services.directory import directory
from engine.storage.tables import ProcessInstance, WorkItem
from tests.webui.conftest import AGREEMENT

WHAT = "Socialtjänsten kom inte till mötet."
ANSWERS = {
    "happened_on": "2026-01-12",
    "description": WHAT,
    "consequences_child": "Maja fick vänta.",
    "proposal": "Ring dagen innan.",
    "reported_on": "2026-01-13",
    "signed": True,
    "way": "act",
    "decided_action": "Vi ringer dagen innan.",
    "reason": "Det räcker inte med oss.",
    "text": "Vi ringer dagen innan från och med nu.",
    "verified": "yes",
}


class Played:
    """One deviation, played through the services by whoever may."""

    def __init__(self, runtime, school, concerned, **more):
        self.runtime, self.school, self.concerned = runtime, school, concerned
        begun = deviations.report(runtime, school.teacher, agreement=AGREEMENT, unit=school.unit, concerned_unit=concerned, **more)
        self.id, self.instance = begun.id, begun.instance_id

    def waiting(self):
        with self.runtime.database.reading() as session:
            return session.scalars(select(WorkItem).where(WorkItem.instance_id == self.instance, WorkItem.closed_at.is_(None))).all()

    def who(self):
        """Who may do what waits first."""
        (item, *_) = self.waiting()
        return next(who for who in directory(self.runtime).persons_of(item.queue, "deviation") if who not in item.excluded)

    def do(self, **more):
        (item, *_) = self.waiting()
        shown = tasks.show(self.runtime, self.who(), item.id)
        asked = {field.key for field in shown.form.fields} | {"signed"}
        tasks.complete(self.runtime, self.who(), item.id, {**shown.values, **{key: value for key, value in ANSWERS.items() if key in asked}, **more})
        return self

    def let_time_pass(self, days):
        self.runtime.clock.advance(timedelta(days=days))
        timers.sweep(self.runtime)
        return self


@pytest.fixture
def concerned(runtime, school):
    """A unit under another manager than the school's."""
    here = directory(runtime)
    line = here.organisation.line(school.unit, here.at)[0]
    return next(one for one in here.units_under(AGREEMENT) if here.organisation.line(one, here.at)[0] != line)


@pytest.fixture
def played(runtime, school, concerned):
    return Played(runtime, school, concerned)


def test_the_page_says_where_a_report_goes_before_it_is_sent(played, browser_of, school, runtime):
    (item,) = played.waiting()

    page = browser_of(school.teacher).get(f"/task/{item.id}")

    line = directory(runtime).organisation.line(school.unit, runtime.clock.now())
    assert "Hit går rapporten när du skickar den" in page.text
    assert line[0].title in page.text.partition("Hit går rapporten")[2]
    assert "dagar på sig" in page.text
    assert "Du ser hela tiden var den är" in page.text


def test_each_step_on_the_way_says_who_until_when_and_what_happens_then(played, browser_of, school):
    played.do()
    reporter = browser_of(school.teacher)

    first = reporter.get(f"/deviation/{played.id}")
    played.let_time_pass(days=11)
    lifted = reporter.get(f"/deviation/{played.id}")

    assert "Händer inget lyfts den av sig själv när" in first.text
    assert WHAT in first.text
    assert "Tiden gick ut, och avvikelsen gick vidare av sig själv." in lifted.text
    assert "Lyft hit av sig själv" in lifted.text
    assert lifted.html.count('aria-current="step"') == 1
    assert "Här kommer svaret" in lifted.text


def test_the_reporter_s_own_page_says_what_became_of_the_report(played, browser_of, school):
    reporter = browser_of(school.teacher)
    assert "Inte skickad än." in reporter.get("/deviation/mine").text
    played.do().do()
    assert "Du får svar här när det är beslutat." in reporter.get("/deviation/mine").text

    played.do()
    answered = reporter.get("/deviation/mine")
    played.do()

    assert ANSWERS["text"] in answered.text
    closed = reporter.get("/deviation/mine")
    assert "Löst" in closed.text
    assert closed.text.count(ANSWERS["text"]) == 2, "the answer, and what the follow-up found"
    assert "Inga öppna avvikelser" in reporter.get("/deviation").text
    assert f"Avvikelse {played.id}" in reporter.get("/deviation?which=closed").text
    assert "Avslutad" in reporter.get(f"/deviation/{played.id}").text


def test_who_lifted_and_why_is_told_on_the_next_level(played, browser_of):
    played.do().do(way="lift")
    above = browser_of(played.who())

    page = above.get("/deviation")

    assert "Väntar på dig" in page.text
    assert "Det räcker inte med oss." in page.text
    assert "Närmaste chef Klart" in above.get(f"/deviation/{played.id}").text


def test_a_lift_by_hand_where_the_drawing_does_not_listen_is_refused_with_a_sentence(played, browser_of, school):
    played.do()
    reporter = browser_of(school.teacher)

    assert "Lyft avvikelsen" not in reporter.get(f"/deviation/{played.id}").text
    assert "går inte att lyfta härifrån" in reporter.post(f"/deviation/{played.id}/lift", reason="Brådskar").text
    assert reporter.post(f"/deviation/{played.id}/lift", reason=" ").status == 422


def test_a_stranger_finds_neither_the_deviation_nor_a_dispute(played, browser_of, school):
    stranger = browser_of(school.stranger)

    assert stranger.get(f"/deviation/{played.id}").status == 404
    assert stranger.get(f"/deviation/dispute/{played.instance}").status == 404
    assert "Inga öppna avvikelser" in stranger.get("/deviation").text


def test_a_prepared_report_is_offered_before_a_new_one_is_begun(played, browser_of, school, runtime):
    with runtime.database.reading() as session:
        assert session.get_one(ProcessInstance, played.instance).ended_at is None

    page = browser_of(school.teacher).get("/deviation/report")

    assert "Du har 1 rapport som är förberedd" in page.text
    assert page.link(r"^/task/\d+")


def test_a_report_about_a_case_that_is_not_mine_says_so_at_the_question(browser_of, school):
    page = browser_of(school.stranger).post("/deviation/report", place=school.place, case="2026-NOSUCH")
    own = browser_of(school.teacher).post("/deviation/report", place=school.place, case="2026-NOSUCH")

    assert (page.status, own.status) == (422, 422)
    assert "Välj vilken verksamhet du rapporterar från." in page.text
    assert 'href="#case"' in own.html
    assert "2026-NOSUCH" in own.html
