"""Tells in the call bar whom to call back now, and that a colleague hands an order over.

Asked in passing with the desk's status: the desk's own store on the READ lane, the centre seldom.
Takes the keyboard from nobody. GUI thread.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from app.services.ports import Caller
from app.ui import formatting
from app.ui.background import Background, Lane, Latest
from app.ui.icons import Icon
from app.ui.screens.call.order_in_hand import OrderInHand
from app.ui.screens.drafts.presenter import DraftsPresenter
from app.ui.widgets.bars import CallBar
from app.ui.widgets.chip import ChipKind
from app.values.errors import Fault, Refusal
from app.wire.handover import AskCallBacks, CallBackDue, CallBacks
from app.wire.handover_operations import ASK_CALL_BACKS

OFFERED_EVERY = 10
"""Of so many answers of the desk one is asked what colleagues offer: every twenty seconds."""


NAME_MOST = 26
"""Longer names are cut: the bar also has to tell how the call and the desk stand."""


class CallBackWatch(QObject):
    """Keeps one chip of the bar up to date while somebody is signed in."""

    def __init__(
        self,
        bar: CallBar,
        order: OrderInHand,
        drafts: DraftsPresenter,
        caller: Caller,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._order = order
        self._drafts = drafts
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._asked = 0
        self._due: tuple[CallBackDue, ...] = ()
        self.is_on = False
        drafts.state_changed.connect(self._tell)

    def begin(self) -> None:
        """Somebody is signed in."""
        self.is_on = True
        self._asked = 0
        self.follow()

    def end(self) -> None:
        """Nobody is; the bar tells nothing of a customer."""
        self.is_on = False
        self._questions.forget()
        self._due = ()
        self._tell()

    @Slot()
    def follow(self) -> None:
        """Time has passed."""
        if not self.is_on:
            return
        self._background.run(
            Lane.READ,
            partial(self._caller.call, ASK_CALL_BACKS, AskCallBacks()),
            owner=self,
            then=self._know,
            failed=self._pass_over,
            question=self._questions.ask(),
        )
        if self._asked % OFFERED_EVERY == 0:
            self._drafts.ask_offered()
        self._asked += 1

    def _know(self, call_backs: CallBacks) -> None:
        self._due = call_backs.due
        self._tell()

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """What is shown stays until the next answer."""

    @Slot()
    def _tell(self) -> None:
        in_hand = self._order.document.order_id if self._order.is_open else None
        due = [one for one in self._due if one.order_id != in_hand]
        offered = self._drafts.state.offered
        if not self.is_on:
            self._bar.show_call_back(ChipKind.INFO, "")
        elif due:
            self._bar.show_call_back(ChipKind.WARN, due_words(due), Icon.PHONE)
        elif offered:
            names = {one.from_name for one in offered}
            one = _tr("{name} hands you an order").format(name=min(names))
            words = formatting.counted(len(offered), one, _tr("{count} orders are handed to you"))
            self._bar.show_call_back(ChipKind.INFO, words, Icon.PERSON)
        else:
            self._bar.show_call_back(ChipKind.INFO, "")


def due_words(due: list[CallBackDue]) -> str:
    """`Call back Mrs Thompson, 14:30`; of several the longest overdue, and how many more."""
    first = due[0]
    time = formatting.clock_time(first.at)
    name = first.customer_name or first.phone
    if len(name) > NAME_MOST:
        name = f"{name[: NAME_MOST - 1].rstrip()}\u2026"
    words = _tr("Call back {name}, {time}") if name else _tr("Call back, {time}")
    told = words.format(name=name, time=time)
    more = len(due) - 1
    return _tr("{words} +{count}").format(words=told, count=more) if more else told


def _tr(words: str) -> str:
    return QCoreApplication.translate("CallBackWatch", words)
