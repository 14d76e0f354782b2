"""Whose yes is enough, as the table beside the SIP drawing says it."""

import pytest

from tests.processes.walking import shipped

A, B = ({"giver": "guardian", "name": name, "answer": "yes", "way": "written"} for name in "AB")
CHILD = {"giver": "young_person", "name": "C", "answer": "yes", "way": "written"}
OTHER = {"giver": "other", "name": "D", "answer": "yes", "way": "written"}


def no(one):
    return {**one, "answer": "no"}


def said(one):
    return {**one, "way": "oral"}


def suffices(consents, giver, needed="all", form="written"):
    inputs = {"consents": consents, "consent_giver": giver, "guardians_needed": needed, "consent_form": form}
    return shipped().decisions.evaluate("consent_suffices", inputs)


@pytest.mark.parametrize(
    ("consents", "giver", "needed", "enough"),
    [
        ([A, B], "guardian", "all", True),
        ([A, no(B)], "guardian", "all", False),
        ([A, no(B)], "guardian", "one", True),
        ([no(A), no(B)], "guardian", "one", False),
        ([CHILD], "guardian", "one", False),
        ([CHILD, no(A)], "child_or_guardian", "all", True),
        ([no(CHILD), A], "child_or_guardian", "all", True),
        ([no(CHILD), no(A)], "child_or_guardian", "one", False),
        ([A, CHILD], "those_concerned", "all", True),
        ([A, no(CHILD)], "those_concerned", "all", False),
        ([OTHER], "those_concerned", "all", False),
        ([OTHER], "guardian", "all", False),
    ],
)
def test_000_5_003_3_consent_is_given_by_whom_the_agreement_names(consents, giver, needed, enough):
    assert suffices(consents, giver, needed) is enough


@pytest.mark.parametrize("giver", ["guardian", "child_or_guardian", "those_concerned"])
@pytest.mark.parametrize("one", [A, CHILD])
def test_000_5_a_spoken_yes_is_not_enough_where_consent_is_written(giver, one):
    assert suffices([said(one)], giver, form="written") is False
    assert suffices([said(one)], giver, form="any") is suffices([one], giver, form="written")


def test_a_setting_that_no_row_knows_gives_no_consent():
    assert suffices([A, B, CHILD], "somebody") is False
