"""Twins for the rules about expressions."""

from tests.checks.building import ANSWER, LOOP, REPEATED_CALL, call, el, event, form, gate, line, mapping, note, person, process, repeat, timer, twins

TWINS = [
    twins(
        "unknown_name",
        "it",
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=nothing_like_it")),
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=answer")),
        label="the called process lacks the output",
    ),
    twins("feel_syntax", "it", line(person(ext=mapping(unit="=if then"))), line(person(ext=mapping(unit="=units[1]")))),
    twins(
        "feel_syntax",
        "choose_to_ask",
        process(LOOP.replace('=answer = "again"', "=answer ="), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="condition",
    ),
    twins(
        "feel_without_equals",
        "choose_to_ask",
        process(LOOP.replace("=answer =", "answer ="), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
    ),
    twins("feel_empty", "it", line(person(ext=mapping(unit="="))), line(person(ext=mapping(unit="=null")))),
    twins("unknown_name", "it", line(person(ext=mapping(unit="=unti"))), line(person(ext=mapping(unit="=unit")))),
    twins(
        "unknown_name",
        "choose_to_ask",
        process(LOOP.replace("=answer", "=anser"), ask=person(), choose=gate(default="choose_to_end")),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="condition",
    ),
    twins(
        "unknown_name",
        "it",
        line(person(repeat('inputCollection="=one" inputElement="one"'))),
        line(person(repeat())),
        label="the item outside its repetition",
    ),
    twins(
        "unknown_name",
        "after",
        process(
            "start > ask > many > after > end", ask=person(), many=call(inner=repeat(), unit="=one", out_given="=answer"), after=note(text="=given")
        ),
        process("start > ask > many > after > end", ask=person(), many=call(unit="=unit", out_given="=answer"), after=note(text="=given")),
        label="an instance leaves only what is gathered",
    ),
    twins("unknown_policy_key", "it", line(note(text="=string(policy.meting_max_days)")), line(note(text="=string(policy.meeting_max_days)"))),
    twins(
        "unknown_deadline",
        "it",
        line(event("intermediateCatchEvent", timer("=deadlines.metting.at", "timeDate"))),
        line(event("intermediateCatchEvent", timer("=deadlines.meeting.at", "timeDate"))),
    ),
    twins(
        "feel_syntax",
        "field_answer",
        form({**ANSWER, "conditional": {"hide": "=if"}}),
        form({**ANSWER, "conditional": {"hide": "=today = null"}}),
        file="ask.form",
        label="form",
    ),
    twins(
        "unknown_name",
        "field_answer",
        form({**ANSWER, "conditional": {"hide": "=unknown_thing"}}),
        form({**ANSWER, "conditional": {"hide": "=case = null"}}),
        file="ask.form",
        label="form",
    ),
    twins(
        "unknown_name",
        "it",
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>')),
        line(el("businessRuleTask", "", '<zeebe:calledDecision decisionId="route" resultVariable="way"/>' + mapping(level="=1"))),
        label="input of a decision",
    ),
]
