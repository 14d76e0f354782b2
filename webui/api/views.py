"""The calls: each asks one service and tells its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.media_type import MediaType
from flask_openapi.models.reference import Reference
from flask_openapi.models.response import Response as Documented
from pydantic import BaseModel
from werkzeug.exceptions import NotFound

from engine.services import cases, deviations, elapse, progress, tasks, timers
from engine.services.tasks import Narrowing, Position
from webui.api import shapes
from webui.api.door import bodiless, person
from webui.api.problems import KINDS, MEDIA, TYPES, spoken
from webui.api.told import Teller
from webui.house import names, runtime

STEPS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
START = datetime(1, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def told() -> Teller:
    """Return who says everything, in the caller's language."""
    return Teller(runtime(), names(), spoken())


def answers(well: type[BaseModel] | None, *problems: int, status: int = HTTPStatus.OK) -> dict[Any, Any]:
    """Return what a call may answer, for the document: what goes well, what every call may meet, and what this one may."""
    found: dict[Any, Any] = {status: well}
    return found | {code: refused(code) for code in sorted({401, 429, 500, *problems})}


def refused(code: int) -> Documented:
    """Return the description of an answer that something went wrong: which problems have that status."""
    kinds = [name for name, kind in KINDS.items() if kind.status == code]
    return Documented(description=", ".join(kinds), content={MEDIA: MediaType(schema=Reference(**{"$ref": "#/components/schemas/Problem"}))})


WRITES = (400, 413, 415, 422)
"""What a call with a body may meet."""

work = APIBlueprint("work", __name__, abp_tags=[{"name": "Work items"}], abp_security=BEARER)
case = APIBlueprint("case", __name__, abp_tags=[{"name": "Cases"}], abp_security=BEARER)
deviation = APIBlueprint("deviation", __name__, abp_tags=[{"name": "Deviations"}], abp_security=BEARER)
clock = APIBlueprint("clock", __name__, abp_tags=[{"name": "Demonstration"}], abp_security=BEARER)
documents = APIBlueprint("documents", __name__, abp_tags=[{"name": "Problems"}])


@work.get("/me", operation_id="me", summary="For whom the token works", responses=answers(shapes.Me))
def me() -> Response:
    """Tell where the person works, and under which agreements they may report."""
    here, who = names(), person()
    units = [
        {"id": unit, "name": name, "agreements": [{"id": one, "name": of} for one, of in here.agreements_of(unit).items()]}
        for unit, name in here.units_of(who).items()
    ]
    return _told(shapes.Me, {"person": who, "name": here.person(who), "titles": list(here.titles(who)), "units": units})


@work.get("/work-items", operation_id="inbox", summary="What waits for you, what breaks first in front", responses=answers(shapes.Inbox, 422))
def inbox(query: shapes.InboxQuery) -> Response:
    """Page through what waits; the cost does not follow how much waits in all."""
    here = runtime()
    narrowing = Narrowing(
        case=query.case.upper() or None,
        unit=query.unit or None,
        role=query.role or None,
        due_before=here.clock.now() if query.overdue else None,
        after=_place(query.after) if query.after else None,
    )
    found = tasks.inbox(here, person(), narrowing, query.limit + 1)
    shown, more = found[: query.limit], len(found) > query.limit
    teller = told()
    return _told(shapes.Inbox, {"items": [teller.entry(one) for one in shown], "next": _mark(shown[-1]) if more else None})


@work.get(
    "/work-items/<int:work_item>",
    operation_id="work_item",
    summary="One work item with its form and what it needs",
    responses=answers(shapes.WorkItemDetail, 404, 409, 422),
)
def work_item(path: shapes.WorkItemPath) -> Response:
    """Show a work item to somebody who may do it."""
    return _told(shapes.WorkItemDetail, told().task(tasks.show(runtime(), person(), path.work_item)))


@work.post(
    "/work-items/<int:work_item>/claim", operation_id="claim", summary="Work on it", responses=answers(None, 404, 409, status=HTTPStatus.NO_CONTENT)
)
def claim(path: shapes.WorkItemPath) -> Response:
    """Become the one who works on it, so that others see whose it is."""
    tasks.claim(runtime(), person(), path.work_item)
    return bodiless()


@work.post(
    "/work-items/<int:work_item>/release",
    operation_id="release",
    summary="Give it back",
    responses=answers(None, 404, 409, status=HTTPStatus.NO_CONTENT),
)
def release(path: shapes.WorkItemPath) -> Response:
    """Give it back to everybody whose it is, draft and all."""
    tasks.release(runtime(), person(), path.work_item)
    return bodiless()


@work.put(
    "/work-items/<int:work_item>/draft",
    operation_id="save_draft",
    summary="Keep what is written so far",
    responses=answers(shapes.Draft, 404, 409, 503, *WRITES),
)
def save_draft(path: shapes.WorkItemPath, body: shapes.Answers) -> Response:
    """Keep answers without judging them, unless another draft has been saved since the one that ``draft_version`` names."""
    return _told(shapes.Draft, {"draft_version": tasks.save_draft(runtime(), person(), path.work_item, body.answers, body.draft_version)})


@work.post(
    "/work-items/<int:work_item>/complete",
    operation_id="complete",
    summary="Answer it and move the case on",
    responses=answers(shapes.Completed, 404, 409, 503, *WRITES),
)
def complete(path: shapes.WorkItemPath, body: shapes.Answers) -> Response:
    """Check the answers, record them and move the case on: all of it or none."""
    taken = tasks.complete(runtime(), person(), path.work_item, body.answers, body.draft_version)
    waiting = told().waiting(tasks.names_of(runtime(), person(), taken.opened))
    return _told(shapes.Completed, {"case": taken.case, "ended": taken.ended, "outcome": taken.outcome, "waiting": waiting})


@case.post(
    "/cases",
    operation_id="start_case",
    summary="Report a need: a case begins",
    responses=answers(shapes.Started, *WRITES, status=HTTPStatus.CREATED),
)
def start_case(body: shapes.NewCase) -> Response:
    """Start a case from the unit where the person works. The report then waits for them as a work item."""
    child = cases.NewChild(body.child.name, body.child.birth_date, body.child.identity_number, body.child.municipality)
    started = cases.start(runtime(), person(), agreement=body.agreement, child=child, unit=body.unit)
    answer = _told(shapes.Started, {"reference": started.reference, "work_items": list(started.work_items)}, HTTPStatus.CREATED)
    answer.headers["Location"] = f"/api/cases/{started.reference}"
    return answer


@case.get(
    "/cases/<string:reference>",
    operation_id="case",
    summary="A case with its history and where it stands",
    responses=answers(shapes.Case, 404),
)
def show_case(path: shapes.CasePath) -> Response:
    """Show a case to somebody who may see it; that it was read stands in its history."""
    here, who, reference = runtime(), person(), path.reference.upper()
    view = cases.show(here, who, reference)
    waiting = tasks.names_of(here, who, [one.id for one in view.open_work])
    return _told(shapes.Case, told().case(view, progress.of_case(here, who, reference), waiting))


@deviation.get("/deviations", operation_id="deviations", summary="Open deviations that you may see", responses=answers(shapes.Deviations))
def every_deviation() -> Response:
    """List the open deviations that one may see, the oldest first."""
    teller = told()
    return _told(shapes.Deviations, {"items": [teller.deviation(one) for one in deviations.open_deviations(runtime(), person())]})


@deviation.post(
    "/deviations",
    operation_id="report_deviation",
    summary="Report a deviation",
    responses=answers(shapes.DeviationDetail, 404, *WRITES, status=HTTPStatus.CREATED),
)
def report_deviation(body: shapes.NewDeviation) -> Response:
    """Begin a deviation. Its report waits for the person as a work item, prefilled with what was given; completing that sends it."""
    given: Mapping[str, Any] = {"description": body.description, "happened_on": body.happened_on, "proposal": body.proposal}
    begun = deviations.report(
        runtime(),
        person(),
        agreement=body.agreement,
        unit=body.unit,
        case=body.case.upper() if body.case else None,
        concerned_unit=body.concerned_unit,
        concerned=body.concerned,
        variables={name: value for name, value in given.items() if value is not None},
    )
    answer = _told(shapes.DeviationDetail, told().followed(deviations.show(runtime(), person(), begun.id)), HTTPStatus.CREATED)
    answer.headers["Location"] = f"/api/deviations/{begun.id}"
    return answer


@deviation.get(
    "/deviations/<int:deviation>",
    operation_id="deviation",
    summary="One deviation with its way so far",
    responses=answers(shapes.DeviationDetail, 404),
)
def show_deviation(path: shapes.DeviationPath) -> Response:
    """Follow a deviation: every task on its way, whose it is or was, until when, and what was written to those who follow it."""
    return _told(shapes.DeviationDetail, told().followed(deviations.show(runtime(), person(), path.deviation)))


@deviation.post(
    "/deviations/<int:deviation>/lift",
    operation_id="lift_deviation",
    summary="Lift a deviation to the next level",
    responses=answers(shapes.DeviationDetail, 404, 503, *WRITES),
)
def lift_deviation(path: shapes.DeviationPath, body: shapes.Lift) -> Response:
    """Lift it from outside its work item, where the drawing listens for it."""
    deviations.lift(runtime(), person(), path.deviation, body.reason)
    return _told(shapes.DeviationDetail, told().followed(deviations.show(runtime(), person(), path.deviation)))


@clock.get("/clock", operation_id="clock", summary="The demonstration's time", responses=answers(shapes.Clock))
def show_clock() -> Response:
    """Tell what time it is in the demonstration."""
    return _time(0)


@clock.post(
    "/clock",
    operation_id="move_clock",
    summary="Let time pass in the demonstration",
    responses=answers(shapes.Clock, *WRITES),
)
def move_clock(body: shapes.Move) -> Response:
    """Let a day, a week, or the time until the next deadline pass, and fire what became due."""
    by = STEPS.get(body.by)
    passed = elapse.let_pass(runtime(), elapse.until_next(runtime()) if by is None else by)
    return _time(len(passed.lapses))


@documents.get("/problems", operation_id="problems", summary="Every type of problem", responses={200: shapes.ProblemKinds, 500: refused(500)})
def kinds() -> Response:
    """List what can go wrong, and what a caller does about it; no token is asked for."""
    return _told(shapes.ProblemKinds, {"items": [_kind(name) for name in KINDS]})


@documents.get(
    "/problems/<string:name>",
    operation_id="problem",
    summary="One type of problem",
    responses={200: shapes.ProblemKind, 404: refused(404), 500: refused(500)},
)
def kind(path: shapes.ProblemPath) -> Response:
    """Describe a type of problem, where its address leads; no token is asked for."""
    if path.name not in KINDS:
        raise NotFound
    return _told(shapes.ProblemKind, _kind(path.name))


def _kind(name: str) -> dict[str, Any]:
    one, language = KINDS[name], spoken()
    return {"type": f"{TYPES}{name}", "title": one.title(language), "status": int(one.status), "advice": one.advice(language)}


def _time(fired: int) -> Response:
    return _told(shapes.Clock, {"now": runtime().clock.now(), "next_due": timers.next_due(runtime()), "fired": fired})


def _told(shape: type[BaseModel], what: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
    """Return an answer that has been held against its shape."""
    answer = Response(shape.model_validate(what).model_dump_json(), status=status, mimetype="application/json")
    answer.content_language = [spoken()]
    answer.vary.add("Accept-Language")
    return answer


def _mark(entry: tasks.Entry) -> str:
    """Return the place of an entry in the order of the inbox."""
    return f"{(entry.urgency_at - START) // MICROSECOND}.{entry.id}"


def _place(mark: str) -> Position:
    urgency, _, item = mark.partition(".")
    try:
        return Position(START + int(urgency) * MICROSECOND, int(item))
    except OverflowError as error:
        raise NotFound from error


def rooms(*, demonstration: bool) -> tuple[APIBlueprint, ...]:
    """Return the rooms of the API."""
    return (work, case, deviation, clock, documents) if demonstration else (work, case, deviation, documents)
