"""Runs the migrations on the open connection that engine/storage/database.py hands over."""

from alembic import context
from sqlalchemy import Connection

from engine.storage.tables import Base

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
