"""Reports a need in three steps: the child; from where, and who decides; what one has seen, which is the first work of the new case.

What is written in the first step is kept on the server for its writer until the case begins, so that nothing is lost between the
steps, by the back button, by a closed tab or an ended session, and no child's name travels through an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from personnummer import personnummer
from werkzeug.wrappers import Response

from engine.services import cases, kept, outlook
from engine.services.cases import NewChild
from webui import kept as keeping
from webui.house import language, names, person, runtime
from webui.words import gettext

need = Blueprint("need", __name__, url_prefix="/need")

CHILD = "need"
"""Where the first step's text is kept."""
FIELDS = ("name", "birth_date", "identity_number", "municipality")


@need.route("", methods=["GET", "POST"])
def child() -> Response | str | tuple[str, int]:
    """The first step: who the child is."""
    if request.method == "GET":
        return _child_page(_kept(), {})
    given = {name: request.form.get(name, "").strip() for name in FIELDS}
    _, wrong = _read(given)
    if wrong:
        return _child_page(given, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    kept.keep(runtime(), person(), CHILD, list(given.items()))
    return redirect(url_for("need.agreement"))


@need.route("/agreement", methods=["GET", "POST"])
def agreement() -> Response | str | tuple[str, int]:
    """The second step: what to think of first, from where one reports, and who then decides. It begins the case."""
    if request.method == "GET":
        about, _ = _read(_kept())
        return _agreement_page(about, _only(_places()), {}) if about else redirect(url_for("need.child"))
    place = request.form.get("place", "")
    if place not in _places():
        about, _ = _read(_kept())
        wrong = {"place": gettext("Välj vilken verksamhet du anmäler från.")}
        return (_agreement_page(about, "", wrong), HTTPStatus.UNPROCESSABLE_ENTITY) if about else redirect(url_for("need.child"))
    return _begin(place)


@need.post("/forget")
def forget() -> Response:
    """Begin again from nothing."""
    kept.forget(runtime(), person(), CHILD)
    return redirect(url_for("need.child"))


def _begin(place: str) -> Response | tuple[str, int]:
    """Begin the case with what was kept. Whoever clicks twice takes it only once."""
    taken = kept.take(runtime(), person(), CHILD)
    about, _ = _read(dict(taken.fields)) if taken else (None, {})
    if taken is None or about is None:
        flash(gettext("Ärendet har redan börjat, eller så är barnets uppgifter inte ifyllda. Det som väntar på dig ligger i inkorgen."))
        return redirect(url_for("inbox.show"))
    unit, _, chosen = place.partition(" ")
    try:
        started = cases.start(runtime(), person(), agreement=chosen, child=about, unit=unit)
    except cases.AgeOutside as error:
        kept.keep(runtime(), person(), CHILD, taken.fields)
        return _child_page(dict(taken.fields), {"birth_date": error.sentence(language())}), HTTPStatus.UNPROCESSABLE_ENTITY
    except Exception:  # whatever stops it, a busy database among the rest, the text was the person's and not to be written again
        kept.keep(runtime(), person(), CHILD, taken.fields)
        raise
    first = next(iter(started.work_items), None)
    flash(gettext("Steg 3 av 3: beskriv vad du har sett."))
    return redirect(url_for("task.show", work_item=first) if first is not None else url_for("case.show", reference=started.reference))


def _child_page(given: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    return render_template("need/child.html", places=_places(), given=given, wrong=wrong, kept_by=keeping.token(CHILD))


def _agreement_page(about: NewChild, chosen: str, wrong: Mapping[str, str]) -> str:
    places = _places()
    decides = {place: outlook.at_start(runtime(), person(), *place.split(" ", 1)) for place in places}
    known = cases.known(runtime(), person(), about)
    return render_template("need/agreement.html", places=places, decides=decides, child=about, known=known, chosen=chosen, wrong=wrong)


def _kept() -> dict[str, str]:
    found = kept.find(runtime(), person(), CHILD)
    given = dict(found.fields) if found else {}
    return {name: given.get(name, "") for name in FIELDS}


def _places() -> dict[str, tuple[str, str]]:
    """Return from where one may report: each unit where one works, under each of its agreements, with both names."""
    here = names()
    return {
        f"{unit} {agreement}": (name, agreement_name)
        for unit, name in here.units_of(person()).items()
        for agreement, agreement_name in here.agreements_of(unit).items()
    }


def _only(places: Mapping[str, object]) -> str:
    return next(iter(places)) if len(places) == 1 else ""


def _read(given: Mapping[str, str]) -> tuple[NewChild | None, dict[str, str]]:
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
