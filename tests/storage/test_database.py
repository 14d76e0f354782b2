import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.storage import queries
from engine.storage.database import DatabaseUnusable, alembic_config, open_database, upgrade
from engine.storage.queries import Narrowing, Place
from engine.storage.tables import Assignment, Base, ClockOffset, Person
from engine.storage.tables.base import UtcDateTime

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_an_error_of_the_database_says_nothing_of_what_was_to_be_written(database):
    with pytest.raises(DBAPIError) as failed, database.writing() as session:
        session.execute(text("INSERT INTO no_such_table VALUES (:name)"), {"name": "Maja Exempelsson"})

    assert "no_such_table" in str(failed.value)
    assert "Maja" not in str(failed.value)


def test_a_new_database_file_is_read_by_its_owner_alone(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'private.sqlite'}")
    try:
        upgrade(opened)

        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        opened.close()

    assert set(modes.values()) == {0o600}
    assert len(modes) > 1, "the journal beside it too"


@pytest.mark.parametrize(
    "url",
    [
        "no url at all",
        "mysql://root@localhost/samspel",
        "oracle9i://x",
        "sqlite:////no/such/folder/samspel.sqlite",
        "postgresql+psycopg://nobody:secret@127.0.0.1:1/samspel?connect_timeout=1",
    ],
)
def test_a_broken_address_is_said_in_one_sentence_without_its_password(url):
    with pytest.raises(DatabaseUnusable) as refused:
        open_database(url)

    for language in ("sv", "en"):
        sentence = refused.value.sentence(language)
        assert "\n" not in sentence
        assert "SAMSPEL_DATABASE" in sentence
        assert "secret" not in sentence


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "letter.sqlite").write_text("Hej! " * 500)

    with pytest.raises(DatabaseUnusable, match=r"letter\.sqlite"):
        open_database(f"sqlite:///{tmp_path / 'letter.sqlite'}")


def test_the_migrations_make_the_tables_and_a_second_upgrade_changes_nothing(database):
    upgrade(database)

    with database.engine.execution_options(samspel_write=True).connect() as connection:
        command.check(alembic_config(connection))
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_the_first_migration_can_be_taken_back(database):
    with database.engine.execution_options(samspel_write=True).connect() as connection:
        command.downgrade(alembic_config(connection), "base")

    assert inspect(database.engine).get_table_names() == ["alembic_version"]


def test_sqlite_keeps_what_is_committed_and_knows_its_references(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'test.sqlite'}")

    with database.engine.connect() as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]

    full = 2
    assert found == ["wal", full, 1]
    database.close()


def test_a_row_that_refers_to_nothing_is_refused(database):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Assignment(person_id="nobody", position_id="nothing"))


def test_a_write_that_fails_leaves_nothing(database):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add_all([Person(id="maja", name="Maja"), Assignment(person_id="maja", position_id="nothing")])

    with database.reading() as session:
        assert session.scalars(select(Person)).all() == []


def test_a_reader_sees_one_moment_while_somebody_writes(database):
    with database.reading() as reading:
        assert reading.get(ClockOffset, 1) is None
        with database.writing() as writing:
            writing.add(ClockOffset(id=1, seconds=60))
    with database.reading() as reading:
        assert reading.get_one(ClockOffset, 1).seconds == 60


@given(some.datetimes(timezones=some.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])))
def test_a_moment_comes_back_as_the_same_moment_in_utc(moment):
    kind = UtcDateTime()
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return

    for dialect in (sqlite.dialect(), postgresql.dialect()):
        read = kind.process_result_value(kind.process_bind_param(moment, dialect), dialect)
        assert read == moment
        assert read.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 2), sqlite.dialect())  # noqa: DTZ001


def test_every_branch_of_an_inbox_reads_an_index_and_never_the_whole_table(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    upgrade(database)
    places = [Place("unit:a"), Place("unit:b", "deviation")]

    plans = []
    for branch in queries._inbox_branches("maja", places, NOW, 50, Narrowing()):
        sql = branch.compile(database.engine, compile_kwargs={"literal_binds": True})
        with database.engine.connect() as connection:
            plans += [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]

    assert len(plans) >= 5
    assert all("USING" in plan and "INDEX ix_work_item_" in plan for plan in plans if "WORK_ITEM" in plan.upper()), plans
    assert not any(plan.startswith("SCAN") for plan in plans), plans
    database.close()


def test_more_queues_than_a_compound_select_may_have_are_asked_in_parts(database):
    with database.reading() as session:
        found = queries.inbox_ids(session, "maja", [Place(f"unit:{number}") for number in range(300)], NOW, 50, Narrowing())

    assert found == []
