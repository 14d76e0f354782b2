"""A real browser for the tests: where it is, how it is started, and how one looks and presses without racing its pages."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-gpu"]
PATIENCE = 30_000
"""Milliseconds: a loaded machine is no fault of a page."""


def path_of_chromium() -> str | None:
    """Return the path of the machine's Chromium, or none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser, which the machine has, and close it afterwards.

    While it lives, Playwright's event loop runs on this thread and the FEEL isolate refuses calls from it with a time limit: services that
    evaluate something are called from the thread of a server (``served``), or in a process of its own.
    """
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=QUIET + as_root)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Answer on a port of this computer, and give the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def new_page(browser: Browser, **context: object) -> Page:
    """Open a page of its own, with cookies of its own."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(PATIENCE)
    return page


def press(page: Page, selector: str) -> None:
    """Press what leads to another page, and wait until that page stands: a click alone may return while the old one is still there."""
    with page.expect_navigation(wait_until="load"):
        page.click(selector)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page; the page's context must have been opened with ``bypass_csp=True``."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in page.evaluate("axe.run()")["violations"]]
