"""What the web application may need to know, read once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from engine.clock import Clock, SystemClock


@dataclass(frozen=True)
class Settings:
    """The configuration of one process."""

    database: str
    """URL of the database, as SQLAlchemy writes it."""
    models: Path | None = None
    """Folder of the drawings; else the shipped ones."""
    demonstration: bool = False
    """Whether to show the pages to change person and move the clock, and to use the demonstration's decisions."""
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """Signs cookies and form tokens; sessions survive a restart only where it stays the same."""
    secure_cookies: bool = True
    """Whether cookies go over TLS only; off for a demonstration on one's own machine."""
    proxies: int = 0
    """How many reverse proxies stand in front, whose word about the caller's address and TLS is taken."""
    calls_a_minute: int = 600
    """How many calls of the API a token may make in each worker; 0 is any number."""
    wall_clock: Clock = field(default_factory=SystemClock, repr=False)
    """The real time, for sessions; cases follow the runtime's clock."""
