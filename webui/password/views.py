"""Choosing a password of one's own: whenever one likes, and first of all where somebody else has made the present one."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.services import accounts
from engine.services.accounts import SHORTEST, PasswordTooShort, SamePassword, WrongPassword
from webui.door.views import enter
from webui.house import house, language, reader, runtime
from webui.words import gettext

password = Blueprint("password", __name__)

FIELDS = {WrongPassword: "old", PasswordTooShort: "new", SamePassword: "new"}


@password.route("/password", methods=["GET", "POST"])
def choose() -> Response | str | tuple[str, int]:
    """Ask for the present password and the new one, twice."""
    if request.method == "GET":
        return _page({})
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return _page({"again": gettext("Skriv det nya lösenordet likadant båda gångerna.")}), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        signed_in = accounts.change_password(runtime(), reader().signed_in, old, new, house().wall_clock.now())
    except (WrongPassword, PasswordTooShort, SamePassword) as error:
        return _page({FIELDS[type(error)]: error.sentence(language())}), HTTPStatus.UNPROCESSABLE_ENTITY
    enter(signed_in)
    flash(gettext("Lösenordet är bytt. Var du än var inloggad i övrigt är du utloggad där."))
    return redirect(url_for("start.show"))


def _page(wrong: dict[str, str]) -> str:
    return render_template("password/password.html", wrong=wrong, shortest=SHORTEST, first=reader().signed_in.must_choose)
