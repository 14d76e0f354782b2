"""The main pages in a real browser: axe-core finds nothing, nothing sticks out of a narrow screen, the script keeps drafts."""

import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from tests.conftest import absent

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WIDTHS = (320, 1280)


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        absent("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--no-first-run"])
        yield browser
        browser.close()


@pytest.fixture
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def judge(page):
    """Look at the page as it is: wide and narrow."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in page.evaluate("axe.run()")["violations"]]
    assert found == [], page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"


def test_axe_finds_nothing_on_the_main_pages(chromium, address, school):
    page = chromium.new_context(bypass_csp=True).new_page()
    page.set_default_timeout(30_000)

    page.goto(f"{address}/login")
    judge(page)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    judge(page)
    page.click(f"button[value='{school.teacher}']")
    judge(page)
    page.goto(f"{address}/need")
    page.click("main button[type=submit]")
    judge(page)
    page.fill("#name", "Maja Exempelsson")
    page.fill("#birth_date", "2014-03-14")
    page.click("main button[type=submit]")
    judge(page)
    page.click("button[value=complete]:visible")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    judge(page)
    case = page.get_attribute("a[href^='/case/']", "href")
    page.goto(f"{address}{case}")
    judge(page)
    for path in ("/inbox", "/deviation", "/deviation/report", "/nowhere"):
        page.goto(f"{address}{path}")
        judge(page)


def test_what_one_writes_is_kept_without_pressing_a_button(chromium, address, school):
    page = chromium.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    page.click(f"button[value='{school.teacher}']")
    page.goto(f"{address}/need")
    page.fill("#name", "Maja Exempelsson")
    page.fill("#birth_date", "2014-03-14")
    page.click("main button[type=submit]")

    page.locator("main textarea").first.fill("Maja orkar inte med skoldagen.")
    page.locator("[data-saved]", has_text="Sparat").wait_for(timeout=30_000)
    page.reload()

    assert page.locator("main textarea").first.input_value() == "Maja orkar inte med skoldagen."
    assert refused == []
