"""What holds for every page: a login, both languages, no code within."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webui
from webui.app import OPEN

ROOT = Path(webui.__file__).parent
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]


def addresses(app):
    for rule in app.url_map.iter_rules():
        values = {name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "2026-NOSUCH" for name in rule.arguments}
        yield rule, values


def test_every_page_but_the_door_asks_for_a_login(app):
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    closed = [(rule, values) for rule, values in addresses(app) if rule.endpoint not in OPEN and not rule.endpoint.startswith("demo.")]

    for rule, values in closed:
        with app.test_request_context():
            path = rule.build(values)[1]
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = client.open(path, method=method)
            assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login"), f"{method} {path}"

    assert len(closed) > 10


def test_no_page_breaks_for_anybody(app, browser_of, school):
    browsers = [browser_of(who) for who in (school.teacher, school.manager, school.stranger)]

    for rule, values in addresses(app):
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        with app.test_request_context():
            path = rule.build(values)[1]
        for browser in browsers:
            page = browser.get(path)
            assert page.status in (200, 404), f"{path}: {page.status}"
            for link in re.findall(r'<a[^>]+href="(/[^"#]*)', page.html):
                assert browser.get(link).status == 200, f"{path} -> {link}"


def test_every_template_can_be_read(app):
    templates = [str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")]

    for template in templates:
        app.jinja_env.get_template(template)

    assert len(templates) > 15


def test_nothing_that_the_pages_say_is_without_english():
    said = {message if isinstance(message, str) else message[0] for _, _, message, *_ in extract_from_dir(ROOT, METHODS)}
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    english = {(entry.id if isinstance(entry.id, str) else entry.id[0]): entry for entry in catalogue if entry.id}

    assert said == set(english)
    for entry in english.values():
        originals, texts = ([one] if isinstance(one, str) else list(one) for one in (entry.id, entry.string))
        assert all(texts), entry.id
        assert not entry.fuzzy, entry.id
        for original, text in zip(originals, texts, strict=True):
            assert sorted(PLACEHOLDER.findall(original)) == sorted(PLACEHOLDER.findall(text)), entry.id


@pytest.mark.parametrize("path", ["/login", "/", "/inbox", "/need", "/deviation/report", "/demo"])
def test_a_page_runs_no_code_but_the_built_script(browser_of, school, path):
    browser = browser_of(school.teacher)
    answer = browser.client.get(path)

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*src=)", answer.text) == []
    assert re.findall(r"\s(?:style|on\w+)=", answer.text) == []
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_for_this_site_and_no_script(browser_of, school):
    answer = browser_of(school.teacher).client.post("/language", data={"language": "en"})

    assert answer.status_code == 400
    cookie = browser_of(school.teacher).client.get_cookie("session")
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_link_to_log_in_leads_nowhere_else(browser_of, school):
    browser = browser_of(school.teacher)

    page = browser.post("/language", language="en", next="//evil.example/")

    assert page.path == "/"
