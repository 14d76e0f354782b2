"""The page of one work item: what, why, by when, the form and the one button."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.services import documents, sheets, tasks
from engine.services.documents import CannotAttach, TooLarge, Upload
from engine.services.tasks import CannotTakeOver, InvalidAnswers, Task
from webui.dates import clock_time
from webui.house import language, names, person, runtime
from webui.language import form_words
from webui.task.answers import FILE, add_file, add_row, file_paths, read, remove_file, remove_row
from webui.task.sheet import Sheet
from webui.words import gettext

task = Blueprint("task", __name__, url_prefix="/task")

LARGEST_POST = 60 * 1024 * 1024
"""Bytes: several files at once, and one that is far too large, are read to the end, so that the text beside them is kept."""


@task.get("/<int:work_item>")
def show(work_item: int) -> str:
    """Show the form with what it holds."""
    return _page(tasks.show(runtime(), person(), work_item))


@task.url_value_preprocessor
def admit_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let whoever is logged in send files with a form, and so much that one file too many costs nobody their text."""
    del endpoint, values
    if request.mimetype == "multipart/form-data" and current_user.is_authenticated:
        request.max_content_length = LARGEST_POST


@task.post("/<int:work_item>")
def send(work_item: int) -> Response | tuple[str, int]:
    """Complete the work item, or do what another button of the form says."""
    shown = tasks.show(runtime(), person(), work_item)
    answers = _sent(shown)
    refused = _attach(shown, answers)
    act, _, path = request.form.get("do", "complete").partition(":")
    if act == "complete" and not refused:
        return _complete(shown, answers)
    if act == "add":
        add_row(answers, path)
    elif act == "remove":
        remove_row(answers, path)
    elif act == "detach" and (number := remove_file(answers, path)):
        documents.discard(runtime(), person(), int(number))
    tasks.save_draft(runtime(), person(), work_item, answers)
    if refused:
        too_large = any(isinstance(error, TooLarge) for error in refused.values())
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(shown, answers, {path: error.sentence(language()) for path, error in refused.items()}), status
    if act == "draft":
        flash(gettext("Utkastet är sparat."))
    where = path.rpartition(".")[0] if act in ("remove", "detach") else path
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
    has_files = documents.asks_for_files(shown.form)
    papers = {str(one.id): one for one in documents.attached(runtime(), person(), shown.entry.id)} if has_files else {}
    sheet = Sheet(sheets.lay_out(shown, answers), words, complaints or {}, papers)
    return render_template(
        "task/task.html",
        task=shown,
        entry=shown.entry,
        sheet=sheet,
        has_files=has_files,
        colleagues=names().colleagues(person()),
        me=person(),
    )


def _attach(shown: Task, answers: Mapping[str, Any]) -> dict[str, CannotAttach]:
    """Keep the files that came with the form, and return those that are not taken, by path."""
    refused: dict[str, CannotAttach] = {}
    for path in tuple(file_paths(shown.form.components, answers)) if shown.form else ():
        for file in request.files.getlist(f"{path}{FILE}"):
            if file.filename:
                try:
                    upload = Upload(file.filename, file.stream.read(documents.LARGEST + 1))
                    paper = documents.attach(runtime(), person(), upload, work_item=shown.entry.id)
                    add_file(answers, path, str(paper.id))
                except CannotAttach as error:
                    refused[path] = error
    return refused


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
