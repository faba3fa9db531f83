"""A change of a placed order, sent from the call screen: kept, previewed, sent, told.

Before it goes the centre is asked what it would come to: what others changed meanwhile is shown,
and so is why it would only be kept as a request. Where nobody answers it goes all the same, for it
is captured like an order. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.services.ports import Caller
from app.services.rules.amending import is_changed, sent_as
from app.ui.background import Background, Lane, Latest
from app.ui.formatting import order_number
from app.ui.notices import Kind, Notice, notice_of
from app.ui.payment.payment import PaymentPresenter
from app.ui.screens.call.keeping import DraftKeeper
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.errors import Fault, Refusal
from app.values.identity import ChangeId
from app.values.vocabulary import ProductKind
from app.wire import operations
from app.wire.order_changes import (
    Amendment,
    BeginAmendment,
    ChangeOrder,
    ChangePreview,
    ChangeSent,
    Difference,
    PreviewChange,
)
from app.wire.order_operations import BEGIN_AMENDMENT, CHANGE_ORDER, PREVIEW_CHANGE
from app.wire.orders import Amends, DraftSaved, OrderDocument, SaveDraft, Totals
from app.wire.payments import CardAttempt, PayLink
from app.wire.read_back import ReadBackEntry

NAMED_MOST = 4
"""So many differences are named; the rest are counted."""


class Ask(StrEnum):
    """What has to be settled before a change is sent."""

    CANCEL = "cancel"
    """Nothing would be left of the order."""
    TAKE_IN = "take_in"
    """Others changed the order meanwhile."""
    REQUEST = "request"
    """It cannot be carried out as it is, and would be kept for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuestion:
    """What is asked, with the words on the key that goes on; `say` is what the caller hears."""

    ask: Ask
    heading: str
    words: str
    go_on: str
    say: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change that was sent. `amends` is the order before; `document` is under its own id."""

    change_id: ChangeId
    document: OrderDocument
    amends: Amends
    totals: Totals
    attempts: tuple[CardAttempt, ...]
    links: tuple[PayLink, ...]
    sent: ChangeSent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is being sent."""

    document: OrderDocument
    amends: Amends
    totals: Totals
    entries: tuple[ReadBackEntry, ...]
    attempts: tuple[CardAttempt, ...]
    links: tuple[PayLink, ...]


class AmendingPresenter(QObject):
    """Holds the question, None while there is none.

    `changed(Changed)` and `failed(OrderDocument, error)` end a sending, `held(OrderDocument)` holds
    it up with a question. `taken_in(OrderDocument)` is the draft on what others changed;
    `cancel_asked(Amends)`: the whole order is to be cancelled.
    """

    question_changed = Signal(object)
    changed = Signal(object)
    failed = Signal(object, object)
    held = Signal(object)
    taken_in = Signal(object)
    cancel_asked = Signal(object)
    notice = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        keeper: DraftKeeper,
        payment: PaymentPresenter,
        caller: Caller,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._keeper = keeper
        self._payment = payment
        self._caller = caller
        self._background = background
        self._latest = Latest()
        self._wanted: _Wanted | None = None
        self.question: ChangeQuestion | None = None
        order.changed.connect(self.leave)

    def asks_to_cancel(self) -> bool:
        """Whether nothing would be left of the order, so that cancelling it is asked for first."""
        document = self._order.document
        amends = document.amends
        if amends is None or not amends.lines or _has_anything(document):
            return False
        number = order_number(amends.number)
        words = self.tr("Nothing would be left of {number}. Is the order to be cancelled?")
        self._show(
            ChangeQuestion(
                ask=Ask.CANCEL,
                heading=self.tr("All lines are taken off"),
                words=words.format(number=number),
                go_on=self.tr("Cancel the order \u2026"),
                say=self.tr("Then nothing is left of it. Shall I cancel the whole order?"),
            )
        )
        return True

    def send(
        self, document: OrderDocument, totals: Totals, entries: tuple[ReadBackEntry, ...]
    ) -> None:
        """Keep the draft as it stands, ask what it would come to, then send it."""
        amends = document.amends
        if amends is None:
            return
        paid = self._payment.state
        if not is_changed(document, paid.attempts, paid.links):
            self.held.emit(document)
            words = self.tr("Nothing of the order has been changed yet.")
            self.notice.emit(Notice(kind=Kind.INFO, sentence=words))
            return
        self._show(None)
        self._wanted = _Wanted(
            document=document,
            amends=amends,
            totals=totals,
            entries=entries,
            attempts=paid.attempts,
            links=paid.links,
        )
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.SAVE_DRAFT, SaveDraft(document=document)),
            owner=self,
            then=self._preview,
            failed=partial(self._fail, document),
            question=self._latest.ask(),
        )

    def go_on(self) -> None:
        """The answer to the question is yes."""
        question, document = self.question, self._order.document
        amends = document.amends
        if question is None or amends is None:
            return
        self._show(None)
        match question.ask:
            case Ask.CANCEL:
                self.cancel_asked.emit(amends)
            case Ask.TAKE_IN:
                self._take_in(amends, ChangeId(document.order_id))
            case Ask.REQUEST if self._wanted is not None:
                self._keeper.forget(document.order_id)
                self._send(self._wanted)

    def leave(self) -> None:
        """The order is another one by now, or it is not changed yet."""
        if self.question is not None:
            self._show(None)

    def _preview(self, _saved: DraftSaved) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        request = PreviewChange(
            order_id=wanted.amends.order_id,
            base_revision=wanted.amends.revision,
            what=Amendment(
                document=sent_as(wanted.document, wanted.amends, None),
                totals=wanted.totals,
                read_back=wanted.entries,
                attempts=wanted.attempts,
                links=wanted.links,
            ),
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, PREVIEW_CHANGE, request),
            owner=self,
            then=partial(self._judge, wanted),
            failed=partial(self._send_unasked, wanted),
            question=self._latest.ask(),
        )

    def _judge(self, wanted: _Wanted, preview: ChangePreview) -> None:
        question = self._question(wanted.amends, preview)
        if question is None:
            self._send(wanted)
            return
        self.held.emit(wanted.document)
        self._show(question)

    def _send_unasked(self, wanted: _Wanted, error: Refusal | Fault) -> None:
        """Nobody could say what it comes to; the centre says so when it has it."""
        del error
        self._send(wanted)

    def _send(self, wanted: _Wanted) -> None:
        amends = wanted.amends
        request = ChangeOrder(
            change_id=ChangeId(wanted.document.order_id),
            order_id=amends.order_id,
            number=amends.number,
            base_revision=amends.revision,
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, CHANGE_ORDER, request),
            owner=self,
            then=partial(self._done, wanted),
            failed=partial(self._fail, wanted.document),
            question=self._latest.ask(),
        )

    def _done(self, wanted: _Wanted, sent: ChangeSent) -> None:
        self._wanted = None
        self.changed.emit(
            Changed(
                change_id=sent.change_id,
                document=sent_as(wanted.document, wanted.amends, None),
                amends=wanted.amends,
                totals=wanted.totals,
                attempts=wanted.attempts,
                links=wanted.links,
                sent=sent,
            )
        )

    def _fail(self, document: OrderDocument, error: Refusal | Fault) -> None:
        self.failed.emit(document, error)

    def _take_in(self, amends: Amends, change_id: ChangeId) -> None:
        """What was typed is on the disk: the desk makes the draft anew on what others changed."""
        request = BeginAmendment(order_id=amends.order_id, change_id=change_id)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, BEGIN_AMENDMENT, request),
            owner=self,
            then=self._taken_in,
            failed=self._complain,
            question=self._latest.ask(),
        )

    def _taken_in(self, document: OrderDocument) -> None:
        self._wanted = None
        self._keeper.forget(document.order_id)
        self.taken_in.emit(document)

    def _question(self, amends: Amends, preview: ChangePreview) -> ChangeQuestion | None:
        if preview.overtaken:
            return ChangeQuestion(
                ask=Ask.TAKE_IN,
                heading=self.tr("{number} was changed meanwhile").format(
                    number=order_number(amends.number)
                ),
                words=self._in_words(preview.overtaken),
                go_on=self.tr("Take that in and go on"),
            )
        if not preview.obstacles:
            return None
        words = " ".join(dict.fromkeys(one.sentence for one in preview.obstacles))
        return ChangeQuestion(
            ask=Ask.REQUEST,
            heading=self.tr("It cannot be changed like that at once"),
            words=words,
            go_on=self.tr("Keep it as a request"),
            say=words,
        )

    def _in_words(self, found: tuple[Difference, ...]) -> str:
        told = [difference_words(one) for one in found[:NAMED_MOST]]
        more = len(found) - len(told)
        if more:
            told.append(self.tr("and {count} more").format(count=more))
        return "; ".join(told)

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _show(self, question: ChangeQuestion | None) -> None:
        self.question = question
        self.question_changed.emit(question)


def difference_words(one: Difference) -> str:
    """`Line 2, mug: 5 -> 3`; what is new needs no arrow, what is gone says so."""
    if one.old:
        gone = QCoreApplication.translate("AmendingPresenter", "none")
        return f"{one.what}: {one.old} \u2192 {one.new or gone}"
    return f"{one.what}: {one.new}"


def _has_anything(document: OrderDocument) -> bool:
    """Postage alone is nothing."""
    return any(line.kind is not ProductKind.CHARGE for line in document.lines)
