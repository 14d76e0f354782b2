"""A process owner answers for agreements, not for all of them: what waits is put in the queue of its own agreement's."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OLD = "role:process_owner"

position = sa.table("position", sa.column("id"), sa.column("unit_id"), sa.column("role"), sa.column("agreements", sa.JSON))
unit = sa.table("unit", sa.column("id"), sa.column("party_id"), sa.column("agreements", sa.JSON))
instance = sa.table("process_instance", sa.column("id", sa.BigInteger), sa.column("agreement", sa.String))
version = sa.table("organisation_version", sa.column("number", sa.Integer))
HELD = {"work_item": ("queue", "delegated_from"), "incident": ("queue",), "notice": ("to",)}
"""Where the name of a queue stands, beside the process that it is about."""


def upgrade() -> None:
    op.add_column("position", sa.Column("agreements", sa.JSON(), nullable=False, server_default="[]"))
    _answer()
    for table, column in _held():
        own = sa.select("process_owner:" + instance.c.agreement).where(instance.c.id == table.c.instance_id).scalar_subquery()
        op.execute(table.update().where(table.c[column] == OLD).values({column: own}))
    op.execute(version.update().values(number=version.c.number + 1))


def downgrade() -> None:
    for table, column in _held():
        op.execute(table.update().where(table.c[column].like("process_owner:%")).values({column: OLD}))
    op.drop_column("position", "agreements")
    op.execute(version.update().values(number=version.c.number + 1))


def _held() -> list[tuple[sa.TableClause, str]]:
    tables = {name: sa.table(name, sa.column("instance_id"), *map(sa.column, columns)) for name, columns in HELD.items()}
    return [(tables[name], column) for name, columns in HELD.items() for column in columns]


def _answer() -> None:
    """Let each process owner answer for the agreements of their own party's units; for all that any unit is under, where those have none."""
    connection = op.get_bind()
    units = connection.execute(sa.select(unit.c.id, unit.c.party_id, unit.c.agreements)).all()
    party_of = {row.id: row.party_id for row in units}
    every = {agreement for row in units for agreement in row.agreements}
    for post in connection.execute(sa.select(position.c.id, position.c.unit_id).where(position.c.role == "process_owner")).all():
        own = {agreement for row in units if row.party_id == party_of[post.unit_id] for agreement in row.agreements}
        connection.execute(position.update().where(position.c.id == post.id).values(agreements=sorted(own or every)))
