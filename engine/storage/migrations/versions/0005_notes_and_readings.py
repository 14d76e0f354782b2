"""Notes between those who take part in a case, an index that answers who has read what, and the name under a signature.

Nullable: signatures made before this migration have no name of their own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"

Moment = sa.DateTime(timezone=True)
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "case_note",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_case_note_case_id")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_case_note_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    op.create_index(op.f("ix_case_note_case_id"), "case_note", ["case_id"])
    op.create_index(
        "ix_history_read", "history", ["chain", "by", "at"], postgresql_where=sa.text("kind = 'read'"), sqlite_where=sa.text("kind = 'read'")
    )
    op.add_column("signature", sa.Column("name", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("signature", "name")
    op.drop_index("ix_history_read", "history")
    op.drop_table("case_note")
