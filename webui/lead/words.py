"""How a manager's page counts: "tredje avvikelsen"."""

from __future__ import annotations

from webui.house import language

_SWEDISH = str.split("första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte")
_ENGLISH = str.split("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")


def ordinal(number: int) -> str:
    """Return a number as one says which of several it is, from 1."""
    words = _ENGLISH if language() == "en" else _SWEDISH
    if 0 < number <= len(words):
        return words[number - 1]
    return f"{number}:e" if language() == "sv" else f"{number}{_suffix(number)}"


def _suffix(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
