"""Cases: the list of those that one may see, one whole case, its plan to print, its events, notes; and the beginning of a case."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.services import case_file, caseload, cases, documents, notes
from webui.case import phrases
from webui.case.timeline import told
from webui.errors import not_found
from webui.house import language, names, person, runtime
from webui.numbers import page_number, row_number
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
        page=given.get("page", 1, type=page_number),
    )
    return render_template("case/cases.html", found=caseload.listed(runtime(), person(), asked), asked=asked, ended_briefly=phrases.ended_briefly)


@case.get("/case/<reference>")
def show(reference: str) -> str:
    """Show a whole case; that it was read stands in its history."""
    return _page(reference)


@case.get("/case/<reference>/events")
def events(reference: str) -> str:
    """Tell everything that has happened in a case, page by page."""
    found = case_file.events(runtime(), person(), reference, request.args.get("before", type=row_number))
    timeline = told(found.rows, names(), found.view)
    return render_template("case/case_events.html", case=found.view, timeline=timeline, older=found.older)


@case.get("/case/<reference>/plan")
def plan(reference: str) -> str:
    """Show a plan as a page of its own, to read and to print: the one in force, or an earlier one by its number."""
    view, found = case_file.plan(runtime(), person(), reference, request.args.get("number", type=row_number))
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
        timeline=told(view.history, names(), view),
        mine=mine,
        papers=documents.listed(runtime(), person(), reference),
        words=phrases,
        note={"text": text, "wrong": wrong, "longest": notes.LONGEST},
    )
