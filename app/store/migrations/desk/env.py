"""Runs the desk's migrations on the connection it is handed, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from app.models.desk import answers, contact, order_change, parking, stock, tables, tenders

MAPPED = (
    tables.DraftRow,
    answers.AnswerSearchRow,
    contact.ContactRow,
    order_change.OrderChangeRow,
    parking.ParkedDraftRow,
    stock.StockAnswerRow,
    tenders.TenderRow,
)
"""A table of every module, so that all of them are known."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MAPPED[0].metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
