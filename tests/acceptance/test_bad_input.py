"""Bad input (the section of the issue): said in one sentence with the place and what to do, nothing half written, no traceback."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.execution import ModelsRefused
from engine.services import cases, tasks
from engine.services.releases import DEMONSTRATION, open_releases
from engine.shipped import processes_folder
from tests.acceptance.modeler import copy_of_the_shipped
from tests.acceptance.test_edits import add_a_step

SAMSPEL = Path(sys.executable).with_name("samspel")
HEADINGS = "typ;id;namn;tillhör;slag;roll;chef;befattning;person;från;till\n"
SOUND = HEADINGS + "huvudman;kommunen;Kommunen;;kommun;;;;;;\nverksamhet;skolan;Norrskolan;kommunen;school;;;;;;\n"


@pytest.fixture
def run(tmp_path):
    """Run the installed command as a person would, with a database of its own."""

    def command(*words, **environment):
        known = {key: value for key, value in os.environ.items() if not key.startswith(("SAMSPEL_", "PYTHONPATH"))}
        known |= {"SAMSPEL_DATABASE": f"sqlite:///{tmp_path / 'samspel.sqlite'}", "PYTHONIOENCODING": "utf-8", **environment}
        done = subprocess.run([SAMSPEL, *map(str, words)], capture_output=True, text=True, check=False, cwd=tmp_path, env=known, timeout=60)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return command


@pytest.fixture
def models(tmp_path):
    return copy_of_the_shipped(tmp_path)


def break_the_drawing(models):
    """Let a user task name a form that is not there."""
    with models.drawing("sip/sip.bpmn") as drawing:
        next(drawing.element("decide_call").iter("{*}formDefinition")).set("formId", "no_such_form")


def break_the_agreement(models):
    """Forget the end of a list in a TOML file; return the number of its line."""
    file = models.folder / "agreements" / "002_jamtbus.toml"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([*lines, "parties = [", ""]), "utf-8")
    return len(lines) + 1


def rows(tmp_path):
    """Everything that the tables of people and releases hold."""
    with sqlite3.connect(tmp_path / "samspel.sqlite") as database:
        return {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in ("party", "unit", "person", "release")}


def test_a_model_that_cannot_run_is_refused_by_file_element_and_reason_and_the_last_good_release_starts(run, models, tmp_path):
    assert run("--models", models.folder, "timers", "run").returncode == 0
    kept = rows(tmp_path)
    break_the_drawing(models)

    started = run("--models", models.folder, "timers", "run", "--json")

    assert (started.returncode, json.loads(started.stdout)) == (1, {"ok": False, "fired": 0, "failed": 0, "rerouted": 0})
    (said,) = started.stderr.splitlines()
    for word in ("sip/sip.bpmn", "decide_call", "Besluta om kallelse", "no_such_form", "Den senaste utgåvan som fungerade används."):
        assert word in said
    assert rows(tmp_path) == kept


def test_a_model_that_cannot_run_stops_the_first_start_of_all(run, models, tmp_path):
    break_the_drawing(models)

    refused = run("--models", models.folder, "timers", "run")

    assert refused.returncode == 1
    assert "sip/sip.bpmn: decide_call" in refused.stderr
    assert rows(tmp_path)["release"] == []


def test_a_folder_without_agreements_plays_nothing_and_says_so(run, models):
    shutil.rmtree(models.folder / "agreements")

    played = run("--models", models.folder, "simulate")

    assert played.returncode == 1
    assert "Det finns inget avtal" in played.stderr


def test_cases_go_on_by_the_release_that_they_began_under(town, models):
    def restart():
        town.runtime.releases = open_releases(town.runtime.database, town.clock, models.folder, [models.folder / DEMONSTRATION])
        return town.runtime.releases

    restart()
    old = town.start("jamtbus")
    add_a_step(models)
    edited = restart()
    new = town.start("jamtbus")
    break_the_drawing(models)

    last_good = restart()

    assert isinstance(last_good.refused, ModelsRefused)
    assert last_good.active.hash == edited.active.hash
    newest = town.start("jamtbus")
    for sip in (old, new, newest):
        sip.register()
    assert [sip.waits_for for sip in (old, new, newest)] == [{"decide_call"}, {"tell_school"}, {"tell_school"}]


def test_a_malformed_agreement_is_said_with_file_line_and_what_to_do(run, models, tmp_path):
    line = break_the_agreement(models)

    started = run("--models", models.folder, "timers", "run")
    checked = run("models", "check", models.folder)
    imported = run("--models", models.folder, "--language", "en", "people", "import", write(tmp_path, SOUND), "--apply")

    assert [started.returncode, checked.returncode, imported.returncode] == [1, 1, 1]
    assert "agreements/002_jamtbus.toml" in started.stderr
    assert f"rad {line}" in started.stderr
    assert "Rätta filen" in started.stderr
    assert "agreements/002_jamtbus.toml: fel (1)" in checked.stdout
    assert f"002_jamtbus.toml, line {line}" in imported.stderr
    assert rows(tmp_path)["unit"] == []


POLICY = {
    "a key that nobody knows": ({"key": '"meeting_max_day"'}, "meeting_max_day"),
    "a word for a number": ({"agreement": '"jamtbus"', "value": '"trettio"'}, "trettio"),
    "two rows from some day on": ({"day": '>= date("2027-04-01")'}, "två rader"),
}


@pytest.mark.parametrize("kind", POLICY)
def test_a_policy_row_that_cannot_be_followed_is_refused_before_any_case_meets_it(models, kind):
    cells, word = POLICY[kind]
    with models.table("policy/document.dmn", "policy_document") as table:
        table.copy("policy_document_gotland_meeting_max_days", "copied").write(**cells)

    with pytest.raises(ModelsRefused) as refused:
        models.release()

    assert "policy/document.dmn" in refused.value.sentence("sv")
    assert word in refused.value.sentence("sv")


def test_a_deadline_that_is_counted_from_itself_is_refused(models):
    with models.table("policy/policy.dmn", "deadlines") as table:
        table.row("deadlines_meeting").write(start='"deadlines.call"')

    with pytest.raises(ModelsRefused) as refused:
        models.release()

    assert len(refused.value.faults) == 1, "once, not for each agreement"
    assert "policy/policy.dmn" in refused.value.sentence("sv")
    assert len(models.faults()) == 1


def write(folder, text, encoding="utf-8"):
    """Write a CSV file and return its path."""
    path = folder / "people.csv"
    path.write_bytes(text.encode(encoding))
    return path


CSV = {
    "a row that names nobody": (SOUND + "befattning;rektor;Rektor;ingenstans;;chef;;;;;\n", "Rad 4, kolumnen tillhör"),
    "a day that does not exist": (SOUND + "person;anna;Anna;;;;;;;2026-02-30;\n", "Rad 4, kolumnen från"),
    "a cut off row": (SOUND + 'person;anna;"Anna\n', "Rad 4"),
    "nothing": ("", "Rad 1"),
}


@pytest.mark.parametrize("kind", CSV)
def test_a_malformed_csv_is_said_with_row_and_column_and_nothing_of_it_is_applied(run, tmp_path, kind):
    text, place = CSV[kind]

    done = run("people", "import", write(tmp_path, text), "--apply")

    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith(place)
    assert "Inget har ändrats." in done.stdout
    assert not any(rows(tmp_path).values())


def test_a_csv_in_another_encoding_is_said_and_the_mended_file_is_applied(run, tmp_path):
    refused = run("people", "import", write(tmp_path, SOUND, "latin-1"), "--apply")
    applied = run("people", "import", write(tmp_path, SOUND), "--apply")

    assert (refused.returncode, applied.returncode) == (1, 0)
    assert "UTF-8" in refused.stderr
    assert [row[0] for row in rows(tmp_path)["party"]] == ["kommunen"]


DATABASES = {
    "no URL": ("nonsense", "nonsense"),
    "a port that is no number": ("postgresql+psycopg://127.0.0.1:port/samspel", "127.0.0.1:port"),
    "a folder that is not there": ("sqlite:////nowhere/at/all.sqlite", "/nowhere/at/all.sqlite"),
    "another kind of database": ("oracle://server/name", "oracle://server/name"),
    "a server that does not answer": ("postgresql+psycopg://anna:hemligt@127.0.0.1:1/samspel", "anna:***@127.0.0.1:1"),
    "a file that is no database": ("sqlite:///people.csv", "people.csv"),
    "another program's tables": ("sqlite:///other.sqlite", "other.sqlite"),
    "tables of a newer Samspel": ("sqlite:///newer.sqlite", "nyare Samspel"),
}


@pytest.mark.parametrize("kind", DATABASES)
def test_a_broken_database_is_one_sentence_with_the_place_and_what_to_do(run, tmp_path, kind):
    url, place = DATABASES[kind]
    write(tmp_path, "no database" * 100)
    for name, made in (("other", "CREATE TABLE person (id)"), ("newer", "CREATE TABLE alembic_version AS SELECT '9999' AS version_num")):
        with sqlite3.connect(tmp_path / f"{name}.sqlite") as database:
            database.execute(made)
    before = tables(tmp_path)

    done = run("db", "upgrade", SAMSPEL_DATABASE=url)

    assert (done.returncode, done.stdout) == (1, "")
    (said,) = done.stderr.splitlines()
    assert place in said
    assert "SAMSPEL_DATABASE" in said
    assert "hemligt" not in said
    assert tables(tmp_path) == before


def tables(folder):
    """The tables that the databases of a folder have."""
    found = {}
    for name in ("other", "newer"):
        with sqlite3.connect(folder / f"{name}.sqlite") as database:
            found[name] = database.execute("SELECT name FROM sqlite_master").fetchall()
    return found


@pytest.mark.parametrize("command", [("timers", "run"), ("models", "check")])
def test_a_missing_build_of_the_expression_interpreter_is_one_sentence_that_says_how_to_make_it(run, tmp_path, command):
    checkout = tmp_path / "unbuilt"
    shutil.copytree(Path(engine.__file__).parent, checkout / "engine", ignore=shutil.ignore_patterns("built", "__pycache__", "processes"))
    shutil.copytree(processes_folder(), checkout / "processes")

    done = run(*command, PYTHONPATH=str(checkout))

    assert done.returncode == 1
    assert "feel.js" in done.stderr
    assert "make assets" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_was_sent_is_kept_when_somebody_else_was_first_or_the_case_has_moved_on(town):
    sip = town.start("jamtbus")
    sip.register()
    item = sip.only("decide_call")
    manager, sent = town.leader(sip.unit), {"decision": "call", "reason": "Flera behövs"}
    tasks.complete(town.runtime, manager, item.id, sent)

    with pytest.raises(tasks.AlreadyCompleted) as late:
        tasks.complete(town.runtime, manager, item.id, {**sent, "reason": "Jag skrev samtidigt"})

    assert late.value.answers["reason"] == "Jag skrev samtidigt"
    assert town.organisation.person(manager).name in late.value.sentence("sv")
    sip.choose("social_authority")
    sip.consent()
    summons = sip.only("send_summons")
    cases.withdraw(town.runtime, sip.initiator, sip.reference, reason="Familjen har ångrat sig")
    with pytest.raises(tasks.WorkItemMoved) as moved:
        tasks.complete(town.runtime, sip.initiator, summons.id, {"place": "Skolan"})
    assert moved.value.answers == {"place": "Skolan"}
    assert "Kalla till möte" in moved.value.sentence("sv")


def test_what_was_sent_is_kept_when_a_colleague_is_at_work_or_a_field_is_wrong(town):
    sip = town.start("jamtbus")
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behövs")
    sip.choose("social_authority")
    sip.consent()
    sip.summon(8)
    (item,) = sip.items("respond_invitation")
    first, second = sip.who_may(item)[:2]
    tasks.claim(town.runtime, first, item.id)

    with pytest.raises(tasks.ClaimedByAnother) as taken:
        tasks.complete(town.runtime, second, item.id, {"answer": "no", "reason": "Semester"})
    with pytest.raises(tasks.InvalidAnswers) as wrong:
        tasks.complete(town.runtime, first, item.id, {"answer": "no"})

    assert taken.value.answers == {"answer": "no", "reason": "Semester"}
    assert wrong.value.answers == {"answer": "no"}
    assert set(wrong.value.fields) == {"reason"}
    assert sip.items("respond_invitation")[0].claimed_by == first
