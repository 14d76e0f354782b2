"""The demonstration's own pages: be somebody else, let time pass."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from engine.services import accounts, elapse
from engine.services.accounts import NoSuchPerson
from engine.services.elapse import Passed
from webui.demo.people import cast
from webui.door.views import enter, inside
from webui.house import house, names, runtime
from webui.numbers import moment

demo = Blueprint("demo", __name__, url_prefix="/demo")

STEPS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@demo.get("")
def show() -> str:
    """Show whom to begin as, everybody there is, the clock, and what happened when it was last moved."""
    find, late = request.args.get("find", "").strip(), "late" in request.args
    here = names()
    everybody = cast(runtime(), here)
    return render_template(
        "demo/demo.html",
        beginnings=everybody.to_begin_as(),
        groups=everybody.by_agreement(find.lower(), late=late),
        here=here,
        now=here.at,
        deadline=elapse.next_deadline(runtime()),
        passed=_passed(),
        find=find,
        late=late,
    )


@demo.post("/be")
def be() -> Response:
    """Log in as somebody else, without a password."""
    here = house()
    try:
        signed_in = accounts.begin(here.runtime, request.form.get("person", ""), here.wall_clock.now())
    except NoSuchPerson as error:
        raise NotFound from error
    if current_user.is_authenticated:
        accounts.sign_out(here.runtime, current_user.token, here.wall_clock.now())
    enter(signed_in)
    return redirect(inside(request.form.get("next")))


@demo.post("/clock")
def clock() -> Response:
    """Let a day, a week, or the time until the next deadline pass, and tell what came of it."""
    by = STEPS.get(request.form.get("by", ""))
    passed = elapse.let_pass(runtime(), elapse.until_next(runtime()) if by is None else by)
    return redirect(url_for("demo.show", since=passed.since.isoformat(), until=passed.until.isoformat(), _anchor="passed"))


def _passed() -> Passed | None:
    """What came of the move that the address speaks of, or none."""
    try:
        since, until = (moment(request.args.get(name, "")) for name in ("since", "until"))
    except ValueError:
        return None
    return elapse.happened(runtime(), since, until)
