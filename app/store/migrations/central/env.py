"""Alembic's way in: runs the versions on the connection, in the transaction, it is handed."""

from __future__ import annotations

from alembic import context

from app.models.central.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=False,
)
context.run_migrations()
