"""The first store of a desk: drafts, outbox, placed orders, order numbers, people, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_command()
    _create_draft()
    _create_order_number()
    _create_person()
    _create_setting()
    _create_placed_order()


def _create_command() -> None:
    op.create_table(
        "command",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_offset_ms", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('captured', 'pending', 'sending', 'acked', 'settled', 'needs_review', "
            "'stuck', 'quarantined')",
            name=op.f("ck_command_state_known"),
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_command_sequence_counts")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_command")),
        sa.UniqueConstraint("command_id", name=op.f("uq_command_command_id")),
        sa.UniqueConstraint(
            "incarnation", "sequence", name=op.f("uq_command_incarnation_sequence")
        ),
    )
    op.create_index(
        op.f("ix_command_state_position"), "command", ["state", "position"], unique=False
    )


def _create_draft() -> None:
    op.create_table(
        "draft",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'parked', 'voided', 'placed')", name=op.f("ck_draft_state_known")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_state_saved_at"), "draft", ["state", "saved_at"], unique=False)


def _create_order_number() -> None:
    op.create_table(
        "order_number",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_order_number")),
        sa.UniqueConstraint("number", name=op.f("uq_order_number_number")),
    )
    op.create_index(
        "ix_order_number_free",
        "order_number",
        ["position"],
        unique=False,
        sqlite_where=sa.text("order_id IS NULL"),
    )


def _create_person() -> None:
    op.create_table(
        "person",
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=200), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('csr', 'team_lead', 'administrator')", name=op.f("ck_person_role_known")
        ),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_person")),
        sa.UniqueConstraint("person_id", name=op.f("uq_person_person_id")),
    )


def _create_setting() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def _create_placed_order() -> None:
    op.create_table(
        "placed_order",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number_shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["position"], ["command.position"], name=op.f("fk_placed_order_position")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_placed_order")),
        sa.UniqueConstraint("number", name=op.f("uq_placed_order_number")),
        sa.UniqueConstraint("order_id", name=op.f("uq_placed_order_order_id")),
    )
