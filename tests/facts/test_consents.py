from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.facts.consents import carry_on, covers

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Said:
    giver: str
    given: bool = True
    recipients: list[str] = field(default_factory=list)
    valid_to: date | None = None
    withdrawn_at: datetime | None = None
    capacity: str = "guardian"


def test_a_consent_covers_the_units_that_it_names_and_no_other():
    said = [Said("Elis", recipients=["bup"])]

    assert covers(said, "bup", TODAY)
    assert not covers(said, "social", TODAY)


def test_a_consent_that_names_nobody_covers_everybody():
    assert covers([Said("Elis")], "bup", TODAY)


def test_where_nobody_was_asked_nothing_is_limited():
    assert covers([], "bup", TODAY)


def test_a_consent_holds_to_the_end_of_its_last_day():
    said = [Said("Elis", valid_to=TODAY)]

    assert covers(said, "bup", TODAY)
    assert not covers(said, "bup", TODAY + timedelta(days=1))


def test_every_giver_must_have_let_the_unit_in():
    said = [Said("Elis", recipients=["bup", "social"]), Said("Tuva", recipients=["bup"])]

    assert covers(said, "bup", TODAY)
    assert not covers(said, "social", TODAY)


@pytest.mark.parametrize("last", [Said("Elis", given=False, recipients=["bup"]), Said("Elis", recipients=["bup"], withdrawn_at=NOW)])
def test_the_last_word_about_a_unit_counts_and_leaves_the_others(last):
    said = [Said("Elis"), last]

    assert not covers(said, "bup", TODAY)
    assert covers(said, "social", TODAY)


def test_a_withdrawn_consent_alone_covers_nobody_and_beside_anothers_stops_nothing():
    gone = Said("Elis", withdrawn_at=NOW)

    assert not covers([gone], "bup", TODAY)
    assert covers([gone, Said("Tuva")], "bup", TODAY)


@pytest.mark.parametrize(
    ("left", "needed", "enough"),
    [
        ([Said("Maja", capacity="child")], "all", True),
        ([Said("Maja", capacity="child", valid_to=TODAY - timedelta(days=1))], "all", False),
        ([Said("Tuva")], "one", True),
        ([Said("Tuva")], "all", False),
        ([Said("Farmor", capacity="other")], "one", False),
        ([], "one", False),
    ],
)
def test_000_5_what_is_left_carries_the_case_where_the_child_or_the_guardian_consents(left, needed, enough):
    said = [Said("Elis", withdrawn_at=NOW), *left]

    assert carry_on(said, "child_or_guardian", needed, TODAY) is enough
    assert not carry_on(said, "guardian", needed, TODAY)


def test_000_5_the_guardians_consents_carry_the_case_when_the_child_withdraws():
    assert carry_on([Said("Maja", capacity="child", withdrawn_at=NOW), Said("Elis"), Said("Tuva")], "child_or_guardian", "all", TODAY)
