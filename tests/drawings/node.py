"""Finds the Node that the machine or the environment has, and runs the project's scripts in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.drawings.modeler import TOP


def node() -> Path:
    """Return the program: the machine's own, else the one that ``make setup`` put into the environment."""
    return Path(shutil.which("node") or Path(sys.prefix) / "node" / "bin" / "node")


def judged(paths: list[Path]) -> dict[Path, dict[str, Any]]:
    """Return what bpmn-moddle and bpmnlint make of each file."""
    done = subprocess.run([node(), "tests/drawings/moddle.js", *paths], cwd=TOP, check=True, capture_output=True, text=True, encoding="utf-8")
    return {Path(path): verdict for path, verdict in json.loads(done.stdout).items()}
