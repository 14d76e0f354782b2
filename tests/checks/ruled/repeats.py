"""Twins for the rules about repetitions."""

from tests.checks.building import LOOP, REPEATED_CALL, call, el, gate, line, person, process, repeat, twins

TWINS = [
    twins(
        "camunda_collection",
        "it",
        line(person('<multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="one"/>')),
        line(person(repeat())),
    ),
    twins(
        "loop_data_input",
        "it",
        line(person("<multiInstanceLoopCharacteristics><loopDataInputRef>units</loopDataInputRef></multiInstanceLoopCharacteristics>")),
        line(person(repeat())),
    ),
    twins(
        "loop_cardinality",
        "it",
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">1000000</loopCardinality>'))),
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">500</loopCardinality>'))),
    ),
    twins(
        "loop_cardinality_invalid",
        "it",
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">många</loopCardinality>'))),
        line(person(repeat("", '<loopCardinality xsi:type="tFormalExpression">=count(units)</loopCardinality>'))),
    ),
    twins(
        "repeated_call_without_mapping",
        "it",
        line(el("callActivity", repeat(), '<zeebe:calledElement processId="called"/>')),
        line(call(inner=repeat(), unit="=one")),
    ),
    twins(
        "repeated_call_without_mapping",
        "it",
        line(call(inner=repeat(REPEATED_CALL), unit="=one")),
        line(call(inner=repeat(REPEATED_CALL), unit="=one", out_given="=answer")),
        label="gathers what no call gives",
    ),
    twins(
        "repeated_output_missing",
        "it",
        line(person(repeat('inputCollection="=units" inputElement="one" outputCollection="answers"'))),
        line(person(repeat('inputCollection="=units" inputElement="one" outputCollection="answers" outputElement="=answer"'))),
    ),
    twins(
        "standard_loop",
        "it",
        line(person('<standardLoopCharacteristics loopMaximum="3"/>')),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
    ),
    twins("repeat_without_collection", "it", line(person("<multiInstanceLoopCharacteristics/>")), line(person(repeat()))),
    twins("repeat_without_element", "it", line(person(repeat('inputCollection="=units"'))), line(person(repeat()))),
    twins(
        "standard_loop",
        "it",
        line(
            person(
                '<standardLoopCharacteristics><loopCondition xsi:type="tFormalExpression">=answer = "x"</loopCondition></standardLoopCharacteristics>'
            )
        ),
        process(LOOP, ask=person(), choose=gate(default="choose_to_end")),
        label="with a condition",
    ),
]
