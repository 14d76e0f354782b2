"""The command ``samspel``: the engine's commands and those that need the web."""

from __future__ import annotations

from engine.cli import samspel


def main() -> None:
    """Run the command with the arguments of the shell."""
    samspel()
