"""Who may say who stands in for whom, between which days, and what happens when it ends early."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.services import deputies, history, tasks
from engine.storage.tables import History

TODAY = date(2026, 3, 2)


def appoint(house, by="school_boss", position="school_boss", deputy="school_worker", first=8, last=12, **more):
    days = {"first": TODAY + timedelta(days=first), "last": TODAY + timedelta(days=last)}
    return deputies.appoint(house.runtime, by, position=position, deputy=deputy, **{**days, "reason": "Semester", **more})


def test_a_deputy_has_the_work_between_the_days_and_the_history_says_who_set_it_and_why(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}])
    number = appoint(house, deputy="bup_worker")
    assert tasks.inbox(house.runtime, "bup_worker") == []

    house.wait(days=8)

    assert house.only("bup_worker").for_whom == "school_boss"
    (standing,) = [one for one in deputies.standings(house.runtime, "head") if one.id == number]
    assert (standing.state, standing.reason, standing.set_by) == ("now", "Semester", "school_boss")
    with house.runtime.database.reading() as session:
        (row,) = session.scalars(select(History).where(History.kind == "deputy set"))
    assert (row.chain, row.by, row.details["person"], row.details["reason"]) == ("organisation", "school_boss", "bup_worker", "Semester")
    assert history.verify(house.runtime) > 0


def test_only_the_holder_and_the_managers_above_say_who_stands_in(house):
    own = {person: {post.id for post in deputies.posts(house.runtime, person)} for person in ("school_worker", "school_boss", "head", "director")}

    assert own["school_worker"] == set()
    assert own["school_boss"] == {"school_boss"}
    assert own["head"] == {"head", *(f"{unit}_boss" for unit in house.units)}
    assert own["director"] == own["head"] | {"director"}
    for person in ("school_worker", "bup_boss", "stranger"):
        with pytest.raises(deputies.NotYourPost):
            appoint(house, by=person, deputy="clinic_worker")
    assert appoint(house, by="head")


def test_a_deputy_passes_the_post_on_to_nobody(house):
    house.wait(days=4)

    assert deputies.posts(house.runtime, "stand_in") == []
    with pytest.raises(deputies.NotYourPost):
        appoint(house, by="stand_in", deputy="clinic_worker")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"deputy": "head"}, deputies.NotOneself),
        ({"deputy": "school_boss"}, deputies.HoldsThePost),
        ({"deputy": "nobody"}, deputies.NotAvailable),
        ({"first": -1}, deputies.AlreadyBegun),
        ({"first": 9, "last": 8}, deputies.EndsBeforeItBegins),
        ({"first": 5, "last": 9}, deputies.Overlapping),
        ({"first": 1, "last": 20}, deputies.Overlapping),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_at_its_field(house, changed, refusal):
    with pytest.raises(refusal) as refused:
        appoint(house, by="head", **changed)

    assert refused.value.field in ("person", "first", "last")
    assert "{" not in refused.value.sentence("sv") + refused.value.sentence("en")


def test_ending_early_takes_the_work_back_at_once(house):
    house.start(units=["bup"])
    house.complete("school_worker", need="Stöd", consents=[{"giver": "guardian", "name": "Elis Exempelsson", "answer": "yes"}])
    number = appoint(house, deputy="bup_worker")
    house.wait(days=8)
    tasks.claim(house.runtime, "bup_worker", house.only("bup_worker").id)
    with pytest.raises(deputies.NoSuchDeputy):
        deputies.end(house.runtime, "bup_worker", number)

    deputies.end(house.runtime, "head", number)

    assert tasks.inbox(house.runtime, "bup_worker") == []
    assert house.only("school_boss").claimed_by is None
    with pytest.raises(deputies.NoSuchDeputy):
        deputies.end(house.runtime, "head", number)


def test_what_ends_before_it_begins_never_was_and_its_days_are_free(house):
    deputies.end(house.runtime, "school_boss", appoint(house))

    assert appoint(house, deputy="clinic_worker")
    assert "school_worker" not in {one.person for one in deputies.standings(house.runtime, "school_boss")}
