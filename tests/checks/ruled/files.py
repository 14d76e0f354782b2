"""Twins for the rules about files."""

from tests.checks.building import ANSWER, LINE, form, line, mapping, person, process, sub, twins

TWINS = [
    twins(
        "duplicate_id",
        "ask",
        process("start > ask > part > end", ask=person(), part=sub("start_in > ask > end_in", ask=person())),
        process("start > ask > part > end", ask=person(), part=sub("start_in > ask_in > end_in", ask_in=person())),
    ),
    twins("no_id", "main", process(LINE, ask=person()).replace('<sequenceFlow id="ask_to_end"', "<sequenceFlow"), process(LINE, ask=person())),
    twins("schema", "it", line(person("<colour/>")), line(person())),
    twins("text_too_long", "it", line(person(ext=mapping(unit='="' + "x" * 20_001 + '"'), name="x" * 20_001)), line(person())),
    twins(
        "too_many_elements",
        "",
        process("start > " + " > ".join(f"n{i}" for i in range(260)) + " > end"),
        process("start > " + " > ".join(f"n{i}" for i in range(240)) + " > end"),
    ),
    twins("not_json", "", '{"id": "ask",\n "components": [}', form(ANSWER), file="ask.form"),
]
