"""What every test may need: a PostgreSQL server and a browser, one for each worker of the run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.browser import path_of_chromium, started
from tests.postgresql import server

IN_CI = os.environ.get("CI") == "true"

# A busy machine is no fault of the rule under test; and CI judges a change by the same examples each time.
settings.register_profile("samspel", deadline=None, derandomize=IN_CI)
settings.load_profile("samspel")


def absent(what: str) -> None:
    """End a test that needs something the machine lacks: skipped with a word, but never in CI."""
    if IN_CI:
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"no {what} on this machine")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server whose user may make databases; gone after the tests."""
    with server() as url:
        if url is None:
            absent("PostgreSQL server")
        else:
            yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; each test opens pages of its own in it (tests.browser.new_page)."""
    if path_of_chromium() is None:
        absent("Chromium")
    with started() as browser:
        yield browser
