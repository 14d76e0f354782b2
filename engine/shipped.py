"""Where the process models that came with Samspel lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_ENGINE = Path(__file__).parent


def processes_folder() -> Path:
    """Return the folder of the shipped drawings, tables, forms and agreements.

    The wheel carries it inside the package; in a checkout it is ``processes/`` at the top.
    """
    installed = _ENGINE / "processes"
    return installed if installed.is_dir() else _ENGINE.parent / "processes"
