"""The page of one work item: what, why, by when, the form and the one button."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from engine.services import sheets, tasks
from engine.services.tasks import CannotTakeOver, InvalidAnswers, Task
from webui.dates import clock_time
from webui.house import language, names, person, runtime
from webui.language import form_words
from webui.task.answers import add_row, read, remove_row
from webui.task.sheet import Sheet
from webui.words import gettext

task = Blueprint("task", __name__, url_prefix="/task")


@task.get("/<int:work_item>")
def show(work_item: int) -> str:
    """Show the form with what it holds."""
    return _page(tasks.show(runtime(), person(), work_item))


@task.post("/<int:work_item>")
def send(work_item: int) -> Response | tuple[str, int]:
    """Complete the work item, or do what another button of the form says."""
    shown = tasks.show(runtime(), person(), work_item)
    answers = _sent(shown)
    act, _, path = request.form.get("do", "complete").partition(":")
    if act == "complete":
        return _complete(shown, answers)
    if act == "add":
        add_row(answers, path)
    elif act == "remove":
        remove_row(answers, path)
    tasks.save_draft(runtime(), person(), work_item, answers)
    if act == "draft":
        flash(gettext("Utkastet är sparat."))
    where = path.rpartition(".")[0] if act == "remove" else path
    return redirect(url_for("task.show", work_item=work_item, _anchor=f"list-{where}" if where else None))


@task.post("/<int:work_item>/draft")
def save(work_item: int) -> Response:
    """Keep what is written while it is being written, and say which questions the answers hide."""
    shown = tasks.show(runtime(), person(), work_item)
    answers = _sent(shown)
    tasks.save_draft(runtime(), person(), work_item, answers)
    lines = sheets.lay_out(shown, answers)
    return jsonify(saved=gettext("Sparat %(time)s", time=clock_time(runtime().clock.now())), hidden=sorted(_hidden(lines)))


@task.post("/<int:work_item>/release")
def release(work_item: int) -> Response:
    """Give the work back to everybody whose it is."""
    tasks.release(runtime(), person(), work_item)
    flash(gettext("Uppgiften är inte längre din. Utkastet finns kvar för den som tar den."))
    return redirect(url_for("inbox.show"))


@task.post("/<int:work_item>/delegate")
def delegate(work_item: int) -> Response:
    """Hand the work to a colleague."""
    to = request.form.get("to", "")
    try:
        tasks.delegate(runtime(), person(), work_item, to)
    except CannotTakeOver as error:
        flash(error.sentence(language()))
        return redirect(url_for("task.show", work_item=work_item))
    flash(gettext("%(name)s har fått uppgiften.", name=names().person(to)))
    return redirect(url_for("inbox.show"))


@task.get("/<int:work_item>/done")
def done(work_item: int) -> Response | str:
    """Say what happens next, to whoever has just completed the work."""
    receipt = session.get("receipt")
    if not receipt or receipt["work_item"] != work_item:
        return redirect(url_for("inbox.show"))
    return render_template("task/done.html", receipt=receipt, waiting=tasks.names_of(runtime(), person(), receipt["opened"]))


def _complete(shown: Task, answers: Mapping[str, Any]) -> Response | tuple[str, int]:
    work_item = shown.entry.id
    try:
        taken = tasks.complete(runtime(), person(), work_item, answers)
    except InvalidAnswers as error:
        said = {path: complaint.sentence(language()) for path, complaint in error.fields.items()}
        return _page(shown, answers, said), HTTPStatus.UNPROCESSABLE_ENTITY
    session["receipt"] = {
        "work_item": work_item,
        "element": shown.entry.element,
        "name": shown.entry.name,
        "case": taken.case if shown.entry.purpose == "case" else None,
        "opened": list(taken.opened),
        "ended": bool(taken.ended),
    }
    return redirect(url_for("task.done", work_item=work_item))


def _page(shown: Task, answers: Mapping[str, Any] | None = None, complaints: Mapping[str, str] | None = None) -> str:
    words = form_words(shown.form.id) if shown.form else {}
    sheet = Sheet(sheets.lay_out(shown, answers), words, complaints or {})
    return render_template("task/task.html", task=shown, entry=shown.entry, sheet=sheet, colleagues=names().colleagues(person()), me=person())


def _sent(shown: Task) -> dict[str, Any]:
    return read(shown.form.components, request.form) if shown.form else {}


def _hidden(lines: tuple[sheets.Line, ...]) -> set[str]:
    found: set[str] = set()
    for line in lines:
        if line.hidden:
            found.add(line.place)
        found |= _hidden(line.lines)
        for row in line.rows:
            found |= _hidden(row)
    return found
