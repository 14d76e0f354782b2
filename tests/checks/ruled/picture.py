"""Twins for the rules about the picture."""

from tests.checks.building import LINE, SHAPES, laid_out, person, process, twins, with_message

TWINS = [
    twins(
        "definition_unused",
        "message_lost",
        with_message("message_lost", "lost", used=False),
        with_message("message_lost", "lost"),
        severity="warning",
    ),
    twins("definition_without_name", "message_lost", with_message("message_lost", ""), with_message("message_lost", "lost"), severity="warning"),
    twins("definition_twice", "message_lost", with_message("message_lost", "withdrawn"), with_message("message_lost", "lost"), severity="warning"),
    twins("no_diagram", "", process(LINE, ask=person()), laid_out(SHAPES), severity="warning"),
    twins("not_drawn", "end", laid_out({name: place for name, place in SHAPES.items() if name != "end"}), laid_out(SHAPES), severity="warning"),
    twins("overlap", "end", laid_out(SHAPES | {"end": (150, 90, 36, 36)}), laid_out(SHAPES), severity="warning"),
    twins("outside_parent", "end", laid_out(SHAPES | {"end": (900, 90, 36, 36)}), laid_out(SHAPES), severity="warning"),
]
