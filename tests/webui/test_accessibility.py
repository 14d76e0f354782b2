"""Every page as a browser draws it: axe-core finds nothing, nothing sticks out of a narrow screen, and the keyboard alone is enough."""

import shutil
from pathlib import Path

import pytest

from tests.browser import new_page, press, violations
from tests.conftest import IN_CI
from tests.webui import demonstration, scenes
from tests.webui.scenes import HEIGHT, LANGUAGES, MAIN, WIDTHS

JUDGED = LANGUAGES if IN_CI else LANGUAGES[:1]
STATES = 6 if IN_CI else 2
"""The whole matrix is CI's; on one's own machine the other language and the rarer states are left to it."""
LARGE_TEXT = "document.documentElement.style.fontSize = '200%'"


@pytest.fixture(scope="module")
def played(walked, tmp_path_factory):
    """Every state of the main pages, and the other pages, found before a browser takes the thread."""
    path = Path(shutil.copy(walked, tmp_path_factory.mktemp("played") / "demo.sqlite"))
    with demonstration.opened(path) as app:
        return scenes.scenes(app), scenes.others(app)


@pytest.fixture(scope="module")
def stage(walked, played, chromium, tmp_path_factory):
    """The demonstration, as copies that these tests may spoil."""
    with scenes.stage(chromium, walked, tmp_path_factory.mktemp("stage")) as opened:
        yield opened


def judge(page, where, *, large=False):
    """What is wrong with a page as it is: at each width, and with text of twice the size."""
    for name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": HEIGHT})
        yield from faults(page, f"{where} {name}", width)
    if large:
        page.set_viewport_size({"width": WIDTHS["wide"], "height": HEIGHT})
        page.evaluate(LARGE_TEXT)
        yield from faults(page, f"{where} large", WIDTHS["wide"])


def faults(page, where, width):
    yield from (f"{where}: {found}" for found in violations(page))
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        yield f"{where}: {wide} wide, by {page.evaluate(STICKS_OUT, width)}"


STICKS_OUT = """width => [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(-3).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("language", JUDGED)
@pytest.mark.parametrize("name", MAIN)
def test_axe_finds_nothing_on_a_main_page_in_any_state(played, stage, name, language):
    states = [scene for scene in played[0] if scene.page == name][:STATES]

    found = [fault for scene in states for fault in judge(stage.open(scene, language), scene.name, large=True)]

    assert found == []
    assert len(states) == STATES


def test_axe_finds_nothing_on_any_other_page(played, stage):
    found = [fault for scene in played[1] for fault in judge(stage.open(scene), scene.name)]

    assert found == []
    assert len(played[1]) > 8


TAB_STOPS = """() => {
    const groups = new Set();
    const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(one => {
        if (one.disabled || one.type === "hidden" || one.tabIndex < 0 || !one.checkVisibility({ visibilityProperty: true })) return false;
        if (one.type !== "radio") return true;
        const checked = document.querySelector(`input[type=radio][name="${CSS.escape(one.name)}"]:checked`);
        if (checked ? one !== checked : groups.has(one.name)) return false;
        groups.add(one.name);
        return true;
    });
    window.look = one => [one, ...(one.labels ?? [])].flatMap(part => [null, "::before", "::after"].map(which => {
        const style = getComputedStyle(part, which);
        return [style.outline, style.boxShadow, style.backgroundColor, style.border].join();
    })).join("|");
    document.activeElement.blur();
    window.stops = stops;
    window.unfocused = stops.map(window.look);
    return stops.map(one => one.outerHTML.slice(0, 120));
}"""
FOCUSED = """() => {
    const place = window.stops.indexOf(document.activeElement);
    const box = document.activeElement.getBoundingClientRect();
    return [place, place >= 0 && window.look(document.activeElement) !== window.unfocused[place], box.bottom > 0 && box.top < innerHeight];
}"""


@pytest.mark.parametrize("name", MAIN)
def test_the_keyboard_reaches_everything_on_a_main_page_in_order_and_shows_where_it_is(played, stage, name):
    (scene,) = (scene for scene in played[0] if (scene.page, scene.state) == (name, "full"))
    page = stage.open(scene)
    stops = page.evaluate(TAB_STOPS)

    for place, stop in enumerate(stops):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED) == [place, True, True], f"{name}, stop {place}: {stop}"
    page.keyboard.press("Tab")

    assert page.evaluate(FOCUSED)[0] < 1, "a trap"
    assert len(stops) > 5


@pytest.mark.parametrize("name", MAIN)
def test_the_first_key_leads_past_the_menu_to_the_content(played, stage, name):
    (scene,) = (scene for scene in played[0] if (scene.page, scene.state) == (name, "empty"))
    page = stage.open(scene)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main-content"


WHERE = """end => {
    const one = document.activeElement;
    return [one.matches(end), one.matches("main form[method=post] *") ? one.type : null];
}"""


TYPED = {"birth_date": "2014-03-14", "identity_number": "", "municipality": ""}
"""What is not a name. A date is asked for as a text once it was wrong; the browser's own field for dates has other keys in each country."""


def keyed(page, end):
    """Go through a form by keyboard alone, answer what asks, and stand on a button."""
    for _ in range(100):
        there, kind = page.evaluate(WHERE, end)
        if there:
            return
        if kind in ("text", "textarea"):
            page.keyboard.type(TYPED.get(page.evaluate("document.activeElement.id"), "Alva Provdal"))
        elif kind in ("radio", "checkbox"):
            page.keyboard.press("Space")
        elif kind == "select-one":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    raise AssertionError(f"{end} was not reached")


def entered(page):
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def test_a_need_is_reported_by_keyboard_alone_and_an_error_leads_to_its_field(chromium, address, school):
    page = new_page(chromium)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    press(page, f"button[value='{school.teacher}']")
    page.goto(f"{address}/need")

    page.keyboard.press("Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.matches('main button[type=submit]')"):
            break
        page.keyboard.press("Tab")
    entered(page)
    assert page.title().startswith("Fel:")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.keyboard.press("Tab")
    led_to = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    assert f"#{page.evaluate('document.activeElement.id')}" == led_to

    keyed(page, "main button[type=submit]")
    entered(page)
    assert page.url.endswith("/need/agreement")
    keyed(page, "main button[type=submit]")
    entered(page)
    assert "/task/" in page.url, page.inner_text("main")
    keyed(page, "button[value=complete]")
    entered(page)

    assert page.url.endswith("/done"), page.inner_text("main")


def test_what_one_writes_is_kept_without_pressing_a_button(chromium, address, school):
    page = new_page(chromium)
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    press(page, f"button[value='{school.teacher}']")
    page.goto(f"{address}/need")
    page.fill("#name", "Maja Exempelsson")
    page.fill("#birth_date", "2014-03-14")
    press(page, "main button[type=submit]")
    press(page, "main button[type=submit]")

    page.locator("main textarea").first.fill("Maja orkar inte med skoldagen.")
    page.locator("[data-saved]", has_text="Sparat").wait_for(timeout=30_000)
    page.reload()

    assert page.locator("main textarea").first.input_value() == "Maja orkar inte med skoldagen."
    assert refused == []
