"""Files that people attach: a signed paper, a letter. Attach, list, read, and take away what is not sent yet.

The content lies in the database, in the transaction of what it belongs to: no paper without its case, no case without its
papers, one backup for both. What a file is, is read from its first bytes and never from its name. Nobody here looks for
viruses: that is for the computers on which the files are opened (docs/documents.md).
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.execution import Field, Form
from engine.services import access, history
from engine.services.history import Act, Event, Reading
from engine.services.runtime import Runtime
from engine.storage import queries
from engine.storage.tables import Document, WorkItem

LARGEST = 10 * 1024 * 1024
"""Bytes of one file: a signed paper photographed by a telephone has room."""
MOST = 20
"""Files of one work item."""
LONGEST_NAME = 120
"""Signs of a name with its ending."""

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OPEN_TEXT = "application/vnd.oasis.opendocument.text"
ENDINGS: Mapping[str, str] = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", WORD: ".docx", OPEN_TEXT: ".odt"}
"""The types that are taken, each with its ending."""
_SIGNATURES = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
_ZIP = b"PK\x03\x04"


class CannotAttach(SamspelError):
    """The file is not taken; what else was sent with it is."""


class TooLarge(CannotAttach):
    """The file has more bytes than are taken."""

    sv = "Filen ”{name}” är för stor. Välj en fil på högst {most} megabyte, eller dela upp den."
    en = "The file “{name}” is too large. Choose a file of at most {most} megabytes, or divide it."


class WrongType(CannotAttach):
    """The content is none of the types that are taken, whatever the name says."""

    sv = "Filen ”{name}” går inte att ta emot. Välj en PDF, en bild (JPEG eller PNG) eller ett textdokument (docx eller odt)."
    en = "The file “{name}” cannot be taken. Choose a PDF, a picture (JPEG or PNG) or a text document (docx or odt)."


class TooMany(CannotAttach):
    """The work item has as many files as it may."""

    sv = "Här finns redan {most} filer. Ta bort någon innan du lägger till ”{name}”."
    en = "There are already {most} files here. Remove one before you add “{name}”."


class AlreadySent(SamspelError):
    """The document belongs to something that is done, and stays."""

    sv = "Dokumentet ”{name}” hör till något som är klart och kan inte tas bort."
    en = "The document “{name}” belongs to something that is done and cannot be removed."


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Paper:
    """A document, without its content."""

    id: int
    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    added_at: datetime
    added_by: str
    work_item: int | None
    task: str | None
    """What the work item is called in which it was attached."""
    element: str | None
    """The work item's element in the drawing, for its English name."""


@dataclass(frozen=True)
class Content:
    """A document with its content."""

    paper: Paper
    content: bytes


def attach(runtime: Runtime, person: str, upload: Upload, *, reference: str | None = None, work_item: int | None = None) -> Paper:
    """Keep a file: with a work item as part of its draft, or at once with a case.

    Raises TooLarge, WrongType and TooMany; NoSuchCase where the person may not see the case's content and write in it; NoSuchWorkItem
    and NotYours where they may not do the work item.
    """
    media_type = recognised(upload)
    with runtime.database.writing() as session:
        act = Act(runtime.clock.now(), person)
        if work_item is not None:
            item = access.open_work(runtime, session, person, work_item)
            _require_room(session, item, upload)
            row = _row(upload, media_type, act, case_id=item.case_id, instance_id=item.instance_id, work_item_id=item.id)
            session.add(row)
            session.flush()
            return _paper(row, item)
        case, sight = access.require_sight(runtime, session, person, reference or "")
        if not (sight.content and sight.records):
            raise access.NoSuchCase(case=reference)
        row = _row(upload, media_type, act, case_id=case.id, kept_at=act.at)
        session.add(row)
        session.flush()
        history.add(session, act, [_event("document added", row)], case_id=case.id, instance_id=None)
        return _paper(row, None)


def listed(runtime: Runtime, person: str, reference: str) -> list[Paper]:
    """Return a case's documents, the newest first, but for drafts' and those that the person may not see. Raises NoSuchCase."""
    with runtime.database.reading() as session:
        case, sight = access.require_sight(runtime, session, person, reference)
        hidden = access.hidden_instances(runtime, session, person, case)
        query = select(Document).where(Document.case_id == case.id, Document.kept_at.is_not(None)).order_by(Document.id.desc())
        if not sight.content:
            query = query.where(Document.added_by == person)
        return _papers(session, [row for row in session.scalars(query) if row.instance_id not in hidden])


def attached(runtime: Runtime, person: str, work_item: int) -> list[Paper]:
    """Return what lies with the draft of a work item, in the order in which it came, to somebody who may do it."""
    with runtime.database.reading() as session:
        item = access.open_work(runtime, session, person, work_item)
        return [_paper(row, item) for row in session.scalars(_of_item(item.id))]


def fetch(runtime: Runtime, person: str, document: int) -> Content:
    """Return a document with its content to somebody who may see it; that it was read stands in the history. Raises NoSuchDocument."""
    with runtime.database.reading() as session:
        row = access.document(runtime, session, person, document)
        found = Content(_paper(row, session.get(WorkItem, row.work_item_id) if row.work_item_id else None), row.content)
        is_draft = row.kept_at is None
        reading = Reading("document", row.case_id, row.instance_id, row.id)
    if not is_draft:
        history.log_reading(runtime, person, reading)
    return found


def discard(runtime: Runtime, person: str, document: int) -> None:
    """Take away a document that is part of a draft, for good. Raises NoSuchDocument, and AlreadySent for one that is not."""
    with runtime.database.writing() as session:
        row = access.document(runtime, session, person, document)
        if row.kept_at is not None:
            raise AlreadySent(name=row.name)
        session.delete(row)


def recognised(upload: Upload) -> str:
    """Return the media type of a file by its content. Raises TooLarge and WrongType."""
    name = clean_name(upload.name, "")
    if len(upload.content) > LARGEST:
        raise TooLarge(name=name, most=LARGEST // (1024 * 1024))
    for signature, media_type in _SIGNATURES.items():
        if upload.content.startswith(signature):
            return media_type
    found = _zipped(upload.content) if upload.content.startswith(_ZIP) else None
    if found is None:
        raise WrongType(name=name)
    return found


def clean_name(name: str, ending: str) -> str:
    """Return a name that no file system and no reader is led astray by: no folders, no invisible signs, its ending that of its type."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in unicodedata.normalize("NFC", bare) if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*')
    stem = seen.strip(" .")
    known = next((one for one in (*ENDINGS.values(), ".jpeg") if stem.lower().endswith(one)), "")
    if ending:
        stem = stem.removesuffix(stem[len(stem) - len(known) :]) if known else stem
    stem = stem[: LONGEST_NAME - len(ending)].strip(" .")
    return f"{stem or 'dokument'}{ending}"


def own_only(form: Form, answers: Mapping[str, Any], own: Collection[str]) -> Mapping[str, Any]:
    """Return the answers with no other documents in their file fields than the work item's own: nobody sends in another's by its number."""
    return _own_in(form.components, answers, own)


def asks_for_files(form: Form | None) -> bool:
    """Whether a form has a file field anywhere."""
    return form is not None and any(_asks(one) for one in form.components)


def of_work_item(session: Session, work_item: int) -> set[str]:
    """Return the ids of the documents that lie with a work item, as answers have them."""
    return {str(one) for one in session.scalars(select(Document.id).where(Document.work_item_id == work_item))}


def named(form: Form, answers: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the documents that stand in a form's file fields."""
    return frozenset(_named_in(form.components, answers))


def settle(session: Session, item: WorkItem, named: Collection[str], at: datetime) -> list[dict[str, Any]]:
    """Keep the documents that the answers of a completed work item name, throw away its others, and return what the history says of them."""
    rows = session.scalars(_of_item(item.id)).all()
    kept = [row for row in rows if str(row.id) in named]
    session.execute(update(Document).where(Document.id.in_([row.id for row in kept])).values(kept_at=at))
    session.execute(delete(Document).where(Document.work_item_id == item.id, Document.kept_at.is_(None)))
    return [_told(row) for row in kept]


def _of_item(work_item: int) -> Any:  # noqa: ANN401 - a statement
    return select(Document).where(Document.work_item_id == work_item).order_by(Document.id)


def _row(upload: Upload, media_type: str, act: Act, **belongs: Any) -> Document:  # noqa: ANN401 - columns
    return Document(
        name=clean_name(upload.name, ENDINGS[media_type]),
        media_type=media_type,
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=upload.content,
        added_at=act.at,
        added_by=act.by,
        **belongs,
    )


def _require_room(session: Session, item: WorkItem, upload: Upload) -> None:
    count = session.scalar(select(func.count()).select_from(Document).where(Document.work_item_id == item.id)) or 0
    if count >= MOST:
        raise TooMany(name=clean_name(upload.name, ""), most=MOST)


def _event(kind: str, row: Document) -> Event:
    return Event(kind, details=_told(row))


def _told(row: Document) -> dict[str, Any]:
    return {"document": row.id, "sha256": row.sha256}


def _papers(session: Session, rows: Sequence[Document]) -> list[Paper]:
    ids = [row.work_item_id for row in rows if row.work_item_id is not None]
    items = {item.id: item for item in queries.items_by_id(session, ids)} if ids else {}
    return [_paper(row, items.get(row.work_item_id or 0)) for row in rows]


def _paper(row: Document, item: WorkItem | None) -> Paper:
    return Paper(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        added_at=row.added_at,
        added_by=row.added_by,
        work_item=row.work_item_id,
        task=item.name if item else None,
        element=item.element if item else None,
    )


def _zipped(content: bytes) -> str | None:
    """Return which kind of text document a zip file is, by its table of contents; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if {"[Content_Types].xml", "word/document.xml"} <= names and not any(name.endswith("vbaProject.bin") for name in names):
        return WORD
    # OpenDocument begins with an unpacked entry that says what it is, so that it can be told by its first bytes.
    return OPEN_TEXT if content[30:].startswith(b"mimetype" + OPEN_TEXT.encode() + b"PK") and "content.xml" in names else None


def _asks(one: Field) -> bool:
    return one.type == "filepicker" or any(_asks(inner) for inner in one.fields)


def _own_in(fields: Sequence[Field], answers: Mapping[str, Any], own: Collection[str]) -> dict[str, Any]:
    found = dict(answers)
    for one in fields:
        if one.type == "group" and not one.key:
            found = _own_in(one.fields, found, own)
        elif one.key in found:
            found[one.key] = _own_value(one, found[one.key], own)
    return found


def _own_value(one: Field, value: Any, own: Collection[str]) -> Any:  # noqa: ANN401 - JSON
    if one.type == "filepicker":
        return [text for text in _texts(value) if text in own]
    if one.type == "dynamiclist" and isinstance(value, list):
        return [_own_in(one.fields, row, own) if isinstance(row, Mapping) else row for row in value]
    return _own_in(one.fields, value, own) if one.type == "group" and isinstance(value, Mapping) else value


def _named_in(fields: Sequence[Field], answers: Mapping[str, Any]) -> Iterator[str]:
    for one in fields:
        value = answers.get(one.key)
        if one.type == "filepicker":
            yield from _texts(value)
        elif one.type == "group":
            yield from _named_in(one.fields, value if one.key and isinstance(value, Mapping) else {} if one.key else answers)
        elif one.type == "dynamiclist" and isinstance(value, list):
            yield from (name for row in value if isinstance(row, Mapping) for name in _named_in(one.fields, row))


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return the texts of an answer that is a list of them, or one."""
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str)]
