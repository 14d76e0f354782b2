"""Guesses and calls are counted, what is sent is small, and built files are kept for good."""

import gzip
import re

import pytest

from engine.clock import MovableClock, SystemClock
from engine.services import accounts, tokens
from engine.services.directory import directory
from tests.webui.conftest import PASSWORD, Browser
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings

GUESSES = 10


@pytest.fixture
def account(runtime, school):
    accounts.set_password(runtime, [school.teacher], PASSWORD, SystemClock().now())
    return directory(runtime).organisation.person(school.teacher)


@pytest.fixture
def quick(monkeypatch):
    """Passwords that are judged without delay, for the tests that guess."""
    monkeypatch.setattr(accounts, "_fits", lambda hashed, password: password == PASSWORD)


def test_after_ten_wrong_guesses_a_name_rests_also_with_the_right_password(app, account, quick):
    browser = Browser(app.test_client())

    guesses = [browser.post("/login", username=account.login, password=f"guess {number}").status for number in range(GUESSES)]
    rest = browser.post("/login", username=f" {account.login.upper()} ", password=PASSWORD)

    assert guesses == [422] * GUESSES
    assert rest.status == 429
    assert "Vänta en kvart" in rest.text
    assert Browser(app.test_client()).post("/login", username="somebody.else", password="x").status == 422
    assert browser.get("/login").status == 200


def test_a_name_that_has_rested_may_log_in(filled_database, tmp_path, quick):
    clock = MovableClock(SystemClock().now())
    path = tmp_path / "rest.sqlite"
    path.write_bytes(filled_database.read_bytes())
    app = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False, wall_clock=clock))
    runtime = app.extensions[EXTENSION].runtime
    person = next(one for one in directory(runtime).organisation.persons if one.login)
    accounts.set_password(runtime, [person.id], PASSWORD, clock.now())
    browser = Browser(app.test_client())
    for _ in range(GUESSES):
        browser.post("/login", username=person.login, password="x")

    resting = browser.post("/login", username=person.login, password=PASSWORD).status
    clock.move_to(clock.now().replace(microsecond=0) + (accounts.SEEN_EVERY * 3) + accounts.SEEN_EVERY)

    assert resting == 429
    assert browser.post("/login", username=person.login, password=PASSWORD).status == 200
    runtime.database.close()


def test_those_who_know_their_password_are_never_asked_to_wait(app, account, quick):
    browser = Browser(app.test_client())

    for _ in range(GUESSES + 2):
        assert browser.post("/login", username=account.login, password=PASSWORD).status == 200
        browser.post("/logout")


def test_a_program_that_calls_too_often_is_told_how_long_to_wait(filled_database, tmp_path):
    path = tmp_path / "calls.sqlite"
    path.write_bytes(filled_database.read_bytes())
    app = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False, calls_a_minute=3))
    runtime = app.extensions[EXTENSION].runtime
    logins = [one.login for one in directory(runtime).organisation.persons if one.login][:2]
    first, second = (tokens.create(runtime, login, SystemClock().now()).token for login in logins)

    def call(token):
        return app.test_client().get("/api/me", headers={"Authorization": f"Bearer {token}"})

    answers = [call(first) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json["type"] == "/api/problems/too-many-requests"
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert call(second).status_code == 200
    runtime.database.close()


def first_visit(client, path):
    """What a browser takes over the line on its first visit to a page: the answers as they are sent, in gzip."""
    sent = {}
    page = client.get(path, headers={"Accept-Encoding": "gzip"})
    sent[path] = page
    html = gzip.decompress(page.data).decode() if page.content_encoding == "gzip" else page.text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', html):
        sent[address] = client.get(address.replace("&amp;", "&"), headers={"Accept-Encoding": "gzip"})
    assert all(answer.status_code == 200 for answer in sent.values()), sent
    return {address: len(answer.data) for address, answer in sent.items()}


@pytest.mark.parametrize("path", ["/", "/inbox", "/need", "/deviation/report"])
def test_a_page_takes_60_kilobytes_on_the_first_visit_and_15_after(browser_of, school, path):
    sizes = first_visit(browser_of(school.teacher).client, path)

    assert sum(sizes.values()) <= 60_000, sizes
    assert sizes[path] <= 15_000, sizes


def test_a_built_file_is_kept_for_good_and_has_another_address_when_it_changes(app, browser, monkeypatch, tmp_path):
    address = re.search(r'href="(/static/built/pages.css[^"]*)"', browser.get("/login").html)[1]

    kept = browser.client.get(address)
    other = browser.client.get(address.split("?")[0] + "?v=older")

    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert other.headers["Cache-Control"] == "no-cache"
    assert browser.client.get(address.split("?")[0], headers={"If-None-Match": other.headers["ETag"]}).status_code == 304
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "pages.css").write_text("other")
    monkeypatch.setattr("webui.fingerprints.STATIC", tmp_path)
    assert re.search(r'href="(/static/built/pages.css[^"]*)"', browser.get("/login").html)[1] != address


def test_an_answer_is_compressed_as_the_caller_can_read_it(app):
    client = app.test_client()

    for path in ("/login", "/api/openapi.json"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.content_encoding == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert client.get(path, headers={"Accept-Encoding": "identity"}).content_encoding is None
