"""Runs the desk's migrations on the connection it is handed, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from app.models.desk import answers, tables, tenders

MAPPED = (tables.DraftRow, answers.AnswerSearchRow, tenders.TenderRow)
"""A table of every module, so that all of them are known."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MAPPED[0].metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
