"""The web application on a database of its own, and a browser for whoever is asked for."""

import re
import shutil
from dataclasses import dataclass
from html import unescape

import pytest
from flask.testing import FlaskClient

from engine.facts.agreements import read_agreements
from engine.services.demonstration import populate
from engine.services.directory import directory
from engine.services.opening import open_runtime
from engine.shipped import processes_folder
from tests.browser import served
from tests.webui import demonstration
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings

AGREEMENT = "norrtalje"
PASSWORD = "a long enough word"


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory):
    """A file with an invented organisation under one agreement, copied for each test."""
    path = tmp_path_factory.mktemp("web") / "filled.sqlite"
    runtime = open_runtime(f"sqlite:///{path}", demonstration=True)
    populate(runtime.database, [read_agreements(processes_folder() / "agreements")[AGREEMENT]])
    runtime.database.close()
    return path


@pytest.fixture(scope="session")
def walked(tmp_path_factory, worker_id):
    """The demonstration's database, made once for all who test at the same time; whoever writes takes a copy."""
    shared = tmp_path_factory.getbasetemp()
    return demonstration.filled(shared if worker_id == "master" else shared.parent)


@pytest.fixture
def app(filled_database, tmp_path):
    path = shutil.copy(filled_database, tmp_path / "web.sqlite")
    made = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False))
    yield made
    made.extensions[EXTENSION].runtime.database.close()


@pytest.fixture
def address(app):
    """Where a real browser reaches the application."""
    with served(app) as url:
        yield url


@pytest.fixture
def runtime(app):
    return app.extensions[EXTENSION].runtime


@dataclass
class Page:
    """What came back, as a person sees it."""

    status: int
    path: str
    html: str

    @property
    def text(self):
        """The words between the tags."""
        without = re.sub(r"<(script|style)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", without)))

    @property
    def title(self):
        return unescape(re.search(r"<title>(.*?)</title>", self.html, re.DOTALL)[1])

    def link(self, pattern):
        """The first address in the page that fits."""
        return next(address for address in map(unescape, re.findall(r'href="([^"]+)"', self.html)) if re.search(pattern, address))


@dataclass
class Browser:
    """A browser without JavaScript."""

    client: FlaskClient

    def get(self, path):
        return self._page(self.client.get(path, follow_redirects=True))

    def post(self, path, **fields):
        """Send a form with the token that the page before gave."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/login").text)[1]
        return self._page(self.client.post(path, data={"csrf_token": token, **fields}, follow_redirects=True))

    @staticmethod
    def _page(answer):
        return Page(answer.status_code, answer.request.full_path.rstrip("?"), answer.text)


@pytest.fixture
def browser(app):
    return Browser(app.test_client())


@pytest.fixture
def browser_of(app):
    """Give a browser in which somebody is logged in."""

    def logged_in(person):
        opened = Browser(app.test_client())
        assert opened.post("/demo/be", person=person).status == 200
        return opened

    return logged_in


@dataclass
class School:
    """The persons around one school."""

    unit: str
    place: str
    teacher: str
    colleague: str
    manager: str
    stranger: str


@pytest.fixture
def school(runtime):
    here = directory(runtime)
    organisation = here.organisation

    def at_work(unit):
        posts = [post.id for post in organisation.positions if post.unit == unit and post.role == "staff"]
        return [who for post in posts for who in organisation.holders(post, here.at)]

    unit = next(unit.id for unit in organisation.units if unit.kind == "school")
    far = next(one.id for one in organisation.units if one.agreements and one.party != organisation.party_of(unit).id)
    teacher, colleague = at_work(unit)
    manager = organisation.acting(organisation.line(unit, here.at)[0].id, here.at)[0]
    return School(unit, f"{unit} {AGREEMENT}", teacher, colleague, manager, at_work(far)[0])


@pytest.fixture
def need(browser_of, school):
    """A need that the teacher has begun to report: the browser, and the page with its form."""
    opened = browser_of(school.teacher)
    opened.post("/need", name="Maja Exempelsson", birth_date="2014-03-14")
    page = opened.post("/need/agreement", place=school.place)
    assert page.status == 200, page.text
    return opened, page
