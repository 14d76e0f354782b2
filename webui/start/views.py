"""The start page: what is late, what is for today, and the ways on."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, render_template

from engine.clock import STOCKHOLM
from engine.services import deviations, tasks
from engine.services.tasks import COUNTED, Narrowing
from webui.dates import local, today
from webui.house import names, person, runtime
from webui.words import gettext

start = Blueprint("start", __name__)

SHOWN = 5
MORNING, DAY, EVENING = 5, 10, 18


@start.get("/")
def show() -> str:
    """Say what waits."""
    here, who = runtime(), person()
    tomorrow = datetime.combine(today() + timedelta(days=1), time(), STOCKHOLM)
    late = tasks.waiting(here, who, Narrowing(due_before=here.clock.now()))
    return render_template(
        "start/start.html",
        greeting=greeting(local(here.clock.now()).hour),
        late=late,
        for_today=tasks.waiting(here, who, Narrowing(due_before=tomorrow)) - late,
        all=tasks.waiting(here, who),
        counted=COUNTED,
        entries=tasks.inbox(here, who, limit=SHOWN),
        deviations=deviations.open_deviations(here, who, limit=SHOWN),
        titles=names().titles(who),
        stands_in=names().stands_in(who),
    )


def greeting(hour: int) -> str:
    """Return the greeting of the hour."""
    if MORNING <= hour < DAY:
        return gettext("God morgon")
    return gettext("God kväll") if hour >= EVENING or hour < MORNING else gettext("Hej")
