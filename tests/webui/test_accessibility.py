"""The main pages in a real browser: axe-core finds nothing, nothing sticks out of a narrow screen, the script keeps drafts."""

from tests.browser import new_page, press, violations

WIDTHS = (320, 1280)


def judge(page):
    """Look at the page as it is: wide and narrow."""
    assert violations(page) == [], page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"


def test_axe_finds_nothing_on_the_main_pages(chromium, address, school):
    page = new_page(chromium, bypass_csp=True)

    page.goto(f"{address}/login")
    judge(page)
    page.goto(f"{address}/demo?find={school.teacher.split('.')[0]}")
    judge(page)
    press(page, f"button[value='{school.teacher}']")
    judge(page)
    page.goto(f"{address}/need")
    press(page, "main button[type=submit]")
    judge(page)
    page.fill("#name", "Maja Exempelsson")
    page.fill("#birth_date", "2014-03-14")
    press(page, "main button[type=submit]")
    judge(page)
    press(page, "button[value=complete]:visible")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    judge(page)
    case = page.get_attribute("a[href^='/case/']", "href")
    page.goto(f"{address}{case}")
    judge(page)
    for path in ("/inbox", "/deviation", "/deviation/report", "/nowhere"):
        page.goto(f"{address}{path}")
        judge(page)


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

    page.locator("main textarea").first.fill("Maja orkar inte med skoldagen.")
    page.locator("[data-saved]", has_text="Sparat").wait_for(timeout=30_000)
    page.reload()

    assert page.locator("main textarea").first.input_value() == "Maja orkar inte med skoldagen."
    assert refused == []
