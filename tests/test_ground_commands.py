"""The command as a person meets it: status, sentences, never a traceback."""

import json
import socket

import pytest
from click.testing import CliRunner

from engine.facts.agreements import read_agreements
from engine.shipped import processes_folder
from webui.cli import samspel


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments, database=f"sqlite:///{tmp_path / 'samspel.sqlite'}"):
        return CliRunner().invoke(samspel, ["--database", database, *arguments])

    return invoke


def test_timers_run_says_that_nothing_was_due(run):
    done = run("timers", "run", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"ok": True, "fired": 0, "failed": 0, "rerouted": 0}


def test_the_simulator_plays_every_agreement_to_the_end(run):
    done = run("simulate", "--cases", "3")

    assert done.exit_code == 0
    for agreement in read_agreements(processes_folder() / "agreements"):
        assert f"{agreement}: 3 ärenden" in done.stdout


def test_a_demonstration_on_a_taken_port_throws_nothing_away(run, tmp_path):
    file = tmp_path / "demo.sqlite"
    file.write_text("kept")

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run("demo", "--reset", "--file", str(file), "--port", str(other.getsockname()[1]))

    assert done.exit_code == 1
    assert "används redan. Välj en annan med --port." in done.stderr
    assert file.read_text() == "kept"


@pytest.mark.parametrize("command", [("db", "upgrade"), ("timers", "run")])
@pytest.mark.parametrize("database", ["nonsense", "sqlite:////nowhere/at/all.sqlite", "oracle://server/name"])
def test_a_broken_database_url_is_one_sentence(command, database, run):
    done = run(*command, database=database)

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert "SAMSPEL_DATABASE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_from_an_empty_database_to_a_token_by_commands_alone(run):
    made = json.loads(run("admin", "create", "--name", "Anna Berg", "--username", "anna.berg", "--json").stdout)
    again = run("admin", "create", "--name", "Bo Berg", "--username", "bo.berg")
    token = json.loads(run("token", "create", "--user", "anna.berg", "--json").stdout)
    listed = json.loads(run("token", "list", "--json").stdout)["tokens"]

    assert made["username"] == "anna.berg"
    assert len(made["password"]) > 20
    assert again.exit_code == 1
    assert "Anna Berg" in again.stderr
    assert token["token"].startswith("samspel_")
    assert [(one["username"], one["holds"]) for one in listed] == [("anna.berg", True)]
    assert token["token"] not in json.dumps(listed)
    assert run("token", "revoke", str(token["id"])).exit_code == 0
    assert run("account", "invite", "nobody").exit_code == 1
