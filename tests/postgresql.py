"""A PostgreSQL server of our own for tests and measurements, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GIVEN = "SAMSPEL_TEST_POSTGRESQL"
"""Environment variable: the URL of a server to use instead, its user allowed to make databases."""


def binaries() -> Path | None:
    """Return where the newest installed server's programs lie (Debian keeps them off PATH), or none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


@contextmanager
def server() -> Iterator[str | None]:
    """Start a server and give its URL, or none where no server is installed.

    It listens on a socket in a folder of its own only. The server refuses to run as root: then it runs as ``postgres``.
    """
    if given := os.environ.get(GIVEN):
        yield given
        return
    programs = binaries()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="samspel-pg-"))
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    subprocess.run([*as_postgres, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], check=True, capture_output=True)
    options = f"-k {folder} -c listen_addresses='' -c max_connections=120"
    start = [*as_postgres, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        subprocess.run([*as_postgres, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, capture_output=True)
        shutil.rmtree(folder)
