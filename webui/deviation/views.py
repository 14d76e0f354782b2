"""Deviations: what I may see, where each stands on its ladder, and the beginning of one."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.services import deviations
from engine.services.access import NoSuchCase
from engine.services.deviations import CannotLift
from webui.house import language, names, person, runtime
from webui.words import gettext

deviation = Blueprint("deviation", __name__, url_prefix="/deviation")


@deviation.get("")
def every() -> str:
    """List the open deviations that one may see."""
    return render_template("deviation/list.html", deviations=deviations.open_deviations(runtime(), person()))


@deviation.get("/<int:number>")
def show(number: int) -> str:
    """Show where one deviation stands."""
    report = deviations.show(runtime(), person(), number)
    return render_template("deviation/deviation.html", deviation=report)


@deviation.post("/<int:number>/lift")
def lift(number: int) -> Response:
    """Lift a deviation to the next level, where the drawing listens for it."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        flash(gettext("Skriv varför avvikelsen ska lyftas."))
        return redirect(url_for("deviation.show", number=number))
    try:
        deviations.lift(runtime(), person(), number, reason)
        flash(gettext("Avvikelsen är lyft till nästa nivå."))
    except CannotLift as error:
        flash(error.sentence(language()))
    return redirect(url_for("deviation.show", number=number))


@deviation.route("/report", methods=["GET", "POST"])
def report() -> Response | str | tuple[str, int]:
    """Begin a report: from where, about which case if any, and whom it concerns."""
    here = names()
    places = {
        f"{unit} {agreement}": f"{name} ({agreement_name})"
        for unit, name in here.units_of(person()).items()
        for agreement, agreement_name in here.agreements_of(unit).items()
    }
    units = {unit: name for place in places for unit, name in here.units_under(place.partition(" ")[2]).items()}
    if request.method == "GET":
        given = {"place": next(iter(places)) if len(places) == 1 else "", "case": request.args.get("case", "")}
        return render_template("deviation/report.html", places=places, units=units, given=given, wrong={})
    given = {name: request.form.get(name, "").strip() for name in ("place", "case", "unit")}
    wrong: dict[str, str] = {}
    if given["place"] not in places:
        wrong["place"] = gettext("Välj vilken verksamhet du rapporterar från.")
    if given["unit"] and given["unit"] not in units:
        wrong["unit"] = gettext("Välj en verksamhet i listan.")
    if not wrong:
        unit, _, agreement = given["place"].partition(" ")
        try:
            begun = deviations.report(
                runtime(), person(), agreement=agreement, unit=unit, case=given["case"].upper() or None, concerned_unit=given["unit"] or None
            )
        except NoSuchCase as error:
            wrong["case"] = error.sentence(language())
        else:
            return redirect(url_for("task.show", work_item=begun.open_work[0]) if begun.open_work else url_for("deviation.show", number=begun.id))
    return render_template("deviation/report.html", places=places, units=units, given=given, wrong=wrong), HTTPStatus.UNPROCESSABLE_ENTITY
