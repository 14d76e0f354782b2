"""What every service function takes first: the database, the releases, the clock and the facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.execution import Release
from engine.facts.organisation import Organisation
from engine.services.people import load_organisation
from engine.storage import queries
from engine.storage.database import Database


class Releases(Protocol):
    """The releases of the drawings: the active one, and every one that an open case is pinned to."""

    @property
    def active(self) -> Release:
        """The release under which new cases start."""
        ...

    def get(self, hash_: str, /) -> Release:
        """Return a release by its hash."""
        ...


@dataclass
class Runtime:
    """The engine in one process. It holds no case; it may be shared between threads."""

    database: Database
    releases: Releases
    clock: Clock
    _snapshot: tuple[int, Organisation] | None = field(default=None, repr=False)

    def organisation(self, session: Session) -> Organisation:
        """Return the organisation as the session's transaction sees it; it is read anew only after somebody changed it."""
        known = session.info.get(Organisation)
        if isinstance(known, Organisation):
            return known
        version = queries.organisation_version(session)
        snapshot = self._snapshot  # another thread may put a newer one there at any moment
        if snapshot is None or snapshot[0] != version:
            snapshot = self._snapshot = (version, load_organisation(session))
        session.info[Organisation] = snapshot[1]
        return snapshot[1]


@dataclass(frozen=True)
class OneRelease:
    """The folder as it is: a single release, for tests, the simulator and small installations."""

    active: Release

    def get(self, hash_: str, /) -> Release:  # noqa: ARG002 - there is only one
        """Return the only release."""
        return self.active
