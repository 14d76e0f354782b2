"""The sign U+0000, which no person writes and PostgreSQL cannot keep, is an error of nobody's."""

import uuid

import pytest

from engine.clock import SystemClock
from engine.services import tokens
from engine.services.directory import directory
from tests.services.conftest import made
from tests.webui.test_races import opened

NUL = "\x00"


@pytest.fixture
def app(postgresql):
    with made(postgresql, f"samspel_{uuid.uuid4().hex}") as url:
        yield from opened(url)


def test_no_page_form_or_call_breaks_on_a_sign_that_the_database_cannot_keep(app, browser_of, school, runtime):
    browser = browser_of(school.teacher)
    token = tokens.create(runtime, directory(runtime).organisation.person(school.teacher).login, SystemClock().now()).token
    called = {"Authorization": f"Bearer {token}"}

    pages = [browser.get(path).status for path in ("/cases?case=%00", "/inbox?role=%00", "/case/%00", "/case/x%00/diagram")]
    asked = ("/work-items?unit=a%00", "/cases/x%00", "/work-items?overdue=%001")
    calls = [app.test_client().get(f"/api{path}", headers=called).status_code for path in asked]
    forms = [
        browser.post("/inbox/filter", name=f"{NUL}Mina", role="chair").status,
        browser.post("/deviation/report", place=school.place, case=NUL).status,
        browser.post("/login", username=NUL, password=NUL).status,
    ]

    assert pages == [200, 200, 404, 404]
    assert calls == [200, 404, 422]
    assert [status for status in forms if status >= 500] == []
    assert "Mina" in browser.get("/inbox?all=1").text
