"""Files of strangers, folders and the command: a verdict for each, never a traceback, never longer than five seconds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from engine.cli import samspel
from engine.clock import MovableClock
from engine.execution.checks import check
from engine.execution.checks.apart import SECONDS, verdicts_apart
from engine.execution.checks.rules import RULES
from engine.execution.checks.verdicts import LACKS
from engine.execution.faults import ModelsRefused, Vocabulary
from engine.services.releases import NoSuchRelease, check_models, load_release, open_releases
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade

CLOCK = MovableClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OPEN = f'<definitions xmlns="{BPMN}" targetNamespace="t" id="d">'
LINE = '<startEvent id="start"/><endEvent id="end"/><sequenceFlow id="start_to_end" sourceRef="start" targetRef="end"/>'
SOUND = f'{OPEN}<process id="main" name="Huvud" isExecutable="true">{LINE}</process></definitions>'.encode()
LAUGHS = "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";"}{"&a" + str(n - 1) + ";"}">' for n in range(1, 40))
DEEP = f"{OPEN}{'<process>' * 100}{'</process>' * 100}</definitions>"
VERY_DEEP = f"{OPEN}{'<process>' * 20_000}{'</process>' * 20_000}</definitions>"
CARDINALITY = SOUND.replace(
    b'<endEvent id="end"/>',
    b'<endEvent id="end"/><userTask id="it"><multiInstanceLoopCharacteristics><loopCardinality>1000000</loopCardinality>'
    b"</multiInstanceLoopCharacteristics></userTask>",
)

HOSTILE = {
    "billion laughs": (f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><definitions xmlns="{BPMN}">&a39;</definitions>'.encode(), "doctype"),
    "external entity": (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><definitions/>', "doctype"),
    "document type in UTF-16": ('<!DOCTYPE x><definitions xmlns="x"/>'.encode("utf-16"), "doctype"),
    "deep": (DEEP.encode(), "too_deep"),
    "deeper than the parser": (VERY_DEEP.encode(), "too_deep"),
    "a million instances": (CARDINALITY, "loop_cardinality"),
    "a huge attribute": (SOUND.replace(b'name="Huvud"', b'name="' + b"x" * 1_000_000 + b'"'), "text_too_long"),
    "too large": (SOUND + b" " * (2 * 1024 * 1024), "file_too_large"),
    "binary garbage": (bytes(range(256)) * 100, "not_xml"),
    "not XML": (b"Hej!\nDet hier er inte XML", "not_xml"),
    "cut off": (SOUND[:-20], "not_xml"),
    "empty": (b"", "file_empty"),
    "white space": (b"  \n ", "file_empty"),
    "wrong root": (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "wrong_root"),
    "no process": (f"{OPEN}</definitions>".encode(), "no_process"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_gets_its_fault_in_time(data, code):
    started = time.monotonic()

    faults = check({"x.bpmn": data})

    assert code in {fault.code for fault in faults}
    assert time.monotonic() - started < SECONDS


def test_broken_json_is_told_with_line_and_column():
    (fault,) = check({"x.form": b'{"id": "x",\n "components": [}'})

    assert fault.code == "not_json"
    assert "rad 2, kolumn 17" in fault.sv


def test_json_nested_past_the_reader_is_refused():
    faults = check({"x.form": b'{"components": ' + b"[" * 100_000})

    assert [fault.code for fault in faults] == ["too_deep"]


def test_two_forms_or_decisions_with_one_id_are_refused():
    form = b'{"id": "ask", "components": []}'

    faults = check({"a.form": form, "b.form": form})

    assert [(fault.file, fault.code) for fault in faults] == [("b.form", "form_duplicate")]


def test_two_decisions_with_one_id_are_refused():
    table = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="%s"><decision id="way" name="Way">'
        b'<variable name="way"/><literalExpression><text>1</text></literalExpression></decision></definitions>'
    )

    faults = check({"a.dmn": table % b"a", "b.dmn": table % b"b"})

    assert ("b.dmn", "dmn_duplicate") in [(fault.file, fault.code) for fault in faults]


def test_a_file_of_another_kind_is_refused():
    assert [fault.code for fault in check({"x.txt": b"x"})] == ["file_unknown_kind"]


def test_a_missing_path_and_an_empty_folder_are_said_so(tmp_path):
    assert [fault.code for fault in check(tmp_path / "nowhere.bpmn")] == ["file_missing"]
    assert [fault.code for fault in check(tmp_path)] == ["folder_empty"]


def test_a_folder_named_as_a_model_is_unreadable(tmp_path):
    (tmp_path / "x.bpmn").mkdir()

    assert [fault.code for fault in check(tmp_path)] == ["file_unreadable"]


def long_table(rows: int, name: str) -> bytes:
    """A table whose rows are all held against each other: some thousand of them take longer than anybody waits."""
    drawn = "".join(
        f'<rule id="row_{n}"><inputEntry id="row_{n}_in"><text>&gt;= {n}</text></inputEntry>'
        f'<outputEntry id="row_{n}_out"><text>{n}</text></outputEntry></rule>'
        for n in range(rows)
    )
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{name}_tables" name="{name}" namespace="{name}">'
        f'<decision id="{name}" name="{name}"><variable id="{name}_v" name="{name}"/><decisionTable id="{name}_table" hitPolicy="UNIQUE">'
        '<input id="in"><inputExpression id="in_e" typeRef="number"><text>level</text></inputExpression></input>'
        f'<output id="out" name="out" typeRef="number"/>{drawn}</decisionTable></decision></definitions>'
    ).encode()


def test_a_file_that_takes_too_long_is_stopped_and_the_others_are_checked():
    files = {
        "a.bpmn": SOUND,
        "b.dmn": long_table(2, "short"),
        "long.dmn": long_table(4_000, "long"),
        "z.bpmn": SOUND.replace(b'targetRef="end"', b'targetRef="nowhere"'),
    }

    verdicts = {verdict.file: {fault.code for fault in verdict.errors} for verdict in verdicts_apart(files, Vocabulary(), seconds=1.5)}

    assert verdicts["long.dmn"] == {"took_too_long"}
    assert verdicts["a.bpmn"] == set()
    assert verdicts["b.dmn"] == {"dmn-gap", "dmn-overlap"}
    assert "dangling_flow" in verdicts["z.bpmn"]


DIES = """
import os
from engine.execution import checks
whole = checks.check_file
def check_file(models, file, vocabulary):
    if file == "b.bpmn":
        os.abort()
    return whole(models, file, vocabulary)
checks.check_file = check_file
"""


def test_a_file_on_which_the_process_dies_is_named_and_the_others_are_checked(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(DIES)  # what Python reads before anything else
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    verdicts = verdicts_apart({"a.bpmn": SOUND, "b.bpmn": SOUND.replace(b'"main"', b'"other"'), "c.bpmn": b"Hej"}, Vocabulary())

    assert [(verdict.file, [fault.code for fault in verdict.errors]) for verdict in verdicts] == [
        ("a.bpmn", []),
        ("b.bpmn", ["check_stopped"]),
        ("c.bpmn", ["not_xml"]),
    ]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"schemaVersion": 99, "components": []}, "form_too_new"),
        ({"components": [{"type": "textfield", "key": "a", "label": "A", "validate": "x"}]}, "not_form"),
    ],
    ids=["newer than the engine", "a rule that is no rule"],
)
def test_the_engine_has_the_last_word_on_what_passed_the_checks(tmp_path, form, code):
    (tmp_path / "ask.form").write_text(json.dumps({"id": "ask", **form}))

    (verdict,) = check_models(tmp_path)

    assert [(fault.file, fault.code) for fault in verdict.errors] == [("ask.form", code)]


def test_what_is_lacking_has_a_word_in_each_verdict():
    assert {code for code, rule in RULES.items() if rule.lacking} == LACKS.keys()


def test_a_sound_file_runs_and_a_plain_picture_lacks(tmp_path):
    (tmp_path / "sound.bpmn").write_bytes(SOUND)
    (tmp_path / "picture.bpmn").write_bytes(SOUND.replace(b'"main"', b'"picture"').replace(b'"true"', b'"false"'))

    verdicts = {verdict.file: verdict.sentence() for verdict in check_models(tmp_path)}

    assert verdicts == {"sound.bpmn": "kan köras", "picture.bpmn": "ritning: saknar märkning som körbar"}


@pytest.fixture
def decided(tmp_path):
    """The shipped models with the demonstration's local decisions in the place of the empty table."""
    folder = shutil.copytree(processes_folder(), tmp_path / "models")
    (folder / "demonstration" / "policy" / "local.dmn").replace(folder / "policy" / "local.dmn")
    shutil.rmtree(folder / "demonstration")
    return folder


def a_row(table: Path) -> tuple[etree._Element, dict[str, etree._Element]]:
    """The first row of a table of decisions that sets a number of days, and its cells by their column."""
    root = etree.parse(table).getroot()
    names = [output.get("name") for output in root.iterfind(".//{*}decisionTable/{*}output")]
    for rule in root.iterfind(".//{*}rule"):
        cells = dict(zip(names, rule.iterfind("{*}outputEntry/{*}text"), strict=True))
        if cells["key"].text == '"deviation_days_1"':
            return rule, cells
    raise AssertionError("no row sets deviation_days_1")


def misspell(rule, cells):
    cells["key"].text = '"deviation_dayz_1"'
    return rule.get("id"), "deviation_dayz_1"


def say_what_it_cannot_be(rule, cells):
    cells["value"].text = '"soon"'
    return rule.get("id"), "deviation_days_1"


def say_it_twice(rule, cells):
    again = deepcopy(rule)
    for element in again.iter(etree.Element):
        if element.get("id"):
            element.set("id", f"again_{element.get('id')}")
    rule.addnext(again)
    return again.get("id"), "deviation_days_1"


@pytest.mark.parametrize("mutate", [misspell, say_what_it_cannot_be, say_it_twice])
def test_a_policy_row_that_cannot_be_followed_is_named_by_file_row_and_key(decided, mutate):
    table = decided / "policy" / "local.dmn"
    rule, cells = a_row(table)
    row, key = mutate(rule, cells)
    rule.getroottree().write(table, encoding="UTF-8", xml_declaration=True)

    (verdict,) = check_models(table)

    assert [(fault.file, fault.element_id, fault.element_name, fault.code) for fault in verdict.errors] == [
        ("policy/local.dmn", row, key, "policy_malformed")
    ]


def test_local_decisions_that_can_be_followed_pass(decided):
    (verdict,) = check_models(decided / "policy" / "local.dmn")

    assert verdict.errors == ()


def run(*words: str | Path) -> Result:
    """The command, within this process but for the child that checks."""
    return CliRunner().invoke(samspel, ["models", "check", *map(str, words)], prog_name="samspel")


def test_the_command_ends_with_zero_where_all_is_well(tmp_path):
    (tmp_path / "sound.bpmn").write_bytes(SOUND)

    well = run(tmp_path / "sound.bpmn")

    assert well.exit_code == 0
    assert well.output.startswith("sound.bpmn: kan köras\n")


def test_the_command_ends_with_one_and_no_traceback_where_a_file_is_bad(tmp_path):
    bad = tmp_path / "bad.bpmn"
    bad.write_bytes(b"Hej")
    command = [sys.executable, "-c", "from engine.cli import samspel; samspel(prog_name='samspel')", "models", "check", str(bad)]

    ill = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    assert ill.returncode == 1
    assert "bad.bpmn: fel (1)" in ill.stdout
    assert "Traceback" not in ill.stdout + ill.stderr


def test_the_command_gives_faults_as_json_and_in_english(tmp_path):
    bad = tmp_path / "bad.bpmn"
    bad.write_bytes(SOUND.replace(b'targetRef="end"', b'targetRef="nowhere"'))

    told = json.loads(run(bad, "--json").output)
    english = run(bad, "--lang", "en").output

    assert told["ok"] is False
    faults = told["files"][0]["faults"]
    assert {"file", "element_id", "element_name", "severity", "code", "sv", "en", "remedy_sv", "remedy_en"} <= faults[0].keys()
    assert "start_to_end" in {fault["element_id"] for fault in faults}
    assert "The flow begins or ends in nothing." in english


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    upgrade(opened)
    yield opened
    opened.close()


def test_a_folder_that_cannot_run_is_refused_and_the_last_good_release_starts(tmp_path, database):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "main.bpmn").write_bytes(SOUND)
    good = open_releases(database, CLOCK, folder).active
    (folder / "main.bpmn").write_bytes(SOUND.replace(b'targetRef="end"', b'targetRef="nowhere"'))

    started = open_releases(database, CLOCK, folder)

    assert started.active.hash == good.hash
    assert "dangling_flow" in {fault.code for fault in started.refused.faults}
    with pytest.raises(ModelsRefused):
        load_release(folder)


def test_nothing_starts_where_nothing_good_was_kept(tmp_path, database):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "main.bpmn").write_bytes(b"Hej")

    with pytest.raises(ModelsRefused):
        open_releases(database, CLOCK, folder)


def test_an_older_release_is_there_for_the_cases_that_follow_it_and_the_newest_good_one_counts(tmp_path, database):
    folder = tmp_path / "models"
    folder.mkdir()
    hashes = []
    for name in (b"Huvud", b"Annat", b"Huvud"):
        (folder / "main.bpmn").write_bytes(SOUND.replace(b"Huvud", name))
        hashes.append(open_releases(database, CLOCK, folder).active.hash)
    (folder / "main.bpmn").write_bytes(b"Hej")

    started = open_releases(database, CLOCK, folder)

    assert started.active.hash == hashes[2] == hashes[0]
    assert started.get(hashes[1]).process("main").name == "Annat"
    with pytest.raises(NoSuchRelease):
        started.get("unknown")


def test_a_malformed_agreement_is_refused_with_file_line_and_key(tmp_path):
    folder = shutil.copytree(processes_folder(), tmp_path / "models")
    file = folder / "agreements" / "002_jamtbus.toml"
    file.write_bytes(file.read_bytes() + b"\nunclosed = [\n")

    with pytest.raises(ModelsRefused) as refused:
        load_release(folder)

    assert [(fault.file, fault.code) for fault in refused.value.faults] == [("agreements/002_jamtbus.toml", "agreement_malformed")]
    assert "rad " in refused.value.sentence("sv")


def test_a_folder_without_models_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelsRefused):
            load_release(folder)


def test_the_owners_files_are_never_rewritten(tmp_path):
    (tmp_path / "main.bpmn").write_bytes(SOUND)

    load_release(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"main.bpmn": SOUND}


def test_an_overlay_replaces_the_file_with_the_same_path(tmp_path):
    folder, over = tmp_path / "models", tmp_path / "over"
    for place, name in ((folder, b"Huvud"), (over, b"Annat")):
        place.mkdir()
        (place / "main.bpmn").write_bytes(SOUND.replace(b"Huvud", name))

    assert load_release(folder).process("main").name == "Huvud"
    assert load_release(folder, [over]).process("main").name == "Annat"
