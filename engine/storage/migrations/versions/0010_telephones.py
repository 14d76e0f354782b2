"""The telephone of a person, so that a case says how its coordinator is reached.

Nullable: nobody's is known before the organisation file is read again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("person", sa.Column("phone", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "phone")
