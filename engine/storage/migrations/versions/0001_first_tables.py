"""The first tables: organisation, cases, running processes, history.

History refuses UPDATE and DELETE on both databases, so that nobody can rewrite what happened.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:  # noqa: PLR0915 - one table after the other
    op.create_table(
        "child",
        sa.Column("id", RowId, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("identity_number", sa.String(), nullable=True),
        sa.Column("municipality", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
    )
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offset")),
    )
    op.create_table(
        "history_chain",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_history_chain")),
    )
    op.create_table(
        "organisation_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_version")),
    )
    op.create_table(
        "party",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("org_no", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "release",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stored_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_release")),
    )
    op.create_table(
        "steering_group",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steering_group")),
    )
    with op.batch_alter_table("steering_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_steering_group_agreement"), ["agreement"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("age_min", sa.Double(), nullable=True),
        sa.Column("age_max", sa.Double(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("agreements", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_unit_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_party_id"), ["party_id"], unique=False)

    op.create_table(
        "case_",
        sa.Column("id", RowId, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("child_id", RowId, nullable=False),
        sa.Column("initiator_person", sa.String(), nullable=False),
        sa.Column("initiator_unit", sa.String(), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_case__child_id")),
        sa.ForeignKeyConstraint(["initiator_person"], ["person.id"], name=op.f("fk_case__initiator_person")),
        sa.ForeignKeyConstraint(["initiator_unit"], ["unit.id"], name=op.f("fk_case__initiator_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_")),
        sa.UniqueConstraint("reference", name=op.f("uq_case__reference")),
    )
    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case__agreement"), ["agreement"], unique=False)
        batch_op.create_index(batch_op.f("ix_case__child_id"), ["child_id"], unique=False)

    op.create_table(
        "position",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reports_to", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["reports_to"], ["position.id"], name=op.f("fk_position_reports_to")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_position_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
    )
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_position_reports_to"), ["reports_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_position_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", RowId, nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("position_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_assignment_position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_position_id"), ["position_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_attendance_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_attendance_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_case_id"), ["case_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("giver", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", Moment, nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_consent_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_case_id"), ["case_id"], unique=False)

    op.create_table(
        "coordinator_assignment",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("from_at", Moment, nullable=False),
        sa.Column("to_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_coordinator_assignment_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_coordinator_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordinator_assignment")),
    )
    with op.batch_alter_table("coordinator_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coordinator_assignment_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coordinator_assignment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "delegation",
        sa.Column("id", RowId, nullable=False),
        sa.Column("position_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_delegation_person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_delegation_position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    with op.batch_alter_table("delegation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delegation_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delegation_position_id"), ["position_id"], unique=False)

    op.create_table(
        "deputy",
        sa.Column("id", RowId, nullable=False),
        sa.Column("position_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deputy_person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_deputy_position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
    )
    with op.batch_alter_table("deputy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputy_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deputy_position_id"), ["position_id"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("goals", sa.JSON(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("child_view", sa.String(), nullable=True),
        sa.Column("guardian_view", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("next_at", Moment, nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_evaluation_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_case_id"), ["case_id"], unique=False)

    op.create_table(
        "participant",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("joined_at", Moment, nullable=False),
        sa.Column("left_at", Moment, nullable=True),
        sa.Column("left_reason", sa.String(), nullable=True),
        sa.CheckConstraint("unit_id IS NOT NULL OR person_id IS NOT NULL OR name IS NOT NULL", name=op.f("ck_participant_somebody")),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_participant_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participant_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_participant_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participant_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_participant_person_active", ["person_id", "case_id"], unique=False)
        batch_op.create_index("ix_participant_unit_active", ["unit_id", "case_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("plan_type", sa.String(), nullable=False),
        sa.Column("needs", sa.String(), nullable=True),
        sa.Column("child_view", sa.String(), nullable=True),
        sa.Column("guardian_view", sa.String(), nullable=True),
        sa.Column("lead_principal", sa.String(), nullable=True),
        sa.Column("follow_up_at", Moment, nullable=True),
        sa.Column("follow_up_caller", sa.String(), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("replaced_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_plan_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_case_id"), ["case_id"], unique=False)

    op.create_table(
        "process_instance",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("parent_id", RowId, nullable=True),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("initiator_person", sa.String(), nullable=False),
        sa.Column("initiator_unit", sa.String(), nullable=False),
        sa.Column("concerned_unit", sa.String(), nullable=True),
        sa.Column("concerned", sa.JSON(), nullable=False),
        sa.Column("milestones", sa.JSON(), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_process_instance_case_id")),
        sa.ForeignKeyConstraint(["concerned_unit"], ["unit.id"], name=op.f("fk_process_instance_concerned_unit")),
        sa.ForeignKeyConstraint(["initiator_person"], ["person.id"], name=op.f("fk_process_instance_initiator_person")),
        sa.ForeignKeyConstraint(["initiator_unit"], ["unit.id"], name=op.f("fk_process_instance_initiator_unit")),
        sa.ForeignKeyConstraint(["parent_id"], ["process_instance.id"], name=op.f("fk_process_instance_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instance")),
    )
    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_process_instance_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_process_instance_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "steering_member",
        sa.Column("id", RowId, nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("position_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("(position_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_steering_member_position_or_person")),
        sa.ForeignKeyConstraint(["group_id"], ["steering_group.id"], name=op.f("fk_steering_member_group_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_steering_member_person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_steering_member_position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steering_member")),
    )
    with op.batch_alter_table("steering_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_steering_member_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_steering_member_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_steering_member_position_id"), ["position_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("made_for", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_decision_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_decision_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "deviation",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("agreement", sa.String(), nullable=False),
        sa.Column("reporter", sa.String(), nullable=False),
        sa.Column("reporter_unit", sa.String(), nullable=False),
        sa.Column("concerned_unit", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("proposal", sa.String(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reported_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_deviation_case_id")),
        sa.ForeignKeyConstraint(["concerned_unit"], ["unit.id"], name=op.f("fk_deviation_concerned_unit")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_deviation_instance_id")),
        sa.ForeignKeyConstraint(["reporter"], ["person.id"], name=op.f("fk_deviation_reporter")),
        sa.ForeignKeyConstraint(["reporter_unit"], ["unit.id"], name=op.f("fk_deviation_reporter_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deviation")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_deviation_instance_id")),
    )
    with op.batch_alter_table("deviation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deviation_agreement"), ["agreement"], unique=False)
        batch_op.create_index(batch_op.f("ix_deviation_case_id"), ["case_id"], unique=False)

    op.create_table(
        "dispute",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_dispute_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_dispute_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_dispute_instance_id")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_case_id"), ["case_id"], unique=False)

    op.create_table(
        "goal",
        sa.Column("id", RowId, nullable=False),
        sa.Column("plan_id", RowId, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_goal_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "history",
        sa.Column("id", RowId, nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("instance_id", RowId, nullable=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("for_whom", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("element", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_history_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_history_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_history_chain_number")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index("ix_history_instance", ["instance_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("action", sa.JSON(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("element_name", sa.String(), nullable=False),
        sa.Column("reason_sv", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_incident_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_incident_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(
            "ix_incident_open", ["created_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"), sqlite_where=sa.text("closed_at IS NULL")
        )

    op.create_table(
        "measure",
        sa.Column("id", RowId, nullable=False),
        sa.Column("plan_id", RowId, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("responsible_party", sa.String(), nullable=True),
        sa.Column("responsible_unit", sa.String(), nullable=True),
        sa.Column("responsible_person", sa.String(), nullable=True),
        sa.Column("extent", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("cost", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_measure_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measure_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("instance_id", RowId, nullable=True),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("initials", sa.String(), nullable=True),
        sa.Column("six_digits", sa.String(), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("sent_at", Moment, nullable=True),
        sa.Column("cancelled_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_notice_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_notice_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("sent_at IS NULL AND cancelled_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL AND cancelled_at IS NULL"),
        )

    op.create_table(
        "reader",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("granted_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_reader_instance_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reader_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
    )
    with op.batch_alter_table("reader", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reader_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reader_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("made_for", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_signature_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_signature_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signature_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "summons",
        sa.Column("id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("meeting_at", Moment, nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("chair", sa.String(), nullable=True),
        sa.Column("remote", sa.String(), nullable=True),
        sa.Column("sent_at", Moment, nullable=False),
        sa.Column("cancelled_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_summons_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_summons_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summons")),
    )
    with op.batch_alter_table("summons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summons_case_id"), ["case_id"], unique=False)

    op.create_table(
        "timer",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("deadline", sa.String(), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("incident_id", RowId, nullable=True),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("fired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_timer_incident_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_timer_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_timer_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL AND incident_id IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL AND incident_id IS NULL"),
        )
        batch_op.create_index(
            "ix_timer_instance_open",
            ["instance_id"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "work_item",
        sa.Column("id", RowId, nullable=False),
        sa.Column("instance_id", RowId, nullable=False),
        sa.Column("case_id", RowId, nullable=True),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("element", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("routing", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("delegated_by", sa.String(), nullable=True),
        sa.Column("delegated_from", sa.String(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment, nullable=True),
        sa.Column("urgency_at", Moment, nullable=False),
        sa.Column("deadline", sa.String(), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
        sa.Column("follow_up_at", Moment, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_for", sa.String(), nullable=True),
        sa.Column("claimed_at", Moment, nullable=True),
        sa.Column("claimed_until", Moment, nullable=True),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("draft_by", sa.String(), nullable=True),
        sa.Column("draft_at", Moment, nullable=True),
        sa.Column("incident_id", RowId, nullable=True),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_for", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_work_item_case_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_work_item_incident_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_work_item_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("instance_id", "task_id", name=op.f("uq_work_item_instance_id_task_id")),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_claimed",
            ["claimed_by", "urgency_at", "id"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL AND claimed_by IS NOT NULL"),
            sqlite_where=sa.text("closed_at IS NULL AND claimed_by IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_due", ["due_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"), sqlite_where=sa.text("closed_at IS NULL")
        )
        batch_op.create_index(
            "ix_work_item_free",
            ["queue", "urgency_at", "id"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL AND claimed_by IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL AND claimed_by IS NULL"),
        )
        batch_op.create_index(
            "ix_work_item_lapsing",
            ["queue", "claimed_until"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL AND claimed_until IS NOT NULL"),
            sqlite_where=sa.text("closed_at IS NULL AND claimed_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_work_item_open_case",
            ["case_id"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
    _refuse_changes_of_history()


def _refuse_changes_of_history() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER history_refuses_{verb.lower()} BEFORE {verb} ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
            )
        return
    op.execute("CREATE FUNCTION history_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$")
    op.execute(
        "CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION history_refuses()"
    )


def downgrade() -> None:
    for table in (
        "work_item",
        "timer",
        "summons",
        "signature",
        "reader",
        "notice",
        "measure",
        "incident",
        "history",
        "goal",
        "dispute",
        "deviation",
        "decision",
        "steering_member",
        "process_instance",
        "plan",
        "participant",
        "evaluation",
        "deputy",
        "delegation",
        "coordinator_assignment",
        "consent",
        "attendance",
        "assignment",
        "position",
        "case_",
        "unit",
        "steering_group",
        "release",
        "person",
        "party",
        "organisation_version",
        "history_chain",
        "clock_offset",
        "child",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_refuses()")
