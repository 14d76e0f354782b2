"""Deviations and disputes: what I may see, where each stands on its way, and the beginning of a report."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.errors import SamspelError
from engine.services import deviations, disputes
from engine.services.access import NoSuchCase
from engine.services.cases import NoSuchUnit
from engine.services.deviations import CannotLift, NotYoursToLift, OtherAgreement, Report, Which
from engine.services.ladders import Ladder
from webui.deviation import words
from webui.house import language, names, person, runtime
from webui.words import gettext

deviation = Blueprint("deviation", __name__, url_prefix="/deviation")

LONGEST = 100
"""As many deviations as a page lists."""
WHICH = ("open", "closed", "all")

deviation.add_app_template_global(words.level_name, "level_name")
deviation.add_app_template_global(words.outcome_name, "outcome_name")
deviation.add_app_template_global(words.kind_name, "kind_name")
deviation.add_app_template_global(words.answers, "answers_of")
deviation.add_app_template_filter(lambda unit: names().unit(unit), "unit_name")
deviation.add_app_template_filter(lambda who: names().person(who), "person_name")
deviation.add_app_template_filter(words.purpose_name, "purpose_name")


@deviation.get("")
def every() -> str:
    """List the deviations that one may see: what waits for one, what one has reported, and the others; and the disputes."""
    asked = request.args.get("which", "open")
    which = cast("Which", asked if asked in WHICH else "open")
    found = deviations.listed(runtime(), person(), which, LONGEST)
    return render_template(
        "deviation/list.html",
        which=which,
        to_send=[one for one in found if is_to_send(one)],
        waiting=[one for one in found if one.mine and not is_to_send(one)],
        own=[one for one in found if one.reporter == person() and not one.mine],
        others=[one for one in found if one.reporter != person() and not one.mine],
        full=len(found) == LONGEST,
        disputes=[one for one in disputes.listed(runtime(), person()) if which == "all" or (one.ended_at is None) == (which == "open")],
    )


@deviation.get("/mine")
def mine() -> str:
    """Show one's own reports and what became of them."""
    return render_template("deviation/mine.html", reports=deviations.reported_by(runtime(), person(), LONGEST))


@deviation.get("/<int:number>")
def show(number: int) -> str:
    """Show where one deviation stands."""
    report = deviations.show(runtime(), person(), number)
    return render_template("deviation/deviation.html", deviation=report, ladder=report.ladder, wrong="")


@deviation.get("/dispute/<int:instance>")
def dispute(instance: int) -> str:
    """Show a dispute: who disagrees, what each has said, whose turn it is."""
    return render_template("deviation/dispute.html", dispute=disputes.show(runtime(), person(), instance))


@deviation.post("/<int:number>/lift")
def lift(number: int) -> Response | tuple[str, int]:
    """Lift a deviation to the next level, where the drawing listens for it."""
    deviations.show(runtime(), person(), number)  # somebody else's is not there, whatever was written
    reason = request.form.get("reason", "").strip()
    if not reason:
        report = deviations.show(runtime(), person(), number)
        said = gettext("Skriv varför avvikelsen ska lyftas.")
        page = render_template("deviation/deviation.html", deviation=report, ladder=report.ladder, wrong=said)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        deviations.lift(runtime(), person(), number, reason)
        flash(gettext("Avvikelsen är lyft till nästa nivå."))
    except (CannotLift, NotYoursToLift) as error:
        flash(error.sentence(language()))
    return redirect(url_for("deviation.show", number=number))


@deviation.route("/report", methods=["GET", "POST"])
def report() -> Response | str | tuple[str, int]:
    """Begin a report: from where, about which case if any, and whom it concerns."""
    if request.method == "GET":
        places = _places()
        return _begin({"place": next(iter(places)) if len(places) == 1 else "", "case": request.args.get("case", ""), "unit": ""}, {})
    given = {name: request.form.get(name, "").strip() for name in ("place", "case", "unit")}
    wrong: dict[str, str] = {}
    if given["place"] not in _places():
        wrong["place"] = gettext("Välj vilken verksamhet du rapporterar från.")
    if given["unit"] and given["unit"] not in _units():
        wrong["unit"] = gettext("Välj en verksamhet i listan.")
    if wrong:
        return _begin(given, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    unit, _, agreement = given["place"].partition(" ")
    about, concerned = given["case"].upper() or None, given["unit"] or None
    try:
        begun = deviations.report(runtime(), person(), agreement=agreement, unit=unit, case=about, concerned_unit=concerned)
    except (NoSuchCase, OtherAgreement, NoSuchUnit) as error:
        return _begin(given, {_FIELD[type(error)]: error.sentence(language())}), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("task.show", work_item=begun.mine[0].id) if begun.mine else url_for("deviation.show", number=begun.id))


_FIELD: dict[type[SamspelError], str] = {NoSuchCase: "case", OtherAgreement: "place", NoSuchUnit: "unit"}
"""The question that each refusal is about."""


def is_to_send(one: Report) -> bool:
    """Whether a report still waits for its reader to write and send it."""
    return one.level == 0 and any(task.role == "initiator" for task in one.mine)


def _begin(given: dict[str, str], wrong: dict[str, str]) -> str:
    ready = [one for one in deviations.reported_by(runtime(), person(), LONGEST) if is_to_send(one)]
    return render_template("deviation/report.html", places=_places(), units=_units(), given=given, wrong=wrong, ready=ready)


def _places() -> dict[str, str]:
    """Return from where one may report: each unit where one works, under each of its agreements."""
    here = names()
    return {
        f"{unit} {agreement}": f"{name} ({agreement_name})"
        for unit, name in here.units_of(person()).items()
        for agreement, agreement_name in here.agreements_of(unit).items()
    }


def _units() -> dict[str, str]:
    """Return the units that a report may concern, by name."""
    agreements = dict.fromkeys(place.partition(" ")[2] for place in _places())
    found = {unit: name for agreement in agreements for unit, name in names().units_under(agreement).items()}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


@deviation.app_template_global()
def way_ahead(work_item: int) -> Ladder | None:
    """Return where a report goes, for the page on which it is written."""
    return deviations.way_ahead(runtime(), person(), work_item)
