"""A need is reported in three steps: nothing is lost between them, nobody learns of a case that is not theirs."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from engine.clock import SystemClock
from engine.services import accounts, history
from engine.storage.tables import Case
from tests.webui.conftest import AGREEMENT

MAJA = {"name": "Maja Exempelsson", "birth_date": "2014-03-14"}


def count(runtime):
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Case))


def test_the_second_step_says_who_decides_and_the_third_begins_with_the_description(browser_of, school, runtime):
    browser = browser_of(school.teacher)

    second = browser.post("/need", **MAJA)
    third = browser.post("/need/agreement", place=school.place)

    assert second.path == "/need/agreement"
    assert "Maja Exempelsson, född 14 mars 2014" in second.text
    assert "Sedan: " in second.text
    assert count(runtime) == 1
    assert third.path.startswith("/task/")
    assert "Steg 3 av 3" in third.text


def test_what_was_written_stands_there_when_one_goes_back_and_after_an_ended_session(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA, municipality="Testbyn")

    back = browser.get("/need")
    accounts.sign_out_everywhere(runtime, school.teacher, SystemClock().now())
    out = browser.post("/need", **{**MAJA, "name": "Maja Andersson"}, kept_by=back.html.split('name="kept_by" value="')[1].split('"')[0])
    browser.post("/demo/be", person=school.teacher)
    again = browser.get("/need")

    assert 'value="Testbyn"' in back.html
    assert out.status == 401
    assert 'value="Maja Andersson"' in again.html
    assert "Maja" not in browser_of(school.colleague).get("/need").html
    assert "Maja" not in browser.post("/need/forget").html


def test_a_double_click_begins_one_case(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA)
    browser.post("/need/agreement", place=school.place)

    again = browser.post("/need/agreement", place=school.place)

    assert count(runtime) == 1
    assert again.path == "/inbox"
    assert "redan börjat" in again.text


def test_the_second_step_without_the_first_leads_to_it(browser_of, school):
    assert browser_of(school.teacher).get("/need/agreement").path == "/need"


def test_a_place_that_is_not_one_s_own_begins_nothing(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA)

    page = browser.post("/need/agreement", place=f"elsewhere {AGREEMENT}")

    assert page.status == 422
    assert "Välj vilken verksamhet" in page.text
    assert count(runtime) == 0


def test_a_child_whom_the_agreement_is_not_for_is_said_at_the_birth_date_and_nothing_is_lost(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    browser.post("/need", name="Gamle Exempelsson", birth_date="1950-01-01")

    page = browser.post("/need/agreement", place=school.place)

    assert page.status == 422
    assert 'value="Gamle Exempelsson"' in page.html
    assert 'value="Gamle Exempelsson"' in browser.get("/need").html
    assert count(runtime) == 0


@pytest.mark.parametrize(
    "same",
    [{**MAJA, "name": "maja exempelsson"}, {**MAJA, "name": "M. Exempelsson", "identity_number": "20140314-2381"}],
)
def test_a_case_that_exists_is_told_to_whoever_sees_it_already_and_that_is_logged(browser_of, school, runtime, same):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA, identity_number="20140314-2381")
    browser.post("/need/agreement", place=school.place)
    (reference,) = _references(runtime)

    told = browser.post("/need", **same)
    untold = browser_of(school.stranger).post("/need", **same)

    assert reference in told.text
    assert "pågår redan ett ärende" in told.text
    assert reference not in untold.text
    assert "pågår redan" not in untold.text
    with runtime.database.reading() as session:
        case = session.scalars(select(Case)).one()
        rows = session.scalars(select(history.History).where(history.History.case_id == case.id, history.History.kind == "read"))
        assert [row.by for row in rows if row.details["what"] == "match"] == [school.teacher]


def test_nothing_is_lost_where_the_case_cannot_begin_for_a_reason_that_nobody_foresaw(browser_of, school, runtime, monkeypatch):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA)

    def locked(*given, **more):
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("engine.services.cases.start", locked)
    failed = browser.post("/need/agreement", place=school.place)

    assert failed.status == 500
    assert 'value="Maja Exempelsson"' in browser.get("/need").html


def test_another_child_of_the_same_name_is_no_match(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    browser.post("/need", **MAJA)
    browser.post("/need/agreement", place=school.place)

    page = browser.post("/need", **{**MAJA, "birth_date": "2014-03-15"})

    assert "pågår redan" not in page.text


def _references(runtime):
    with runtime.database.reading() as session:
        return session.scalars(select(Case.reference)).all()
