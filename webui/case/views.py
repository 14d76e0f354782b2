"""Cases: the list of those that one may see, one whole case, its plan to print, its events, notes; and the beginning of a case."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from personnummer import personnummer
from werkzeug.wrappers import Response

from engine.services import case_file, caseload, cases, documents, notes
from engine.services.cases import NewChild
from webui.case import phrases
from webui.case.timeline import told
from webui.errors import not_found
from webui.house import language, names, person, runtime
from webui.words import gettext

case = Blueprint("case", __name__)
for unseen in (case_file.NoSuchPlan, cases.NoSuchConsent, cases.NotYoursToWithdraw):
    case.register_error_handler(unseen, not_found)

LONGEST_REASON = 1000
"""Signs; the reason of a withdrawal is a sentence, and nobody has to give one."""
LONGEST_REFERENCE = 20


@case.get("/cases")
def every() -> str:
    """List the cases that one may see."""
    given = request.args
    whose = given.get("whose", "all")
    asked = caseload.Search(
        whose=cast("caseload.Whose", whose if whose in ("mine", "units") else "all"),
        closed=given.get("closed") == "1",
        text=given.get("case", "").strip()[:LONGEST_REFERENCE],
        page=given.get("page", 1, type=int),
    )
    return render_template("case/cases.html", found=caseload.listed(runtime(), person(), asked), asked=asked, ended_briefly=phrases.ended_briefly)


@case.get("/case/<reference>")
def show(reference: str) -> str:
    """Show a whole case; that it was read stands in its history."""
    return _page(reference)


@case.get("/case/<reference>/events")
def events(reference: str) -> str:
    """Tell everything that has happened in a case, page by page."""
    found = case_file.events(runtime(), person(), reference, request.args.get("before", type=int))
    timeline = told(found.rows, names(), found.view.participants)
    return render_template("case/case_events.html", case=found.view, timeline=timeline, older=found.older)


@case.get("/case/<reference>/plan")
def plan(reference: str) -> str:
    """Show a plan as a page of its own, to read and to print: the one in force, or an earlier one by its number."""
    view, found = case_file.plan(runtime(), person(), reference, request.args.get("number", type=int))
    return render_template("case/case_plan.html", case=view, plan=found, words=phrases)


@case.post("/case/<reference>/note")
def note(reference: str) -> Response | tuple[str, int]:
    """Write a note to those who take part; one that cannot be kept comes back with its text."""
    text = request.form.get("text", "")
    try:
        notes.write(runtime(), person(), reference, text)
    except notes.NoteRefused as error:
        return _page(reference, text=text, wrong=error.sentence(language())), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(gettext("Anteckningen är sparad. Alla som deltar i ärendet kan läsa den."))
    return redirect(url_for("case.show", reference=reference, _anchor="notes"))


@case.route("/case/<reference>/consent/<int:consent>/withdraw", methods=["GET", "POST"])
def withdraw(reference: str, consent: int) -> Response | str | tuple[str, int]:
    """Say what stops when a consent is withdrawn, and record that it is."""
    follows = cases.consequence(runtime(), person(), reference, consent)
    view = cases.outline(runtime(), person(), reference)
    losing = list(dict.fromkeys(phrases.name_of(one, names()) for one in follows.losing if one.unit or one.person))
    if request.method == "GET":
        return render_template("case/case_withdraw.html", case=view, consent=consent, follows=follows, losing=losing, reason="", wrong="")
    reason = request.form.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        wrong = gettext("Skälet får vara högst %(longest)d tecken.", longest=LONGEST_REASON)
        page = render_template("case/case_withdraw.html", case=view, consent=consent, follows=follows, losing=losing, reason=reason, wrong=wrong)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    cases.withdraw(runtime(), person(), reference, giver=follows.giver, reason=reason or None)
    flash(gettext("Återkallelsen är antecknad. Det som samtycket bar är stoppat."))
    return redirect(url_for("case.show", reference=reference))


def _page(reference: str, *, text: str = "", wrong: str = "") -> str:
    """Return the page of a case, with a note that could not be kept."""
    found = case_file.show(runtime(), person(), reference)
    view = found.view
    mine = {one.id for one in view.open_work if one.claimed_by == person() or person() in names().persons_of(one.queue, "case")}
    return render_template(
        "case/case.html",
        case=view,
        file=found,
        timeline=told(view.history, names(), view.participants),
        mine=mine,
        papers=documents.listed(runtime(), person(), reference),
        words=phrases,
        note={"text": text, "wrong": wrong, "longest": notes.LONGEST},
    )


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
