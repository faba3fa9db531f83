"""What the CSR should know of a customer's entry at the centre: put together, doubled, or unsure.

Pure.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.wire.customers import CustomerView

NAMED_MOST = 2


def customer_note(view: CustomerView) -> str:
    """Whole sentences, the one that is to be acted on first; empty for most customers."""
    return " ".join(filter(None, (_unsure(view), _twins(view), _merged(view))))


def _unsure(view: CustomerView) -> str:
    names = {
        "name": _tr("the name"),
        "phone": _tr("the telephone number"),
        "email": _tr("the e-mail address"),
        "text_relay": _tr("whether they use text relay"),
    }
    told = [names.get(field, field) for field in view.unsure]
    if not told:
        return ""
    listed = _tr(" and ").join(filter(None, (", ".join(told[:-1]), told[-1])))
    words = _tr("Two calls differ about {fields}. Please ask the caller.")
    return words.format(fields=listed)


def _twins(view: CustomerView) -> str:
    if not view.twins:
        return ""
    if len(view.twins) > NAMED_MOST:
        words = _tr("{count} other entries may be this customer, too. A team lead decides.")
        return words.format(count=len(view.twins))
    if view.twins == (view.name,):
        return _tr("There may be a second entry of this customer. A team lead decides.")
    words = _tr("May be the same customer as {names}. A team lead decides.")
    return words.format(names=_tr(" and ").join(view.twins))


def _merged(view: CustomerView) -> str:
    if not view.merged:
        return ""
    words = _tr("{count} entries of this customer were put together.")
    return words.format(count=len(view.merged) + 1)


def _tr(words: str) -> str:
    return QCoreApplication.translate("CustomerNote", words)
