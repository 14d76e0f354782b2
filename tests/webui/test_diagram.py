"""A case's drawings on the web: the list says all, the picture says the same, and only these pages carry the viewer."""

import re

import pytest

from engine.execution import load_files
from engine.services import cases, progress
from tests.browser import new_page, violations

SHAPES = (
    """() => Object.fromEntries([...document.querySelectorAll(".djs-shape[data-state]")].map((one) => [one.dataset.elementId, one.dataset.state]))"""
)
SIGNED = """() => [...document.querySelectorAll(".djs-overlays")].filter((one) => one.querySelector(".samspel-mark"))
    .map((one) => [one.dataset.containerId, one.querySelector(".samspel-mark__word").textContent])"""


@pytest.fixture
def case(need):
    """A case in which the first step is done and the manager is to decide."""
    opened, page = need
    fields = {"need": "Maja orkar inte.", "support_from": "health", "family_informed": "yes", "do": "complete"}
    assert opened.post(page.path, **fields).status == 200
    return re.search(r"20\d\d-[A-Z0-9]{6}", page.text)[0]


def listed(page):
    """Each step of the list with its state, as a person without JavaScript reads it."""
    found = re.findall(r'data-element="([^"]+)" data-state="([^"]+)".*?samspel-mark__word">([^<]+)<', page.html, re.DOTALL)
    return {element: (state, word) for element, state, word in found}


def test_the_list_says_without_script_what_is_done_what_waits_with_whom_and_what_may_come(case, browser_of, school, runtime):
    page = browser_of(school.teacher).get(f"/case/{case}/diagram")

    run = progress.of_case(runtime, school.teacher, case).runs[0]
    assert {element: state for element, (state, _) in listed(page).items()} == {one.element: one.state for one in run.stations}
    assert dict(listed(page).values()) == {"done": "Klart", "waiting": "Väntar", "coming": "Kan återstå", "not_taken": "Blev inte av"}
    assert "Väntar på" in page.text
    assert [name for name in ("Behov", "Beslut", "Samtycke", "Kallelse", "Möte", "Plan", "Uppföljning") if name not in page.text] == []


def test_the_drawings_that_a_case_calls_each_have_their_page_and_nothing_else_has(case, browser_of, school, runtime):
    browser = browser_of(school.teacher)
    runs = progress.of_case(runtime, school.teacher, case).runs

    for run in runs:
        page = browser.get(f"/case/{case}/diagram/{run.instance_id}/{run.process}")
        assert page.status == 200
        assert run.name in page.text
        assert browser.get(f"/case/{case}/diagram/{run.instance_id}/{run.process}.bpmn").html.count("<bpmn:process ") == 1
    assert len(runs) > 1
    for path in ("999/sip", f"{runs[0].instance_id}/nothing", f"{runs[0].instance_id}/nothing.bpmn"):
        assert browser.get(f"/case/{case}/diagram/{path}").status == 404


def test_a_stranger_sees_neither_list_nor_picture(case, browser_of, school, runtime):
    run = progress.of_case(runtime, school.teacher, case).runs[0]
    stranger = browser_of(school.stranger)

    for path in ("", f"/{run.instance_id}/{run.process}", f"/{run.instance_id}/{run.process}.bpmn"):
        assert stranger.get(f"/case/{case}/diagram{path}").status == 404


def test_that_the_diagram_was_read_stands_in_the_history(case, browser_of, school, runtime):
    browser_of(school.manager).get(f"/case/{case}/diagram")

    told = cases.show(runtime, school.manager, case).history
    assert [row.by for row in told if row.kind == "read"][-2:] == [school.manager] * 2


def test_a_case_shows_the_drawing_of_the_release_it_began_under(case, browser_of, school, runtime):
    active = runtime.releases.active
    path = active.for_purpose("case").file
    newer = active.files[path].decode().replace('name="Samordnad individuell plan"', 'name="En ny ritning"')
    runtime.releases.active = load_files({**active.files, path: newer.encode()})
    runtime.releases._read[active.hash] = active

    browser = browser_of(school.teacher)

    page = browser.get(f"/case/{case}/diagram")
    assert "Samordnad individuell plan" in page.title
    assert "En ny ritning" not in browser.get(page.path + ".bpmn").html
    assert "En ny ritning" not in page.text


def test_only_pages_with_a_drawing_carry_the_viewer(case, browser_of, school):
    browser = browser_of(school.teacher)

    with_viewer = [
        path for path in ("/", "/inbox", "/need", "/deviation", f"/case/{case}", f"/case/{case}/diagram") if "viewer" in browser.get(path).html
    ]

    assert with_viewer == [f"/case/{case}/diagram"]


def test_the_picture_shows_what_the_list_says_without_colour_too_and_leads_there_and_back(case, chromium, address, school):
    page = new_page(chromium, bypass_csp=False)
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    with page.expect_navigation(wait_until="load"):
        page.click(f"button[value='{school.teacher}']")
    page.goto(f"{address}/case/{case}/diagram")
    page.wait_for_selector("[data-drawn]")

    told = {step.get_attribute("data-element"): step.get_attribute("data-state") for step in page.query_selector_all("[data-element]")}
    assert page.evaluate(SHAPES) == told
    signed = dict(page.evaluate(SIGNED))
    assert {told[element]: word for element, word in signed.items()} == {"done": "Klart", "waiting": "Väntar"}
    assert set(signed) == {element for element, state in told.items() if state in ("done", "waiting", "late")}
    lines = "(state) => getComputedStyle(document.querySelector(`.djs-shape[data-state=${state}] .djs-visual > *`)).strokeWidth"
    assert len({page.evaluate(lines, state) for state in ("done", "waiting", "coming")}) == 3

    step = page.locator("[data-state=waiting] [data-show]").first
    step.focus()
    page.keyboard.press("Enter")
    page.locator("[data-back-to]:focus").wait_for()
    page.keyboard.press("Enter")
    assert step.evaluate("one => one === document.activeElement")

    wide = "document.querySelector('.samspel-drawing__canvas').offsetWidth"
    page.locator(".samspel-drawing__window").focus()
    before = page.evaluate(wide)
    page.keyboard.press("+")
    assert page.evaluate(wide) > before
    page.click("[data-zoom=fit]")
    assert page.evaluate(f"Math.abs({wide} - document.querySelector('.samspel-drawing__window').clientWidth)") <= 1
    assert refused == []


def test_axe_finds_nothing_on_the_page_of_a_drawing(case, chromium, address, school):
    page = new_page(chromium, bypass_csp=True)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    with page.expect_navigation(wait_until="load"):
        page.click(f"button[value='{school.teacher}']")
    page.goto(f"{address}/case/{case}/diagram")
    page.wait_for_selector("[data-drawn]")

    assert violations(page) == []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
