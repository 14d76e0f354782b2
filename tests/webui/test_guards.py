"""What holds for every page: who may reach it, that it leads somewhere, says its own name, speaks one language, and has no code within."""

import re
import shutil
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import webui
from engine.services import agreements
from engine.shipped import processes_folder
from tests.webui import demonstration
from tests.webui.walk import Walk, endpoint_of, inside, is_ours, path_of, words
from webui.app import OPEN
from webui.house import EXTENSION

ROOT = Path(webui.__file__).parent
INITIALS = re.compile(r"\b[A-ZÅÄÖ]{2,3} (?=\d{4})")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]

ANYBODY, DEMONSTRATION, READER, OWN = "anybody", "demonstration", "whoever is logged in", "whose it is"
LEADERS = frozenset({"manager", "next_level", "management", "steering"})
WHO = {
    "static": ANYBODY,
    "door.login": ANYBODY,
    "door.choose_language": ANYBODY,
    "door.logout": READER,
    "start.show": READER,
    "inbox.show": READER,
    "inbox.claim": OWN,
    "inbox.take_back": OWN,
    "inbox.several": READER,
    "inbox.save_filter": READER,
    "inbox.remove_filter": READER,
    "task.show": OWN,
    "task.forget": READER,
    "task.send": OWN,
    "task.save": OWN,
    "task.release": OWN,
    "task.delegate": OWN,
    "task.done": READER,
    "case.every": READER,
    "case.show": OWN,
    "case.events": OWN,
    "case.plan": OWN,
    "case.note": OWN,
    "case.withdraw": OWN,
    "need.child": READER,
    "need.agreement": READER,
    "need.forget": READER,
    "deviation.every": READER,
    "deviation.show": OWN,
    "deviation.lift": OWN,
    "deviation.report": READER,
    "document.show": OWN,
    "password.choose": READER,
    "deviation.mine": READER,
    "deviation.dispute": OWN,
    "people.every": READER,
    "people.unit": READER,
    "people.somebody": READER,
    "people.group": READER,
    "lead.show": LEADERS,
    "lead.stand_ins": LEADERS,
    "lead.end": OWN,
    "diagram.first": OWN,
    "diagram.show": OWN,
    "diagram.picture": OWN,
    "processes.every": READER,
    "processes.show": READER,
    "processes.picture": READER,
    "processes.agreement": READER,
    "processes.file": READER,
    "demo.show": DEMONSTRATION,
    "demo.be": DEMONSTRATION,
    "demo.clock": DEMONSTRATION,
}
"""Who reaches each route: one of these words, or the set of those roles that reach it, the others being told 403 or 404."""

UNKNOWN = {"RowNumber": 999_999_999, "UnicodeConverter": "2026-NOSUCH", "PathConverter": "no/such"}
LANGUAGES = ("sv", "en")
UNSAID = {"release", "history", "history_chain", "incident", "notice", "process_instance", "timer", "alembic_version"}
"""Tables in which the house's own sentences lie, and nothing that a person has written or is called."""
SAMPLES = 3
MOST = {"sv": 8, "en": 3}
"""Pages of a route that each role opens, beside the one who opens all."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory, walked):
    """The demonstration, as a copy that these tests may spoil."""
    path = shutil.copy(walked, tmp_path_factory.mktemp("guards") / "demo.sqlite")
    with demonstration.opened(Path(path)) as app:
        yield app


@pytest.fixture(scope="module")
def everybody(demo):
    """The persons by role, and nobody."""
    return demonstration.roles(demo).everybody | {"nobody": None}


@pytest.fixture(scope="module")
def walks(demo, everybody):
    """All that everybody comes to, by role and language: one follows every link, the others some of each kind."""
    begin = [path_of(demo, rule, {}) for rule in demo.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    found = {}
    for role, person in everybody.items():
        for language in LANGUAGES:
            most = sys.maxsize if (role, language) == ("staff", "sv") else MOST[language]
            found[role, language] = Walk(demo, demonstration.client_of(demo, person, language), most)
            found[role, language].everywhere(*begin)
    return found


@pytest.fixture(scope="module")
def pages(walks):
    """Every page that was shown: role, language and page."""
    seen = [(role, language, page) for (role, language), walk in walks.items() for page in walk.seen.values()]
    return [(role, language, page) for role, language, page in seen if page.kind == "text/html" and page.status == 200]


@pytest.fixture(scope="module")
def numbers(walks):
    """The numbers of cases, tasks and whatever else has a page of its own, by what they are called in addresses."""
    found = defaultdict(dict)
    for walk in walks.values():
        for page in walk.seen.values():
            for name, value in page.values.items():
                if page.status == 200 and page.endpoint not in ("", "static"):
                    found[name][value] = None
    return {name: list(values) for name, values in found.items()}


def routes(app, *who):
    """Every route that these may reach, with its methods."""
    theirs = [rule for rule in app.url_map.iter_rules() if WHO.get(rule.endpoint) in who]
    return [(rule, method) for rule in theirs for method in sorted(rule.methods - {"OPTIONS", "HEAD"})]


def unknown(rule):
    return {name: UNKNOWN[type(converter).__name__] for name, converter in rule._converters.items()}


def asked(client, path, method):
    """The answer to an address, with the sign that a form of ours carries."""
    if method == "GET":
        return client.get(path)
    return client.open(path, method=method, data={"csrf_token": demonstration.token_of(client)})


def test_somebody_has_said_who_reaches_each_route(demo):
    assert {rule.endpoint for rule in demo.url_map.iter_rules()} == set(WHO)


def test_whoever_is_not_logged_in_reaches_the_door_alone(demo):
    client = demo.test_client()

    for rule, method in routes(demo, READER, OWN, *(who for who in WHO.values() if isinstance(who, frozenset))):
        answer = asked(client, path_of(demo, rule, unknown(rule)), method)
        assert (answer.status_code, (answer.location or "").split("?")[0]) in ((302, "/login"), (401, "")), f"{method} {rule}"

    assert {endpoint for endpoint, who in WHO.items() if who == ANYBODY} == OPEN


def test_no_page_and_no_button_breaks_for_anybody(demo, everybody, walks):
    for role, person in everybody.items():
        client = demonstration.client_of(demo, person)
        for rule in demo.url_map.iter_rules():
            for method in rule.methods - {"OPTIONS", "HEAD"}:
                if rule.endpoint == "door.logout":
                    continue
                answer = asked(client, path_of(demo, rule, unknown(rule)), method)
                assert answer.status_code < 500, f"{role}: {method} {rule}"
                if rule.arguments and WHO.get(rule.endpoint) == OWN and person:
                    assert answer.status_code == 404, f"{role}: {method} {rule}"
    for (role, _), walk in walks.items():
        assert [page.path for page in walk.seen.values() if page.status >= 500] == [], role


def test_a_page_for_some_roles_is_for_nobody_else(walks, everybody):
    limited = {endpoint: who for endpoint, who in WHO.items() if isinstance(who, frozenset)}

    for (role, _), walk in walks.items():
        for page in walk.seen.values():
            if page.endpoint in limited and everybody[role]:
                expected = (200,) if role in limited[page.endpoint] else (403, 404)
                assert page.status in expected, f"{role}: {page.path} {page.status}"


def test_what_is_somebody_else_s_looks_to_a_stranger_like_what_does_not_exist(demo, everybody, numbers):
    stranger = demonstration.client_of(demo, everybody["stranger"])
    tried = 0

    for rule, method in routes(demo, OWN):
        for place in range(SAMPLES):
            values = {name: (numbers.get(name) or [1])[place % len(numbers.get(name) or [1])] for name in rule.arguments}
            answer = asked(stranger, path_of(demo, rule, values), method)
            assert answer.status_code == 404, f"{method} {rule} {values}"
            tried += 1

    assert tried > 20


def test_every_link_and_every_form_leads_somewhere(demo, walks, pages):
    for role, language, page in pages:
        where = f"{page.path} ({role}, {language})"
        for link in page.links:
            if not is_ours(link):
                assert urlsplit(link).scheme in ("https", "mailto", "tel"), f"{where} -> {link}"
                continue
            target = walks[role, language].seen.get(inside(page.path, link))
            if target is None:
                assert endpoint_of(demo, inside(page.path, link))[0], f"{where} -> {link}"
                continue
            while target.leads_to:
                target = walks[role, language].seen[target.leads_to]
            assert target.status == 200, f"{where} -> {link}: {target.status}"
            assert target.kind != "text/html" or urlsplit(link).fragment in target.ids, f"{where} -> {link}"
        for form in page.document.iter("form"):
            action = inside(page.path, form.get("action") or page.path)
            assert endpoint_of(demo, action, (form.get("method") or "get").upper())[0], f"{where} -> {action}"


def test_every_page_has_a_title_of_its_own(pages):
    named = defaultdict(set)
    for role, language, page in pages:
        named[role, language, page.title].add(bare(page))

    assert {title: sorted(paths) for (_, _, title), paths in named.items() if len(paths) > 1} == {}


def test_every_page_has_one_main_heading_and_no_level_is_skipped(pages):
    for role, _, page in pages:
        headings = page.document.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6]")
        levels = [int(one.tag[1]) for one in headings]
        assert levels.count(1) == 1, f"{role}: {page.path} {levels}"
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), f"{role}: {page.path} {levels}"
        assert page.document.xpath("count(//main)") == 1, page.path


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_one_language(demo, pages, language):
    data = data_of(demo) | (words_of_the_drawings(demo) if language == "sv" else set())
    foreign = foreign_words(language) - data

    heard = defaultdict(set)
    for role, spoken, page in pages:
        if spoken != language:
            continue
        assert page.document.get("lang") == language, page.path
        for said in page.said("en" if language == "sv" else "sv"):
            strange = {word for word in words(INITIALS.sub("", said)) - data if word in foreign or (language == "en" and set(word) & set("åäö"))}
            if strange:
                heard[f"{', '.join(sorted(strange))}: {' '.join(said.split())}"].add(f"{role} {page.path}")

    assert not heard, "\n".join(f"{said} ({min(where)})" for said, where in heard.items())


def bare(page):
    """A page without its question: a list that is narrowed is the same page."""
    return urlsplit(page.path).path


def foreign_words(language):
    """The words that the pages say in the other language only."""
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    swedish, english = words_of(entry.id for entry in entries), words_of(entry.string for entry in entries)
    return {word for word in (swedish - english if language == "en" else english - swedish) if len(word) > 3}


def words_of_the_drawings(app):
    """The words of drawings, forms, tables and agreements, which are in Swedish."""
    files = app.extensions[EXTENSION].runtime.releases.active.files
    return {word for path, content in files.items() if not path.endswith(".en.toml") for word in words(content.decode())}


def words_of(entries):
    sentences = (sentence for entry in entries for sentence in ([entry] if isinstance(entry, str) else entry))
    return {word for sentence in sentences for word in words(PLACEHOLDER.sub("", sentence))}


def data_of(app):
    """The words that people have written and decided, and what people, units and agreements are called."""
    runtime = app.extensions[EXTENSION].runtime
    engine = runtime.database.engine
    names = [known.name for known in agreements.of_release(runtime.releases.active).values()]
    decided = (processes_folder() / "demonstration").rglob("*.dmn")
    with engine.connect() as connection:
        told = set(sqlalchemy.inspect(engine).get_table_names()) - UNSAID
        tables = {one: "answers, draft, inputs" if one == "work_item" else "*" for one in told}
        rows = [row for table, columns in tables.items() for row in connection.execute(sqlalchemy.text(f"SELECT {columns} FROM {table}"))]
    written_in = (path.read_text("utf-8") for path in decided)
    return {word for written in (*names, *written_in, *(str(value) for row in rows for value in row)) for word in words(written)}


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


def test_a_page_runs_no_code_but_the_built_script(pages):
    for _, _, page in pages:
        assert re.findall(r"<script(?![^>]*src=)", page.text) == [], page.path
        assert re.findall(r"<[^>]+\s(?:style|on\w+)=", page.text) == [], page.path


@pytest.mark.parametrize("path", ["/login", "/", "/inbox", "/need", "/deviation/report", "/demo"])
def test_a_browser_is_told_what_a_page_may_do(browser_of, school, path):
    answer = browser_of(school.teacher).client.get(path)

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
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
