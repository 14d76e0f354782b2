"""The demonstration's own pages: be somebody else, let time pass."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from engine.services import accounts, timers
from engine.services.accounts import NoSuchPerson
from engine.services.clock import OffsetClock
from engine.services.directory import waiting_by_queue
from webui import dates
from webui.door.views import enter
from webui.house import house, names, runtime
from webui.words import gettext

demo = Blueprint("demo", __name__, url_prefix="/demo")

STEPS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@demo.get("")
def show() -> str:
    """List who there is, those for whom most waits first, and the clock."""
    here = names()
    waiting: Counter[str] = Counter()
    for (queue, purpose), count in waiting_by_queue(runtime()).items():
        waiting.update(dict.fromkeys(here.persons_of(queue, purpose), count))
    wanted = request.args.get("find", "").strip().lower()
    everybody = [
        (one.id, one.name, here.titles(one.id), waiting[one.id])
        for one in here.organisation.persons
        if here.organisation.can_log_in(one.id, here.at) and _is_wanted(wanted, one.name, here.titles(one.id))
    ]
    return render_template(
        "demo/demo.html",
        busy=sorted((one for one in everybody if one[3]), key=lambda one: (-one[3], one[1])),
        idle=sorted((one for one in everybody if not one[3]), key=lambda one: (one[2], one[1])),
        now=runtime().clock.now(),
        next_due=timers.next_due(runtime()),
        find=wanted,
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
    return redirect(url_for("start.show"))


@demo.post("/clock")
def clock() -> Response:
    """Let a day, a week, or the time until the next deadline pass, and fire what became due."""
    ahead = runtime().clock
    assert isinstance(ahead, OffsetClock), "a demonstration has a clock that can be moved"
    due = timers.next_due(runtime())
    by = STEPS.get(request.form.get("by", ""), max(due - ahead.now(), timedelta(0)) + timedelta(seconds=1) if due else timedelta(0))
    ahead.advance(by)
    fired = 0
    while (swept := timers.sweep(runtime())).fired:
        fired += swept.fired
        if not swept.more:
            break
    flash(gettext("Nu är det %(when)s. %(fired)d förlopp gick vidare av sig själva.", when=dates.moment(ahead.now()), fired=fired))
    return redirect(url_for("demo.show"))


def _is_wanted(wanted: str, name: str, titles: tuple[str, ...]) -> bool:
    return not wanted or any(wanted in text.lower() for text in (name, *titles))
