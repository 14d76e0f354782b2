"""What one writes survives: two tabs, two colleagues, an ended session, a busy database, a restart of the server."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from sqlalchemy.exc import OperationalError

from engine.clock import SystemClock
from engine.services import accounts, kept, tasks
from tests.webui.test_work import filled, task_of

MINE, OTHERS = "Maja orkar inte med skoldagen.", "Maja är borta på onsdagar."


def field_of(page):
    return re.search(r'<textarea[^>]*name="([^"]+)"', page.html)[1]


def hidden(page):
    """The hidden fields of a form as the page gave them."""
    return dict(re.findall(r'name="(draft_version|kept_by|was_kept)" value="([^"]*)"', page.html))


def end_sessions(runtime, person):
    accounts.sign_out_everywhere(runtime, person, SystemClock().now())


def log_in(browser, person):
    assert browser.post("/demo/be", person=person).status == 200


def test_two_tabs_do_not_overwrite_each_other_unseen(need):
    browser, page = need
    name, address = field_of(page), task_of(page)
    browser.post(address, **{**hidden(page), name: OTHERS, "do": "draft"})

    second = browser.post(address, **{**hidden(page), name: MINE, "do": "draft"})

    assert second.status == 409
    assert "Det finns två texter" in second.text
    assert re.search(rf"<textarea[^>]*>\s*{MINE}", second.html)
    assert OTHERS in second.text
    assert OTHERS in browser.get(address).text
    saved = browser.post(address, **{**hidden(second), name: MINE, "do": "draft"})
    assert saved.status == 200
    assert MINE in saved.text
    assert OTHERS not in saved.text


def test_a_draft_from_elsewhere_is_not_sent_away_unseen(need, browser_of, school, runtime):
    browser, page = need
    browser.post(task_of(page), **filled(page))
    manager, elsewhere = browser_of(school.manager), browser_of(school.manager)
    entry = tasks.inbox(runtime, school.manager)[0]
    before = manager.get(f"/task/{entry.id}")
    name = field_of(before)
    elsewhere.post(before.path, **{**hidden(before), name: OTHERS, "do": "draft"})

    answer = manager.post(before.path, **{**filled(before), **hidden(before), name: MINE, "do": "complete"})

    assert answer.status == 409
    assert OTHERS in answer.text
    assert MINE in answer.html
    assert [one.id for one in tasks.inbox(runtime, school.manager)] == [entry.id]


def test_the_script_is_told_of_another_text_and_of_the_number_of_its_own(need):
    browser, page = need
    name, address = field_of(page), f"{task_of(page)}/draft"
    before = hidden(page)

    first = browser.post(address, **{**before, name: OTHERS})
    same = browser.post(address, **{**before, name: OTHERS})
    second = browser.post(address, **{**before, name: MINE})

    assert (first.status, same.status, second.status) == (200, 200, 409)
    assert '"version":1' in first.html.replace(" ", "")
    assert '"message"' in second.html


def test_what_is_sent_after_the_session_ended_stands_in_the_form_after_logging_in(need, runtime, school):
    browser, page = need
    name, address = field_of(page), task_of(page)
    end_sessions(runtime, school.teacher)

    out = browser.post(address, **{**filled(page), **hidden(page), name: MINE})
    log_in(browser, school.teacher)
    again = browser.get(address)

    assert out.status == 401
    assert MINE not in out.text
    assert out.link(r"/login\?next=") == f"/login?next={address}"
    assert "innan du loggades ut" in again.text
    assert MINE in again.html
    assert len(tasks.inbox(runtime, school.teacher)) == 1
    saved = browser.post(address, **{**hidden(again), name: MINE, "do": "draft"})
    assert "innan du loggades ut" not in saved.text
    assert MINE in saved.html


def test_a_kept_text_is_its_writer_s_alone(need, runtime, school, browser_of):
    browser, page = need
    end_sessions(runtime, school.teacher)
    browser.post(task_of(page), **{**hidden(page), field_of(page): MINE})
    tasks.delegate(runtime, school.teacher, int(task_of(page).rpartition("/")[2]), school.colleague)

    shown = browser_of(school.colleague).get(task_of(page))

    assert shown.status == 200
    assert MINE not in shown.html


@pytest.mark.parametrize("token", ["", "made up", None])
def test_without_a_true_token_nothing_is_kept_and_the_text_is_given_back(need, runtime, school, token):
    browser, page = need
    end_sessions(runtime, school.teacher)

    out = browser.post(task_of(page), **{field_of(page): MINE, **({"kept_by": token} if token is not None else {})})

    assert out.status == 401
    assert MINE in out.text
    assert kept.find(runtime, school.teacher, task_of(page)[1:].replace("/", ":")) is None


def test_a_cookie_that_is_gone_loses_no_text_either(need, runtime, school, app):
    browser, page = need
    sent = {**hidden(page), field_of(page): MINE}

    answer = app.test_client().post(task_of(page), data=sent)

    assert answer.status_code == 401
    assert MINE in browser.get(task_of(page)).html


def test_a_kept_text_and_a_newer_draft_are_both_shown(need, runtime, school):
    browser, page = need
    name, address = field_of(page), task_of(page)
    end_sessions(runtime, school.teacher)
    browser.post(address, **{**hidden(page), name: MINE})
    tasks.save_draft(runtime, school.teacher, int(address.rpartition("/")[2]), {name: OTHERS})
    log_in(browser, school.teacher)

    both = browser.get(address)
    left = browser.post(f"{address}/forget")

    assert "Det finns två texter" in both.text
    assert MINE in both.html
    assert OTHERS in both.text
    assert MINE not in left.html
    assert OTHERS in left.html


def test_a_kept_text_is_shown_also_when_the_work_is_done_meanwhile(need, runtime, school):
    browser, page = need
    address = task_of(page)
    end_sessions(runtime, school.teacher)
    browser.post(address, **{**hidden(page), field_of(page): "Det här hann aldrig med."})
    log_in(browser, school.teacher)
    number = int(address.rpartition("/")[2])
    tasks.complete(runtime, school.teacher, number, {"need": MINE, "support_from": ["school"], "family_informed": "not_yet"})

    shown = browser.get(address)

    assert shown.status == 409
    assert "Det här hann aldrig med." in shown.text


def test_what_is_sent_when_the_work_has_become_somebody_else_s_is_given_back(need, runtime, school):
    browser, page = need
    tasks.delegate(runtime, school.teacher, int(task_of(page).rpartition("/")[2]), school.colleague)

    refused = browser.post(task_of(page), **{**hidden(page), field_of(page): MINE})

    assert refused.status == 404
    assert MINE in refused.text


@pytest.mark.parametrize("act", ["draft", "complete"])
def test_a_busy_database_keeps_the_text_in_the_form(need, monkeypatch, act):
    browser, page = need

    def busy(*_args, **_more):
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(tasks.queries, "lock_item", busy)
    monkeypatch.setattr(tasks.steps, "_take", busy)
    answer = browser.post(task_of(page), **{**filled(page), **hidden(page), field_of(page): MINE, "do": act})

    assert answer.status == 503
    assert "Databasen är upptagen" in answer.text
    assert re.search(rf"<textarea[^>]*>\s*{MINE}", answer.html)


@pytest.mark.parametrize("path", ["/inbox/{}/claim", "/task/{}/release", "/task/{}/delegate"])
def test_a_busy_database_is_said_whatever_one_does(need, monkeypatch, path, runtime, school):
    browser, page = need
    tries = []

    def busy(*_args, **_more):
        tries.append(1)
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(tasks.queries, "change_item", busy)
    answer = browser.post(path.format(task_of(page).rpartition("/")[2]), to=school.colleague)

    assert answer.status == 503
    assert "Databasen är upptagen" in answer.text
    assert len(tries) == 2


def test_a_draft_survives_a_restart_of_the_server(need, app, tmp_path, runtime, school):
    """A real server process writes it and is killed; another shows it."""
    _, page = need
    url = str(runtime.database.engine.url)
    runtime.database.close()

    with running(url, tmp_path) as visit:
        shown = visit.log_in(school.teacher)(task_of(page))
        version = re.search(r'name="draft_version" value="([^"]*)"', shown)[1]
        visit.post(task_of(page), {"draft_version": version, field_of(page): MINE, "do": "draft"})
    with running(url, tmp_path) as visit:
        assert MINE in visit.log_in(school.teacher)(task_of(page))


SERVER = textwrap.dedent("""
    import sys
    from werkzeug.serving import make_server
    from webui.app import create_app
    from webui.settings import Settings
    app = create_app(Settings(sys.argv[1], demonstration=True, secure_cookies=False))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.port, flush=True)
    server.serve_forever()
""")


class running:  # noqa: N801 - reads as what it does
    """A server in a process of its own, killed without a word at the end."""

    def __init__(self, url, folder):
        self.url, self.log = url, (folder / "server.log").open("ab")

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, self.url], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.address = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.opener = build_opener(HTTPCookieProcessor())
        return self

    def __exit__(self, *_error):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def get(self, path):
        with self.opener.open(self.address + path) as answer:
            return answer.read().decode()

    def post(self, path, fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login"))[1]
        with self.opener.open(self.address + path, urlencode({**fields, "csrf_token": token}).encode()) as answer:
            return answer.read().decode()

    def log_in(self, person):
        self.post("/demo/be", {"person": person})
        return self.get
