"""What the pages say, in the reader's language; Flask-Babel's own functions have no types."""

from __future__ import annotations

import flask_babel


def gettext(text: str, **values: object) -> str:
    """Return a sentence, with the values in their places."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int) -> str:
    """Return a sentence about a number of things."""
    return str(flask_babel.ngettext(one, many, num))
