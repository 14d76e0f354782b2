"""Makes the API: an application of its own under /api, so that neither cookies nor forms of the pages reach it."""

from __future__ import annotations

from importlib.metadata import version

from flask import Flask
from flask_compress import Compress
from flask_openapi.models.info import Info
from flask_openapi.models.security_scheme import SecurityScheme
from flask_openapi.models.server import Server
from flask_openapi.openapi import OpenAPI

from webui import cleaning, limits, security
from webui.api import door, problems, shapes
from webui.api.views import rooms
from webui.house import EXTENSION, House
from webui.numbers import RowNumber

DESCRIPTION = """Everything that a person does on Samspel's pages around a case, for a program that works for them.

Every call shows a token that `samspel token create --user NAME` has made: `Authorization: Bearer samspel_...`. It opens what the
person may open at that moment, and nothing more. What is wrong is answered as `application/problem+json` (RFC 9457), with sentences
in Swedish or English as `Accept-Language` asks. Moments are UTC. Cookies are not read."""


def create_api(house: House, largest_body: int, calls_a_minute: int = 0) -> Flask:
    """Return the API of a house."""
    api = OpenAPI(
        __name__,
        info=Info(title="Samspel", version=version("samspel"), description=DESCRIPTION),
        servers=[Server(url="/api", description="This installation")],
        security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description="A token of samspel token create")},
        validation_error_status="500",  # every call documents its own 422 or has none; where the status named here is missing one is added
        validation_error_model=shapes.Problem,
        validation_error_callback=problems.invalid,
        doc_ui=False,
        static_folder=None,
    )
    api.openapi_version = "3.1.0"  # the newest that validators and generators of clients read; nothing newer is used
    api.config.update(MAX_CONTENT_LENGTH=largest_body, PROVIDE_AUTOMATIC_OPTIONS=False)
    api.url_map.converters["int"] = RowNumber
    cleaning.clean_requests(api)
    api.extensions[EXTENSION] = house
    problems.add_problems(api)
    security.add_headers(api)
    limits.limit_calls(api, calls_a_minute)
    door.add_door(api)
    Compress(api)
    for room in rooms(demonstration=house.demonstration):
        api.register_api(room)
    api.add_url_rule("/openapi.json", "openapi", lambda: api.json.response(api.api_doc))
    return api
