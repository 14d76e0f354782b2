"""Login, logout and the language of the pages."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from engine.errors import Language
from engine.services import accounts
from engine.services.accounts import NotKnown, SignedIn
from webui.house import User, house, language, person, reader, runtime
from webui.language import SPOKEN
from webui.limits import few_guesses

door = Blueprint("door", __name__)


@door.route("/login", methods=["GET", "POST"])
@few_guesses("username")
def login() -> Response | str | tuple[str, int]:
    """Ask for name and password."""
    if request.method == "GET":
        return render_template("door/login.html", username="", said=None)
    username = request.form.get("username", "")
    try:
        signed_in = accounts.sign_in(runtime(), username, request.form.get("password", ""), house().wall_clock.now())
    except NotKnown as error:
        return render_template("door/login.html", username=username, said=error.sentence(language())), HTTPStatus.UNPROCESSABLE_ENTITY
    enter(signed_in)
    return redirect(inside(request.args.get("next")))


@door.post("/logout")
def logout() -> Response:
    """End this session, here and in the database."""
    accounts.sign_out(runtime(), reader().token, house().wall_clock.now())
    logout_user()
    session.clear()
    return redirect(url_for("door.login"))


@door.post("/language")
def choose_language() -> Response:
    """Speak another language from now on, and keep it with the person."""
    chosen = request.form.get("language", "")
    if chosen in SPOKEN:
        spoken: Language = "en" if chosen == "en" else "sv"
        session["language"] = spoken
        if current_user.is_authenticated:
            accounts.choose_language(runtime(), person(), spoken)
    return redirect(inside(request.form.get("next")))


def enter(signed_in: SignedIn) -> None:
    """Begin with an empty cookie, so that nothing of the one before follows; the chosen language does."""
    spoken = session.get("language")
    session.clear()
    if spoken:
        session["language"] = spoken
    login_user(User(signed_in))


def inside(target: str | None) -> str:
    """Return a path within the application; anything else leads to the start page."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return url_for("start.show")
