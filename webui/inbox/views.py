"""The inbox: everything that waits for one, what breaks first on top."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.services import tasks
from engine.services.tasks import Entry, Narrowing
from webui.dates import local, today
from webui.house import names, person, runtime
from webui.words import gettext

inbox = Blueprint("inbox", __name__, url_prefix="/inbox")

LIMIT = 50


@dataclass
class Group:
    """The entries that are due at about the same time."""

    id: str
    title: str
    entries: list[Entry] = field(default_factory=list)


@inbox.get("")
def show() -> str:
    """Show what waits, grouped by how near it is."""
    asked = {name: request.args.get(name, "").strip() for name in ("case", "unit", "late")}
    narrowing = Narrowing(
        case=asked["case"].upper() or None,
        unit=asked["unit"] or None,
        due_before=runtime().clock.now() if asked["late"] else None,
    )
    narrowed = narrowing != Narrowing()
    entries = tasks.inbox(runtime(), person(), narrowing, LIMIT)
    everything = tasks.inbox(runtime(), person(), limit=LIMIT) if narrowed else entries
    units = {entry.unit: names().unit(entry.unit) for entry in everything if entry.unit}
    return render_template(
        "inbox/inbox.html",
        groups=grouped(entries),
        asked=asked,
        narrowed=narrowed,
        hidden=len(everything) - len(entries),
        units=dict(sorted(units.items(), key=lambda pair: pair[1])),
        full=len(entries) == LIMIT,
    )


@inbox.post("/<int:work_item>/claim")
def claim(work_item: int) -> Response:
    """Take a piece of work, so that others see whose it is."""
    tasks.claim(runtime(), person(), work_item)
    flash(gettext("Uppgiften är din. Andra ser att du arbetar med den."))
    return redirect(url_for("task.show", work_item=work_item))


def grouped(entries: Iterable[Entry]) -> list[Group]:
    """Sort entries into late, today, this week and later; groups without entries are left out."""
    late, now, week, later = groups = (
        Group("late", gettext("Försenat")),
        Group("today", gettext("I dag")),
        Group("week", gettext("I veckan")),
        Group("later", gettext("Senare")),
    )
    for entry in entries:
        on = local(entry.due_at).date() if entry.due_at else None
        if entry.overdue:
            late.entries.append(entry)
        elif on == today():
            now.entries.append(entry)
        elif on is not None and on <= today() + timedelta(days=7):
            week.entries.append(entry)
        else:
            later.entries.append(entry)
    return [group for group in groups if group.entries]
