"""The inbox: everything that waits for one, what breaks first on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast, get_args

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.services import filters, tasks
from engine.services.tasks import COUNTED, Entry, Narrowing, Position
from webui.dates import local, today
from webui.door.views import inside
from webui.house import language, names, person, runtime
from webui.inbox.words import roles, whose
from webui.numbers import moment, row_number
from webui.words import gettext, ngettext

inbox = Blueprint("inbox", __name__, url_prefix="/inbox")

LIMIT = 50
Whose = Literal["own", "units", "claimed"]
ASKED = ("whose", "case", "unit", "role", "agreement", "late")
"""What a filter may ask for, as it stands in the address."""


@dataclass
class Group:
    """The entries that are due at about the same time."""

    id: str
    title: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Chip:
    """One thing that the filter asks for, and the address without it."""

    text: str
    without: str


@inbox.get("")
def show() -> str | Response:
    """Show what waits, grouped by how near it is."""
    saved = filters.listed(runtime(), person())
    if not request.args and (first := next((one for one in saved if one.at_start), None)):
        return redirect(_address(_known(first.wanted)))
    asked = _known(request.args)
    narrowing = _narrowing(asked)
    entries = tasks.inbox(runtime(), person(), narrowing, LIMIT)
    everything = tasks.inbox(runtime(), person(), limit=LIMIT) if asked or narrowing.after else entries
    all_, left = (tasks.waiting(runtime(), person(), one) for one in (Narrowing(), _narrowing(asked, paged=False))) if asked else (0, 0)
    return render_template(
        "inbox/inbox.html",
        groups=grouped(entries),
        asked=asked,
        chips=_chips(asked),
        hidden=all_ - left,
        many=all_ >= COUNTED,
        choices=_choices(everything, asked),
        whose=whose(),
        saved=saved,
        current=next((one for one in saved if _known(one.wanted) == asked), None) if asked else None,
        colleagues=names().colleagues(person()),
        handed_over=tasks.handed_over(runtime(), person()),
        paged=narrowing.after is not None,
        next_page=_next_page(asked, entries),
        here=request.full_path.rstrip("?"),
    )


@inbox.post("/<int:work_item>/claim")
def claim(work_item: int) -> Response:
    """Take a piece of work, so that others see whose it is."""
    tasks.claim(runtime(), person(), work_item)
    flash(gettext("Uppgiften är din. Andra ser att du arbetar med den."))
    return redirect(url_for("task.show", work_item=work_item))


@inbox.post("/<int:work_item>/take-back")
def take_back(work_item: int) -> Response:
    """Take back what was handed over."""
    tasks.take_back(runtime(), person(), work_item)
    flash(gettext("Uppgiften ligger åter där den låg."))
    return redirect(url_for("inbox.show"))


@inbox.post("/several")
def several() -> Response:
    """Take, give back or hand over several at once, and say of each that could not be why."""
    here, who, to = runtime(), person(), request.form.get("to", "")
    acts: Mapping[str, Callable[[int], object]] = {
        "claim": lambda item: tasks.claim(here, who, item),
        "release": lambda item: tasks.release(here, who, item),
        "delegate": lambda item: tasks.delegate(here, who, item, to),
    }
    do = request.form.get("do", "")
    if do not in acts:
        abort(404)
    done = tasks.each(dict.fromkeys(request.form.getlist("item", type=row_number)), acts[do])
    if not done:
        flash(gettext("Kryssa först för det som du vill göra något med."))
    if well := sum(one.failure is None for one in done):
        flash(_well(do, well, names().person(to)))
    for one in done:
        if one.failure is not None:
            flash(gettext("Gick inte: %(why)s", why=one.failure.sentence(language())))
    return redirect(inside(request.form.get("next")))


@inbox.post("/filter")
def save_filter() -> Response:
    """Keep the filter of the page under a name."""
    wanted = _known(request.form)
    try:
        filters.save(runtime(), person(), request.form.get("name", ""), wanted, at_start=bool(request.form.get("at_start")))
    except filters.CannotSave as error:
        flash(error.sentence(language()))
    else:
        flash(gettext("Filtret är sparat."))
    return redirect(_address(wanted))


@inbox.post("/filter/<int:number>/remove")
def remove_filter(number: int) -> Response:
    """Throw away a saved filter."""
    filters.remove(runtime(), person(), number)
    flash(gettext("Filtret är borttaget."))
    return redirect(url_for("inbox.show", all=1))


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


def _known(given: Mapping[str, str]) -> dict[str, str]:
    """Return what a filter asks for, and nothing else that an address or a row may hold."""
    asked = {name: text for name in ASKED if (text := str(given.get(name, "")).strip())}
    if asked.get("whose") not in (None, *get_args(Whose)):
        del asked["whose"]
    return asked


def _narrowing(asked: Mapping[str, str], *, paged: bool = True) -> Narrowing:
    return Narrowing(
        case=asked["case"].upper() if "case" in asked else None,
        unit=asked.get("unit"),
        role=asked.get("role"),
        agreement=asked.get("agreement"),
        due_before=runtime().clock.now() if "late" in asked else None,
        whose=cast("Whose | None", asked.get("whose")),
        after=_position(request.args.get("after", "")) if paged else None,
    )


def _position(text: str) -> Position | None:
    """Read where the page before ended; anything else begins at the beginning."""
    at, _, number = text.partition("~")
    try:
        return Position(moment(at), row_number(number))
    except ValueError:
        return None


def _next_page(asked: Mapping[str, str], entries: list[Entry]) -> str | None:
    if len(entries) < LIMIT:
        return None
    last = entries[-1]
    return _address({**asked, "after": f"{last.urgency_at.isoformat()}~{last.id}"})


def _chips(asked: Mapping[str, str]) -> list[Chip]:
    said: Mapping[str, Callable[[str], str]] = {
        **_names(),
        "whose": lambda value: whose()[value],
        "case": lambda value: gettext("Ärende %(case)s", case=value.upper()),
        "late": lambda _: gettext("Försenat"),
    }
    return [Chip(said[name](value), _without(asked, name)) for name, value in asked.items()]


def _names() -> Mapping[str, Callable[[str], str]]:
    """Return what the values of the filter's lists are called."""
    here, said = names(), roles()
    return {
        "unit": here.unit,
        "role": lambda value: said.get(value, value),
        "agreement": lambda value: here.agreements.get(value, value),
    }


def _address(asked: Mapping[str, str]) -> str:
    return url_for("inbox.show", **cast("dict[str, Any]", dict(asked)))


def _without(asked: Mapping[str, str], name: str) -> str:
    left = {other: value for other, value in asked.items() if other != name}
    return _address(left or {"all": "1"})


def _choices(entries: Iterable[Entry], asked: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what there is to choose for each question of the filter: what occurs in the inbox, and what is chosen."""
    occurring = [{"unit": entry.unit, "role": entry.role, "agreement": entry.agreement} for entry in entries] + [dict(asked)]
    found = {}
    for name, called in _names().items():
        values = {value for row in occurring if (value := row.get(name))}
        found[name] = dict(sorted(((value, called(value)) for value in values), key=lambda pair: pair[1]))
    return found


def _well(do: str, count: int, to: str) -> str:
    if do == "claim":
        return ngettext("Du har tagit %(num)d uppgift.", "Du har tagit %(num)d uppgifter.", count)
    if do == "release":
        return ngettext("Du har lämnat tillbaka %(num)d uppgift.", "Du har lämnat tillbaka %(num)d uppgifter.", count)
    return ngettext("%(num)d uppgift är överlämnad.", "%(num)d uppgifter är överlämnade.", count) + f" {to}."
