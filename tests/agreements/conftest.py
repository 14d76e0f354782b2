"""Releases of the policy tables and the agreements alone: what these tests say holds whatever the drawings are."""

from __future__ import annotations

from datetime import date

import pytest

from engine.execution import load_files
from engine.shipped import processes_folder

DAY = date(2026, 3, 2)


def table_files(*, overlay=False):
    """The shipped agreements and tables, by path; with the demonstration's local decisions where asked."""
    folder = processes_folder()
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for part in ("agreements", "policy") for path in (folder / part).iterdir()}
    if overlay:
        files["policy/local.dmn"] = (folder / "demonstration" / "policy" / "local.dmn").read_bytes()
    return files


@pytest.fixture(scope="session")
def shipped():
    return load_files(table_files())


@pytest.fixture(scope="session")
def demonstration():
    return load_files(table_files(overlay=True))
