"""Opens everything that a process of the application needs: isolate, database, drawings, clock."""

from __future__ import annotations

from pathlib import Path

from engine.clock import SystemClock
from engine.execution import feel
from engine.services import releases
from engine.services.clock import OffsetClock
from engine.services.runtime import Runtime
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade


def open_runtime(url: str, models: Path | None = None, *, demonstration: bool = False) -> Runtime:
    """Open the database and the drawings. Called on the main thread, after any fork: the isolate needs that.

    A demonstration has its own local decisions and a clock that can be moved. Raises DatabaseUnusable, ModelsRefused and FeelBundleMissing.
    """
    feel.start()
    database = open_database(url)
    upgrade(database)
    folder = models or processes_folder()
    clock = OffsetClock(database) if demonstration else SystemClock()
    overlays = [processes_folder() / releases.DEMONSTRATION] if demonstration else []
    return Runtime(database, releases.open_releases(database, clock, folder, overlays), clock)
