from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts.organisation import process_owner_of, queues_of
from engine.services.people import ImportRefused, apply_import, load_organisation, preview_import
from engine.services.people_file import HEADINGS, read_people_file
from engine.storage.database import open_database, upgrade
from engine.storage.queries import organisation_version
from engine.storage.tables import Deputy

ON = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
FILE = """typ;id;namn;tillhör;slag;roll;chef;befattning;person;från;till;nivå;ålder_från;ålder_till;avtal;användarnamn;omfattning
huvudman;kommunen;Kommunen;;kommun;;;;;;;;;;;;
verksamhet;skolan;Norrskolan;kommunen;school;;;;;;;generell;6;15,5;jamtbus arjeplog;;
verksamhet;kontoret;Förvaltningen;kommunen;management;;;;;;;;;;;;
person;anna;Anna Ek;;;;;;;;;;;;;anna;
person;bo;Bo Al;;;;;;;;;;;;;bo;
befattning;larare;Lärare;skolan;;medarbetare;rektor;;;;;;;;;;
befattning;rektor;Rektor;skolan;;chef;direktor;;;;;;;;;;
befattning;direktor;Förvaltningschef;kontoret;;ledning;;;;;;;;;;;
innehav;;;;;;;rektor;anna;2026-01-01;;;;;;;
innehav;;;;;;;larare;bo;;;;;;;;
ersättare;;;;;;;rektor;bo;2026-04-01;2026-04-10;;;;;;avvikelse tvist
grupp;styr;Styrgruppen;;;;;;;;;;;;jamtbus;;
ledamot;;;styr;;ordförande;;direktor;;;;;;;;;
"""


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'people.sqlite'}")
    upgrade(opened)
    yield opened
    opened.close()


def organisation(database):
    with database.reading() as session:
        return load_organisation(session)


def version(database):
    with database.reading() as session:
        return organisation_version(session)


def without(*words):
    return "\n".join(line for line in FILE.splitlines() if not any(word in line for word in words)).encode()


def faults_of(database, text):
    return [(fault.line, fault.column) for fault in preview_import(database, text.encode(), ON).faults]


def test_a_person_s_telephone_comes_with_the_file_as_it_is_written(database):
    apply_import(database, b"typ;id;namn;telefon\nperson;bo;Bo Al;070-174 06 05\n", ON)

    assert [person.phone for person in organisation(database).persons] == ["070-174 06 05"]


def test_a_preview_tells_what_would_change_and_writes_nothing(database):
    preview = preview_import(database, FILE.encode(), ON)

    assert preview.faults == ()
    assert preview.count("add") == 13
    assert preview.changes[0].sentence("sv") == "Lägger till huvudmannen kommunen"
    assert organisation(database).units == ()


def test_what_was_applied_is_the_organisation(database):
    apply_import(database, FILE.encode(), ON)

    found = organisation(database)
    school = found.unit("skolan")
    assert (school.level, school.age_min, school.age_max, school.agreements) == ("general", 6, 15.5, ("jamtbus", "arjeplog"))
    assert [post.id for post in found.line("skolan", NOON)] == ["rektor", "direktor"]
    assert queues_of("anna", found, NOON) == {"person:anna": None, "position:rektor": None, "unit:skolan": None}
    assert found.deputies("rektor", datetime(2026, 4, 5, tzinfo=UTC), "deviation") == ("bo",)
    assert found.seats("styr", NOON)[0].role == "chair"


def test_a_tie_without_a_first_day_begins_on_the_day_of_the_import(database):
    apply_import(database, FILE.encode(), ON)

    assert organisation(database).staff_of("skolan", datetime(2026, 3, 1, 12, tzinfo=UTC)) == ("anna",)
    assert organisation(database).staff_of("skolan", NOON) == ("anna", "bo")


def test_the_same_file_again_changes_nothing(database):
    apply_import(database, FILE.encode(), ON)
    before = version(database)

    again = apply_import(database, FILE.encode(), date(2026, 3, 9))

    assert again.changes == ()
    assert version(database) == before


def test_an_import_tells_every_process_that_the_organisation_is_new(database):
    before = version(database)

    apply_import(database, FILE.encode(), ON)

    assert version(database) == before + 1


def test_what_the_file_leaves_out_of_a_listed_unit_ends_the_day_before_and_is_kept(database):
    apply_import(database, FILE.encode(), ON)

    preview = apply_import(database, without("innehav;;;;;;;larare", "ersättare"), date(2026, 3, 16))

    assert [change.sentence("sv") for change in preview.changes] == [
        "Avslutar innehavet larare – bo: sista dag 2026-03-15",
        "Avslutar ersättaren rektor – bo: sista dag 2026-03-15",
    ]
    found = organisation(database)
    assert found.staff_of("skolan", datetime(2026, 3, 15, 12, tzinfo=UTC)) == ("anna", "bo")
    assert found.staff_of("skolan", datetime(2026, 3, 16, 12, tzinfo=UTC)) == ("anna",)
    assert found.deputies("rektor", datetime(2026, 4, 5, tzinfo=UTC), "deviation") == ()


def test_a_file_says_nothing_of_units_that_it_does_not_list(database):
    apply_import(database, FILE.encode(), ON)

    preview = apply_import(database, b"typ;id;namn\nperson;cia;Cia Ny\n", ON)

    assert [change.sentence("en") for change in preview.changes] == ["Adds the person cia"]


def test_somebody_who_comes_back_gets_a_new_time_and_keeps_the_old(database):
    apply_import(database, FILE.encode(), ON)
    apply_import(database, without("innehav;;;;;;;larare"), date(2026, 3, 16))

    apply_import(database, FILE.encode(), date(2026, 5, 1))

    found = organisation(database)
    worked = [bool("bo" in found.staff_of("skolan", datetime(2026, month, 20, tzinfo=UTC))) for month in (3, 4, 5)]
    assert worked == [False, False, True]
    assert found.staff_of("skolan", datetime(2026, 3, 10, tzinfo=UTC)) == ("anna", "bo")


def test_a_change_is_shown_with_its_new_value(database):
    apply_import(database, FILE.encode(), ON)

    preview = preview_import(database, FILE.replace("Rektor;", "Skolchef;").encode(), ON)

    assert [change.sentence("sv") for change in preview.changes] == ["Ändrar befattningen rektor: namn = Skolchef"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("huvudman;kommunen", "hovman;kommunen", (2, "typ")),
        ("huvudman;kommunen", "huvudman;kom munen", (2, "id")),
        (";kommun;;;", ";kommmun;;;", (2, "slag")),
        ("Norrskolan;kommunen", "Norrskolan;staden", (3, "tillhör")),
        ("generell;6;15,5", "lagom;6;15,5", (3, "nivå")),
        ("generell;6;15,5", "generell;x;15,5", (3, "ålder_från")),
        ("generell;6;15,5", "generell;16;15,5", (3, "ålder_till")),
        ("person;bo;Bo Al;;;;;;;;;;;;;bo;", "person;bo;Bo Al;;;;;;;;;;;;;anna;", (6, "användarnamn")),
        ("person;bo;Bo Al;", "person;anna;Bo Al;", (6, "id")),
        ("Lärare;skolan;;medarbetare", "Lärare;skolan;;", (7, "roll")),
        ("Förvaltningschef;kontoret;;ledning;;", "Förvaltningschef;kontoret;;ledning;rektor;", (8, "chef")),
        ("rektor;anna;2026-01-01", "rektor;anna;2026-02-30", (10, "från")),
        ("rektor;anna;2026-01-01", "rektor;cia;2026-01-01", (10, "person")),
        ("2026-04-01;2026-04-10", "2026-04-11;2026-04-10", (12, "till")),
        ("avvikelse tvist", "avvikelse allt", (12, "omfattning")),
        ("ordförande;;direktor", "ordförande;;", (14, "befattning")),
        ("grupp;styr;Styrgruppen;;", "grupp;styr;Styrgruppen;kommunen;", (13, "tillhör")),
        ("typ;id", "typ;nummer", (1, "nummer")),
        ("typ;id", "sort;id", (1, "typ")),
        ("typ;id;namn", "typ;id;id", (1, "id")),
        ("huvudman;kommunen;Kommunen", 'huvudman;kommunen;"Komm"unen', (2, "")),
        ("huvudman;kommunen;Kommunen;;kommun", "huvudman;kommunen;Kommunen;;kommun;;;;;;;;;;;;;;", (2, "")),
        ("ledamot;", 'ledamot;"', (14, "")),
    ],
)
def test_a_fault_is_one_sentence_with_line_and_column_and_nothing_is_written(database, old, new, place):
    text = FILE.replace(old, new, 1)
    assert text != FILE

    faults = faults_of(database, text)
    with pytest.raises(ImportRefused) as refused:
        apply_import(database, text.encode(), ON)

    assert place in faults
    assert f"Rad {faults[0][0]}" in refused.value.sentence("sv")
    assert "\n" not in refused.value.sentence("sv")
    assert organisation(database).parties == ()


@pytest.mark.parametrize(
    ("data", "line"), [(b"", 1), (b"typ;id\n", 1), (b"typ;id\nperson;\xe5ke\n", 2), (b"PK\x03\x04\x00", 1), (b"\xff\xfet\x00y\x00", 1)]
)
def test_a_file_that_is_no_csv_is_told_in_a_sentence(database, data, line):
    faults = preview_import(database, data, ON).faults

    assert faults[0].line == line
    assert faults[0].sv
    assert faults[0].en


@pytest.mark.parametrize(("role", "answers_for"), [("processägare", ""), ("chef", "jamtbus")])
def test_a_process_owner_and_nobody_else_answers_for_agreements(database, role, answers_for):
    line = f"befattning;owner;Posten;kontoret;;{role};;;;;;;;;{answers_for};;\n"

    faults = preview_import(database, (FILE + line).encode(), ON).faults

    assert [fault.column for fault in faults] == ["avtal"]


def test_a_process_owner_answers_for_the_agreements_of_the_file(database):
    rows = FILE + "befattning;owner;Processägare;kontoret;;processägare;;;;;;;;;jamtbus gotland;;\ninnehav;;;;;;;owner;bo;;;;;;;;\n"

    apply_import(database, rows.encode(), ON)

    assert organisation(database).takers(process_owner_of("gotland"), NOON) == ("bo",)


def test_an_agreement_that_does_not_exist_is_a_fault(database):
    preview = preview_import(database, FILE.encode(), ON, ("jamtbus",))

    assert [(fault.line, fault.column) for fault in preview.faults] == [(3, "avtal")]


def test_comma_tab_and_byte_order_mark_are_read_too(database):
    comma = FILE.replace("15,5", "15.5").replace(";", ",")
    tab = FILE.replace(";", "\t")

    previews = [preview_import(database, text.encode("utf-8-sig"), ON) for text in (comma, tab)]

    assert [(preview.count("add"), preview.faults) for preview in previews] == [(13, ())] * 2


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from([*HEADINGS, "person", "huvudman", "kommun", "2026-01-01", '"', "", "x y"]), max_size=6), max_size=6))
def test_whatever_stands_in_the_cells_is_read_or_told_never_an_exception(rows):
    text = "typ;id;namn;slag;från;till\n" + "\n".join(";".join(row) for row in rows)

    read = read_people_file(text.encode())

    assert read.statements or read.faults


def test_the_example_of_the_documentation_is_read_without_a_fault(database):
    text = (Path(__file__).parents[2] / "docs/people.md").read_text("utf-8")
    example = text.rpartition("## Ett exempel")[2]

    preview = preview_import(database, "\n".join(line.strip() for line in example.strip().splitlines()).encode(), ON)

    assert preview.faults == ()
    assert preview.count("add") == 11


def test_the_documentation_names_every_kind_and_every_heading():
    text = (Path(__file__).parents[2] / "docs/people.md").read_text("utf-8")

    assert [name for name in HEADINGS if name not in text] == []


def test_a_file_ends_its_own_deputies_and_not_those_that_somebody_set_by_hand(database):
    apply_import(database, FILE.encode(), ON)
    with database.writing() as session:
        session.add(Deputy(position_id="rektor", person_id="bo", scope=[], valid_from=ON, valid_to=date(2026, 3, 9), set_by="anna"))

    apply_import(database, without("ersättare"), ON)

    assert [(one.valid.first, one.valid.last) for one in organisation(database).deputyships] == [
        (date(2026, 4, 1), date(2026, 3, 1)),
        (ON, date(2026, 3, 9)),
    ]
