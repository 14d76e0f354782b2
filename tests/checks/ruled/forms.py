"""Twins for the rules about forms."""

from tests.checks.building import ANSWER, form, twins

TWINS = [
    twins("form_component", "x", form(ANSWER, {"id": "x", "type": "iframe", "url": "a"}), form(ANSWER), file="ask.form"),
    twins("form_field_without_key", "x", form(ANSWER, {"id": "x", "type": "textfield", "label": "A"}), form(ANSWER), file="ask.form"),
    twins("form_key_invalid", "x", form({"id": "x", "type": "textfield", "label": "A", "key": "1 a"}), form(ANSWER), file="ask.form"),
    twins("form_key_twice", "x", form(ANSWER, {"id": "x", "type": "textfield", "label": "A", "key": "answer"}), form(ANSWER), file="ask.form"),
    twins(
        "form_without_choices",
        "x",
        form({"id": "x", "type": "radio", "label": "A", "key": "a"}),
        form({"id": "x", "type": "radio", "label": "A", "key": "a", "values": [{"label": "A", "value": "a"}]}),
        file="ask.form",
    ),
    twins(
        "form_choice_twice",
        "x",
        form({"id": "x", "type": "radio", "label": "A", "key": "a", "values": [{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]}),
        form(ANSWER),
        file="ask.form",
    ),
    twins(
        "form_pattern",
        "x",
        form({"id": "x", "type": "textfield", "label": "A", "key": "a", "validate": {"pattern": "("}}),
        form(ANSWER),
        file="ask.form",
    ),
    twins(
        "form_limits",
        "x",
        form({"id": "x", "type": "number", "label": "A", "key": "a", "validate": {"min": 3, "max": 2}}),
        form(ANSWER),
        file="ask.form",
    ),
    twins("form_without_label", "x", form({"id": "x", "type": "textfield", "key": "a"}), form(ANSWER), file="ask.form", severity="warning"),
    twins("form_shape", "", '{"id": "ask"}', form(ANSWER), file="ask.form"),
    twins("form_without_id", "", '{"components": []}', form(ANSWER), file="ask.form"),
]
