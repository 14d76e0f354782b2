"""Many browsers at once: on one work item one wins and the others keep their text; on different ones of a case nobody loses."""

import re
import shutil
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from engine.facts.agreements import read_agreements
from engine.services import cases, tasks
from engine.services.cases import NewChild
from engine.services.demonstration import populate
from engine.services.directory import directory
from engine.services.runtime import Runtime
from engine.shipped import processes_folder
from engine.simulation.answers import Answering
from engine.storage.tables import History, WorkItem
from tests.browser import new_page, press
from tests.conftest import IN_CI
from tests.services.conftest import made
from tests.webui.conftest import AGREEMENT
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings

BROWSERS = 20
ROUNDS = 50 if IN_CI else 10
TOGETHER = 150
"""Milliseconds from the first context that is told until all of them send."""
TEXT = "Det här skrev webbläsare {} om {}."
CHILD = NewChild("Maja Exempelsson", date(2014, 3, 14))
ANSWERS = {"support_from": "school", "family_informed": "not_yet"}


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request, tmp_path):
    """The application on each of the two databases."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("filled_database"), tmp_path / "web.sqlite")
        yield from opened(f"sqlite:///{path}")
    else:
        with made(request.getfixturevalue("postgresql"), f"samspel_{uuid.uuid4().hex}") as url:
            yield from opened(url)


def opened(url):
    app = create_app(Settings(url, demonstration=True, secure_cookies=False))
    runtime = app.extensions[EXTENSION].runtime
    if not directory(runtime).organisation.persons:
        populate(runtime.database, [read_agreements(processes_folder() / "agreements")[AGREEMENT]])
    yield app
    runtime.database.close()


def begun(runtime, school):
    """A case whose first work lies with everybody at the school."""
    (item,) = cases.start(runtime, school.teacher, agreement=AGREEMENT, child=CHILD, unit=school.unit).work_items
    with runtime.database.writing() as session:
        session.execute(update(WorkItem).where(WorkItem.id == item).values(queue=f"unit:{school.unit}"))
    return item


def contexts(chromium, address, persons):
    """A page in a browser context of its own for each, logged in through the demonstration, with the token that its forms carry."""
    for person in persons:
        page = new_page(chromium)
        page.goto(f"{address}/demo?find={person.partition('.')[0]}")
        press(page, f"button[name=person][value='{person}']")
        yield page, page.input_value("input[name=csrf_token] >> nth=0")


# Sends a form at a moment that all contexts have been told, and keeps what came back until it is asked for.
SEND = """
([path, fields, at]) => {
  window.answer = new Promise((go) => setTimeout(go, at - Date.now()))
    .then(() => fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" }))
    .then(async (answer) => [answer.type === "opaqueredirect" ? 302 : answer.status, await answer.text()]);
}
"""


def seats(app, persons):
    """A browser for each, logged in, with the token that its forms carry."""
    found = []
    for person in persons:
        client = app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
        client.post("/demo/be", data={"csrf_token": token, "person": person})
        found.append((client, re.search(r'name="csrf_token" value="([^"]+)"', client.get("/need").text)[1]))
    return found


def completed(runtime: Runtime):
    """How often each work item was completed, by the history."""
    with runtime.database.reading() as session:
        rows = session.scalars(select(History.details).where(History.kind == "completed"))
        return Counter(row["work_item"] for row in rows)


def test_of_twenty_who_send_at_once_one_wins_and_each_other_keeps_the_text(app, runtime, school, chromium, address):
    with ThreadPoolExecutor(1) as beside:  # Playwright lives on this thread, where no expression can be evaluated
        items = beside.submit(lambda: [begun(runtime, school) for _ in range(ROUNDS)]).result()
    browsers = list(contexts(chromium, address, [school.teacher, school.colleague] * (BROWSERS // 2)))
    rounds = []

    for item in items:
        at = time.time() * 1000 + TOGETHER
        for number, (page, token) in enumerate(browsers):
            fields = {"csrf_token": token, "need": TEXT.format(number, item), "draft_version": "0", **ANSWERS}
            page.evaluate(SEND, [f"/task/{item}", fields, at])
        answers = [page.evaluate("() => window.answer") for page, _ in browsers]
        rounds.append([(status, TEXT.format(number, item) in text) for number, (status, text) in enumerate(answers)])

    for told in rounds:
        assert sorted(told) == [(302, False), *[(409, True)] * (BROWSERS - 1)]
    assert completed(runtime) == dict.fromkeys(items, 1)
    with runtime.database.reading() as session:
        following = select(func.count()).where(WorkItem.closed_at.is_(None)).group_by(WorkItem.instance_id)
        assert set(session.scalars(following)) == {1}


def test_on_different_work_items_of_one_case_nobody_loses(app, runtime, school):
    chance = Random(1)
    cases.start(runtime, school.teacher, agreement=AGREEMENT, child=CHILD, unit=school.unit)
    waits = open_work(runtime)
    while len(waits) < 3:
        (item,) = waits
        complete(runtime, *item, chance)
        waits = open_work(runtime)
    browsers = seats(app, [person for person, _ in waits])
    given = [answers(runtime, person, item, chance) for person, item in waits]
    together = Barrier(len(waits), timeout=120)

    def work(number):
        (client, token), (_, item) = browsers[number], waits[number]
        together.wait()
        return client.post(f"/task/{item}", data={"csrf_token": token, "draft_version": "0", **given[number]}).status_code

    with ThreadPoolExecutor(len(waits)) as pool:
        statuses = list(pool.map(work, range(len(waits))))

    assert statuses == [302] * len(waits)
    assert {item: completed(runtime)[item] for _, item in waits} == {item: 1 for _, item in waits}


def open_work(runtime):
    """Who may do what waits, and what."""
    here = directory(runtime)
    with runtime.database.reading() as session:
        items = session.scalars(select(WorkItem).where(WorkItem.closed_at.is_(None)))
        return [(here.persons_of(item.queue, item.purpose)[0], item.id) for item in items]


def answers(runtime, person, item, chance):
    """The first choice everywhere, three rows in every list."""
    task = tasks.show(runtime, person, item)
    pick = lambda path, options: 3 if path.endswith("#") and 3 in options else options[0]  # noqa: E731 - a rule of one line
    return Answering(task.form, {**task.variables, **task.values}, runtime.clock.now(), chance, pick).filled().given


def complete(runtime, person, item, chance):
    tasks.complete(runtime, person, item, answers(runtime, person, item, chance))
