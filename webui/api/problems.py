"""What goes wrong, as RFC 9457 has it: a type that stays, a title, a status and a sentence in the caller's language."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from engine.errors import Language, SamspelError
from engine.services.access import NoSuchCase, NoSuchWorkItem, NotYours
from engine.services.agreements import NoSuchAgreement
from engine.services.cases import AgeOutside, AgreementIncomplete, NoSuchUnit, NotYourUnit
from engine.services.deviations import CannotLift, NoSuchDeviation, NotYoursToLift, OtherAgreement
from engine.services.steps import DatabaseBusy
from engine.services.tasks import AlreadyCompleted, ClaimedByAnother, DraftOvertaken, InvalidAnswers, StepFailed, Unsaved, WorkItemMoved
from engine.services.tasks import DatabaseBusy as DatabaseBusyUnsaved

MEDIA = "application/problem+json"
TYPES = "/api/problems/"
"""Where every type is described; a type's name never changes."""


@dataclass(frozen=True)
class Kind:
    """One type of problem."""

    status: HTTPStatus
    sv: str
    en: str
    advice_sv: str
    advice_en: str

    def title(self, language: Language) -> str:
        """Return its title."""
        return self.sv if language == "sv" else self.en

    def advice(self, language: Language) -> str:
        """Return what a caller does about it."""
        return self.advice_sv if language == "sv" else self.advice_en


_RIGHT = "Rätta det som ”fields” nämner och skicka igen.", "Put right what ”fields” names and send again."
_SAY = "Läs ”detail”, rätta och skicka igen.", "Read ”detail”, put it right and send again."
_KEPT = "Det som skickades ligger i ”answers”. Hämta uppgiften på nytt.", "What was sent is in ”answers”. Get the work item anew."
_LATER = "Vänta så länge som Retry-After säger.", "Wait as long as Retry-After says."

KINDS: Mapping[str, Kind] = {
    "malformed": Kind(HTTPStatus.BAD_REQUEST, "Går inte att läsa", "Cannot be read", "Skicka giltig JSON i UTF-8.", "Send valid JSON in UTF-8."),
    "no-token": Kind(
        HTTPStatus.UNAUTHORIZED,
        "Nyckel saknas eller gäller inte",
        "Token missing or not valid",
        "Skicka Authorization: Bearer och en nyckel som samspel token create har gjort.",
        "Send Authorization: Bearer and a token that samspel token create has made.",
    ),
    "not-found": Kind(
        HTTPStatus.NOT_FOUND,
        "Finns inte",
        "Not found",
        "Det finns inte, eller personen bakom nyckeln har inte tillgång till det. Svaret är detsamma.",
        "It does not exist, or is not open to the person behind the token. The answer is the same.",
    ),
    "method-not-allowed": Kind(HTTPStatus.METHOD_NOT_ALLOWED, "Metoden finns inte här", "Method not allowed", "Se huvudet Allow.", "See Allow."),
    "claimed-by-another": Kind(HTTPStatus.CONFLICT, "Någon annan arbetar med uppgiften", "Somebody else is working on it", *_KEPT),
    "already-completed": Kind(HTTPStatus.CONFLICT, "Redan slutförd", "Completed already", *_KEPT),
    "draft-overtaken": Kind(
        HTTPStatus.CONFLICT,
        "Ett annat utkast har sparats",
        "Another draft has been saved",
        "Det som skickades ligger i ”answers”, det andra i ”draft”. Jämför, och skicka med utkastets draft_version.",
        "What was sent is in ”answers”, the other in ”draft”. Compare, and send with the draft's draft_version.",
    ),
    "work-item-moved": Kind(HTTPStatus.CONFLICT, "Ärendet har gått vidare", "The case has moved on", *_KEPT),
    "too-large": Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "För stort", "Too large", "Skicka högst 2 megabyte.", "Send two megabytes at most."),
    "unsupported-media-type": Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Inte JSON", "Not JSON", "Skicka Content-Type: application/json.", "Send Content-Type: application/json."
    ),
    "invalid-request": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Något behöver rättas", "Something is to be put right", *_RIGHT),
    "invalid-answers": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Svaren behöver rättas", "The answers are to be put right", *_RIGHT),
    "age-outside": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Fel ålder för avtalet", "Not an age of the agreement", *_SAY),
    "agreement-incomplete": Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Avtalet saknar beslut",
        "The agreement lacks decisions",
        "Processägaren beslutar värdena i ”keys”.",
        "The process owner decides the values in ”keys”.",
    ),
    "not-your-unit": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Inte din verksamhet", "Not your unit", *_SAY),
    "no-such-unit": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Verksamheten finns inte", "No such unit", *_SAY),
    "no-such-agreement": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Avtalet finns inte", "No such agreement", *_SAY),
    "other-agreement": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Ärendet följer ett annat avtal", "The case is under another agreement", *_SAY),
    "cannot-lift": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Går inte att lyfta härifrån", "Cannot be lifted from here", *_SAY),
    "not-yours-to-lift": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Inte din att lyfta", "Not yours to lift", *_SAY),
    "step-failed": Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Förloppet kunde inte gå vidare",
        "The process could not go on",
        "Svaren är sparade som utkast, och processägaren har fått felet.",
        "The answers are kept as a draft, and the process owner has the incident.",
    ),
    "refused": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Går inte", "Refused", *_SAY),
    "too-many-requests": Kind(HTTPStatus.TOO_MANY_REQUESTS, "För många anrop", "Too many requests", *_LATER),
    "database-busy": Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Databasen är upptagen", "The database is busy", *_LATER),
    "internal-error": Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Fel hos oss",
        "An error of ours",
        "Säg ”reference” till supporten: den står i loggen.",
        "Tell support the ”reference”: it stands in the log.",
    ),
    "other": Kind(HTTPStatus.BAD_REQUEST, "Går inte", "Refused", *_SAY),
}
"""Every type, by the end of its address."""

_BY_ERROR: Mapping[type[SamspelError], str] = {
    NoSuchCase: "not-found",
    NoSuchWorkItem: "not-found",
    NotYours: "not-found",
    NoSuchDeviation: "not-found",
    ClaimedByAnother: "claimed-by-another",
    AlreadyCompleted: "already-completed",
    DraftOvertaken: "draft-overtaken",
    WorkItemMoved: "work-item-moved",
    InvalidAnswers: "invalid-answers",
    AgeOutside: "age-outside",
    AgreementIncomplete: "agreement-incomplete",
    NotYourUnit: "not-your-unit",
    NoSuchUnit: "no-such-unit",
    NoSuchAgreement: "no-such-agreement",
    OtherAgreement: "other-agreement",
    CannotLift: "cannot-lift",
    NotYoursToLift: "not-yours-to-lift",
    StepFailed: "step-failed",
    DatabaseBusy: "database-busy",
    DatabaseBusyUnsaved: "database-busy",
}

_BY_STATUS = {
    400: "malformed",
    401: "no-token",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
}

_NOT_THERE = "Det finns inget här som du har tillgång till.", "There is nothing here that is open to you."

_COMPLAINTS: Mapping[str, tuple[str, str]] = {
    "missing": ("Fältet saknas.", "The field is missing."),
    "extra_forbidden": ("Fältet finns inte här; ta bort det.", "There is no such field here; remove it."),
    "string_type": ("Skriv en text.", "Write a text."),
    "string_too_short": ("Skriv något.", "Write something."),
    "string_too_long": ("Texten är för lång; högst {max_length} tecken.", "The text is too long; at most {max_length} characters."),
    "dict_type": ("Skicka ett objekt.", "Send an object."),
    "model_type": ("Skicka ett objekt.", "Send an object."),
    "list_type": ("Skicka en lista.", "Send a list."),
    "too_long": ("Listan är för lång; högst {max_length}.", "The list is too long; at most {max_length}."),
    "int_parsing": ("Skriv ett heltal.", "Write a whole number."),
    "int_type": ("Skriv ett heltal.", "Write a whole number."),
    "greater_than_equal": ("Minst {ge}.", "At least {ge}."),
    "less_than_equal": ("Högst {le}.", "At most {le}."),
    "bool_parsing": ("Skriv true eller false.", "Write true or false."),
    "literal_error": ("Välj något av: {expected}.", "Choose one of: {expected}."),
    "string_pattern_mismatch": ("Texten är tom eller har fel form.", "The text is empty or of the wrong form."),
    "day": ("Skriv datum som 2026-03-14.", "Write the date like 2026-03-14."),
    "identity_number": ("Skriv personnumret med tolv siffror, ÅÅÅÅMMDD-NNNN.", "Write the identity number with twelve digits, YYYYMMDD-NNNN."),
}


def spoken() -> Language:
    """Return the language that the caller asks for; Swedish where none of ours is named."""
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return "en" if next((tag for tag in wanted if tag in ("sv", "en")), "sv") == "en" else "sv"


def problem(name: str, detail: str, status: int | None = None, **more: Any) -> Response:  # noqa: ANN401 - JSON
    """Return an answer that says what went wrong; ``more`` are members of its own type."""
    kind, language = KINDS[name], spoken()
    code = status or int(kind.status)
    told = {"type": f"{TYPES}{name}", "title": kind.title(language), "status": code, "detail": detail, **more}
    answer = Response(current_app.json.dumps(told), status=code, mimetype=MEDIA)
    answer.content_language = [language]
    answer.vary.add("Accept-Language")
    return answer


def add_problems(api: Flask) -> None:
    """Answer every error with a problem."""
    api.register_error_handler(SamspelError, _foreseen)
    api.register_error_handler(HTTPException, _http)
    api.register_error_handler(Exception, _broken)


def invalid(error: ValidationError) -> Response:
    """Say of each field that does not fit what is wrong with it; an address that nothing can have is as one that nothing has."""
    language = spoken()
    if error.title.endswith("Path"):
        return problem("not-found", _NOT_THERE[language == "en"])
    fields = {".".join(map(str, one["loc"])): _complaint(one["type"], one.get("ctx") or {}, one["msg"], language) for one in error.errors()}
    return unfit(fields)


def unfit(fields: Mapping[str, str]) -> Response:
    """Return the answer about fields that are wrong."""
    which = ", ".join(filter(None, fields))
    said = f"Rätta: {which}." if which else "Skicka ett JSON-objekt."
    said_en = f"Put right: {which}." if which else "Send a JSON object."
    return problem("invalid-request", said if spoken() == "sv" else said_en, fields=dict(fields))


def _complaint(kind: str, context: Mapping[str, Any], otherwise: str, language: Language) -> str:
    said = _COMPLAINTS.get(kind)
    return said[language == "en"].format(**context) if said else otherwise


def _foreseen(error: SamspelError) -> Response:
    name = _BY_ERROR.get(type(error), "refused")
    language = spoken()
    if name == "not-found":
        return problem(name, _NOT_THERE[language == "en"])
    more: dict[str, Any] = {}
    if isinstance(error, Unsaved):
        more["answers"] = error.answers
    if isinstance(error, InvalidAnswers):
        more["fields"] = {path: complaint.sentence(language) for path, complaint in error.fields.items()}
    if isinstance(error, DraftOvertaken):
        more["draft"] = {"answers": error.draft.answers, "draft_version": error.draft.version, "by": error.draft.by, "at": error.draft.at}
    if isinstance(error, AgreementIncomplete):
        more["keys"] = list(error.keys)
    answer = problem(name, error.sentence(language), **more)
    if name == "database-busy":
        answer.headers["Retry-After"] = "5"
    return answer


def _http(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    status = error.code or int(HTTPStatus.INTERNAL_SERVER_ERROR)
    name = _BY_STATUS.get(status, "other")
    kind = KINDS[name]
    answer = problem(name, _NOT_THERE[spoken() == "en"] if name == "not-found" else kind.advice(spoken()), status)
    for header, value in error.get_headers():
        if header not in ("Content-Type", "Content-Length"):
            answer.headers[header] = value
    return answer


def _broken(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    current_app.logger.error("reference %s: %s %s", reference, request.method, request.endpoint, exc_info=error)
    return problem("internal-error", KINDS["internal-error"].advice(spoken()), reference=reference)
