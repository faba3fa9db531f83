"""What reasons and outcomes of contacts are called on the screen, and the keys that choose them."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.values.order_life import ContactOutcome, ContactReason

CONTEXT = "Contact"

REASONS = {
    ContactReason.NEW_ORDER: QT_TRANSLATE_NOOP("Contact", "New order"),
    ContactReason.WHERE_IS_IT: QT_TRANSLATE_NOOP("Contact", "Where is it?"),
    ContactReason.CHANGE: QT_TRANSLATE_NOOP("Contact", "Change"),
    ContactReason.CANCEL: QT_TRANSLATE_NOOP("Contact", "Cancel"),
    ContactReason.DELIVERY_PROBLEM: QT_TRANSLATE_NOOP("Contact", "Delivery problem"),
    ContactReason.RETURN: QT_TRANSLATE_NOOP("Contact", "Return"),
    ContactReason.PAYMENT: QT_TRANSLATE_NOOP("Contact", "Payment"),
    ContactReason.PRODUCT_QUESTION: QT_TRANSLATE_NOOP("Contact", "Product question"),
    ContactReason.COMPLAINT: QT_TRANSLATE_NOOP("Contact", "Complaint"),
    ContactReason.OTHER: QT_TRANSLATE_NOOP("Contact", "Something else"),
    ContactReason.PROOF_OF_ORDER: QT_TRANSLATE_NOOP("Contact", "Proof of order"),
}
OUTCOMES = {
    ContactOutcome.ANSWERED: QT_TRANSLATE_NOOP("Contact", "Answered"),
    ContactOutcome.CALL_BACK_PROMISED: QT_TRANSLATE_NOOP("Contact", "Call back promised"),
    ContactOutcome.PASSED_ON: QT_TRANSLATE_NOOP("Contact", "Passed on"),
    ContactOutcome.NOT_ALLOWED: QT_TRANSLATE_NOOP("Contact", "Could not be told"),
    ContactOutcome.CALL_DROPPED: QT_TRANSLATE_NOOP("Contact", "Call dropped"),
    ContactOutcome.ORDER_CHANGED: QT_TRANSLATE_NOOP("Contact", "Order changed"),
    ContactOutcome.ORDER_CANCELLED: QT_TRANSLATE_NOOP("Contact", "Order cancelled"),
    ContactOutcome.ORDER_PLACED: QT_TRANSLATE_NOOP("Contact", "Order placed"),
}
REASON_KEYS = dict(zip("1234567890P", REASONS, strict=True))
OUTCOME_KEYS = dict(zip("12345678", OUTCOMES, strict=True))


def reason_words(reason: ContactReason) -> str:
    """What a reason is called."""
    return QCoreApplication.translate(CONTEXT, str(REASONS[reason]))


def outcome_words(outcome: ContactOutcome) -> str:
    """What an outcome is called."""
    return QCoreApplication.translate(CONTEXT, str(OUTCOMES[outcome]))
