import random
from datetime import UTC, date, datetime

import pytest
from personnummer import personnummer

from engine.facts.agreements import read_agreements
from engine.facts.roles import Circumstances, resolve
from engine.services.demonstration import invent, invent_child, populate
from engine.services.people import load_organisation
from engine.shipped import processes_folder
from engine.storage.database import open_database, upgrade

AGREEMENTS = read_agreements(processes_folder() / "agreements")
AT = datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_unit_of_every_agreement_has_staff_and_a_manager_who_can_be_found(agreement):
    organisation = invent([AGREEMENTS[agreement]])

    units = [unit for unit in organisation.units if agreement in unit.agreements]
    assert {unit.kind for unit in units} == {unit.kind for unit in AGREEMENTS[agreement].units}
    for unit in units:
        staff = [person for person in organisation.staff_of(unit.id, AT) if organisation.units_of(person, AT) == (unit.id,)]
        here = Circumstances(AT, organisation, agreement, staff[0], unit.id)
        levels = [resolve(role, here) for role in ("nearest_manager", "next_manager", "management_level")]
        assert not any(level.missing for level in levels)


def test_all_five_agreements_together_make_one_organisation_with_distinct_persons():
    organisation = invent(AGREEMENTS.values())

    assert len({person.id for person in organisation.persons}) == len(organisation.persons)
    assert {group.agreement for group in organisation.groups} == set(AGREEMENTS) - {"jamtbus"}
    shared = organisation.unit("region_norrbotten_primary_care")
    assert set(shared.agreements) == {"ostra_norrbotten", "arjeplog"}


def test_some_posts_are_vacant_and_some_have_deputies():
    organisation = invent([AGREEMENTS["jamtbus"]])

    assert any(not organisation.holders(post.id, AT) for post in organisation.positions)
    assert organisation.deputyships


def test_what_is_stored_is_what_was_invented(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'demo.sqlite'}")
    upgrade(database)

    invented = populate(database, [AGREEMENTS["arjeplog"]])

    with database.reading() as session:
        stored = load_organisation(session)
    assert {person.id for person in stored.persons} == {person.id for person in invented.persons}
    assert set(stored.positions) == set(invented.positions)
    assert set(stored.units) == set(invented.units)
    assert set(stored.assignments) == set(invented.assignments)
    assert set(stored.deputyships) == set(invented.deputyships)
    assert set(stored.members) == set(invented.members)
    database.close()


@pytest.mark.parametrize("seed", range(50))
def test_an_invented_child_is_of_the_age_asked_for_and_has_a_test_number(seed):
    child = invent_child(random.Random(seed), date(2026, 3, 2), 17)

    assert personnummer.valid(child.identity_number)
    assert child.identity_number[9:12] in ("238", "239")
    assert date(2008, 3, 2) < child.birth_date < date(2025, 3, 2)
