"""What the server takes of a person's answers, and what it says of the others."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution import ModelsRefused, validate
from engine.execution.forms import choices, read_form

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def form(*components):
    return read_form(json.dumps({"type": "default", "schemaVersion": 19, "id": "f", "components": list(components)}).encode(), "f.form")


def component(kind, key="x", **more):
    return {"type": kind, "id": f"id_{key}", "key": key, "label": "Fältet", **more}


def one(kind, answer, **more):
    """Return the value, or the complaint, that a form of one field gives for an answer."""
    values, complaints = validate(form(component(kind, **more)), {"x": answer}, {})
    return complaints["x"].sv if complaints else values["x"]


@pytest.mark.parametrize(
    ("kind", "answer", "more", "value"),
    [
        ("textfield", "  hej ", {}, "hej"),
        ("textfield", "", {}, None),
        ("textarea", "a\r\nb", {}, "a\nb"),
        ("number", "1 234,5", {}, 1234.5),
        ("number", "12", {}, 12),
        ("number", 3.0, {}, 3),
        ("number", "", {}, None),
        ("datetime", "2026-03-31", {"subtype": "date"}, date(2026, 3, 31)),
        ("datetime", date(2026, 3, 31), {"subtype": "date"}, date(2026, 3, 31)),
        ("datetime", "13:30", {"subtype": "time"}, time(13, 30)),
        ("datetime", "13.30", {"subtype": "time"}, time(13, 30)),
        ("datetime", "2026-03-31T13:30", {"subtype": "datetime"}, datetime(2026, 3, 31, 13, 30, tzinfo=STOCKHOLM)),
        ("datetime", "2026-07-01 11:30:00+00:00", {"subtype": "datetime"}, datetime(2026, 7, 1, 13, 30, tzinfo=STOCKHOLM)),
        ("checkbox", "on", {}, True),
        ("checkbox", None, {}, False),
        ("checklist", "a", {"values": [{"label": "A", "value": "a"}]}, ["a"]),
        ("taglist", [], {"values": [{"label": "A", "value": "a"}]}, []),
        ("radio", "2", {"values": [{"label": "Två", "value": 2}]}, 2),
        ("select", "a", {"values": [{"label": "A", "value": "a"}]}, "a"),
        ("select", "", {"values": [{"label": "A", "value": "a"}]}, None),
    ],
)
def test_an_answer_becomes_a_value(kind, answer, more, value):
    assert one(kind, answer, **more) == value


@pytest.mark.parametrize(
    ("kind", "answer", "more", "words"),
    [
        ("textfield", "", {"validate": {"required": True}}, "Fyll i ”Fältet”."),
        ("textfield", "ab", {"validate": {"minLength": 3}}, "minst 3 tecken"),
        ("textfield", "abcd", {"validate": {"maxLength": 3}}, "högst 3 tecken, nu 4"),
        ("textfield", "ab", {"validate": {"pattern": "^[0-9]+$"}}, "inte den form"),
        ("textfield", "ab", {"validate": {"pattern": "^[0-9]+$", "patternErrorMessage": "Skriv siffror."}}, "Skriv siffror."),
        ("textfield", "ab", {"validate": {"validationType": "email"}}, "namn@exempel.se"),
        ("textfield", "ab", {"validate": {"validationType": "phone"}}, "070-123 45 67"),
        ("number", "tolv", {}, "som ett tal"),
        ("number", "NaN", {}, "som ett tal"),
        ("number", True, {}, "som ett tal"),
        ("number", "2", {"validate": {"min": 3}}, "minst 3"),
        ("number", "4", {"validate": {"max": "=1+2"}}, "högst 3"),
        ("number", "1,25", {"decimalDigits": 1}, "högst 1 decimaler"),
        ("datetime", "2026-02-30", {"subtype": "date"}, "2026-03-31"),
        ("datetime", "25:00", {"subtype": "time"}, "13:30"),
        ("datetime", "2026-03-29T02:30", {"subtype": "datetime"}, "dag och klockslag"),
        ("datetime", "0001-01-01T00:00+02:00", {"subtype": "datetime"}, "dag och klockslag"),
        ("checkbox", None, {"validate": {"required": True}}, "Kryssa i"),
        ("checklist", [], {"values": [], "validate": {"required": True}}, "Välj ett svar"),
        ("checklist", ["a", "z"], {"values": [{"label": "A", "value": "a"}]}, "finns i listan"),
        ("radio", "z", {"values": [{"label": "A", "value": "a"}]}, "finns i listan"),
        ("select", ["a", "b"], {"values": [{"label": "A", "value": "a"}]}, "Välj ett svar"),
        ("dynamiclist", [], {"components": [], "validate": {"required": True}}, "minst en rad"),
    ],
)
def test_a_faulty_answer_gets_a_sentence_that_says_how_to_mend_it(kind, answer, more, words):
    assert words in one(kind, answer, **more)


def test_a_personal_number_is_checked_and_written_in_full():
    identity = {"properties": {"samspel": "personnummer"}}

    assert one("textfield", "19900101-0017", **identity) == "199001010017"
    assert "tolv siffror" in one("textfield", "19900101-0018", **identity)


def test_a_hidden_field_is_neither_validated_nor_kept():
    asked = form(
        component("radio", "more", values=[{"label": "Ja", "value": "yes"}, {"label": "Nej", "value": "no"}]),
        component("textfield", "why", validate={"required": True}, conditional={"hide": '=more != "yes"'}),
    )

    hidden = validate(asked, {"more": "no", "why": "x"}, {})
    shown = validate(asked, {"more": "yes"}, {})

    assert hidden == ({"more": "no", "why": None}, {})
    assert list(shown[1]) == ["why"]


def test_what_hides_by_a_hidden_fields_answer_is_hidden_too():
    asked = form(
        component("checkbox", "a"),
        component("textfield", "b", conditional={"hide": "=a"}),
        component("textfield", "c", validate={"required": True}, conditional={"hide": "=b = null"}),
    )

    assert validate(asked, {"a": True, "b": "x"}, {}) == ({"a": True, "b": None, "c": None}, {})


def test_a_condition_may_read_the_tasks_inputs():
    asked = form(component("textfield", "x", validate={"required": True}, conditional={"hide": '=rule = "note"'}))

    assert validate(asked, {}, {"rule": "note"})[1] == {}
    assert list(validate(asked, {}, {"rule": "deviation"})[1]) == ["x"]


def test_unknown_keys_are_ignored_and_every_field_has_a_place():
    assert validate(form(component("textfield", "a"), component("number", "b")), {"z": 1}, {}) == ({"a": None, "b": None}, {})


def test_the_choices_may_come_from_the_context():
    asked = form(component("select", "unit", valuesExpression="=unit_options", validate={"required": True}))
    context = {"unit_options": [{"label": "Skolan", "value": "school"}, {"label": "BUP", "value": "bup"}]}

    assert [choice.label for choice in choices(asked.fields[0], context)] == ["Skolan", "BUP"]
    assert validate(asked, {"unit": "bup"}, context) == ({"unit": "bup"}, {})
    assert list(validate(asked, {"unit": "elsewhere"}, context)[1]) == ["unit"]


def test_null_is_no_choice():
    asked = form(component("checklist", "units", valuesExpression="=unit_options"))
    context = {"unit_options": [None, {"label": "BUP", "value": "bup"}]}

    assert [choice.label for choice in choices(asked.fields[0], context)] == ["BUP"]


@pytest.mark.parametrize(("answer", "refused"), [("2026-03-30T23:59", True), ("2026-03-31T00:15", False), ("2026-04-01T10:00", False)])
def test_a_day_that_has_passed_is_refused_where_the_form_asks_for_none(answer, refused):
    asked = form(component("datetime", subtype="datetime", disallowPassedDates=True))

    complaints = validate(asked, {"x": answer}, {"today": date(2026, 3, 31)})[1]

    assert [complaint.sv for complaint in complaints.values()] == ["”Fältet” har redan varit. Skriv i dag eller en senare dag."] * refused


def test_a_day_that_has_passed_may_be_written_elsewhere():
    asked = form(component("datetime", subtype="date"))

    assert validate(asked, {"x": "2026-03-30"}, {"today": date(2026, 3, 31)})[1] == {}


def test_rows_of_a_list_are_validated_one_by_one():
    asked = form(
        {
            "type": "dynamiclist",
            "id": "goals",
            "path": "goals",
            "components": [
                component("textfield", "goal", validate={"required": True}),
                component("datetime", "on", subtype="date", conditional={"hide": '=goal = "later"'}, validate={"required": True}),
            ],
        }
    )

    values, complaints = validate(asked, {"goals": [{"goal": "x", "on": "2026-01-02"}, {"goal": ""}, {"goal": "later"}]}, {})

    assert values["goals"][0] == {"goal": "x", "on": date(2026, 1, 2)}
    assert sorted(complaints) == ["goals.1.goal", "goals.1.on"]


def test_a_list_takes_two_hundred_rows_and_no_more():
    asked = form({"type": "dynamiclist", "id": "goals", "path": "goals", "label": "Mål", "components": [component("textfield", "goal")]})

    full, none = validate(asked, {"goals": [{"goal": "x"}] * 200}, {})
    values, complaints = validate(asked, {"goals": [{"goal": "x"}] * 201}, {})

    assert (len(full["goals"]), none) == (200, {})
    assert values["goals"] is None
    assert complaints["goals"].sv == "Skriv högst 200 rader i ”Mål”."


def test_a_list_of_files_is_a_list_of_names():
    assert one("filepicker", ["a.pdf", "b.pdf"]) == ["a.pdf", "b.pdf"]
    assert one("filepicker", "a.pdf") == ["a.pdf"]
    assert [one("filepicker", nothing) for nothing in (None, "", [])] == [None] * 3
    for wrong in ({"a": 1}, [{"a": 1}], 7, [None], [[]], True):
        assert one("filepicker", wrong) == "Välj filer i ”Fältet”."


def test_a_group_hides_what_lies_in_it():
    asked = form(
        component("checkbox", "plain"),
        {
            "type": "group",
            "id": "g",
            "conditional": {"hide": "=plain"},
            "components": [component("textfield", "inner", validate={"required": True})],
        },
    )

    assert [field.key for field in asked.fields] == ["plain", "inner"]
    assert validate(asked, {"plain": True}, {})[1] == {}
    assert list(validate(asked, {}, {})[1]) == ["inner"]


def test_a_read_only_field_keeps_what_the_task_gave():
    asked = form(component("textfield", "x", readonly=True))

    assert validate(asked, {"x": "forged"}, {"x": "given"}) == ({"x": "given"}, {})


def test_a_pattern_that_takes_for_ever_is_stopped():
    assert "inte den form" in one("textfield", "a" * 40 + "!", validate={"pattern": "^(a|a)*$|^(a+)+$"})


@pytest.mark.parametrize("kind", ["html", "iframe", "documentPreview", "spreadsheet"])
def test_a_component_that_cannot_be_shown_is_refused(kind):
    with pytest.raises(ModelsRefused) as refused:
        form({"type": kind, "id": "bad", "label": "Ruta"})

    (fault,) = refused.value.faults
    assert (fault.file, fault.element_id, fault.code) == ("f.form", "bad", "form_component")
    assert kind in fault.sv


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"components": []}', b'{"id": "f", "components": 3}', b'{"id": "f", "components": [1]}'])
def test_a_file_that_is_no_form_is_refused(content):
    with pytest.raises(ModelsRefused):
        read_form(content, "f.form")


def test_a_newer_schema_is_refused():
    with pytest.raises(ModelsRefused, match="20"):
        read_form(b'{"id": "f", "schemaVersion": 20, "components": []}', "f.form")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(answers=st.fixed_dictionaries(dict.fromkeys(("t", "n", "d", "w", "c", "l", "s", "r", "f", "rows"), ANYTHING)))
def test_no_answer_whatever_breaks_the_validation(answers):
    asked = form(
        component("textfield", "t", validate={"pattern": "^a+$"}, properties={"samspel": "personnummer"}),
        component("number", "n", decimalDigits=2),
        component("datetime", "d", subtype="date"),
        component("datetime", "w", subtype="datetime"),
        component("checkbox", "c"),
        component("checklist", "l", values=[{"label": "A", "value": "a"}]),
        component("select", "s", values=[{"label": "A", "value": "a"}]),
        component("radio", "r", values=[{"label": "A", "value": "a"}]),
        component("filepicker", "f"),
        {"type": "dynamiclist", "id": "rows", "path": "rows", "components": [component("textfield", "t")]},
    )

    values, complaints = validate(asked, answers, {})

    assert set(values) == set(answers)
    assert all(complaint.sv and complaint.en for complaint in complaints.values())


def test_every_shipped_form_can_be_read():
    folder = Path(__file__).parents[2] / "processes"
    files = sorted(folder.rglob("*.form"))

    forms = [read_form(file.read_bytes(), file.name) for file in files]

    assert all(one.fields for one in forms)
    assert len(forms) > 10
