"""Lets time pass in the cases while the web is up: in one worker at a time, whichever it is."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.services import routing, timers
from engine.services.runtime import Runtime

SECONDS = 20
"""How often it is looked for what has become due."""
ROUTE_EVERY = 30
"""Sweeps between two looks for work whose people have left: ten minutes."""

_log = logging.getLogger("samspel.timers")


def sweep(runtime: Runtime) -> int:
    """Fire everything that is due by now and return how many processes went on."""
    fired = 0
    while (swept := timers.sweep(runtime)).fired:
        fired += swept.fired
        if not swept.more:
            break
    return fired


@contextmanager
def sweeping(runtime: Runtime, lock: Path, over: threading.Event) -> Iterator[threading.Thread]:
    """Sweep beside the requests of this process for as long as it holds the lock, which the system gives on when a worker dies."""
    thread = threading.Thread(target=_let_time_pass, args=(runtime, lock, over), name="timers", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        over.set()
        thread.join(timeout=SECONDS)


def _let_time_pass(runtime: Runtime, lock: Path, over: threading.Event) -> None:
    with lock.open("a", encoding="utf-8") as held:
        while not _take(held.fileno()):
            if over.wait(SECONDS):
                return
        _log.info("this worker fires what becomes due")
        round_ = 0
        while not over.is_set():
            _once(runtime, route=round_ % ROUTE_EVERY == 0)
            round_ += 1
            over.wait(SECONDS)


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _once(runtime: Runtime, *, route: bool) -> None:
    try:
        fired = sweep(runtime)
        moved = routing.reroute(runtime) if route else 0
    except Exception:  # noqa: BLE001 - a database that is away for a minute must not end the only thread that lets time pass
        _log.exception("what is due could not be fired; the next try is in %d seconds", SECONDS)
        return
    if fired or moved:
        _log.info("%d processes went on, %d work items found a new way", fired, moved)
