"""A need travels from whoever sees it to the manager, through the pages."""

import re

import pytest
from sqlalchemy import select

from engine.clock import SystemClock
from engine.services import accounts, tasks
from engine.storage.tables import Case

NEED = "Maja orkar inte med skoldagen."


def task_of(page):
    return re.match(r"/task/\d+", page.path)[0]


def filled(page, **answers):
    """Every empty question of a page answered with something, and these as they are given."""
    names = dict.fromkeys(re.findall(r'<(?:textarea|input|select)[^>]*name="([^"]+)"', page.html), "")
    given = {name: NEED for name in names if name not in ("csrf_token", "next", "language", "to")}
    given |= dict.fromkeys(re.findall(r'<input[^>]*name="([^"]+)" type="date"', page.html), "2026-01-12")
    for name, value in re.findall(r'<input[^>]*name="([^"]+)" type="(?:radio|checkbox)" value="([^"]+)"', page.html):
        given[name] = value
    for name, value in re.findall(r'<select[^>]*name="([^"]+)".*?<option value="([^"]+)"', page.html, re.DOTALL):
        given[name] = value
    return {**given, **answers}


def test_what_is_missing_is_said_on_top_and_at_the_field_and_nothing_typed_is_lost(need):
    browser, page = need
    names = re.findall(r'<textarea[^>]*name="([^"]+)"', page.html)

    answer = browser.post(task_of(page), **{names[0]: "   ", names[1]: NEED})

    assert answer.status == 422
    assert answer.title.startswith("Fel:")
    assert NEED in answer.text
    said = re.findall(r'href="#(f-[^"]+)">([^<]+)<', answer.html)
    assert said
    for target, sentence in said:
        assert f'id="{target}"' in answer.html
        assert answer.html.count(sentence) >= 2


def test_a_completed_task_says_what_happens_next_and_waits_in_the_manager_s_inbox(need, browser_of, school):
    browser, page = need

    done = browser.post(task_of(page), **filled(page))
    inbox = browser_of(school.manager).get("/inbox")

    assert "Nu händer detta" in done.text, done.text
    assert "Väntar på" in done.text
    assert "ME 2014" in inbox.text
    assert "Maja" not in inbox.text
    assert browser.get(done.link(r"^/case/")).status == 200


def test_a_draft_is_there_when_one_comes_back(need):
    browser, page = need
    name = re.search(r'<textarea[^>]*name="([^"]+)"', page.html)[1]

    browser.post(task_of(page), **{name: NEED, "do": "draft"})
    again = browser.get(task_of(page))

    assert NEED in again.text
    assert "Sparat" in again.text


def test_a_draft_is_kept_while_one_writes(need):
    browser, page = need
    name = re.search(r'<textarea[^>]*name="([^"]+)"', page.html)[1]

    answer = browser.post(f"{task_of(page)}/draft", **{name: NEED})

    assert '"hidden"' in answer.html
    assert NEED in browser.get(task_of(page)).text


def test_a_second_click_does_not_double_the_step_and_shows_the_text(need):
    browser, page = need
    given = filled(page)
    browser.post(task_of(page), **given)

    again = browser.post(task_of(page), **given)

    assert again.status == 409
    assert NEED in again.text
    assert "redan slutförd" in again.text


def test_whoever_takes_a_task_sees_that_it_is_theirs_and_can_give_it_back(need, browser_of, school, runtime):
    browser, page = need
    manager, other = browser_of(school.manager), school.manager
    browser.post(task_of(page), **filled(page))
    (entry,) = tasks.inbox(runtime, other)

    manager.post(f"/inbox/{entry.id}/claim")
    shown = manager.get(f"/task/{entry.id}")

    assert "Du arbetar med den." in shown.text
    assert "Lämna tillbaka" in shown.text
    assert "Ta uppgiften" not in shown.text
    assert "inte längre din" in manager.post(f"/task/{entry.id}/release").text


@pytest.mark.parametrize("path", ["/task/1", "/task/999999", "/case/2026-NOSUCH", "/deviation/1"])
def test_what_is_not_mine_looks_like_what_does_not_exist(need, browser_of, school, path):
    page = browser_of(school.stranger).get(path)

    assert page.status == 404
    assert "Sidan finns inte" in page.text


def test_the_case_is_seen_by_who_started_it_and_by_no_stranger(need, browser_of, school, runtime):
    browser, _ = need
    reference = tasks.inbox(runtime, school.teacher)[0].case

    own = browser.get(f"/case/{reference}")
    foreign = browser_of(school.stranger).get(f"/case/{reference}")

    assert "Maja Exempelsson" in own.text
    assert foreign.status == 404
    assert "Maja" not in foreign.text


def test_a_child_without_a_name_or_a_day_is_not_reported(browser_of, school):
    browser = browser_of(school.teacher)

    page = browser.post("/need", name="", birth_date="14 mars", identity_number="20140314-0000")

    assert page.status == 422
    assert len(re.findall(r'<li><a href="#', page.html)) == 3
    assert 'value="14 mars"' in page.html


def test_a_task_goes_to_a_colleague(need, browser_of, school):
    browser, page = need

    told = browser.post(f"{task_of(page)}/delegate", to=school.colleague)

    assert "har fått uppgiften" in told.text
    assert "ME 2014" in browser_of(school.colleague).get("/inbox").text
    assert browser.get(task_of(page)).status == 404


def test_a_filter_says_how_much_it_hides(need):
    browser, _ = need

    page = browser.get("/inbox?case=2026-XXXXXX")

    assert "Filtret döljer 1 uppgift." in page.text
    assert "Inget i inkorgen passar filtret." in page.text


def test_a_deviation_begins_as_a_report_to_write(browser_of, school):
    browser = browser_of(school.teacher)

    page = browser.post("/deviation/report", place=school.place, case="", unit="")

    assert page.path.startswith("/task/"), page.text
    assert re.search(r"/deviation/\d+", browser.get("/deviation").html)


def test_an_unknown_case_is_said_at_its_field(browser_of, school):
    page = browser_of(school.teacher).post("/deviation/report", place=school.place, case="2026-NOSUCH", unit="")

    assert page.status == 422
    assert "Det finns inget ärende 2026-NOSUCH." in page.text


def test_the_demonstration_s_clock_moves_a_week(browser_of, school, runtime):
    browser = browser_of(school.teacher)
    before = runtime.clock.now()

    browser.post("/demo/clock", by="week")

    assert (runtime.clock.now() - before).days == 7


def test_what_was_sent_after_the_session_ended_is_given_back_and_not_carried_out(need, runtime, school):
    browser, page = need
    accounts.sign_out_everywhere(runtime, school.teacher, SystemClock().now())

    answer = browser.post(task_of(page), **filled(page))

    assert answer.status == 401
    assert "Du har loggats ut" in answer.text
    assert NEED in answer.text
    assert len(tasks.inbox(runtime, school.teacher)) == 1


def test_a_form_without_its_token_does_nothing_and_gives_the_text_back(need, runtime, school):
    browser, page = need

    answer = browser.client.post(task_of(page), data=filled(page))

    assert answer.status_code == 400
    assert NEED in answer.text
    assert len(tasks.inbox(runtime, school.teacher)) == 1


def test_a_fault_of_ours_has_a_reference_and_no_traceback(app, browser_of, school):
    app.add_url_rule("/fault", "fault", lambda: 1 / 0)

    page = browser_of(school.teacher).get("/fault")

    assert page.status == 500
    assert re.search(r"felets nummer: [0-9a-f]{8}", page.text)
    assert "ZeroDivisionError" not in page.html


def test_too_large_a_form_is_refused_with_a_page(need):
    browser, page = need

    answer = browser.post(task_of(page), text="x" * 3_000_000)

    assert answer.status == 413
    assert "för stort" in answer.text


def test_a_reported_deviation_shows_on_its_page_whom_it_waits_for(browser_of, school):
    browser = browser_of(school.teacher)
    page = browser.post("/deviation/report", place=school.place, case="", unit="")
    done = browser.post(task_of(page), **filled(page))
    assert "Nu händer detta" in done.text, done.text

    shown = browser.get(browser.get("/deviation").link(r"^/deviation/\d+$"))

    assert NEED in shown.text
    assert 'aria-current="step"' in shown.html
    assert "Väntar på" in shown.text


@pytest.mark.parametrize(
    "address",
    [
        "/inbox?after=0001-01-01T00:00:00%2B23:00~1",
        "/inbox?after=9999-12-31T23:59:59-23:00~1",
        f"/inbox?after=2026-03-12T08:30:00Z~{10**30}",
        f"/cases?page={10**30}",
        "/cases?page=-1",
        "/demo?since=0001-01-01T00:00:00%2B23:00&until=9999-12-31T23:59:59-23:00",
        f"/case/REFERENCE/events?before={10**30}",
    ],
)
def test_a_number_or_moment_that_no_row_can_have_is_no_error_of_ours(need, runtime, address):
    browser, _ = need
    with runtime.database.reading() as session:
        reference = session.scalars(select(Case.reference)).one()

    page = browser.get(address.replace("REFERENCE", reference))
    several = browser.post("/inbox/several", do="claim", item=str(10**30))

    assert (page.status, several.status) == (200, 200)
