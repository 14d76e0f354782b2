"""Serves the application for real use: gunicorn, one process a worker, each with an application of its own.

The isolate of FEEL must be made after the fork and on a worker's main thread (engine/services/opening.py): nothing is loaded before.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from engine.errors import Language, SamspelError
from engine.services.opening import require_ready
from engine.services.releases import StoredReleases
from engine.services.runtime import Runtime
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings
from webui.sweeping import sweeping

SHORTEST_KEY = 32
"""Signs of the secret key: those of 16 random bytes in hexadecimal."""
LAST_PORT = 65535
GRACE = 30
"""Seconds that a worker has to finish what it began, when it is told to stop."""
ACCESS = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
"""A line for each request: nobody's address, and no query, in which somebody may have searched."""

_log = logging.getLogger("samspel.serving")


class AssetsMissing(SamspelError):
    """The pages' style and script have not been built."""

    sv = "Sidornas stil och skript är inte byggda. Kör make assets."
    en = "The style and script of the pages have not been built. Run make assets."


class SecretKeyMissing(SamspelError):
    """Nothing signs the cookies."""

    sv = "Den hemliga nyckeln saknas. Skapa en med openssl rand -hex 32, och ge den i SAMSPEL_SECRET_KEY eller som secret_key i filen för --config."
    en = "The secret key is missing. Make one with openssl rand -hex 32, and give it in SAMSPEL_SECRET_KEY or as secret_key in the file of --config."


class SecretKeyTooShort(SamspelError):
    """What signs the cookies could be guessed."""

    sv = "Den hemliga nyckeln har {length} tecken och behöver minst {shortest}. Skapa en ny med openssl rand -hex 32."
    en = "The secret key has {length} characters and needs at least {shortest}. Make a new one with openssl rand -hex 32."


class AddressTaken(SamspelError):
    """Something else listens there."""

    sv = "Adressen {bind} används redan. Välj en annan med --bind, eller stoppa det som svarar där."
    en = "The address {bind} is in use. Choose another with --bind, or stop what answers there."


class AddressWrong(SamspelError):
    """Nothing can listen there."""

    sv = "Adressen {bind} går inte att svara på: {reason}. Skriv --bind som 127.0.0.1:8000."
    en = "Nothing can answer at the address {bind}: {reason}. Write --bind like 127.0.0.1:8000."


@dataclass(frozen=True)
class Place:
    """Where and with how many hands to serve."""

    bind: str
    workers: int
    threads: int
    timers: bool
    """Whether to let time pass here; else ``samspel timers run`` is called from outside."""
    log_requests: bool


def require_assets() -> None:
    """See that there are pages to show. Raises AssetsMissing."""
    if not (Path(__file__).parent / "static" / "built" / "pages.css").is_file():
        raise AssetsMissing


def require_all(settings: Settings, place: Place) -> None:
    """See that a server can begin, before it does: each thing that is missing is one sentence.

    Raises AssetsMissing, SecretKeyMissing, SecretKeyTooShort, DatabaseUnusable, TablesMissing, AddressTaken and AddressWrong.
    """
    require_assets()
    if not settings.secret_key:
        raise SecretKeyMissing
    if len(settings.secret_key) < SHORTEST_KEY:
        raise SecretKeyTooShort(length=len(settings.secret_key), shortest=SHORTEST_KEY)
    require_ready(settings.database)
    _require_free(place.bind)


def serve(settings: Settings, place: Place, language: Language) -> int:
    """Serve until told to stop, and return the status to end with. Raises as ``require_all`` does."""
    require_all(settings, place)
    here, folder = os.getpid(), tempfile.mkdtemp(prefix="samspel-")
    try:
        _Server(settings, place, language, Path(folder) / "timers.lock").run()
    except SystemExit as end:
        if os.getpid() != here:  # a worker, which ends here too and tells its own status
            raise
        return 0 if not end.code else 1
    finally:
        if os.getpid() == here:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn asks for: its settings, and an application in each worker."""

    def __init__(self, settings: Settings, place: Place, language: Language, lock: Path) -> None:
        self.settings = settings
        self.place = place
        self.language: Language = language
        self.lock = lock
        self.at_end = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn is to do."""
        wanted: dict[str, Any] = {
            "bind": self.place.bind,
            "workers": self.place.workers,
            "worker_class": "gthread",
            "threads": self.place.threads,
            "preload_app": False,
            "graceful_timeout": GRACE,
            "timeout": 120,
            "accesslog": "-" if self.place.log_requests else None,
            "access_log_format": ACCESS,
            "control_socket_disable": True,
            "proc_name": "samspel",
            "worker_exit": lambda _server, _worker: self.at_end.close(),
        }
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make a worker's application, on its main thread."""
        _log_to_stderr()
        try:
            app = create_app(self.settings)
        except SamspelError as error:
            sys.stderr.write(f"Error: {error.sentence(self.language)}\n")
            sys.exit(Arbiter.APP_LOAD_ERROR)
        runtime: Runtime = app.extensions[EXTENSION].runtime
        if isinstance(runtime.releases, StoredReleases) and runtime.releases.refused is not None:
            _log.warning("%s", runtime.releases.refused.sentence(self.language))
        self.at_end.callback(runtime.database.close)
        if self.place.timers:
            self.at_end.enter_context(sweeping(runtime, self.lock, threading.Event()))
        return app


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("samspel").setLevel(logging.INFO)


def _require_free(bind: str) -> None:
    """Try an address before anything is started. Raises AddressTaken and AddressWrong."""
    if bind.startswith("unix:"):
        return
    host, _, port = bind.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]") or "0.0.0.0", _port(port), type=socket.SOCK_STREAM)[0]  # noqa: S104 - as gunicorn reads ":8000"
    except (OSError, ValueError) as error:
        raise AddressWrong(bind=bind, reason=error) from error
    with socket.socket(found[0], found[1]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(found[4])
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressTaken(bind=bind) from error
            raise AddressWrong(bind=bind, reason=error.strerror) from error


def _port(text: str) -> int:
    """Return a port. Raises ValueError for what is none; the system would take the rest after a division."""
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise ValueError(f"port {port}")
    return port
