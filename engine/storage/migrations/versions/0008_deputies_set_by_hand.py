"""Say of a deputy why they stand in and who set it: what is set on the page is not ended by the next import of a file.

Nullable: deputies from the organisation's file have neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("deputy", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("deputy", sa.Column("set_by", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("deputy", "set_by")
    op.drop_column("deputy", "reason")
