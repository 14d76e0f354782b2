"""The drawings of a case: where it stands, as a picture and as a list."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from engine.services import progress
from webui.house import language, person, runtime

diagram = Blueprint("diagram", __name__, url_prefix="/case/<reference>/diagram")

BPMN = "application/xml; charset=utf-8"


@diagram.get("")
def first(reference: str) -> Answer:
    """Go to the drawing that the case began with."""
    runs = progress.of_case(runtime(), person(), reference).runs
    if not runs:
        abort(404)
    return redirect(url_for("diagram.show", reference=reference, instance=runs[0].instance_id, process=runs[0].process))


@diagram.get("/<int:instance>/<process>")
def show(reference: str, instance: int, process: str) -> str:
    """Show one drawing of the case with its steps; that it was read stands in the case's history."""
    found = progress.read(runtime(), person(), reference)
    run = next((run for run in found.runs if (run.instance_id, run.process) == (instance, process)), None)
    if run is None:
        abort(404)
    calls = {called.process: called for called in found.runs if called.instance_id == instance and called.called}
    return render_template("diagram/diagram.html", progress=found, run=run, calls=calls)


@diagram.get("/<int:instance>/<process>.bpmn")
def picture(reference: str, instance: int, process: str) -> Response:
    """Give the drawing to the viewer, in the reader's language."""
    return Response(progress.picture(runtime(), person(), reference, instance, process, language()), content_type=BPMN)
