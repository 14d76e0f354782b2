"""The page of one work item: what, why, by when, the form and the one button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from engine.services import documents, kept, outlook, sheets, tasks
from engine.services.documents import CannotAttach, TooLarge, Upload
from engine.services.tasks import CannotTakeOver, Draft, DraftOvertaken, InvalidAnswers, Task, Unsaved
from webui import errors
from webui import kept as keeping
from webui.dates import clock_time
from webui.house import language, names, person, runtime
from webui.language import form_words
from webui.task.answers import FILE, add_file, add_row, file_paths, read, remove_file, remove_row
from webui.task.earlier import Said, told
from webui.task.sheet import Sheet
from webui.words import gettext

task = Blueprint("task", __name__, url_prefix="/task")

LARGEST_POST = 60 * 1024 * 1024
"""Bytes: several files at once, and one that is far too large, are read to the end, so that the text beside them is kept."""
VERSION = "draft_version"
"""The form's field that says which draft its writer had before them."""
MOVED = ("add", "remove", "attach", "detach")
"""What the small buttons of a form do, which lead back to their place on the page."""


@dataclass(frozen=True)
class Beside:
    """What a page of a work item shows beside the form as it is."""

    complaints: Mapping[str, str] = field(default_factory=dict)
    other: Draft | None = None
    """Another text that was saved meanwhile, to compare with."""
    kept: kept.Kept | None = None
    """What the reader sent after their session had ended."""
    busy: bool = False
    """Whether the database was too busy to take it."""


@task.url_value_preprocessor
def admit_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let whoever is logged in send files with a form, and so much that one file too many costs nobody their text."""
    del endpoint, values
    if request.mimetype == "multipart/form-data" and current_user.is_authenticated:
        request.max_content_length = LARGEST_POST


@task.get("/<int:work_item>")
def show(work_item: int) -> str | tuple[str, int]:
    """Show the form with what it holds, or with what its reader sent when their session had ended."""
    waiting = kept.find(runtime(), person(), place(work_item))
    try:
        shown = tasks.show(runtime(), person(), work_item)
    except Unsaved as error:
        texts = [text for name, text in (waiting.fields if waiting else ()) if not name.endswith("#") and name != VERSION and text.strip()]
        return errors.overtaken_page(error.sentence(language()), texts)
    if waiting is None or shown.form is None:
        return _page(shown)
    sent = MultiDict(waiting.fields)
    return _page(shown, read(shown.form.components, sent), Beside(kept=waiting, other=_newer(shown, sent.get(VERSION, type=int))))


@task.post("/<int:work_item>")
def send(work_item: int) -> Response | tuple[str, int]:
    """Complete the work item, or do what another button of the form says."""
    shown = tasks.show(runtime(), person(), work_item)
    answers = _sent(shown)
    refused = _attach(shown, answers)
    act, _, path = request.form.get("do", "complete").partition(":")
    try:
        if act == "complete" and not refused:
            return _complete(shown, answers)
        return _change(shown, answers, act, path, refused)
    except DraftOvertaken as error:
        return _page(shown, answers, Beside(other=error.draft)), HTTPStatus.CONFLICT
    except tasks.DatabaseBusy:
        return _page(shown, answers, Beside(busy=True)), HTTPStatus.SERVICE_UNAVAILABLE


@task.post("/<int:work_item>/draft")
def save(work_item: int) -> Response | tuple[Response, int]:
    """Keep what is written while it is being written, and say which questions the answers hide."""
    shown = tasks.show(runtime(), person(), work_item)
    answers = _sent(shown)
    hidden = sorted(_hidden(sheets.lay_out(shown, answers)))
    try:
        version = _save(work_item, answers)
    except DraftOvertaken:
        said = gettext("Någon annan har sparat en annan text här. Din står kvar på sidan; spara utkastet med knappen, så får du se båda.")
        return jsonify(message=said, hidden=hidden), HTTPStatus.CONFLICT
    except tasks.DatabaseBusy as error:
        return jsonify(message=error.sentence(language()), hidden=hidden), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(saved=gettext("Sparat %(time)s", time=clock_time(runtime().clock.now())), hidden=hidden, version=version)


@task.post("/<int:work_item>/forget")
def forget(work_item: int) -> Response:
    """Throw away what was kept from an ended session: its writer prefers the draft that is there."""
    kept.forget(runtime(), person(), place(work_item))
    return redirect(url_for("task.show", work_item=work_item))


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
    flash(gettext("%(name)s har fått uppgiften. Du kan ta tillbaka den längst ner i inkorgen tills den är klar.", name=names().person(to)))
    return redirect(url_for("inbox.show"))


@task.get("/<int:work_item>/done")
def done(work_item: int) -> Response | str:
    """Say what happens next, to whoever has just completed the work."""
    receipt = session.get("receipt")
    if not receipt or receipt["work_item"] != work_item:
        return redirect(url_for("inbox.show"))
    return render_template("task/done.html", receipt=receipt, waiting=tasks.names_of(runtime(), person(), receipt["opened"]))


def place(work_item: int) -> str:
    """Return the name under which a text from this page is kept."""
    return f"task:{work_item}"


def _change(shown: Task, answers: dict[str, Any], act: str, path: str, refused: Mapping[str, CannotAttach]) -> Response | tuple[str, int]:
    """Save the draft with one row or file more or less, and show the page at that place."""
    work_item = shown.entry.id
    if act == "add":
        add_row(answers, path)
    elif act == "remove":
        remove_row(answers, path)
    elif act == "detach" and (number := remove_file(answers, path)):
        documents.discard(runtime(), person(), int(number))
    _save(work_item, answers)
    if refused:
        too_large = any(isinstance(error, TooLarge) for error in refused.values())
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.UNPROCESSABLE_ENTITY
        shown = tasks.show(runtime(), person(), work_item)
        return _page(shown, answers, Beside({path: error.sentence(language()) for path, error in refused.items()})), status
    if act == "draft":
        flash(gettext("Utkastet är sparat."))
    where = path.rpartition(".")[0] if act in ("remove", "detach") else path
    return redirect(url_for("task.show", work_item=work_item, _anchor=f"list-{where}" if act in MOVED and where else None))


def _complete(shown: Task, answers: Mapping[str, Any]) -> Response | tuple[str, int]:
    work_item = shown.entry.id
    try:
        taken = tasks.complete(runtime(), person(), work_item, answers, request.form.get(VERSION, type=int))
    except InvalidAnswers as error:
        said = {path: complaint.sentence(language()) for path, complaint in error.fields.items()}
        return _page(shown, answers, Beside(said)), HTTPStatus.UNPROCESSABLE_ENTITY
    _forget_kept(work_item)
    session["receipt"] = {
        "work_item": work_item,
        "element": shown.entry.element,
        "name": shown.entry.name,
        "case": taken.case if shown.entry.purpose == "case" else None,
        "opened": list(taken.opened),
        "ended": bool(taken.ended),
    }
    return redirect(url_for("task.done", work_item=work_item))


def _save(work_item: int, answers: Mapping[str, Any]) -> int:
    version = tasks.save_draft(runtime(), person(), work_item, answers, request.form.get(VERSION, type=int))
    _forget_kept(work_item)
    return version


def _forget_kept(work_item: int) -> None:
    """Throw away the text that was kept, now that the form which showed it has been taken."""
    if "was_kept" in request.form:
        kept.forget(runtime(), person(), place(work_item))


def _newer(shown: Task, version: int | None) -> Draft | None:
    """Return the draft of a work item where it is newer than the one that a writer had before them."""
    if shown.draft_at is None or version is None or version >= shown.draft_version:
        return None
    return Draft(shown.values, shown.draft_version, shown.draft_by, shown.draft_at)


def _page(shown: Task, answers: Mapping[str, Any] | None = None, beside: Beside | None = None) -> str:
    beside = beside or Beside()
    here, entry, who = runtime(), shown.entry, person()
    words = form_words(shown.form.id) if shown.form else {}
    has_files = documents.asks_for_files(shown.form)
    mine = entry.claimed_by in (None, who)
    papers = {str(one.id): one for one in documents.attached(here, who, entry.id)} if has_files and mine else {}
    sheet = Sheet(sheets.lay_out(shown, answers), words, beside.complaints, papers)
    other: list[Said] = told(shown.form, beside.other.answers, papers) if beside.other and shown.form else []
    return render_template(
        "task/task.html",
        task=shown,
        entry=entry,
        sheet=sheet,
        beside=beside,
        other=other,
        version=beside.other.version if beside.other else shown.draft_version,
        has_files=has_files,
        kept_by=keeping.token(place(entry.id)),
        ahead=outlook.ahead(here, who, entry.id) if mine else None,
        earlier=[(one, told(one.form, one.answers, {})) for one in outlook.before(here, who, entry.id)] if mine else [],
        colleagues=names().colleagues(who),
        signs="record_signature" in shown.effects,
        me=who,
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
