"""The managers' page, called "Chef": decisions, what is late, deviations with their clock, patterns, and deputies.

The room is named after what one does in it; "manager" would be taken for one of the program's own parts.
"""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from engine.services import deputies, deviations, leading
from engine.services.deputies import CannotSetDeputy, Standing
from webui.dates import today
from webui.deviation.views import is_to_send
from webui.house import language, names, person, runtime
from webui.lead.words import ordinal
from webui.words import gettext

lead = Blueprint("lead", __name__, url_prefix="/lead")
lead.add_app_template_filter(ordinal, "ordinal")

PATTERN_DAYS = 182
"""How far back patterns are looked for: half a year, so that a term is seen with the one before."""
LISTED = 100
"""As many as a list shows; beyond it the page says "över 99"."""


@lead.before_request
def for_those_who_lead() -> None:
    """Let in whoever answers for a manager's post; to everybody else there is no such page."""
    if not names().leads(person()):
        raise NotFound


@lead.get("")
def show() -> str:
    """Show what somebody who leads has to see, what waits for their decision first."""
    here, who = runtime(), person()
    every = deviations.open_deviations(here, who, LISTED)
    own = [one for one in every if one.mine and not is_to_send(one)]
    return render_template(
        "lead/lead.html",
        decisions=leading.decisions(here, who),
        late=leading.late(here, who, LISTED),
        listed=LISTED,
        deviations=own,
        below=[one for one in every if one not in own and one.level > 0],
        patterns=deviations.patterns(here, who, here.clock.now() - timedelta(days=PATTERN_DAYS)),
        standings=[one for one in deputies.standings(here, who) if one.state != "past"],
    )


@lead.route("/deputies", methods=["GET", "POST"])
def stand_ins() -> Response | str | tuple[str, int]:
    """Show who stands in for whom, and set one more."""
    if request.method == "GET":
        return _deputies({}, {})
    given = {name: request.form.get(name, "").strip() for name in ("position", "person", "first", "last", "reason")}
    first, last = (_day(given[name]) for name in ("first", "last"))
    wrong = {name: said for name, said in _missing().items() if not given[name]}
    wrong |= {name: gettext("Skriv dagen som ÅÅÅÅ-MM-DD.") for name, on in (("first", first), ("last", last)) if given[name] and on is None}
    if wrong or first is None or last is None:
        return _deputies(given, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        deputies.appoint(runtime(), person(), position=given["position"], deputy=given["person"], first=first, last=last, reason=given["reason"])
    except CannotSetDeputy as error:
        return _deputies(given, {error.field: error.sentence(language())}), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(gettext("%(name)s är utsedd till ersättare.", name=names().person(given["person"])))
    return redirect(url_for("lead.stand_ins"))


@lead.post("/deputies/<int:deputyship>/end")
def end(deputyship: int) -> Response:
    """End a deputyship now."""
    deputies.end(runtime(), person(), deputyship)
    flash(gettext("Ersättaren är avslutad. Det som hen hade tagit ligger åter hos den som har tjänsten."))
    return redirect(url_for("lead.stand_ins"))


def _missing() -> dict[str, str]:
    return {
        "position": gettext("Välj vilken tjänst det gäller."),
        "person": gettext("Välj vem som ersätter."),
        "first": gettext("Välj första dagen."),
        "last": gettext("Välj sista dagen."),
        "reason": gettext("Skriv varför, till exempel semester."),
    }


def _deputies(given: dict[str, str], wrong: dict[str, str]) -> str:
    here, who = runtime(), person()
    standings = deputies.standings(here, who)

    def of(*states: str) -> list[Standing]:
        return [one for one in standings if one.state in states]

    return render_template(
        "lead/deputies.html",
        now=of("now"),
        later=of("later"),
        past=of("past"),
        posts=deputies.posts(here, who),
        candidates=deputies.candidates(here, who),
        given={"first": today().isoformat(), **given},
        wrong=wrong,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
