"""Takes out of a request what nobody writes and PostgreSQL cannot keep: the sign U+0000, which only a program sends.

Without it every page and call that asks the database about a text would be an error of ours for whoever likes.
"""

from __future__ import annotations

from flask import Flask, Request, abort, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

NUL = "\x00"
UNREADABLE = "\ufffd"
"""In its place in a question, so that what fits nothing fits nothing still."""


class CleanRequest(Request):
    """A request whose questions and forms hold no U+0000."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Return the questions of the address."""
        return _clean(super().args, UNREADABLE)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        vars(self)["form"] = _clean(vars(self)["form"], "")


def clean_requests(app: Flask) -> None:
    """Clean every request; at an address with such a sign there is nothing."""
    app.request_class = CleanRequest
    app.before_request(_refuse_address)


def _refuse_address() -> None:
    if NUL in request.path:
        abort(404)


def _clean(given: MultiDict[str, str], instead: str) -> MultiDict[str, str]:
    if not any(NUL in text for pair in given.items(multi=True) for text in pair):
        return given
    return ImmutableMultiDict([(name.replace(NUL, instead), text.replace(NUL, instead)) for name, text in given.items(multi=True)])
