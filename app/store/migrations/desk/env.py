"""Runs the desk's migrations on the connection it is handed, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from app.models.desk import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.DraftRow.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
