"""Keeps what somebody sends after their session has ended, so that they find it again after logging in.

A form says in a signed token whose it is and from which page. The token opens nothing: all that it allows is to put a text aside
for that person. Nothing is kept in the browser.
"""

from __future__ import annotations

from flask import current_app, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.services import kept
from webui.house import person, runtime

FIELD = "kept_by"
"""The form's field with the token."""
UNWRITTEN = frozenset({"csrf_token", "do", "to", FIELD})
DAYS = 14
"""How long a page may lie open before its token says nothing any more."""


def token(place: str) -> str:
    """Return what a form carries: that it was shown to this reader, on the page of ``place``."""
    return str(_serializer().dumps([person(), place]))


def keep_sent() -> str | None:
    """Keep what this request sent for whoever the form was shown to, and return the place; none where the form does not say, or to somebody else."""
    try:
        writer, place = _serializer().loads(request.form.get(FIELD, ""), max_age=DAYS * 24 * 3600)
    except BadSignature:
        return None
    if current_user.is_authenticated and person() != writer:
        return None
    kept.keep(runtime(), writer, place, [(name, text) for name, text in request.form.items(multi=True) if name not in UNWRITTEN])
    return str(place)


def address_of(place: str) -> str:
    """Return the path of the page that a place means: ``task:7`` is /task/7."""
    return "/" + place.replace(":", "/")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept text")
