"""The shipped forms as they stand on a page: rows, hidden questions, answers as they were typed."""

import pytest
from werkzeug.datastructures import MultiDict

from engine.execution import lay_out
from engine.services.releases import shipped_release
from engine.services.sheets import Line
from webui.task.answers import add_row, read, remove_row


@pytest.fixture(scope="module")
def forms():
    return shipped_release().forms


def every(lines: tuple[Line, ...]):
    for line in lines:
        yield line
        yield from every(line.lines)
        for row in line.rows:
            yield from every(row)


def test_every_shipped_form_can_be_laid_out_empty(forms):
    for form in forms.values():
        places = [line.place for line in every(lay_out(form, {}, {}))]

        assert len(places) == len(set(places)), form.id


def test_rows_are_read_back_as_they_were_sent(forms):
    sent = MultiDict({"goals#": "2", "goals.0.goal": "Lugn morgon", "goals.1.goal": "En kamrat", "goals.2.goal": "inte med"})

    answers = read(forms["draft_plan"].components, sent)

    assert [row["goal"] for row in answers["goals"]] == ["Lugn morgon", "En kamrat"]


def test_a_row_more_and_a_row_less_keep_the_others(forms):
    answers = {"goals": [{"goal": "a"}, {"goal": "b"}]}

    add_row(answers, "goals")
    remove_row(answers, "goals.0")

    assert answers == {"goals": [{"goal": "b"}, {}]}
    (goals,) = (line for line in lay_out(forms["draft_plan"], answers, {}) if line.path == "goals")
    assert len(goals.rows) == 2


@pytest.mark.parametrize("path", ["", "goals.9", "goals.x", "needs", "goals.0.goal", "nothing.0"])
def test_a_row_that_is_not_there_changes_nothing(path):
    answers = {"goals": [{"goal": "a"}], "needs": "text"}

    add_row(answers, path)
    remove_row(answers, path)

    assert answers == {"goals": [{"goal": "a"}], "needs": "text"}


@pytest.mark.parametrize("count", ["", "-1", "1e9", "999999999", "two"])
def test_a_forged_number_of_rows_is_no_more_than_a_page_holds(forms, count):
    assert len(read(forms["draft_plan"].components, MultiDict({"goals#": count}))["goals"]) <= 100


def test_some_questions_are_hidden_until_an_answer_asks_for_them(forms):
    conditional = [line for form in forms.values() for line in every(lay_out(form, {}, {})) if line.field.hide is not None]

    assert any(line.hidden for line in conditional)
    form = forms["take_attendance"]
    shown = {answer: {line.place for line in every(lay_out(form, {"attended": answer}, {})) if not line.hidden} for answer in ("yes", "no")}
    assert "who" in shown["yes"] - shown["no"]
