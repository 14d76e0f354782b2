"""Twins for the rules about decision tables."""

from tests.checks.building import SOUND_TABLE, due, table, twins

TWINS = [
    twins("deadline_start_unknown", "row_1", due('"plan_redy"'), due('"plan_ready"'), file="due.dmn"),
    twins("deadline_start_unknown", "row_1", due('"deadlines.meting"'), due('"deadlines.meeting"'), file="due.dmn", label="another deadline"),
    twins(
        "deadline_start_unknown", "row_1", due('"policy.clock"', '"lost"'), due('"policy.clock"', '"plan_ready"'), file="due.dmn", label="a choice"
    ),
    twins("deadline_met_unknown", "row_1", due(met_by='"plan_redy"'), due(met_by='"plan_ready"'), file="due.dmn"),
    twins("dmn-overlap", "row_2", table(("&lt; 3", '"a"'), ("&gt;= 2", '"b"')), SOUND_TABLE, file="route.dmn"),
    twins("dmn-gap", "route_table", table(("&lt; 2", '"a"'), ("&gt; 2", '"b"')), SOUND_TABLE, file="route.dmn"),
]
