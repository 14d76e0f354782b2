"""Documents: what is taken, by whom it is seen, what becomes of it when its work is done."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest

from engine.services import access, case_file, documents, history, tasks
from engine.services.documents import Upload

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def zipped(*names, first=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PDF, ".pdf"),
        (PNG, ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (zipped("[Content_Types].xml", "word/document.xml"), ".docx"),
        (zipped("content.xml", first=documents.OPEN_TEXT), ".odt"),
    ],
)
def test_a_type_is_told_by_content_and_gives_the_name_its_ending(content, ending):
    media_type = documents.recognised(Upload("samtycke.exe", content))

    assert documents.ENDINGS[media_type] == ending
    assert documents.clean_name("samtycke.exe", ending) == f"samtycke.exe{ending}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload='alert(1)'/>",
        b"<html>%PDF-",
        b"MZ\x90",
        b"PK\x03\x04 broken",
        zipped("bomb.txt"),
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    ],
)
def test_what_is_no_paper_is_refused_whatever_it_is_called(content):
    with pytest.raises(documents.WrongType, match=r"samtycke\.pdf"):
        documents.recognised(Upload("samtycke.pdf", content))


def test_a_file_is_refused_from_the_first_byte_too_many():
    assert documents.recognised(Upload("a.pdf", PDF.ljust(documents.LARGEST))) == documents.PDF
    with pytest.raises(documents.TooLarge, match="10 megabyte"):
        documents.recognised(Upload("a.pdf", PDF.ljust(documents.LARGEST + 1)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Plan för Åsa.PDF", "Plan för Åsa.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Mina\\plan.pdf", "plan.pdf"),
        ("gnp.\u202efdp.exe", "gnp.fdp.exe.pdf"),
        ('a\r\nSet-Cookie: "x"', "aSet-Cookie x.pdf"),
        ("...", "dokument.pdf"),
        ("", "dokument.pdf"),
        ("å" * 300 + ".pdf", "å" * 116 + ".pdf"),
    ],
)
def test_a_name_leads_nobody_astray(given, kept):
    assert documents.clean_name(given, ".pdf") == kept


def test_a_document_of_a_draft_is_for_whoever_may_do_the_work_and_no_part_of_the_case(house):
    reference = house.asked("bup").reference
    item = house.only("bup_worker").id

    paper = documents.attach(house.runtime, "bup_worker", Upload("svar.pdf", PDF), work_item=item)

    assert (paper.name, paper.size, paper.sha256) == ("svar.pdf", len(PDF), hashlib.sha256(PDF).hexdigest())
    assert documents.fetch(house.runtime, "bup_boss", paper.id).content == PDF
    assert documents.listed(house.runtime, "school_worker", reference) == []
    for person in ("school_worker", "stranger"):
        with pytest.raises(access.NoSuchDocument):
            documents.fetch(house.runtime, person, paper.id)
        with pytest.raises(access.NotYours):
            documents.attach(house.runtime, person, Upload("svar.pdf", PDF), work_item=item)


def test_a_document_leaves_the_draft_for_good(house):
    house.asked("bup")
    paper = documents.attach(house.runtime, "bup_worker", Upload("svar.pdf", PDF), work_item=house.only("bup_worker").id)

    documents.discard(house.runtime, "bup_worker", paper.id)

    assert documents.attached(house.runtime, "bup_worker", house.only("bup_worker").id) == []
    with pytest.raises(access.NoSuchDocument):
        documents.fetch(house.runtime, "bup_worker", paper.id)


def test_completing_keeps_the_documents_that_the_answers_name_and_no_others(house):
    reference = house.asked("bup").reference
    item = house.only("bup_worker").id
    kept, forgotten = (documents.attach(house.runtime, "bup_worker", Upload(name, PDF), work_item=item) for name in ("a.pdf", "b.pdf"))

    house.complete("bup_worker", answer="yes", papers=[str(kept.id), "999999"])

    (listed,) = documents.listed(house.runtime, "school_worker", reference)
    assert (listed.id, listed.work_item, listed.added_by) == (kept.id, item, "bup_worker")
    with pytest.raises(access.NoSuchDocument):
        documents.fetch(house.runtime, "bup_worker", forgotten.id)
    with pytest.raises(documents.AlreadySent):
        documents.discard(house.runtime, "bup_worker", kept.id)
    done = [row for row in history.of_case(house.runtime, "school_worker", reference) if row.kind == "completed"][-1]
    assert done.details["documents"] == [{"document": kept.id, "sha256": kept.sha256}]


def test_another_s_document_is_not_sent_in_by_its_number(house):
    reference = house.asked("bup", "social").reference
    theirs = documents.attach(house.runtime, "social_worker", Upload("a.pdf", PDF), work_item=house.only("social_worker").id)

    house.complete("bup_worker", answer="yes", papers=[str(theirs.id)])

    assert documents.listed(house.runtime, "school_worker", reference) == []
    assert documents.attached(house.runtime, "social_worker", house.only("social_worker").id) == [theirs]


def test_a_document_of_the_case_itself_is_for_those_of_the_case_and_its_reading_is_told(house):
    reference = house.asked("bup").reference

    paper = documents.attach(house.runtime, "school_worker", Upload("brev.pdf", PDF), reference=reference)
    documents.fetch(house.runtime, "school_boss", paper.id)
    documents.fetch(house.runtime, "bup_worker", paper.id)

    assert [one.id for one in documents.listed(house.runtime, "school_worker", reference)] == [paper.id]
    told = [(row.kind, row.by) for row in history.of_case(house.runtime, "school_boss", reference) if row.details.get("what") == "document"]
    assert told == [("read", "school_boss"), ("read", "bup_worker")]
    readers = {one.person: one.what for one in case_file.show(house.runtime, "school_boss", reference).readers}
    assert "document" in readers["bup_worker"], "those who answer for the case see who has opened its papers"
    assert "bup_worker" not in {row.by for row in history.of_case(house.runtime, "school_worker", reference) if "read" in row.kind}
    with pytest.raises(access.NoSuchCase):
        documents.listed(house.runtime, "stranger", reference)
    with pytest.raises(access.NoSuchDocument):
        documents.fetch(house.runtime, "stranger", paper.id)


def test_a_deputy_reads_until_the_last_day_and_not_a_second_longer(house):
    reference = house.asked("bup").reference
    paper = documents.attach(house.runtime, "school_worker", Upload("brev.pdf", PDF), reference=reference)

    house.clock.move_to(datetime(2026, 3, 7, 22, 59, 59, tzinfo=UTC))
    assert documents.fetch(house.runtime, "stand_in", paper.id).content == PDF
    house.clock.move_to(datetime(2026, 3, 7, 23, tzinfo=UTC))
    with pytest.raises(access.NoSuchDocument):
        documents.fetch(house.runtime, "stand_in", paper.id)


def test_a_work_item_has_room_for_so_many_files(house, monkeypatch):
    house.asked("bup")
    monkeypatch.setattr(documents, "MOST", 1)
    item = house.only("bup_worker").id
    documents.attach(house.runtime, "bup_worker", Upload("a.pdf", PDF), work_item=item)

    with pytest.raises(documents.TooMany, match="already 1 files"):
        documents.attach(house.runtime, "bup_worker", Upload("b.pdf", PDF), work_item=item)

    assert len(tasks.inbox(house.runtime, "bup_worker")) == 1
