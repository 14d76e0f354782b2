"""Makes the web application: one call, everything read once."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, url_for
from flask_babel import lazy_gettext
from flask_compress import Compress
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from govuk_frontend_jinja import __name__ as macros
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from engine.services import accounts
from engine.services.opening import open_runtime
from webui import cleaning, dates, errors, fingerprints, kept, language, limits, security
from webui.api.app import create_api
from webui.case.views import case
from webui.demo.views import demo
from webui.deviation.views import deviation
from webui.diagram.views import diagram
from webui.document.views import document
from webui.door.views import door
from webui.house import EXTENSION, House, User, house, names, reader
from webui.inbox.views import inbox
from webui.lead.views import lead
from webui.need.views import need
from webui.numbers import RowNumber
from webui.password.views import password
from webui.people.views import people
from webui.processes.views import processes
from webui.settings import Settings
from webui.start.views import start
from webui.task import sheet
from webui.task.views import task

ROOMS: tuple[Blueprint, ...] = (door, password, start, inbox, task, need, case, document, deviation, diagram, lead, processes, people)
OPEN = frozenset({"static", "door.login", "door.choose_language"})
"""What one reaches without being logged in; the demonstration's change of person beside it."""
BEFORE_A_PASSWORD = frozenset({"password.choose", "door.logout"})
"""What one reaches besides while the password is one that somebody else has made."""
LARGEST_POST = 2 * 1024 * 1024
"""Bytes; a form has text only."""


def create_app(settings: Settings) -> Flask:
    """Return the application. Called on the main thread, after any fork. Raises as ``open_runtime`` does."""
    app = Flask(__name__)
    app.url_map.converters["int"] = RowNumber
    cleaning.clean_requests(app)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: nobody loses a text to an hour's phone call
        WTF_CSRF_SSL_STRICT=False,  # the referrer that it asks for is what our own headers tell browsers to leave out
    )
    runtime = open_runtime(settings.database, settings.models, demonstration=settings.demonstration)
    behind = app.extensions[EXTENSION] = House(runtime, settings.wall_clock, settings.demonstration)
    _add_templates(app)
    language.add_languages(app)
    security.add_headers(app)
    limits.limit_logins(app)
    Compress(app)
    fingerprints.add_fingerprints(app)
    errors.add_errors(app)
    CSRFProtect(app)
    _add_login(app)
    for room in ROOMS + ((demo,) if settings.demonstration else ()):
        app.register_blueprint(room)
    api = create_api(behind, LARGEST_POST, settings.calls_a_minute)
    beneath = DispatcherMiddleware(app.wsgi_app, {"/api": api})
    # It shortens the path of what it is given, which the server's log is still to tell.
    app.wsgi_app = lambda environ, start_response: beneath(dict(environ), start_response)  # type: ignore[method-assign]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    return app


def _add_templates(app: Flask) -> None:
    environment = app.jinja_env
    environment.loader = ChoiceLoader([PackageLoader("webui"), PrefixLoader({macros: PackageLoader(macros)})])
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(day=dates.day, short_day=dates.short_day, month=dates.month, near_day=dates.near_day, moment=dates.moment)
    environment.filters.update(due=dates.due, distance=dates.distance)
    environment.filters.update(anchor=sheet.anchor, written_value=sheet.written_value, input_type=sheet.input_type)
    environment.globals.update(accepted_files=sheet.accepted)
    environment.filters.update(size_in_words=sheet.size_in_words)
    app.context_processor(lambda: {"names": names, "demonstration": house().demonstration, "now": dates.now})


def _add_login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "door.login"
    manager.login_message = lazy_gettext("Logga in för att fortsätta.")
    manager.session_protection = None  # sessions are rows of ours: they end there, not when a telephone changes network

    def load(token: str) -> User | None:
        here = house()
        signed_in = accounts.resume(here.runtime, token, here.wall_clock.now())
        return User(signed_in) if signed_in else None

    def demand_login() -> Response | tuple[Response | str, int] | None:
        if request.endpoint is None or request.endpoint in OPEN or request.blueprint == "demo":
            return None
        if current_user.is_authenticated:
            must_choose = reader().signed_in.must_choose and request.endpoint not in BEFORE_A_PASSWORD
            return redirect(url_for("password.choose")) if must_choose else None
        if errors.written() or request.form.get(kept.FIELD):
            return errors.logged_out()
        return redirect(url_for("door.login", next=request.full_path.rstrip("?") if request.method == "GET" else None))

    manager.user_loader(load)
    app.before_request(demand_login)
