"""Checks files in a process of its own, which is stopped when one file takes more than five seconds.

The caps of the checks make that unlikely; the process makes it certain, also where an interpreter hangs or dies on
what a stranger wrote. The child prints one JSON line when it begins with a file and one when it is done.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

import orjson

import engine
from engine.execution import feel
from engine.execution.checks import check_file, engine_faults
from engine.execution.checks.models import read_models
from engine.execution.checks.rules import RULES
from engine.execution.checks.verdicts import Verdict
from engine.execution.faults import Fault, Vocabulary

SECONDS = 5.0
"""The longest that one file may take (issue 2, point 14)."""
_STARTING = 30.0
"""Seconds for the child to load its libraries on a busy machine."""


def verdicts_apart(files: Mapping[str, bytes | None], vocabulary: Vocabulary, only: str | None = None, seconds: float = SECONDS) -> list[Verdict]:
    """Return the verdict of every file, or of ``only`` one among the others; never raises for a bad file.

    Raises ``feel.FeelBundleMissing`` where the interpreter is not built.
    """
    if not feel.BUNDLE.is_file():
        raise feel.FeelBundleMissing(path=feel.BUNDLE.name)
    left = dict(files)
    stopped: dict[str, list[Fault]] = {}
    while True:
        found, culprit, code = _attempt(left, vocabulary, only, seconds)
        if culprit is None:
            break
        stopped[culprit] = [RULES[code].at(culprit, seconds=f"{seconds:g}")]
        left.pop(culprit, None)
        if culprit == only or not left:
            break
    found.update(stopped)
    return [Verdict(file, tuple(found.get(file, ()))) for file in sorted(files) if only in (None, file)]


def _attempt(
    files: Mapping[str, bytes | None], vocabulary: Vocabulary, only: str | None, seconds: float
) -> tuple[dict[str, list[Fault]], str | None, str]:
    """Return the faults by file, and the file that the child could not finish with the rule that says why."""
    found: dict[str, list[Fault]] = {}
    current: str | None = None
    with _child(files, vocabulary, only) as lines:
        limit = _STARTING
        while True:
            try:
                line = lines.get(timeout=limit)
            except Empty:
                return found, current or only or min(files), "took_too_long"
            if line is None:
                return found, current or only or min(files), "check_stopped"
            message = orjson.loads(line)
            if "done" in message:
                return found, None, ""
            if "begin" in message:
                current, limit = message["begin"], seconds
            else:
                found.setdefault(message["file"], []).extend(Fault(**fault) for fault in message["faults"])


@contextlib.contextmanager
def _child(files: Mapping[str, bytes | None], vocabulary: Vocabulary, only: str | None) -> Iterator[Queue[bytes | None]]:
    """Run the child with the files, and give the queue of its lines; None ends it."""
    home = str(Path(engine.__file__).parent.parent)
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-m", "engine.execution.checks.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines: Queue[bytes | None] = Queue()
        threading.Thread(target=_collect, args=(process.stdout, lines), daemon=True).start()
        try:
            with contextlib.suppress(BrokenPipeError):
                pickle.dump((dict(files), vocabulary, only), process.stdin)
                process.stdin.close()
            yield lines
        finally:
            process.kill()


def _collect(output: IO[bytes], lines: Queue[bytes | None]) -> None:
    with contextlib.suppress(ValueError):  # closed while reading, after the child was stopped
        for line in output:
            lines.put(line)
    lines.put(None)


def _serve() -> None:
    """Check what standard input holds; whatever goes wrong here ends the process, and the parent says so of the file."""
    files, vocabulary, only = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    models = read_models(files, only, lambda file: _say({"begin": file}))
    clean = True
    for file in sorted(files):
        if only in (None, file):
            _say({"begin": file})
            faults = check_file(models, file, vocabulary)
            clean &= not any(fault.severity == "error" for fault in faults)
            _say({"file": file, "faults": [asdict(fault) for fault in faults]})
    if clean:
        for fault in engine_faults({file: data for file, data in files.items() if file not in models.faults}):
            if only in (None, fault.file):
                _say({"file": fault.file, "faults": [asdict(fault)]})
    _say({"done": True})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
