"""The start page: what waits, by what one is there for; what one has begun and how it goes; and the ways on."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, render_template

from engine.clock import STOCKHOLM
from engine.services import deviations, glance, incidents, leading, tasks
from engine.services.deviations import Report
from engine.services.tasks import COUNTED, Narrowing
from webui.dates import local, now, today
from webui.deviation.views import is_to_send
from webui.house import names, person, runtime
from webui.words import gettext

start = Blueprint("start", __name__)

SHOWN = 5
FRESH = timedelta(days=30)
"""For how long a report that was closed stays on the page."""
MORNING, DAY, EVENING = 5, 10, 18


@start.get("/")
def show() -> str:
    """Say what waits."""
    here, who = runtime(), person()
    tomorrow = datetime.combine(today() + timedelta(days=1), time(), STOCKHOLM)
    late = tasks.waiting(here, who, Narrowing(due_before=now()))
    leads, owns = names().leads(who), names().owns_processes(who)
    every = deviations.open_deviations(here, who, COUNTED) if leads else []
    return render_template(
        "start/start.html",
        greeting=greeting(local(now()).hour),
        late=late,
        for_today=tasks.waiting(here, who, Narrowing(due_before=tomorrow)) - late,
        all=tasks.waiting(here, who),
        counted=COUNTED,
        entries=tasks.inbox(here, who, limit=SHOWN),
        begun=glance.begun_by(here, who, SHOWN),
        reports=[one for one in deviations.reported_by(here, who, SHOWN) if _is_fresh(one)],
        leads=leads,
        decisions=len(leading.decisions(here, who)) if leads else 0,
        deviations=sum(bool(one.mine) and not is_to_send(one) for one in every),
        lifted=tasks.inbox(here, who, Narrowing(role="steering_group"), SHOWN) if names().groups_of(who) else [],
        owns=owns,
        unrouted=tasks.inbox(here, who, Narrowing(role="process_owner"), SHOWN) if owns else [],
        incidents=incidents.open_incidents(here, who)[:COUNTED] if owns else [],
        refused=getattr(here.releases, "refused", None) if owns else None,
        stand_ins=glance.stand_ins(here, who),
        titles=names().titles(who),
        news=glance.news(here),
    )


def greeting(hour: int) -> str:
    """Return the greeting of the hour."""
    if MORNING <= hour < DAY:
        return gettext("God morgon")
    return gettext("God kväll") if hour >= EVENING or hour < MORNING else gettext("Hej")


def _is_fresh(one: Report) -> bool:
    """Whether a report of one's own is still going on, or was closed of late."""
    return one.ended_at is None or one.ended_at > now() - FRESH
