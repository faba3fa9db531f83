"""The strip above the order lines while a placed order is changed: which, and what it comes to.

Passive: shows a CallState. What cannot be changed stands here with its reason, and who else is
changing the order; the panes that it is about are locked as well.
"""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.services.rules.amending import locked_why
from app.services.rules.payments import apart
from app.ui import formatting, theme
from app.ui.screens.call.message import Message
from app.ui.screens.call.state import CallState
from app.ui.widgets.text import wrapped
from app.values.order_life import OrderAct
from app.wire.orders import Amends, LineBefore, OrderDocument, Totals

GONE_MOST = 3
_OF_LINES = (OrderAct.QUANTITY_MORE, OrderAct.QUANTITY_LESS, OrderAct.ADD_LINE)


class AmendingStrip(QFrame):
    """Takes no room where a new order is taken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, surface=theme.Surface.BOX_INFO)
        self.setObjectName("amending")
        self._heading = wrapped("", theme.Text.STRONG, theme.Tone.INFO, self)
        self._gone = wrapped("", theme.Text.SMALL, parent=self)
        self._warning = Message(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 10, 6)
        layout.setSpacing(2)
        for part in (self._heading, self._gone, self._warning):
            layout.addWidget(part)
        self.hide()

    def show_state(self, state: CallState) -> None:
        """Show a state; the same state twice changes nothing."""
        document, totals = state.document, state.totals
        amends = document.amends if document is not None else None
        theme.set_shown(self, amends is not None)
        if document is None or totals is None or amends is None:
            return
        self._heading.setText(self._words(amends, totals))
        self.setAccessibleName(self._heading.text())
        gone = self._gone_words(document.taken_off)
        self._gone.setText(gone)
        theme.set_shown(self._gone, bool(gone))
        self._warning.tell(theme.Tone.WARN, self._warned(document, amends))

    def words(self) -> str:
        """What is shown."""
        shown = (one for one in (self._heading, self._gone) if not one.isHidden())
        return "\n".join(one.text() for one in shown)

    def warnings(self) -> str:
        """What is warned of."""
        return self._warning.words()

    def _words(self, amends: Amends, totals: Totals) -> str:
        what = self.tr("Change of {number}").format(number=formatting.order_number(amends.number))
        version = self.tr("version {old} \u2192 {new}").format(
            old=amends.revision, new=amends.revision + 1
        )
        was, now = formatting.money(amends.total), formatting.money(totals.total)
        if totals.total == amends.total:
            sums = self.tr("the total stays at {now}").format(now=now)
        else:
            sums = self.tr("was {was}, now {now}").format(was=was, now=now)
        to_pay, back = apart(totals.total, amends.held)
        if to_pay.minor:
            sums += self.tr(", {amount} to pay").format(amount=formatting.money(to_pay))
        elif back.minor:
            sums += self.tr(", {amount} goes back").format(amount=formatting.money(back))
        return f"{what}  \u00b7  {version}  \u00b7  {sums}"

    def _gone_words(self, gone: tuple[LineBefore, ...]) -> str:
        if not gone:
            return ""
        names = [
            f"{formatting.quantity(line.quantity)} \u00d7 {line.description}"
            for line in gone[:GONE_MOST]
        ]
        more = len(gone) - len(names)
        if more:
            names.append(self.tr("{count} more lines").format(count=more))
        return self.tr("Taken off: {names}").format(names=", ".join(names))

    def _warned(self, document: OrderDocument, amends: Amends) -> str:
        told = []
        if amends.also_by:
            words = self.tr("{name} is changing this order, too.")
            told.append(words.format(name=amends.also_by))
        if amends.is_last_known:
            told.append(
                self.tr(
                    "The central service does not answer: this is the order as this desk last "
                    "knew it, and the change is kept as a request."
                )
            )
        told += [locked_why(document, act) for act in _OF_LINES]
        return " ".join(dict.fromkeys(filter(None, told)))
