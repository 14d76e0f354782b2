"""The OpenAPI document is right, and the API does what it says: schemathesis sends what the document allows and what it forbids."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import positive_data_acceptance
from schemathesis.config import SchemathesisConfig

from engine.clock import SystemClock
from engine.services import cases, deviations, tokens
from engine.services.cases import NewChild
from engine.services.directory import directory
from tests.webui.conftest import AGREEMENT
from webui.api.app import create_api
from webui.api.problems import KINDS
from webui.app import create_app
from webui.house import EXTENSION, House
from webui.numbers import LARGEST
from webui.settings import Settings

EXAMPLES = 12
"""Of each call, besides those that schemathesis builds on every edge of the document."""


@dataclass
class Underway:
    """An application with work under way, and a token of somebody whose work it is."""

    app: object
    token: str
    unit: str
    case: str
    work_item: int
    deviation: int


@pytest.fixture(scope="module")
def underway(filled_database, tmp_path_factory):
    path = shutil.copy(filled_database, tmp_path_factory.mktemp("document") / "web.sqlite")
    app = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False, calls_a_minute=0))
    runtime = app.extensions[EXTENSION].runtime
    here = directory(runtime)
    unit = next(unit.id for unit in here.organisation.units if unit.kind == "school")
    teacher = here.organisation.staff_of(unit, here.at)[0]
    token = tokens.create(runtime, here.organisation.person(teacher).login, SystemClock().now()).token
    begun = cases.start(runtime, teacher, agreement=AGREEMENT, child=NewChild("Maja Exempelsson", date(2014, 3, 14)), unit=unit)
    deviation = deviations.report(runtime, teacher, agreement=AGREEMENT, unit=unit)
    yield Underway(app, token, unit, begun.reference, begun.work_items[0], deviation.id)
    runtime.database.close()


DOCUMENT = create_api(House(None, SystemClock(), demonstration=True), 2_000_000).api_doc
"""It is made from the code alone, so that there is a test for each call before there is a database."""
schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict({"seed": 1}))


@pytest.fixture(scope="module")
def called(underway):
    """Let the calls of schemathesis reach the application; every other call is about something that is there."""
    there = {"work_item": underway.work_item, "deviation": underway.deviation, "reference": underway.case, "name": "not-found"}
    real = {"agreement": AGREEMENT, "unit": underway.unit, "case": underway.case}

    def fits(value):
        return 1 <= value <= LARGEST if type(value) is int else isinstance(value, str) and 1 <= len(value) <= 40

    def replaced(known, values):
        return {name: known[name] if name in known and fits(value) else value for name, value in values.items()}

    @schema.hook
    def map_path_parameters(context, path_parameters):
        return replaced(there, path_parameters) if path_parameters and len(str(path_parameters)) % 2 else path_parameters

    @schema.hook
    def map_body(context, body):
        return replaced(real, body) if isinstance(body, dict) and len(str(body)) % 2 else body

    return underway


def test_the_document_is_valid_openapi_3_1(app):
    document = app.test_client().get("/api/openapi.json").json

    assert document["openapi"] == "3.1.0"
    assert document == DOCUMENT
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_call_has_its_words_an_example_and_its_problems():
    calls = [call for path in DOCUMENT["paths"].values() for call in path.values()]

    for call in calls:
        assert call["summary"]
        assert call["operationId"]
        for status, answer in call["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], call["operationId"]
    for name in ("NewCase", "NewDeviation", "Answers", "Problem"):
        assert DOCUMENT["components"]["schemas"][name]["examples"]
    assert len(calls) > 15


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_call_errs_or_answers_what_the_document_does_not_say(case, called):
    case.operation.app = case.operation.schema.app = called.app
    case.headers["Authorization"] = f"Bearer {called.token}"
    case.headers["Accept-Encoding"] = "identity"  # its client inside the process asks for what it cannot unpack everywhere

    # What fits the document may still break a rule of the agreement (an unknown unit): that is answered 422, and documented.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_the_documents_name_every_call_and_every_problem():
    told = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")

    for name in KINDS:
        assert f"`{name}`" in told, name
    for path in DOCUMENT["paths"]:
        last = path.replace("{work_item}", "{id}").replace("{deviation}", "{id}")
        assert last in told or f"/{last.rsplit('/', 1)[1]}`" in told or path.startswith("/problems"), path
