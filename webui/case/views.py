"""One case: where it stands, who takes part, what has happened; and the beginning of a case."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from personnummer import personnummer
from werkzeug.wrappers import Response

from engine.services import cases
from engine.services.cases import NewChild
from webui.case.timeline import told
from webui.house import language, names, person, runtime
from webui.words import gettext

case = Blueprint("case", __name__)


@case.get("/case/<reference>")
def show(reference: str) -> str:
    """Show where a case stands; that it was read stands in its history."""
    view = cases.show(runtime(), person(), reference)
    mine = {one.id for one in view.open_work if one.claimed_by == person() or person() in names().persons_of(one.queue, "case")}
    return render_template("case/case.html", case=view, timeline=told(view.history, names()), mine=mine)


@case.route("/need", methods=["GET", "POST"])
def need() -> Response | str | tuple[str, int]:
    """Report a need: the child, and from which unit under which agreement."""
    places = _places()
    if request.method == "GET":
        first = next(iter(places)) if len(places) == 1 else ""
        return render_template("case/need.html", places=places, given={"place": first}, wrong={})
    given = {name: request.form.get(name, "").strip() for name in ("place", "name", "birth_date", "identity_number", "municipality")}
    child, wrong = _child(given)
    if given["place"] not in places:
        wrong["place"] = gettext("Välj vilken verksamhet du anmäler från.")
    if wrong or child is None:
        return render_template("case/need.html", places=places, given=given, wrong=wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    unit, _, agreement = given["place"].partition(" ")
    try:
        started = cases.start(runtime(), person(), agreement=agreement, child=child, unit=unit)
    except cases.AgeOutside as error:
        page = render_template("case/need.html", places=places, given=given, wrong={"birth_date": error.sentence(language())})
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(
        url_for("task.show", work_item=started.work_items[0]) if started.work_items else url_for("case.show", reference=started.reference)
    )


def _places() -> dict[str, str]:
    """Return from where one may report: each unit where one works, under each of its agreements."""
    here = names()
    return {
        f"{unit} {agreement}": f"{name} ({agreement_name})"
        for unit, name in here.units_of(person()).items()
        for agreement, agreement_name in here.agreements_of(unit).items()
    }


def _child(given: dict[str, str]) -> tuple[NewChild | None, dict[str, str]]:
    """Read the child from the form, or say what is wrong with it."""
    wrong: dict[str, str] = {}
    if not given["name"]:
        wrong["name"] = gettext("Skriv barnets namn.")
    born = None
    try:
        born = date.fromisoformat(given["birth_date"])
    except ValueError:
        wrong["birth_date"] = gettext("Skriv födelsedatum som ÅÅÅÅ-MM-DD, till exempel 2012-03-14.")
    number = given["identity_number"]
    if number and not personnummer.valid(number):
        wrong["identity_number"] = gettext("Skriv personnumret med tolv siffror, ÅÅÅÅMMDD-NNNN, och kontrollera den sista siffran.")
    if wrong or born is None:
        return None, wrong
    known = str(personnummer.parse(number).format(long_format=True)) if number else None
    return NewChild(given["name"], born, known, given["municipality"] or None), wrong
