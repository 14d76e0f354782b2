"""The server for real use: what it needs before it starts, what it shows, and that it stops as it is told."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from engine.storage.database import open_database, upgrade
from webui import serving, sweeping
from webui.cli import samspel

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("serve") / "ready.sqlite"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return f"sqlite:///{path}"


@pytest.fixture
def serve(template, monkeypatch):
    """Try to serve, where something is missing."""
    monkeypatch.setattr(serving, "_Server", lambda *_: pytest.fail("it should not have started"))

    def run(*arguments, database=template, key=KEY, before=()):
        environment = {name: None for name in os.environ if name.startswith("SAMSPEL_")} | {"SAMSPEL_SECRET_KEY": key}
        return CliRunner().invoke(samspel, [*before, "--database", database, "serve", *arguments], env=environment)

    return run


def said(done):
    """The one sentence with which a command ended."""
    assert done.exit_code == 1, done.output
    (line,) = done.stderr.splitlines()
    return line


def test_a_secret_key_is_asked_for(serve):
    assert "SAMSPEL_SECRET_KEY" in said(serve(key=None))


def test_a_secret_key_that_could_be_guessed_is_refused_and_not_printed(serve):
    sentence = said(serve(key="hemlig"))

    assert "har 6 tecken och behöver minst 32" in sentence
    assert "hemlig" not in sentence.replace("hemliga", "")


def test_a_database_without_tables_is_to_be_upgraded_first(serve, tmp_path):
    assert "samspel db upgrade" in said(serve(database=f"sqlite:///{tmp_path / 'new.sqlite'}"))


@pytest.mark.parametrize("database", ["sqlite:////nowhere/at/all.sqlite", "postgresql+psycopg://nobody@127.0.0.1:9/none", "nonsense"])
def test_a_database_that_cannot_be_reached_is_one_sentence(serve, database):
    assert "SAMSPEL_DATABASE" in said(serve(database=database))


def test_a_taken_address_is_one_sentence(serve):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"

        assert f"Adressen {address} används redan" in said(serve("--bind", address))


@pytest.mark.parametrize("bind", ["nonsense", "127.0.0.1:port", "127.0.0.1:99999", "203.0.113.7:8000"])
def test_an_address_where_nothing_can_answer_is_one_sentence(serve, bind):
    assert "Skriv --bind som 127.0.0.1:8000" in said(serve("--bind", bind))


def test_missing_assets_are_one_sentence(serve, monkeypatch, tmp_path):
    monkeypatch.setattr(serving, "__file__", str(tmp_path / "serving.py"))

    assert "make assets" in said(serve())


@pytest.mark.parametrize(
    ("text", "reason"),
    [("bind = [", "Invalid"), ('bnid = "127.0.0.1:1"\nsecret = "x"', "bnid, secret"), (None, "No such file")],
)
def test_a_file_of_settings_that_cannot_be_used_is_one_sentence(serve, tmp_path, text, reason):
    file = tmp_path / "samspel.toml"
    if text is not None:
        file.write_text(text)

    sentence = said(serve(before=["--config", str(file)]))

    assert str(file) in sentence
    assert reason in sentence


def test_what_the_file_says_yields_to_the_environment_and_to_the_command_line(serve, tmp_path):
    file = tmp_path / "samspel.toml"
    file.write_text('language = "en"\nbind = "in-the-file"\nsecret_key = "short"\n')
    before = ["--config", str(file)]

    assert "The secret key has 5 characters" in said(serve(before=before, key=None))
    assert "in-the-file" in said(serve(before=before))
    assert "on-the-line" in said(serve("--bind", "on-the-line", before=before))


class Server:
    """The command, started as an operator starts it."""

    def __init__(self, *arguments, database):
        environment = {**os.environ, "SAMSPEL_SECRET_KEY": KEY, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-c", "from webui.cli import main; main()", "--database", database, "serve", "--bind", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []

    def until(self, pattern):
        """Read what it says until it says this."""
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        pytest.fail("".join(self.lines))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_it_serves_without_the_pages_of_the_demonstration_and_stops_when_told(template):
    with Server("--proxies", "1", database=template) as server:
        address = server.until(r"Listening at: (http://\S+)")[1]
        server.until("this worker fires what becomes due")

        status, headers, page = get(f"{address}/login", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1"})
        paths = {path: get(f"{address}{path}")[0] for path in ("/demo", "/api/clock", "/api/openapi.json")}
        document = json.loads(get(f"{address}/api/openapi.json")[2])
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        rest, _ = server.process.communicate(timeout=60)

    assert status == 200
    assert "Logga in" in page.decode()
    assert "demo" not in page.decode()
    assert headers["Strict-Transport-Security"]
    assert "Secure" in headers["Set-Cookie"]
    assert paths == {"/demo": 404, "/api/clock": 404, "/api/openapi.json": 200}
    assert "/clock" not in document["paths"]
    assert server.process.returncode == 0
    assert time.monotonic() - began < 45
    assert "GET /api/openapi.json 200" in rest
    assert "198.51.100.1" not in rest


def test_one_worker_at_a_time_lets_time_pass_and_the_next_takes_over(tmp_path):
    with (tmp_path / "lock").open("a") as first, (tmp_path / "lock").open("a") as second:
        taken = [sweeping._take(first.fileno()), sweeping._take(second.fileno())]
        first.close()

        assert taken == [True, False]
        assert sweeping._take(second.fileno())


def test_drawings_that_cannot_run_end_the_start_with_their_sentence(tmp_path):
    (tmp_path / "models" / "sip").mkdir(parents=True)
    (tmp_path / "models" / "sip" / "sip.bpmn").write_text("no drawing")
    new = f"sqlite:///{tmp_path / 'new.sqlite'}"
    CliRunner().invoke(samspel, ["--database", new, "db", "upgrade"])

    started = ["--database", new, "--models", tmp_path / "models", "serve", "--bind", "127.0.0.1:0", "--workers", "1"]
    done = subprocess.run(
        [sys.executable, "-c", "from webui.cli import main; main()", *started],
        env={**os.environ, "SAMSPEL_SECRET_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
