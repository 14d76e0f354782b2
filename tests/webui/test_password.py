"""One's own password: chosen first where it was temporary, changed when one likes, and every other browser logged out."""

import re

import pytest

from engine.clock import SystemClock
from engine.services import accounts
from engine.services.directory import directory
from tests.webui.conftest import PASSWORD, Browser

NEW = "four words of my own"


@pytest.fixture
def invited(runtime, school):
    """A temporary password for the teacher."""
    return accounts.invite(runtime, directory(runtime).organisation.person(school.teacher).login, SystemClock().now())


def test_a_temporary_password_leads_to_choosing_one_and_nowhere_else(browser, invited):
    page = browser.post("/login?next=/inbox", username=invited.username, password=invited.password)

    assert page.path == "/password"
    assert "Välj ett eget innan du fortsätter" in page.text
    assert [browser.get(path).path for path in ("/", "/inbox", "/need")] == ["/password"] * 3

    page = browser.post("/password", old=invited.password, new=NEW, again=NEW)

    assert page.path == "/"
    assert "Lösenordet är bytt" in page.text
    assert browser.get("/inbox").path == "/inbox"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"old": "wrong", "new": NEW, "again": NEW}, "old", "Det nuvarande lösenordet stämmer inte."),
        ({"old": PASSWORD, "new": NEW, "again": "other"}, "again", "likadant båda gångerna"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "new", "minst 8 tecken"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "new", "detsamma som det gamla"),
    ],
)
def test_what_is_wrong_is_said_on_top_and_at_its_field(browser_of, runtime, school, app, fields, field, said):
    accounts.set_password(runtime, [school.teacher], PASSWORD, SystemClock().now())
    browser = browser_of(school.teacher)

    page = browser.post("/password", **fields)

    assert (page.status, page.title.startswith("Fel:")) == (422, True)
    assert page.text.count(said) == 2
    assert f'href="#{field}"' in page.html
    assert not re.search(r'type="password" value', page.html)


def test_a_changed_password_logs_every_other_browser_out(app, browser_of, runtime, school):
    accounts.set_password(runtime, [school.teacher], PASSWORD, SystemClock().now())
    here, elsewhere = browser_of(school.teacher), browser_of(school.teacher)

    here.post("/password", old=PASSWORD, new=NEW, again=NEW)

    assert here.get("/inbox").path == "/inbox"
    assert elsewhere.get("/inbox").path.startswith("/login")
    login = directory(runtime).organisation.person(school.teacher).login
    assert Browser(app.test_client()).post("/login", username=login, password=PASSWORD).status == 422


def test_no_password_is_shown_on_a_page_when_the_session_has_ended_or_the_form_is_stale(browser_of, runtime, school):
    browser = browser_of(school.teacher)
    fields = {"old": PASSWORD, "new": NEW, "again": NEW}

    stale = browser.client.post("/password", data=fields, follow_redirects=True)
    accounts.sign_out_everywhere(runtime, school.teacher, SystemClock().now())
    ended = browser.post("/password", **fields)

    for said in (stale.text, ended.html):
        assert NEW not in said
        assert PASSWORD not in said
