"""Turns what goes wrong into a page that says what to do."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.errors import SamspelError
from engine.services.access import NoSuchCase, NoSuchDocument, NoSuchWorkItem, NotYours
from engine.services.deputies import NoSuchDeputy
from engine.services.deviations import NoSuchDeviation
from engine.services.disputes import NoSuchDispute
from engine.services.tasks import AlreadyCompleted, ClaimedByAnother, DatabaseBusy, Unsaved, WorkItemMoved
from engine.services.workplaces import NotAtWork
from webui import kept
from webui.house import language
from webui.words import gettext

Answer = tuple[str, int]

UNWRITTEN = kept.UNWRITTEN | {"draft_version", "was_kept"}
"""Fields of a form that nobody has typed."""
SECRET = frozenset({"password"})
"""Rooms in which nothing but passwords is typed."""


def add_errors(app: Flask) -> None:
    """Give every error its page."""
    for kind in (NoSuchCase, NoSuchDocument, NoSuchWorkItem, NoSuchDeputy, NoSuchDeviation, NoSuchDispute, NotAtWork, NotYours):
        app.register_error_handler(kind, not_found)
    for conflict in (AlreadyCompleted, ClaimedByAnother, WorkItemMoved):
        app.register_error_handler(conflict, overtaken)
    app.register_error_handler(DatabaseBusy, busy)
    app.register_error_handler(SamspelError, refused)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(HTTPException, plain)
    app.register_error_handler(Exception, broken)


def not_found(error: SamspelError) -> Answer:
    """Say the same of what does not exist and of what is somebody else's, and give back what was written: it may have been theirs a moment ago."""
    del error
    return render_template("errors/404.html", written=written()), HTTPStatus.NOT_FOUND


def overtaken(error: Unsaved) -> tuple[Response | str, int]:
    """Say who was first, and show all that was written."""
    said = error.sentence(language())
    if wants_json():
        return jsonify(message=said), HTTPStatus.CONFLICT
    return overtaken_page(said, written())


def overtaken_page(said: str, texts: Sequence[str]) -> Answer:
    """Return the page that says that something went on without the reader, with what they wrote."""
    return render_template("errors/409.html", said=said, written=texts), HTTPStatus.CONFLICT


def busy(error: DatabaseBusy) -> tuple[Response | str, int]:
    """Say that the database could not take it now, and show all that was written."""
    said = error.sentence(language())
    if wants_json():
        return jsonify(message=said), HTTPStatus.SERVICE_UNAVAILABLE
    return render_template("errors/422.html", said=said, written=written()), HTTPStatus.SERVICE_UNAVAILABLE


def wants_json() -> bool:
    """Whether it is the page's own script that asks."""
    return request.accept_mimetypes.best == "application/json"


def refused(error: SamspelError) -> Answer:
    """Say a foreseen error in its own sentence."""
    return render_template("errors/422.html", said=error.sentence(language()), written=written()), HTTPStatus.UNPROCESSABLE_ENTITY


def stale(error: CSRFError) -> tuple[Response | str, int]:
    """Say that the page was too old to be sent; what was written is kept for whoever the page was shown to, else shown."""
    del error
    if not current_user.is_authenticated and request.form.get(kept.FIELD):
        return logged_out()
    place = kept.keep_sent()
    said = gettext("Sidan hade legat öppen för länge eller öppnats i en annan inloggning. Öppna den igen och skicka en gång till.")
    page = render_template("errors/stale.html", said=said, written=[] if place else written(), address=kept.address_of(place) if place else None)
    return page, HTTPStatus.BAD_REQUEST


def logged_out() -> tuple[Response | str, int]:
    """Keep what somebody sent whose session had ended meanwhile, and lead them to it by way of the login; else give it back."""
    place = kept.keep_sent()
    address = kept.address_of(place) if place else None
    if wants_json():
        said = gettext("Du har loggats ut. Det du skrev är sparat. Logga in igen, så står det här.") if place else gettext("Du har loggats ut.")
        return jsonify(message=said), HTTPStatus.UNAUTHORIZED
    return render_template("errors/401.html", written=[] if place else written(), address=address), HTTPStatus.UNAUTHORIZED


def plain(error: HTTPException) -> Answer:
    """Show the page of an HTTP error; one without a page of its own says what HTTP calls it."""
    page = render_template(f"errors/{error.code}.html" if error.code in _PAGES else "errors/other.html", name=error.name)
    return page, error.code or HTTPStatus.INTERNAL_SERVER_ERROR


def broken(error: Exception) -> Answer:
    """Say that we have erred, with a reference that stands in the log beside the traceback: the last stop before a bare server's own page."""
    reference = secrets.token_hex(4)
    current_app.logger.error("reference %s: %s %s", reference, request.method, request.endpoint, exc_info=error)
    return render_template("errors/500.html", reference=reference, written=written()), HTTPStatus.INTERNAL_SERVER_ERROR


def written() -> list[str]:
    """Return every text that was sent, so that a page can give it back; passwords are for no screen."""
    if request.blueprint in SECRET:
        return []
    return [text for name, text in request.form.items(multi=True) if name not in UNWRITTEN and not name.endswith(("#", "password")) and text.strip()]


_PAGES = frozenset({403, 404, 413, 429})
