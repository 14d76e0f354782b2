"""Login, logout and language."""

from datetime import timedelta

import pytest

from engine.clock import SystemClock
from engine.services import accounts
from engine.services.directory import directory
from tests.webui.conftest import PASSWORD


@pytest.fixture
def account(runtime, school):
    """Somebody with a password."""
    accounts.set_password(runtime, [school.teacher], PASSWORD, SystemClock().now())
    return directory(runtime).organisation.person(school.teacher)


def test_the_right_password_leads_to_the_page_that_was_asked_for(browser, account):
    page = browser.post("/login?next=/inbox", username=account.login, password=PASSWORD)

    assert page.path == "/inbox"
    assert account.name in page.text


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
def test_a_wrong_password_lets_nobody_in_and_keeps_the_name(browser, account, password):
    page = browser.post("/login", username=account.login, password=password)

    assert page.status == 422
    assert page.title.startswith("Fel:")
    assert f'value="{account.login}"' in page.html
    assert "Användarnamnet eller lösenordet stämmer inte" in page.text
    assert browser.get("/inbox").path.startswith("/login")


def test_an_unknown_name_is_answered_like_a_wrong_password(browser, account):
    unknown = browser.post("/login", username="nobody", password=PASSWORD)
    wrong = browser.post("/login", username=account.login, password="wrong")

    assert unknown.status == wrong.status
    assert unknown.text.replace("nobody", "") == wrong.text.replace(account.login, "")


def test_a_logged_out_cookie_opens_nothing_again(browser_of, school):
    browser = browser_of(school.teacher)
    stolen = browser.client.get_cookie("session").value

    browser.post("/logout")
    browser.client.set_cookie("session", stolen)

    assert browser.get("/inbox").path.startswith("/login")


def test_a_new_password_ends_every_session(browser_of, runtime, school):
    browser = browser_of(school.teacher)

    accounts.set_password(runtime, [school.teacher], PASSWORD, SystemClock().now())

    assert browser.get("/").path.startswith("/login")


def test_a_session_that_nobody_uses_ends(runtime, school):
    now = SystemClock().now()
    signed_in = accounts.begin(runtime, school.teacher, now)

    assert accounts.resume(runtime, signed_in.token, now + accounts.IDLE) is not None
    assert accounts.resume(runtime, signed_in.token, now + 3 * accounts.IDLE) is None


def test_use_keeps_a_session_alive(runtime, school):
    now = SystemClock().now()
    signed_in = accounts.begin(runtime, school.teacher, now)

    for hours in range(0, 40, 6):
        assert accounts.resume(runtime, signed_in.token, now + timedelta(hours=hours)) is not None


def test_the_chosen_language_stays_with_the_person(browser, account):
    browser.post("/login", username=account.login, password=PASSWORD)

    english = browser.post("/language", language="en", next="/inbox")
    browser.post("/logout")
    again = browser.post("/login", username=account.login, password=PASSWORD)

    assert '<html lang="en"' in english.html
    assert "Nothing waits for you." in english.text
    assert '<html lang="en"' in again.html


def test_a_password_needs_eight_signs(runtime, school):
    with pytest.raises(accounts.PasswordTooShort):
        accounts.set_password(runtime, [school.teacher], "seven77", SystemClock().now())
