"""The commands for whoever keeps the system running: is the history whole, what stopped, try it again."""

import json
import shutil

import pytest
from click.testing import CliRunner

from engine.services import tasks, timers
from engine.storage.database import open_database, upgrade
from tests.services.conftest import build_house, release_of
from webui.cli import samspel


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A file with all tables."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    opened = open_database(f"sqlite:///{path}")
    upgrade(opened)
    opened.close()
    return path


@pytest.fixture
def house(template, tmp_path):
    """The fragile drawing under way in the small organisation, in the database that the commands read."""
    database = open_database(f"sqlite:///{shutil.copy(template, tmp_path / 'samspel.sqlite')}")
    yield build_house(database, "fragile")
    database.close()


@pytest.fixture
def run(house, tmp_path):
    for path, content in release_of("fragile").files.items():
        (tmp_path / "models" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / path).write_bytes(content)

    def invoke(*arguments):
        place = ["--database", f"sqlite:///{tmp_path / 'samspel.sqlite'}", "--models", str(tmp_path / "models")]
        return CliRunner().invoke(samspel, [*place, *arguments])

    return invoke


def stop_a_step(house):
    """Let a timer's step fail, so that an incident is open."""
    house.start()
    item = house.only("school_worker").id
    house.wait(days=2)
    assert timers.sweep(house.runtime).failed == 1
    return item


def change_a_row(house):
    with house.runtime.database.engine.begin() as connection:
        for (trigger,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        connection.exec_driver_sql("UPDATE history SET \"by\" = 'somebody' WHERE number = 2")


def test_an_untouched_history_holds_and_its_rows_are_counted(house, run):
    house.start()

    told, counted = run("history", "verify"), json.loads(run("history", "verify", "--json").stdout)

    assert (told.exit_code, counted["ok"]) == (0, True)
    assert counted["rows"] > 1
    assert told.stdout == f"Historiken stämmer: {counted['rows']} rader, varje länk hel.\n"


def test_a_changed_row_is_told_with_its_case_and_number(house, run):
    house.start()
    change_a_row(house)

    told, listed = run("history", "verify"), run("history", "verify", "--json")

    assert (told.exit_code, listed.exit_code) == (1, 1)
    assert "case:1" in told.stderr
    assert "rad 2" in told.stderr
    broken = json.loads(listed.stdout)
    assert (broken["ok"], broken["chain"], broken["number"]) == (False, "case:1", 2)


def test_no_open_incident_is_well(run):
    told, listed = run("incidents", "list"), run("incidents", "list", "--json")

    assert (told.exit_code, told.stdout) == (0, "Inga öppna fel.\n")
    assert json.loads(listed.stdout) == {"ok": True, "incidents": []}


def test_an_open_incident_is_listed_with_its_case_and_element(house, run):
    stop_a_step(house)

    told, listed = run("incidents", "list"), run("incidents", "list", "--json")

    assert (told.exit_code, listed.exit_code) == (1, 1)
    (failure,) = json.loads(listed.stdout)["incidents"]
    assert (failure["kind"], failure["tries"]) == ("timers", 1)
    assert f"{failure['id']}: ärende {failure['case']}" in told.stdout
    assert failure["element"] in told.stdout
    assert failure["sv"] in told.stdout


def test_a_retry_that_fails_again_says_so(house, run):
    stop_a_step(house)

    told, listed = run("incidents", "retry", "1"), run("incidents", "retry", "1", "--json")

    assert (told.exit_code, listed.exit_code) == (1, 1)
    assert told.stderr.startswith("Error: ")
    assert json.loads(listed.stdout)["ok"] is False
    assert json.loads(run("incidents", "list", "--json").stdout)["incidents"][0]["tries"] == 3


def test_a_retry_with_nothing_left_to_do_closes_the_incident(house, run):
    item = stop_a_step(house)
    tasks.complete(house.runtime, "school_worker", item, {"amount": "2"})

    told = run("incidents", "retry", "1", "--by", "owner")

    assert (told.exit_code, told.stdout) == (0, "Inget var kvar att göra. Fel 1 är stängt.\n")
    assert run("incidents", "list").exit_code == 0


@pytest.mark.parametrize("arguments", [("2",), ("1", "--by", "school_worker")])
def test_an_incident_that_is_not_there_or_not_theirs_is_one_sentence(house, run, arguments):
    stop_a_step(house)

    told = run("incidents", "retry", *arguments)

    assert told.exit_code == 1
    assert told.stderr == f"Error: Det finns inget öppet fel {arguments[0]}.\n"


def test_without_a_process_owner_somebody_must_be_named(house, run):
    with house.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM assignment WHERE position_id = 'owner'")

    told = run("incidents", "list")

    assert told.exit_code == 1
    assert "--by" in told.stderr
