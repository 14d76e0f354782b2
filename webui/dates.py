"""Says dates and times as one says them: with the day of the week, and near ones with the distance."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from babel.dates import format_date
from flask import g

from engine.clock import STOCKHOLM
from webui.house import language, runtime
from webui.words import gettext, ngettext

WEEK = 7
"""Days within which a day is said by its name."""
NEAR = 14
"""Days within which the distance is said too."""


def local(at: datetime) -> datetime:
    """Return a moment as it is in Sweden."""
    return at.astimezone(STOCKHOLM)


def now() -> datetime:
    """Return this moment by the engine's clock, read once for each page: all that it says of time is of one moment."""
    if "now" not in g:
        g.now = runtime().clock.now()
    return cast("datetime", g.now)


def today() -> date:
    """Return the day in Sweden by the engine's clock."""
    return local(now()).date()


def day(on: date | datetime) -> str:
    """Say a day: "torsdag 12 mars 2026"."""
    return str(format_date(local(on) if isinstance(on, datetime) else on, "EEEE d MMMM y", locale=language()))


def short_day(on: date | datetime) -> str:
    """Say a day without its weekday: "12 mars 2026"."""
    return str(format_date(local(on) if isinstance(on, datetime) else on, "d MMMM y", locale=language()))


def near_day(on: date) -> str:
    """Say a day of the coming week by its name, "fredag", and any other with its date."""
    ahead = (on - today()).days
    if ahead == 0:
        return gettext("i dag")
    return str(format_date(on, "EEEE", locale=language())) if 0 < ahead < WEEK else short_day(on)


def month(on: date | datetime) -> str:
    """Say a month: "augusti 2026"."""
    return str(format_date(local(on) if isinstance(on, datetime) else on, "MMMM y", locale=language()))


def moment(at: datetime) -> str:
    """Say a day and a time: "12 mars 2026 kl. 10.42"."""
    return gettext("%(day)s kl. %(time)s", day=short_day(at), time=clock_time(at))


def clock_time(at: datetime) -> str:
    """Say a time of the day."""
    return local(at).strftime("%H:%M" if language() == "en" else "%H.%M")


def distance(at: datetime) -> str:
    """Say how far off a due moment is: "om 3 dagar", "2 dagar försenad"; nothing for one far ahead."""
    if at < now():
        late = (today() - local(at).date()).days
        return ngettext("%(num)d dag försenad", "%(num)d dagar försenad", late) if late else gettext("försenad")
    days = (local(at).date() - today()).days
    if days == 0:
        return gettext("i dag")
    if days == 1:
        return gettext("i morgon")
    return ngettext("om %(num)d dag", "om %(num)d dagar", days) if days <= NEAR else ""


def due(at: datetime) -> str:
    """Say a due day with its distance."""
    off = distance(at)
    return f"{day(at)} ({off})" if off else day(at)
