"""The five main pages in every state that people meet, for the judges of accessibility and for the pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import text

from engine.clock import MovableClock
from engine.services.clock import OffsetClock
from engine.services.directory import directory
from engine.services.runtime import Runtime
from tests.browser import new_page, press, served
from tests.webui import demonstration
from tests.webui.demonstration import STRANGER
from tests.webui.walk import Seen, Walk
from webui.house import EXTENSION

MAIN = {"start": "start.show", "inbox": "inbox.show", "task": "task.show", "case": "case.show", "managers": "lead.show"}
"""The five main pages and their routes."""
LANGUAGES = ("sv", "en")
LATE = timedelta(days=60)
LONG = "Ungdomspsykiatrimottagningssamordningsverksamheten för Örnsköldsviks, Härnösands och Ångermanälvens östra kommuner"
LONGER = "Anna-Wilhelmina Östergötlandsbjörkqvist von Ånäset-Överkalixälvstrand"
WIDTHS = {"narrow": 320, "middle": 768, "wide": 1440}
HEIGHT = 900
MOST = 6
"""Pages of a route among which the longest is looked for."""


@dataclass(frozen=True)
class Scene:
    """One page in one state, as one person meets it."""

    page: str
    state: str
    shows: str
    person: str | None
    path: str
    house: str = "usual"
    """Which of the two databases: the usual, or the one with long names."""
    later: timedelta = timedelta(0)
    script: bool = True
    """Whether our script comes, or the page stands as it does without JavaScript."""
    pressed: str | None = None
    """What has been pressed on the page before one looks."""

    @property
    def name(self) -> str:
        """Return what the picture is called."""
        return f"{self.page}-{self.state}"


@dataclass
class Stage:
    """The applications in which scenes are played, and the browser that looks."""

    browser: Browser
    apps: Mapping[str, Flask]
    addresses: Mapping[str, str]
    pages: dict[tuple[str, bool], Page] = field(default_factory=dict)
    """One for each house, with our script and without: what it has fetched once it need not fetch again."""

    def open(self, scene: Scene, language: str = "sv") -> Page:
        """Open a page as the scene has it."""
        address = self.addresses[scene.house]
        page = self._page(scene)
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "session", "value": self._session(scene, language), "url": address}])
        page.set_viewport_size({"width": WIDTHS["wide"], "height": HEIGHT})
        page.goto(f"{address}{scene.path}")
        if scene.pressed:
            press(page, scene.pressed)
        return page

    def _session(self, scene: Scene, language: str) -> str:
        app = self.apps[scene.house]
        cast("MovableClock", cast("OffsetClock", runtime_of(app).clock).system).at = demonstration.NOW + scene.later
        cookie = demonstration.client_of(app, scene.person, language).get_cookie("session")
        assert cookie is not None
        return str(cookie.value)

    def _page(self, scene: Scene) -> Page:
        key = (scene.house, scene.script)
        if key not in self.pages:
            self.pages[key] = new_page(self.browser, bypass_csp=True)
            if not scene.script:
                # The judges are scripts too: ours alone is kept out.
                self.pages[key].route("**/*.js", lambda route: route.abort())
        return self.pages[key]


@contextmanager
def stage(browser: Browser, filled: Path, folder: Path) -> Iterator[Stage]:
    """Open the demonstration twice, once with long names, on copies that may be spoilt."""
    with ExitStack() as open_:
        apps = {}
        for house in ("usual", "long"):
            path = Path(shutil.copy(filled, folder / f"{house}.sqlite"))
            apps[house] = open_.enter_context(demonstration.opened(path))
            apps[house].add_url_rule("/fault", "fault", _fault)
            apps[house].logger.disabled = True
        lengthen(apps["long"])
        made = Stage(browser, apps, {house: open_.enter_context(served(app)) for house, app in apps.items()})
        yield made
        for page in made.pages.values():
            page.context.close()


def scenes(app: Flask) -> list[Scene]:
    """Return every state of the five main pages that exist."""
    roles = demonstration.roles(app)
    paths = {}
    for pages, person in ((("start", "inbox", "task", "case"), roles.staff), (("managers",), roles.manager)):
        walk = Walk(app, demonstration.client_of(app, person)).everywhere("/")
        paths |= {page: (person, *_extremes(walk.values(), MAIN[page])) for page in pages if MAIN[page] in app.view_functions}
    idle = {"task": roles.staff, "case": roles.staff, "managers": _idle_leader(app)}
    return [scene for page, (person, full, empty) in paths.items() for scene in _states(page, person, full, empty, idle.get(page, STRANGER))]


def _idle_leader(app: Flask) -> str:
    """Return who leads something and finds least on the managers' page."""
    here = directory(runtime_of(app))
    leaders = [one.id for one in here.organisation.persons if here.leads(one.id) and here.organisation.can_log_in(one.id, here.at)]
    return min(leaders, key=lambda who: len(demonstration.client_of(app, who).get("/lead").data))


def _extremes(seen: Iterable[Seen], endpoint: str) -> tuple[str, str]:
    """Return the paths of the longest and of the shortest page of a kind; of tasks, of those that ask for a text."""
    own = sorted((len(page.text), page.path, page) for page in seen if page.status == 200 and page.endpoint == endpoint and "?" not in page.path)
    asking = [one for one in own if one[2].document.find(".//main//textarea") is not None] or own
    return asking[-1][1], asking[0][1]


def _states(page: str, person: str, full: str, empty: str, idle: str) -> list[Scene]:
    return [
        Scene(page, "empty", "Nothing is there yet", idle, empty),
        Scene(page, "full", "An ordinary busy day", person, full),
        _gone_wrong(page, person, full, empty),
        Scene(page, "long", "Long Swedish names", person, full, house="long"),
        Scene(page, "late", "Sixty days later, with nothing done", person, full, later=LATE),
        Scene(page, "plain", "Without JavaScript", person, full, script=False),
    ]


def _gone_wrong(page: str, person: str, full: str, empty: str) -> Scene:
    if page == "task":
        return Scene(page, "error", "Sent with nothing filled in", person, empty, pressed="button[value=complete]:visible")
    if page == "inbox":
        return Scene(page, "error", "A choice that nothing fits", person, f"{full}?case=2026-FINNS-INTE")
    if page == "case":
        return Scene(page, "error", "Somebody else's case, or none", person, "/case/2026-NOSUCH")
    if page == "managers":
        return Scene(page, "error", "A number that no deviation has", person, "/deviation/999999")
    return Scene(page, "error", "A fault of ours", person, "/fault")


def others(app: Flask) -> list[Scene]:
    """Return one scene for every other page: the longest that anybody comes to of each route."""
    longest: dict[str, Scene] = {}
    size: dict[str, int] = {}
    begin = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "fault"]
    for role, person in {**demonstration.roles(app).everybody, "nobody": None}.items():
        for page in Walk(app, demonstration.client_of(app, person), MOST).everywhere(*begin).values():
            told = page.status == 200 and page.kind == "text/html" and page.endpoint not in MAIN.values()
            if told and len(page.text) > size.get(page.endpoint, 0):
                size[page.endpoint] = len(page.text)
                shows = f"{page.title}, as {role.replace('_', ' ')}"
                longest[page.endpoint] = Scene(page.endpoint.replace(".", "-"), "page", shows, person, page.path)
    return [longest[endpoint] for endpoint in sorted(longest)]


def lengthen(app: Flask) -> None:
    """Give everybody and everything a long name."""
    with runtime_of(app).database.writing() as session:
        session.execute(text("UPDATE unit SET name = :name || ', ' || name"), {"name": LONG})
        session.execute(text("UPDATE person SET name = :name || ' ' || name"), {"name": LONGER})
        session.execute(text("UPDATE child SET name = :name || ' ' || name"), {"name": LONGER})
        session.execute(text("UPDATE position SET title = 'Tillförordnad ' || lower(title) || ' och samverkansansvarig'"))
        session.execute(text("UPDATE organisation_version SET number = number + 1"))


def runtime_of(app: Flask) -> Runtime:
    """Return the engine of an application."""
    return cast("Runtime", app.extensions[EXTENSION].runtime)


def _fault() -> str:
    raise ZeroDivisionError
