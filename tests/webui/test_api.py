"""The API as a program meets it: a token and nothing else lets in, what it may is what its person may, and what is wrong is said."""

import json

import pytest

from engine.clock import SystemClock
from engine.services import tokens
from engine.services.directory import directory
from engine.storage.tables import WorkItem
from tests.webui.conftest import AGREEMENT

CHILD = {"name": "Maja Exempelsson", "birth_date": "2014-03-14"}
NEED = "Maja orkar inte med skoldagen."


class Program:
    """A program that works for somebody."""

    def __init__(self, app, token, language="sv"):
        self.client = app.test_client(use_cookies=False)
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}

    def __call__(self, method, path, body=None, **more):
        return self.client.open(f"/api{path}", method=method, json=body, headers=self.headers | more.pop("headers", {}), **more)


@pytest.fixture
def program_of(app, runtime):
    def made(person, **more):
        login = directory(runtime).organisation.person(person).login
        return Program(app, tokens.create(runtime, login, SystemClock().now()).token, **more)

    return made


@pytest.fixture
def program(program_of, school):
    return program_of(school.teacher)


@pytest.fixture
def started(program, school):
    """A need that the program has begun to report."""
    answer = program("POST", "/cases", {"agreement": AGREEMENT, "unit": school.unit, "child": CHILD})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/cases/{answer.json['reference']}"
    return answer.json


def answered(program, item):
    """Something in every field that a work item asks for."""
    form = program("GET", f"/work-items/{item}").json["form"]
    return {"answers": {field["path"]: _something(field) for field in form if field["required"]}}


def _something(field):
    if field["choices"]:
        value = field["choices"][0]["value"]
        return [value] if field["type"] in ("checklist", "taglist") else value
    return {"number": 1, "checkbox": True, "datetime": "2026-01-12"}.get(field["type"], NEED)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Bearer samspel_guess", "Basic YTpi", "samspel_guess"])
def test_nobody_comes_in_without_a_token_that_holds(app, header):
    answer = app.test_client().get("/api/me", headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Samspel"')
    assert answer.json["type"] == "/api/problems/no-token"


def test_a_cookie_of_the_pages_opens_nothing(browser_of, school):
    browser = browser_of(school.teacher)

    assert browser.client.get("/api/me").status_code == 401
    assert browser.client.post("/api/clock", json={"by": "week"}).status_code == 401


def test_the_api_sets_no_cookie_and_is_kept_by_no_cache(program):
    answer = program("GET", "/me")

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_revoked_token_is_refused_on_the_next_call(program, runtime):
    assert program("GET", "/me").status_code == 200

    tokens.revoke(runtime, [one.id for one in tokens.every(runtime)], SystemClock().now())

    assert program("GET", "/me").status_code == 401


def test_a_program_learns_where_it_may_report(program, school):
    me = program("GET", "/me").json

    assert me["person"] == school.teacher
    assert [(unit["id"], [one["id"] for one in unit["agreements"]]) for unit in me["units"]] == [(school.unit, [AGREEMENT])]


def test_a_need_is_reported_and_waits_for_the_manager(program, program_of, school, started):
    (item,) = started["work_items"]
    program("POST", f"/work-items/{item}/claim")

    done = program("POST", f"/work-items/{item}/complete", answered(program, item))
    inbox = program_of(school.manager)("GET", "/work-items").json

    assert done.status_code == 200, done.text
    assert (done.json["case"], done.json["ended"]) == (started["reference"], False)
    assert [one["id"] for one in inbox["items"]] == [one["id"] for one in done.json["waiting"]]
    assert inbox["items"][0]["child"] == "ME 2014"
    assert "Maja" not in json.dumps(inbox)


def test_a_case_tells_where_it_stands_and_what_has_happened(program, started):
    case = program("GET", f"/cases/{started['reference'].lower()}").json

    assert case["child"]["name"] == CHILD["name"]
    assert [one["id"] for one in case["waiting"]] == started["work_items"]
    assert case["progress"][0]["stages"][0] == {"name": "Behov", "state": "waiting", "until": None}
    assert "started" in [row["kind"] for row in case["history"]]


def test_what_is_missing_is_said_field_by_field_and_nothing_sent_is_lost(program, program_of, school, started):
    item = started["work_items"][0]

    swedish = program("POST", f"/work-items/{item}/complete", {"answers": {"need": "   "}})
    english = program_of(school.teacher, language="en-GB,sv;q=0.5")("POST", f"/work-items/{item}/complete", {"answers": {"need": "   "}})

    assert (swedish.status_code, swedish.json["type"]) == (422, "/api/problems/invalid-answers")
    assert swedish.json["answers"] == {"need": "   "}
    assert swedish.json["fields"]["need"].startswith("Fyll i")
    assert (swedish.content_language.to_header(), english.content_language.to_header()) == ("sv", "en")
    assert english.json["fields"].keys() == swedish.json["fields"].keys()
    assert english.json["fields"]["need"] != swedish.json["fields"]["need"]


def test_a_draft_is_kept_and_given_back(program, started):
    item = started["work_items"][0]

    saved = program("PUT", f"/work-items/{item}/draft", {"answers": {"need": NEED}})
    shown = program("GET", f"/work-items/{item}").json

    assert (saved.status_code, saved.json) == (200, {"draft_version": shown["draft_version"]})
    assert shown["answers"] == {"need": NEED}
    assert next(field["value"] for field in shown["form"] if field["path"] == "need") == NEED
    assert shown["draft_by"]["id"] == program("GET", "/me").json["person"]


def test_no_draft_overwrites_another_unseen(program, started):
    path = f"/work-items/{started['work_items'][0]}/draft"
    first = program("GET", path.removesuffix("/draft")).json["draft_version"]
    program("PUT", path, {"answers": {"need": NEED}, "draft_version": first})

    late = program("PUT", path, {"answers": {"need": "Något annat."}, "draft_version": first})

    assert (late.status_code, late.json["type"]) == (409, "/api/problems/draft-overtaken")
    assert late.json["answers"] == {"need": "Något annat."}
    assert late.json["draft"]["answers"] == {"need": NEED}
    assert program("PUT", path, {"answers": {"need": "Båda."}, "draft_version": late.json["draft"]["draft_version"]}).status_code == 200


def test_whoever_comes_second_is_told_and_keeps_the_text(program, started):
    item = started["work_items"][0]
    answers = answered(program, item)
    program("POST", f"/work-items/{item}/complete", answers)

    again = program("POST", f"/work-items/{item}/complete", answers)

    assert (again.status_code, again.json["type"]) == (409, "/api/problems/already-completed")
    assert again.json["answers"] == answers["answers"]


def test_what_a_colleague_works_on_is_a_conflict_until_it_is_given_back(program_of, program, school, runtime, started):
    item = started["work_items"][0]
    with runtime.database.writing() as session:
        session.get_one(WorkItem, item).queue = f"unit:{school.unit}"
    colleague = program_of(school.colleague)

    claimed = program("POST", f"/work-items/{item}/claim")
    late = [
        colleague("POST", f"/work-items/{item}/claim"),
        colleague("PUT", f"/work-items/{item}/draft", {"answers": {"need": NEED}}),
        colleague("POST", f"/work-items/{item}/complete", {"answers": {"need": NEED}}),
    ]
    given_back = program("POST", f"/work-items/{item}/release")

    assert claimed.status_code == given_back.status_code == 204
    assert [(answer.status_code, answer.json["type"]) for answer in late] == [(409, "/api/problems/claimed-by-another")] * 3
    assert late[2].json["answers"] == {"need": NEED}
    assert colleague("POST", f"/work-items/{item}/claim").status_code == 204


def test_a_token_opens_no_more_than_its_person_may(program_of, school, started):
    stranger, item = program_of(school.stranger), started["work_items"][0]
    foreign = [
        stranger("GET", f"/cases/{started['reference']}"),
        stranger("GET", f"/work-items/{item}"),
        stranger("POST", f"/work-items/{item}/claim"),
        stranger("POST", f"/work-items/{item}/release"),
        stranger("PUT", f"/work-items/{item}/draft", {"answers": {}}),
        stranger("POST", f"/work-items/{item}/complete", {"answers": {}}),
    ]
    unknown = [stranger("GET", "/cases/2026-NOSUCH"), stranger("GET", "/work-items/4711"), stranger("GET", "/deviations/4711")]

    assert {answer.status_code for answer in foreign + unknown} == {404}
    assert len({answer.text for answer in foreign + unknown}) == 1
    assert stranger("GET", "/work-items").json["items"] == []


def test_a_deviation_is_reported_and_followed_by_its_reporter_only(program, program_of, school, started):
    sent = {"agreement": AGREEMENT, "unit": school.unit, "case": started["reference"], "description": "Ingen kom.", "happened_on": "2026-01-12"}

    begun = program("POST", "/deviations", sent)
    item = begun.json["open_work"][0]
    form = {field["path"]: field["value"] for field in program("GET", f"/work-items/{item}").json["form"]}
    done = program("POST", f"/work-items/{item}/complete", answered(program, item))
    followed = program("GET", f"/deviations/{begun.json['id']}").json

    assert (begun.status_code, begun.headers["Location"]) == (201, f"/api/deviations/{begun.json['id']}")
    assert "Ingen kom." in form.values()
    assert done.status_code == 200, done.text
    assert len(followed["ladder"]) == 2
    assert followed["waiting_for"]
    assert [one["id"] for one in program("GET", "/deviations").json["items"]] == [begun.json["id"]]
    assert program_of(school.stranger)("GET", f"/deviations/{begun.json['id']}").status_code == 404


def test_a_deviation_that_nobody_lifts_from_outside_says_so(program, school):
    begun = program("POST", "/deviations", {"agreement": AGREEMENT, "unit": school.unit}).json

    answer = program("POST", f"/deviations/{begun['id']}/lift", {"reason": "Inget händer."})

    assert (answer.status_code, answer.json["type"]) == (422, "/api/problems/cannot-lift")


def test_the_inbox_is_turned_page_by_page_and_narrowed(program, school):
    cases = [
        program("POST", "/cases", {"agreement": AGREEMENT, "unit": school.unit, "child": CHILD | {"name": f"Barn {name}"}}).json
        for name in ("Ett", "Två", "Tre", "Fyra", "Fem")
    ]

    pages, after = [], ""
    while after is not None:
        page = program("GET", f"/work-items?limit=2&after={after}").json
        pages.append([one["case"] for one in page["items"]])
        after = page["next"]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [reference for page in pages for reference in page] == [case["reference"] for case in cases]
    assert [one["case"] for one in program("GET", f"/work-items?case={cases[2]['reference']}").json["items"]] == [cases[2]["reference"]]
    assert program("GET", "/work-items?overdue=true").json["items"] == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"agreement", "unit", "child"}),
        ({"agreement": AGREEMENT, "unit": "x", "child": {"name": " ", "birth_date": "14 mars"}}, {"child.name", "child.birth_date"}),
        ({"agreement": AGREEMENT, "unit": "x", "child": CHILD | {"birth_date": 20140314}}, {"child.birth_date"}),
        ({"agreement": AGREEMENT, "unit": "x", "child": CHILD | {"birth_date": "2014-02-30"}}, {"child.birth_date"}),
        ({"agreement": AGREEMENT, "unit": "x", "child": CHILD | {"identity_number": "20140314-0000"}}, {"child.identity_number"}),
        ({"agreement": AGREEMENT, "unit": "x", "child": CHILD, "admin": True}, {"admin"}),
        ({"agreement": ["x"], "unit": "x", "child": "Maja"}, {"agreement", "child"}),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(program, body, fields):
    answer = program("POST", "/cases", body)

    assert (answer.status_code, answer.json["type"]) == (422, "/api/problems/invalid-request")
    assert set(answer.json["fields"]) == fields
    assert all(said.endswith(".") for said in answer.json["fields"].values())


def test_what_a_rule_refuses_has_a_type_of_its_own(program, school, program_of):
    def said(**more):
        answer = program("POST", "/cases", {"agreement": AGREEMENT, "unit": school.unit, "child": CHILD} | more)
        return answer.status_code, answer.json["type"].removeprefix("/api/problems/")

    assert said(agreement="nosuch") == (422, "no-such-agreement")
    assert said(unit="nosuch") == (422, "not-your-unit")
    assert said(child=CHILD | {"birth_date": "1980-01-01"}) == (422, "age-outside")


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"answers": {"n": NaN}}', "application/json", 400),
        (b'{"answers": {"n": "\\ud800"}}', "application/json", 400),
        (b'{"answers": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json", 400),
        (b'{"answers": {"n": ' + b'{"n":' * 40 + b"1" + b"}" * 40 + b"}}", "application/json", 400),
        (b"answers=x", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"[]", "application/json", 422),
        (b'"{\\"answers\\": {}}"', "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"answers": "' + b"x" * 3_000_000 + b'"}', "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_an_error_of_ours(program, started, data, kind, status):
    answer = program("PUT", f"/work-items/{started['work_items'][0]}/draft", data=data, content_type=kind)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["detail"]


def test_a_sign_that_no_database_keeps_is_left_out(program, started):
    item = started["work_items"][0]

    program("PUT", f"/work-items/{item}/draft", {"answers": {"need": "a\x00b"}})

    assert program("GET", f"/work-items/{item}").json["answers"] == {"need": "ab"}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/work-items/99999999999999999999", "/work-items/0", "/work-items/-1", "/cases/%00", f"/cases/{'x' * 60}"]
)
def test_an_address_that_leads_nowhere_is_a_problem_too(program, path):
    answer = program("GET", path)

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_a_wrong_method_says_which_are_right(program):
    answer = program("DELETE", "/work-items")

    assert (answer.status_code, answer.json["type"]) == (405, "/api/problems/method-not-allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_fault_of_ours_has_a_reference_and_no_traceback(program, monkeypatch, caplog):
    monkeypatch.setattr("engine.services.tasks.inbox", lambda *_: 1 / 0)

    answer = program("GET", "/work-items")

    assert (answer.status_code, answer.json["type"]) == (500, "/api/problems/internal-error")
    assert answer.json["reference"] in caplog.text
    assert "ZeroDivisionError" not in answer.text


def test_the_demonstration_s_clock_moves(program, started):
    before = program("GET", "/clock").json["now"]

    moved = program("POST", "/clock", {"by": "week"})

    assert moved.status_code == 200
    assert moved.json["now"] > before


def test_every_type_of_problem_is_described_where_its_address_leads(app):
    client = app.test_client()

    for one in client.get("/api/problems").json["items"]:
        described = client.get(one["type"], headers={"Accept-Language": "en"})
        assert described.status_code == 200
        assert described.json["title"] != one["title"] or one["title"].isascii()
    assert client.get("/api/problems/nosuch").status_code == 404
