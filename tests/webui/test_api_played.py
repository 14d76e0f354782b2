"""The script in the documents plays a case from need to closure through the API, over HTTP, with what it ships alone."""

import subprocess
import sys
from pathlib import Path

from engine.clock import SystemClock
from engine.services import tokens
from engine.services.directory import directory
from tests.browser import served

SCRIPT = Path(__file__).parents[2] / "docs/play_case.py"


def test_a_program_takes_a_case_from_need_to_closure(app, runtime, school, tmp_path):
    here = directory(runtime)
    others = [one.id for one in here.organisation.persons if one.id != school.teacher and here.organisation.can_log_in(one.id, here.at)]
    logins = [here.organisation.person(person).login for person in (school.teacher, *others)]
    file = tmp_path / "tokens"
    file.write_text("\n".join(tokens.create(runtime, login, SystemClock().now()).token for login in logins))

    with served(app) as address:
        done = subprocess.run(
            [sys.executable, "-I", SCRIPT, address, file], check=False, capture_output=True, text=True, encoding="utf-8", timeout=180
        )

    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "ended as closed" in done.stdout
    assert ": waiting" not in done.stdout
