"""Numbers and moments in addresses: those that a row may have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1
"""What a database counts to; there is nothing at a larger number, and to ask for it would be an error of ours."""


MOST_PAGES = 1_000_000
"""More than any list has."""


def row_number(text: str) -> int:
    """Return a whole number that the database can look up, of a question or a form. Raises ValueError."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is no row's")
    return number


def page_number(text: str) -> int:
    """Return the number of a page of a list. Raises ValueError."""
    number = int(text)
    if not 1 <= number <= MOST_PAGES:
        raise ValueError(f"{number} is no page's")
    return number


def moment(text: str) -> datetime:
    """Return a moment in UTC from ISO text with a zone. Raises ValueError, also for one that no calendar holds in UTC."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} lies outside of the calendar") from error


class RowNumber(IntegerConverter):
    """A whole number that the database can look up."""

    def __init__(self, of: Map, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Werkzeug's signature
        super().__init__(of, *args, **{"max": LARGEST, **kwargs})
