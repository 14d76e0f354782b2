"""The same stories as in tests/acceptance, played through the pages in a real browser by one person after the other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from babel.dates import format_date
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from engine.clock import SystemClock
from engine.facts.agreements import read_agreements
from engine.services.demonstration import populate
from engine.services.directory import directory
from engine.services.opening import open_runtime
from engine.shipped import processes_folder
from engine.storage.database import open_database
from engine.storage.tables import ClockOffset, WorkItem
from engine.storage.tables import Deviation as DeviationRow
from tests.acceptance.conftest import MONDAY, Deviation, Played, Sip, Town
from tests.browser import new_page, press, served
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings


class Refused(AssertionError):
    """The page sent the form back; the text is what its summary says."""


@pytest.fixture(scope="session")
def furnished(tmp_path_factory):
    """A database with the people of all five agreements, copied for each journey."""
    path = tmp_path_factory.mktemp("journeys") / "furnished.sqlite"
    runtime = open_runtime(f"sqlite:///{path}", demonstration=True)
    populate(runtime.database, read_agreements(processes_folder() / "agreements").values())
    runtime.database.close()
    return path


@pytest.fixture
def site(furnished, tmp_path):
    """The application on an ordinary Monday morning, as if it had been started then."""
    url = f"sqlite:///{shutil.copy(furnished, tmp_path / 'site.sqlite')}"
    _begin_on_a_monday(url)
    app = create_app(Settings(url, demonstration=True, secure_cookies=False))
    yield app
    app.extensions[EXTENSION].runtime.database.close()


@pytest.fixture
def town(site, chromium) -> Iterator[PageTown]:
    """Everybody with a browser of their own, and one in which the clock is moved."""
    runtime = site.extensions[EXTENSION].runtime
    organisation = directory(runtime).organisation
    with served(site) as address:
        yield PageTown(runtime, runtime.clock, organisation, chromium, address)


def _begin_on_a_monday(url: str) -> None:
    database = open_database(url)
    with database.writing() as session:
        session.merge(ClockOffset(id=1, seconds=int((MONDAY - SystemClock().now()).total_seconds())))
    database.close()


def in_words(on: date) -> str:
    """Say a day as the pages do."""
    return str(format_date(on, "EEEE d MMMM y", locale="sv"))


@dataclass
class PageTown(Town):
    """A town in which everything is done on pages."""

    browser: Browser
    address: str
    seats: dict[str, Page] = field(default_factory=dict)

    def seat(self, person: str) -> Page:
        """Return the page of somebody, who has logged in through the demonstration."""
        if person not in self.seats:
            page = new_page(self.browser)
            name = self.organisation.person(person).name
            page.goto(f"{self.address}/demo?find={name}")
            press(page, f"button[name=person][value='{person}']")
            self.seats[person] = page
        return self.seats[person]

    def read(self, person: str, path: str) -> str:
        """Return what somebody reads on a page."""
        page = self.seat(person)
        page.goto(f"{self.address}{path}")
        return page.inner_text("main")

    def wait(self, until: datetime | None = None, **time: float) -> None:
        """Let weeks and days pass by the demonstration's buttons."""
        left = timedelta(**time) if until is None else until - self.clock.now()
        clock = self.seats.setdefault("", new_page(self.browser))
        clock.goto(f"{self.address}/demo")
        for button, each in (("week", timedelta(weeks=1)), ("day", timedelta(days=1))):
            while left >= each:
                press(clock, f"button[name=by][value={button}]")
                left -= each

    def start(self, agreement: str, kind: str = "school", birth: datetime | None = None) -> PageSip:
        """Let somebody in a unit of a kind report a need around a child of twelve."""
        unit = self.unit(agreement, kind)
        initiator = self.worker(unit)
        born = (birth or self.clock.now() - timedelta(days=12 * 365 + 100)).date()
        page = self.seat(initiator)
        page.goto(f"{self.address}/need")
        page.fill("[name=name]", "Maja Exempelsson")
        page.fill("[name=birth_date]", born.isoformat())
        press(page, "main form[novalidate] button[type=submit]")
        page.check(f"[name=place][value='{unit} {agreement}']")
        press(page, "main button[type=submit]")
        item = self.item(page.url)
        reference = page.get_attribute("a[href^='/case/']", "href").split("/")[-1]
        return PageSip(self, agreement, item.instance_id, initiator, unit, reference=reference)

    def deviate(
        self, agreement: str, kind: str = "school", *, about: str | None = "social_authority", by: str | None = None, **more: Any
    ) -> PageDeviation:
        """Let somebody in a unit of a kind begin a report about another."""
        unit = self.unit(agreement, kind)
        reporter = by or self.colleague(unit)
        concerned = self.unit(agreement, about) if about else None
        page = self.seat(reporter)
        page.goto(f"{self.address}/deviation/report")
        page.check(f"[name=place][value='{unit} {agreement}']")
        page.select_option("[name=unit]", concerned or "")
        press(page, "main button[type=submit]")
        item = self.item(page.url)
        return PageDeviation(self, agreement, item.instance_id, reporter, unit, id=self.deviation_of(item.instance_id), concerned=concerned)

    def deviation_of(self, instance: int) -> int:
        """Return the number of the deviation that a process handles."""
        with self.runtime.database.reading() as session:
            return session.scalars(select(DeviationRow.id).where(DeviationRow.instance_id == instance)).one()

    def item(self, url: str) -> WorkItem:
        """Return the row behind a task's page."""
        number = int(re.search(r"/task/(\d+)", url)[1])
        with self.runtime.database.reading() as session:
            return session.get_one(WorkItem, number)


class OnPages(Played):
    """Whoever may do what waits opens the inbox, finds it, fills in the form and sends it."""

    town: PageTown

    def opened(self, item: WorkItem, person: str) -> Page:
        """Return the page of a work item that somebody has found in the inbox."""
        page = self.town.seat(person)
        page.goto(f"{self.town.address}/inbox")
        press(page, f"main a[href='/task/{item.id}'] >> nth=0")
        expect(page.locator("h1")).to_contain_text(item.name)
        return page

    def do(self, element: str, answers: Mapping[str, Any] | None = None, *, by: str | None = None, item: WorkItem | None = None, **more: Any) -> str:
        """Complete the element on its page and return what the receipt says. Raises Refused where the form comes back."""
        item = item or next(iter(self.items(element)), None)
        assert item is not None, f"{element} does not wait; {sorted(self.waits_for)} do"
        may = self.who_may(item)
        person = by or (self.initiator if self.initiator in may else may[0])
        page = self.opened(item, person)
        for key, value in {**(answers or {}), **more}.items():
            fill(page, key, value)
        press(page, "button[name=do][value=complete]:visible")
        if not page.url.partition("#")[0].endswith("/done"):  # the browser carries a row's anchor along
            raise Refused(f"{element}: {page.inner_text('main')}")
        self.persons[element] = person
        return page.inner_text("main")

    def page_of(self, element: str, number: int = 0) -> str:
        """Return what the first who may do an element reads on its page, why this date unfolded."""
        item = self.items(element)[number]
        page = self.opened(item, self.who_may(item)[0])
        for details in page.query_selector_all("main details:not([open]) > summary"):
            details.click()
        return page.inner_text("main")

    def seen_by(self, element: str) -> set[str]:
        """Return in whose inboxes an element lies, of those who have a browser open."""
        numbers = {f"/task/{item.id}" for item in self.items(element)}
        return {who for who, page in self.town.seats.items() if who and self._lies_in(page, numbers)}

    def _lies_in(self, page: Page, addresses: set[str]) -> bool:
        page.goto(f"{self.town.address}/inbox")
        return any(page.locator(f"main a[href='{one}']").count() for one in addresses)


class PageSip(OnPages, Sip):
    """One case around a child, on pages."""

    def case_page(self, person: str | None = None) -> str:
        """Return what the case's page says to somebody, to the initiator unless said."""
        return self.town.read(person or self.initiator, f"/case/{self.reference}")


class PageDeviation(OnPages, Deviation):
    """One deviation, on pages."""

    def own_page(self, person: str | None = None) -> str:
        """Return what the deviation's page says to somebody, to the reporter unless said."""
        return self.town.read(person or self.initiator, f"/deviation/{self.id}")


def fill(page: Page, path: str, value: Any) -> None:
    """Give one answer, as a person does: rows are added with the button, choices made, texts written."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        fill_rows(page, path, value)
        return
    question = page.locator(f"main [name='{path}']")
    if not asked(page, question):
        return  # this form does not ask it; what it does ask and misses, it says when it is sent
    kind = question.first.evaluate("field => field.type || field.tagName.toLowerCase()")
    if kind in ("radio", "checkbox"):
        for one in value if isinstance(value, list) else ["true"] if value is True else [] if value is False else [value]:
            page.check(f"main [name='{path}'][value='{one}']")
    elif kind.startswith("select"):
        question.select_option(value)
    else:
        question.fill(value or "")


def asked(page: Page, question: Locator) -> bool:
    """Whether the form asks a question, now or after what has been answered so far."""
    if question.count() and not question.first.is_visible():
        press(page, "main form[data-draft] button[name=do][value=draft]:visible")
    return question.count() > 0 and question.first.is_visible()


def fill_rows(page: Page, path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Fill in a list row by row, with the button for one more where they are too few."""
    for number, row in enumerate(rows):
        if number >= int(page.input_value(f"main input[name='{path}#']")):
            press(page, f"main button[name=do][value='add:{path}']")
        for key, answer in row.items():
            fill(page, f"{path}.{number}.{key}", answer)
