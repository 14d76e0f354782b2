"""Files on the page of a work item, without JavaScript: added, looked at, taken away, refused with the text kept."""

import io
import re
from random import Random

import pytest

from engine.services import documents, tasks
from engine.services.documents import Upload
from engine.simulation.answers import Answering

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
TEXT = "Det här är viktigt att inte tappa."


@pytest.fixture
def paper_task(need, runtime, school, browser_of):
    """The page of a work item whose form takes files, at whoever has it."""
    while True:
        who, entry = next((who, entry) for who in (school.teacher, school.manager) for entry in tasks.inbox(runtime, who))
        task = tasks.show(runtime, who, entry.id)
        if documents.asks_for_files(task.form):
            break
        context = {**task.variables, **task.values}
        answering = Answering(task.form, context, runtime.clock.now(), Random(1), lambda path, options: options[0])
        tasks.complete(runtime, who, entry.id, answering.filled().given)
    browser = browser_of(who)
    (written,) = set(re.findall(r'value="(written)"', browser.get(f"/task/{entry.id}").html))
    page = browser.post(f"/task/{entry.id}", **{"consents#": "1", "consents.0.way": written, "do": "draft"})
    return browser, page, who, entry.id


def file(content=PDF, name="samtycke.pdf"):
    return (io.BytesIO(content), name)


PATH = "consents.0.paper"


def sent(**more):
    return {"consents#": "1", "consents.0.way": "written", "consents.0.name": TEXT, **more}


def test_a_file_is_added_with_the_draft_looked_at_and_taken_away(paper_task):
    browser, page, _, _ = paper_task
    address = re.match(r"/task/\d+", page.path)[0]

    added = browser.post(address, **sent(**{f"{PATH}+": file(), "do": f"attach:{PATH}"}))
    link = added.link(r"^/document/\d+$")
    number = link.rpartition("/")[2]

    assert "samtycke.pdf" in added.text
    assert TEXT in added.html
    answer = browser.client.get(link)
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == "attachment; filename=samtycke.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]

    removed = browser.post(address, **sent(**{PATH: number, "do": f"detach:{PATH}.{number}"}))
    assert "samtycke.pdf" not in removed.text
    assert TEXT in removed.html
    assert browser.get(link).status == 404


def test_the_main_button_takes_the_chosen_file_too(paper_task, runtime):
    browser, page, who, item = paper_task

    answer = browser.post(page.path, **sent(**{f"{PATH}+": file(), "do": "complete"}))

    assert answer.status == 422
    assert "samtycke.pdf" in answer.text
    assert [one.name for one in documents.attached(runtime, who, item)] == ["samtycke.pdf"]


@pytest.mark.parametrize(("content", "status", "said"), [(b"MZ", 422, "går inte att ta emot"), (b"%PDF-" * 2000, 413, "är för stor")])
def test_a_file_that_is_not_taken_is_said_at_its_field_and_the_text_is_kept(paper_task, content, status, said, monkeypatch):
    monkeypatch.setattr(documents, "LARGEST", 1000)
    browser, page, _, _ = paper_task

    answer = browser.post(page.path, **sent(**{f"{PATH}+": file(content), "do": "complete"}))

    assert answer.status == status
    assert answer.title.startswith("Fel:")
    assert answer.html.count(said) >= 2
    assert TEXT in answer.html
    assert TEXT in browser.get(page.path).html


def test_a_foreign_document_looks_like_none(paper_task, runtime, browser_of, school):
    _, _, who, item = paper_task
    paper = documents.attach(runtime, who, Upload("a.pdf", PDF), work_item=item)
    stranger = browser_of(school.stranger)

    assert stranger.get(f"/document/{paper.id}").status == stranger.get("/document/999999").status == 404
