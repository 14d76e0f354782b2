"""The models on the web: whoever has a role reads every process, table and agreement, in both languages."""

import re

import pytest

from engine.execution import ModelsRefused
from engine.execution.faults import Fault
from engine.services.directory import directory
from tests.browser import new_page, violations


@pytest.fixture
def owner(runtime):
    here = directory(runtime)
    return here.organisation.process_owners(here.at)[0]


def test_every_process_and_every_agreement_opens_for_every_role(runtime, browser_of, school, owner):
    release = runtime.releases.active

    for who in (school.teacher, school.manager, school.stranger, owner):
        browser = browser_of(who)
        listed = browser.get("/processes")
        for process, model in release.processes.items():
            assert model.name in listed.text
            page = browser.get(f"/processes/{process}")
            assert page.status == 200
            assert set(re.findall(r'data-element="([^"]+)"', page.html)) == {
                element for element, one in model.elements.items() if not one.kind.endswith("Gateway")
            }
        for agreement in directory(runtime).agreements:
            assert browser.get(f"/processes/agreement/{agreement}").status == 200


def test_every_link_within_a_process_leads_somewhere_on_its_page(runtime, browser_of, school):
    browser = browser_of(school.teacher)

    for path in [*(f"/processes/{process}" for process in runtime.releases.active.processes), "/processes/agreement/norrtalje"]:
        html = browser.get(path).html
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html)), path


def test_a_reader_of_english_reads_all_of_a_process_in_english(runtime, browser_of, school):
    browser = browser_of(school.teacher)
    browser.post("/language", language="en", next="/processes")

    for process in runtime.releases.active.processes:
        page = browser.get(f"/processes/{process}")
        assert re.findall(r'<span lang="sv">[^<]*', page.html) == []
        assert "Coordinated individual plan" in browser.get("/processes/sip.bpmn").html


def test_a_drawing_a_table_and_a_form_are_given_as_they_are_and_nothing_else_is(runtime, browser_of, school):
    client = browser_of(school.teacher).client
    files = runtime.releases.active.files

    for kind in (".bpmn", ".dmn", ".form"):
        path = next(path for path in files if path.endswith(kind))
        answer = client.get(f"/processes/file/{path}")
        assert (answer.status_code, answer.data) == (200, files[path])
        assert answer.headers["Content-Disposition"].startswith("attachment")
    for path in (next(path for path in files if path.endswith(".toml")), "../pyproject.toml", "sip/nothing.bpmn"):
        assert client.get(f"/processes/file/{path}").status_code == 404
    for path in re.findall(r'href="(/processes/file/[^"]+)"', client.get("/processes/agreement/norrtalje").text + client.get("/processes/sip").text):
        assert client.get(path).status_code == 200
    for path in ("nothing", "nothing.bpmn", "agreement/nothing"):
        assert client.get(f"/processes/{path}").status_code == 404


def test_the_process_owner_alone_sees_why_a_change_was_refused(runtime, browser_of, school, owner):
    fault = Fault("sip/sip.bpmn", "x", "Kalla", "error", "no_end", "Det finns ingen sluthändelse.", "There is no end event.", "Rita en.", "Draw one.")
    runtime.releases.refused = ModelsRefused((fault,))

    assert "Det finns ingen sluthändelse. Rita en." in browser_of(owner).get("/processes").text
    assert "sluthändelse" not in browser_of(school.teacher).get("/processes").text


def test_axe_finds_nothing_on_the_pages_of_the_models(chromium, address, school):
    page = new_page(chromium, bypass_csp=True)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    with page.expect_navigation(wait_until="load"):
        page.click(f"button[value='{school.teacher}']")

    for path in ("/processes", "/processes/invitation", "/processes/agreement/norrtalje"):
        page.goto(f"{address}{path}")
        if path == "/processes/invitation":
            page.wait_for_selector("[data-drawn]")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert violations(page) == [], path
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
