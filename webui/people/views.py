"""People and units: who answers for what, the managers above, who stands in, the steering groups."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from engine.services import workplaces
from webui.house import person, runtime

people = Blueprint("people", __name__, url_prefix="/people")


@people.get("")
def every() -> str:
    """List the parties with their units, and the groups; or what a search finds."""
    find = request.args.get("find", "").strip()[:100]
    return render_template("people/list.html", found=workplaces.overview(runtime(), person(), find), find=find)


@people.get("/unit/<unit>")
def unit(unit: str) -> str:
    """Show a unit: its posts, the managers above, how one reaches it."""
    return render_template("people/unit.html", unit=workplaces.unit(runtime(), person(), unit))


@people.get("/person/<who>")
def somebody(who: str) -> str:
    """Show a person at work."""
    return render_template("people/person.html", somebody=workplaces.somebody(runtime(), person(), who))


@people.get("/group/<group>")
def group(group: str) -> str:
    """Show a steering group."""
    return render_template("people/group.html", group=workplaces.group(runtime(), person(), group))
