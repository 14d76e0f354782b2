"""The inbox, a task's page and a case's page over HTTP, where a thousand and where a hundred thousand work items are open.

gunicorn answers as ``samspel serve`` has it: two processes with eight threads each. One browser asks in turns for a page that only says
hello, past the login, and for the pages; so a machine that slows down slows all of them.
"""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, request
from sqlalchemy import event, text

from engine.services import tasks
from engine.services.runtime import Runtime
from engine.storage.database import Database
from tests.bench.report import Line, in_turns, ratio
from tests.webui import demonstration
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings

SMALL, LARGE = 1_000, 100_000
OTHERS = 400
"""Queues in which the rest of the work lies."""
TIMES = 60
GROWTH = 1.5
FIRST_VISIT, AFTERWARDS = 60, 15
"""Kilobytes (1,000) that a page may ask for, compressed, with all that belongs to it."""
HELLO = "/hello"
KEY = "bench"


def application() -> Flask:
    """Return the application that gunicorn runs, with a page that only says hello."""
    app = create_app(_settings(os.environ["SAMSPEL_BENCH_DATABASE"]))
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: "hello" if request.path == HELLO else None)
    return app


def lines(folder: Path, sizes: tuple[int, int] = (SMALL, LARGE)) -> Iterator[Line]:
    """Measure the pages of one school nurse whose unit has a fifth of all that waits."""
    played = demonstration.filled(folder)
    with ExitStack() as running:
        sites = [running.enter_context(_served(folder, played, size)) for size in sizes]
        for name in ("inbox", "task", "case"):
            pairs = in_turns(TIMES, *(site.asking(path) for site in sites for path in (HELLO, site.paths[name])))
            for place, size in enumerate(sizes):
                cost = ratio(pairs, 2 * place + 1, 2 * place)
                hello = statistics.median(pair[2 * place] for pair in pairs)
                slowest = statistics.quantiles((pair[2 * place + 1] for pair in pairs), n=20)[-1]
                yield Line(f"pages: {name} over hello, {size:,} open", cost)
                yield Line(f"pages: {name}, 95th of 100, over a median hello, {size:,} open", [slowest / hello])
                print(f"  (hello {hello * 1e3:.1f} ms, {name} {statistics.median(pair[2 * place + 1] for pair in pairs) * 1e3:.1f} ms)")
            yield Line(f"pages: {name}, {sizes[1]:,} open over {sizes[0]:,}", ratio(pairs, 3, 1), GROWTH)
        for name in ("inbox", "task", "case"):
            asked = sites[-1].everything_of(sites[-1].paths[name])
            first, after = sum(asked.values()) / 1000, asked[sites[-1].paths[name]] / 1000
            yield Line(f"pages: kB of {name} on the first visit, {len(asked)} requests", [first], FIRST_VISIT)
            yield Line(f"pages: kB of {name} afterwards, 1 request", [after], AFTERWARDS)
        few, many = _questions(shutil.copy(played, folder / "few.sqlite")), _questions(folder / f"{sizes[-1]}.sqlite")
        yield Line("pages: questions to the database for a full inbox over one of a few rows", [many / few], 1)


@dataclass
class _Site:
    """One gunicorn with its database."""

    port: int
    cookie: str
    paths: dict[str, str]
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Return status, body as it came over the wire, and encoding."""
        self.connection.request("GET", path, headers={"Cookie": f"session={self.cookie}", "Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Content-Encoding", "")

    def asking(self, path: str) -> Callable[[], None]:
        """Return the act of asking for a page."""

        def ask() -> None:
            status, _, _ = self.get(path)
            assert status == http.HTTPStatus.OK, f"{path}: {status}"

        return ask

    def everything_of(self, path: str) -> dict[str, int]:
        """Return what a browser fetches for a page, and the bytes of each."""
        _, body, encoding = self.get(path)
        page = (gzip.decompress(body) if encoding == "gzip" else body).decode()
        parts = dict.fromkeys(re.findall(r'<(?:script|link)[^>]+(?:src|href)="(/static/[^"]+)"', page))
        return {path: len(body)} | {part: len(self.get(part)[1]) for part in parts}


def _settings(url: str) -> Settings:
    return Settings(url, demonstration=True, secret_key=KEY, secure_cookies=False)


@contextmanager
def _served(folder: Path, played: Path, size: int) -> Iterator[_Site]:
    url = f"sqlite:///{shutil.copy(played, folder / f'{size}.sqlite')}"
    app = create_app(_settings(url))
    runtime: Runtime = app.extensions[EXTENSION].runtime
    person = demonstration.roles(app).staff
    (unit,) = demonstration.names_of(app).units_of(person)
    of_case = next(entry for entry in tasks.inbox(runtime, person) if entry.case)
    _fill(runtime.database, size, f"unit:{unit}", of_case.case or "")
    cookie = demonstration.client_of(app, person).get_cookie("session")
    assert cookie is not None
    runtime.database.close()
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.bench.pages:application()", f"--bind=127.0.0.1:{port}", "--workers=2"]
    options = ["--worker-class=gthread", "--threads=8", "--keep-alive=60", "--log-level=warning"]
    server = subprocess.Popen([*command, *options], env={**os.environ, "SAMSPEL_BENCH_DATABASE": url})
    try:
        _until_it_answers(port)
        paths = {"inbox": "/inbox", "task": f"/task/{of_case.id}", "case": f"/case/{of_case.case}"}
        yield _Site(port, str(cookie.value), paths)
    finally:
        server.terminate()
        server.wait()


def _fill(database: Database, size: int, queue: str, spared: str) -> None:
    """Let so many work items wait: copies of those that wait in other cases than one, a fifth of them in one queue."""
    columns = (
        "instance_id, case_id, element, name, process, path, form, role, unit_id, purpose, routing, excluded, inputs, properties, priority, due_at, "
        "explanation, created_at, urgency_at"
    )
    with database.writing() as session:
        session.execute(
            text(
                f"INSERT INTO work_item ({columns}, task_id, queue) "
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size}), "
                "source AS (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM work_item "
                "WHERE closed_at IS NULL AND purpose = 'case' AND case_id <> (SELECT id FROM case_ WHERE reference = :spared)) "
                f"SELECT {columns}, 'copy ' || i, CASE WHEN i % 5 = 0 THEN :queue ELSE 'unit:other_' || (i % {OTHERS}) END "
                "FROM n JOIN source ON source.place = n.i % source.many"
            ),
            {"queue": queue, "spared": spared},
        )
    with database.writing() as session:
        session.execute(text("ANALYZE"))


def _questions(path: Path) -> int:
    """Return how many statements the inbox's page asks of a database."""
    app = create_app(_settings(f"sqlite:///{path}"))
    runtime: Runtime = app.extensions[EXTENSION].runtime
    client = demonstration.client_of(app, demonstration.roles(app).staff)
    client.get("/inbox")
    asked: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert client.get("/inbox").status_code == http.HTTPStatus.OK
    runtime.database.close()
    return len(asked)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(port)
