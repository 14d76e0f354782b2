"""An index of what was handed over and may be taken back, so that an inbox finds it among many."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WHERE = sa.text("closed_at IS NULL AND delegated_from IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_work_item_handed_over", "work_item", ["delegated_from"], postgresql_where=WHERE, sqlite_where=WHERE)


def downgrade() -> None:
    op.drop_index("ix_work_item_handed_over", "work_item")
