"""Turns what goes wrong into a page that says what to do."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.errors import SamspelError
from engine.services.access import NoSuchCase, NoSuchDocument, NoSuchWorkItem, NotYours
from engine.services.deputies import NoSuchDeputy
from engine.services.deviations import NoSuchDeviation
from engine.services.disputes import NoSuchDispute
from engine.services.tasks import AlreadyCompleted, ClaimedByAnother, Unsaved, WorkItemMoved
from webui.house import language
from webui.words import gettext

Answer = tuple[str, int]

UNWRITTEN = ("csrf_token", "do", "to")
"""Fields of a form that nobody has typed."""


def add_errors(app: Flask) -> None:
    """Give every error its page."""
    for kind in (NoSuchCase, NoSuchDocument, NoSuchWorkItem, NoSuchDeputy, NoSuchDeviation, NoSuchDispute, NotYours):
        app.register_error_handler(kind, not_found)
    for conflict in (AlreadyCompleted, ClaimedByAnother, WorkItemMoved):
        app.register_error_handler(conflict, overtaken)
    app.register_error_handler(SamspelError, refused)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(HTTPException, plain)
    app.register_error_handler(Exception, broken)


def not_found(error: SamspelError) -> Answer:
    """Say the same of what does not exist and of what is somebody else's."""
    del error
    return render_template("errors/404.html"), HTTPStatus.NOT_FOUND


def overtaken(error: Unsaved) -> tuple[Response | str, int]:
    """Say who was first, and show all that was written."""
    said = error.sentence(language())
    if request.accept_mimetypes.best == "application/json":
        return jsonify(message=said), HTTPStatus.CONFLICT
    return render_template("errors/409.html", said=said, written=written()), HTTPStatus.CONFLICT


def refused(error: SamspelError) -> Answer:
    """Say a foreseen error in its own sentence."""
    return render_template("errors/422.html", said=error.sentence(language()), written=written()), HTTPStatus.UNPROCESSABLE_ENTITY


def stale(error: CSRFError) -> Answer:
    """Say that the page was too old to be sent, and show what was written."""
    del error
    said = gettext("Sidan hade legat öppen för länge eller öppnats i en annan inloggning. Öppna den igen och skicka en gång till.")
    return render_template("errors/409.html", said=said, written=written()), HTTPStatus.BAD_REQUEST


def logged_out() -> Answer:
    """Give back what somebody wrote whose session had ended meanwhile."""
    return render_template("errors/401.html", written=written()), HTTPStatus.UNAUTHORIZED


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
    """Return every text that was sent, so that a page can give it back."""
    return [text for name, text in request.form.items(multi=True) if name not in UNWRITTEN and not name.endswith(("#", "password")) and text.strip()]


_PAGES = frozenset({403, 404, 413, 429})
