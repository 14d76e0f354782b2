"""Each agreement has process owners of its own, also in a database from before that was so."""

from alembic import command
from sqlalchemy import text

from engine.facts.organisation import process_owner_of
from engine.services import tasks
from engine.storage.database import alembic_config, upgrade
from tests.services.conftest import MONDAY


def test_what_waited_for_the_one_process_owner_waits_for_the_agreements_own_after_the_upgrade(house):
    house.start()
    database = house.runtime.database
    with database.engine.execution_options(samspel_write=True).connect() as connection:
        command.downgrade(alembic_config(connection), "0006")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE work_item SET queue = 'role:process_owner', role = 'process_owner'"))

    upgrade(database)

    with database.reading() as session:
        known = house.runtime.organisation(session)
    assert known.position("owner").agreements == ("gotland", "jamtbus")
    assert known.takers(process_owner_of("jamtbus"), MONDAY) == ("owner",)
    assert house.only("owner").queue == process_owner_of("jamtbus")
    assert tasks.inbox(house.runtime, "school_worker") == []
