"""Numbers in addresses: those that a row may have."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1
"""What a database counts to; there is nothing at a larger number, and to ask for it would be an error of ours."""


class RowNumber(IntegerConverter):
    """A whole number that the database can look up."""

    def __init__(self, of: Map, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Werkzeug's signature
        super().__init__(of, *args, **{"max": LARGEST, **kwargs})
