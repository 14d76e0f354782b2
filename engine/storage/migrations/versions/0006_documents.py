"""Documents, saved filters, kept texts, and a number for each draft, so that no draft overwrites another unseen."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Moment = sa.DateTime(timezone=True)
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("instance_id", RowId, nullable=True),
        sa.Column("work_item_id", RowId, nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("kept_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_document_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_document_instance_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_document_work_item_id")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_document_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    for column in ("case_id", "instance_id", "work_item_id"):
        op.create_index(op.f(f"ix_document_{column}"), "document", [column])
    op.create_table(
        "saved_filter",
        sa.Column("id", RowId, nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("at_start", sa.Boolean(), nullable=False),
        sa.Column("saved_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_filter_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_filter_person_id_name")),
    )
    op.create_table(
        "kept_text",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_text_person_id")),
        sa.PrimaryKeyConstraint("person_id", "place", name=op.f("pk_kept_text")),
    )
    op.add_column("work_item", sa.Column("draft_version", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("work_item", "draft_version")
    op.drop_table("kept_text")
    op.drop_table("saved_filter")
    op.drop_table("document")
