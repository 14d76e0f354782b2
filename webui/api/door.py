"""Who calls: a bearer token on every call, never a cookie; and what a call must look like before anything is done with it."""

from __future__ import annotations

import inspect
from http import HTTPStatus
from typing import Any, cast

import orjson
from flask import Flask, Response, current_app, g, request
from flask.json.provider import JSONProvider

from engine.services import tokens
from engine.services.tasks import without_nul
from webui.api.problems import KINDS, problem, spoken, unfit
from webui.house import house

OPEN = frozenset({"openapi", "documents.kinds", "documents.kind"})
"""What describes the API is the same in every installation, and open to whoever writes a program."""
DEEPEST = 24
"""How deep a body may nest; forms nest three levels."""


class StrictJson(JSONProvider):
    """JSON as the standard has it: no NaN, no half characters, dates as ISO text, and no U+0000, which PostgreSQL cannot keep."""

    def dumps(self, obj: Any, **_: Any) -> str:  # noqa: ANN401 - Flask's signature
        """Write JSON."""
        return orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:  # noqa: ANN401 - Flask's signature
        """Read JSON. Raises ValueError for what is none, or nests deeper than any form."""
        read = orjson.loads(s)
        if _depth(read) > DEEPEST:
            raise ValueError("nested too deep")
        return without_nul(read)


def add_door(api: Flask) -> None:
    """Ask every call for a token, and every call that brings something for JSON."""
    api.json = StrictJson(api)
    api.before_request(_demand_token)
    api.before_request(_demand_json)


def person() -> str:
    """Return the id of the person for whom the token works."""
    return cast("str", g.person)


def _demand_token() -> Response | None:
    if request.endpoint is None or request.endpoint in OPEN:
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    shown = scheme.lower() == "bearer" and bool(token.strip())
    who = tokens.resume(house().runtime, token.strip(), house().wall_clock.now()) if shown else None
    if who is None:
        answer = problem("no-token", KINDS["no-token"].advice(spoken()))
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Samspel"' + (', error="invalid_token"' if shown else "")
        return answer
    g.person = who
    return None


def _demand_json() -> Response | None:
    if request.endpoint is None or "body" not in inspect.signature(current_app.view_functions[request.endpoint]).parameters:
        return None
    if not isinstance(request.get_json(), dict):  # raises 400, 413 and 415
        return unfit({})
    return None


def _depth(value: Any) -> int:  # noqa: ANN401 - JSON
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
    return depth


def bodiless(status: HTTPStatus = HTTPStatus.NO_CONTENT) -> Response:
    """Return the answer of what is done and has nothing to tell."""
    answer = Response(status=status)
    del answer.headers["Content-Type"]
    return answer
