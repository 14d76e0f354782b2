"""The process models, to be read by everybody with a role."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Blueprint, Response, abort, render_template

from engine.services import models, wording
from engine.services.agreements import NoSuchAgreement
from webui.house import language, person, runtime

processes = Blueprint("processes", __name__, url_prefix="/processes")

XML = "application/xml; charset=utf-8"


@processes.get("")
def every() -> str:
    """List the processes and the agreements, and which release is in use."""
    here = runtime()
    return render_template(
        "processes/processes.html",
        processes=models.processes(here),
        agreements=models.known_agreements(here),
        release=models.in_use(here),
        owner=models.owners_view(here, person()),
    )


@processes.get("/<process>")
def show(process: str) -> str:
    """Show one process as a drawing with its steps, forms and tables."""
    return render_template("processes/process.html", sheet=_process(process), release=models.in_use(runtime()))


@processes.get("/<process>.bpmn")
def picture(process: str) -> Response:
    """Give the drawing to the viewer, in the reader's language."""
    return Response(wording.picture(runtime().releases.active, _process(process).file, language()), content_type=XML)


@processes.get("/agreement/<agreement>")
def agreement(agreement: str) -> str:
    """Show what an agreement says, with where it comes from and what serves it."""
    try:
        sheet = models.agreement(runtime(), agreement)
    except NoSuchAgreement:
        abort(404)
    return render_template("processes/agreement.html", sheet=sheet, agreement=sheet.agreement)


@processes.get("/file/<path:path>")
def file(path: str) -> Response:
    """Give a drawing, table or form as it is, to open in a modeler."""
    content = models.file(runtime(), path)
    if content is None:
        abort(404)
    answer = Response(content, content_type="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=PurePosixPath(path).name)
    return answer


def _process(process: str) -> models.ProcessSheet:
    try:
        return models.process(runtime(), process)
    except models.NoSuchProcess:
        abort(404)
