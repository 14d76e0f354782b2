"""Twins for the rules about processes, pools and lanes."""

from tests.checks.building import HEAD, LINE, el, inside, line, note, person, plane, process, props, twins

TWINS = [
    twins(
        "several_processes",
        "other",
        process(LINE, ask=person()).replace(
            "</process>", '</process><process id="other" isExecutable="true">' + plane("start_2 > ask_2 > end_2", ask_2=person()) + "</process>"
        ),
        process(LINE, ask=person()),
    ),
    twins("unknown_requirement", "it", line(note(ext=props(requirement="002-1 002-99"))), line(note(ext=props(requirement="002-1")))),
    twins(
        "unknown_requirement", "main", line(note(), _ext=props(requirement="009-1")), line(note(), _ext=props(requirement="002-1")), label="process"
    ),
    twins("no_process", "", f"{HEAD}</definitions>", process(LINE, ask=person())),
    twins("not_executable", "main", process(LINE, ask=person(), _executable="false"), process(LINE, ask=person())),
    twins("no_start", "main", process("ask > end", ask=person()), process(LINE, ask=person())),
    twins("several_starts", "start_2", process("start > ask > end\nstart_2 > ask", ask=person()), process(LINE, ask=person())),
    twins("no_end", "main", process("start > ask", ask=person()), process(LINE, ask=person())),
    twins("subprocess_empty", "part", process("start > part > end", part=el("subProcess")), inside("start_in > ask_in > end_in", ask_in=person())),
    twins(
        "unknown_purpose",
        "main",
        process(LINE, ask=person(), _ext=props(purpose="deviaton")),
        process(LINE, ask=person(), _ext=props(purpose="deviation")),
    ),
    twins("unknown_property", "it", line(person(ext=props(outcom="x"))), line(person(ext=props(milestone="plan_ready"))), severity="warning"),
    twins("notice_elsewhere", "it", line(el("task", ext=props(notice="summons"))), line(person(ext=props(notice="summons")))),
    twins("phase_name", "it", line(person(ext=props(phase=" "))), line(person(ext=props(phase="Möte")))),
    twins("phase_name", "it", line(person(ext=props(phase="Ett skede med alldeles för långt namn"))), line(person(ext=props(phase="M" * 24)))),
    twins(
        "phases_many",
        "main",
        process("start > a > b > c > d > e > f > g > h > i > end", **{name: person(ext=props(phase=name)) for name in "abcdefghi"}),
        process("start > a > b > c > d > e > f > g > h > i > end", **{name: person(ext=props(phase=name.replace("i", "h"))) for name in "abcdefghi"}),
        severity="warning",
    ),
    twins(
        "lane_unknown_node",
        "lane_1",
        process(LINE, ask=person(), _more='<laneSet id="lanes"><lane id="lane_1" name="A"><flowNodeRef>nobody</flowNodeRef></lane></laneSet>'),
        process(LINE, ask=person(), _more='<laneSet id="lanes"><lane id="lane_1" name="A"><flowNodeRef>ask</flowNodeRef></lane></laneSet>'),
    ),
]
