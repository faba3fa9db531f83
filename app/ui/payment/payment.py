"""The payment of the order in hand: what is open, what was tried, and what to do next.

Never holds card data: the digits go from the card fields through the safe into an envelope, which
is let go with the question it is sent in. Nothing is tried again while an outcome is unknown. GUI
thread; touches no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QObject, Signal, Slot

from app.services.ports import Bound, Caller, CardParts, CardSafe
from app.services.rules import payment_words, payments
from app.services.rules.payment_words import Advice, Choice
from app.services.rules.payments import UNDECIDED, Cover
from app.services.rules.read_back import Standing
from app.ui.background import Background
from app.ui.notices import Kind, Notice
from app.ui.payment import news, words
from app.ui.payment.card_key import CardKeyInHand
from app.ui.payment.pause import PausePresenter
from app.ui.payment.payment_state import Mood, PaymentShown, PayStage
from app.ui.payment.spoken import SpokenTooEarly
from app.ui.payment.tenders import TendersInHand
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, Ids, OrderId
from app.values.money import Money
from app.values.vocabulary import AttemptState, PauseEnd, PaymentMethod, Region
from app.wire.orders import OrderDocument, Totals
from app.wire.payments import BillingCheck, CardAttempt, TakeCard
from app.wire.recording import CallOnLine

CARD_IDLE_S = 60.0
_BY_TENDER = frozenset({PaymentMethod.CARD, PaymentMethod.PAY_LINK})
_INSTEAD = (Choice.PAY_LINK, Choice.LATER)
_AGAIN = (Choice.SAME_CARD, *_INSTEAD)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be paid. `agreed`: the caller has agreed to all of it, the total too."""

    document: OrderDocument
    totals: Totals
    agreed: bool


class PaymentPresenter(QObject):
    """Holds one PaymentShown, and the pause that a card needs.

    `method_asked(PaymentMethod)`: the order is to be paid like that. `card_asked`: a card is to be
    taken, by whoever leads the keyboard; `link_asked`: somebody has to say where a link goes.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    method_asked = Signal(object)
    card_asked = Signal()
    link_asked = Signal()

    def __init__(
        self,
        caller: Caller,
        background: Background,
        *,
        clock: Clock,
        ids: Ids,
        safe: CardSafe | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._ids = ids
        self._order: _Order | None = None
        self._kept: set[AttemptId] = set()
        self._told: Advice | None = None
        self._is_giving_back = False
        self._state = PaymentShown()
        self.safe = safe
        self.idle_s = CARD_IDLE_S
        self.reference = ""
        self.pause = PausePresenter(caller, background, clock=clock, ids=ids, parent=self)
        self.tenders = TendersInHand(caller, background, clock, ids, self)
        self.key = CardKeyInHand(caller, background, self)
        self.spoken = SpokenTooEarly(caller, background, self)
        self.spoken.notice.connect(self.notice)
        self.key.refused.connect(self._no_key)
        self.tenders.changed.connect(self._tenders_changed)
        self.tenders.refused.connect(self._refused)
        self.tenders.vanished.connect(self._vanished)
        self.tenders.came_late.connect(self._came_late)

    @property
    def state(self) -> PaymentShown:
        """What is shown now."""
        return self._state

    @property
    def region(self) -> Region:
        """Whose English the order speaks."""
        return self._order.document.region if self._order is not None else Region.GB

    @property
    def to_pay(self) -> Money | None:
        """What a card would be asked for now; None: nothing is open."""
        cover = self._cover()
        return cover.left if cover is not None and cover.left.minor > 0 else None

    def today(self) -> date:
        """The date on the clock of this desk."""
        return self._clock.now().astimezone().date()

    @Slot(object)
    def take_call(self, call: CallOnLine) -> None:
        """Which call it is, as the recorder knows it."""
        self.reference = call.reference

    def begin(self, order_id: OrderId, *, is_kept: bool) -> None:
        """Another order is in hand; a draft comes with what was tried for it."""
        self.leave()
        self.tenders.begin(order_id, is_kept=is_kept)

    def leave(self) -> None:
        """No order is in hand: wiped and locked, and what is under way goes on by itself."""
        self.pause.put_away()
        self.key.drop()
        self.tenders.leave()
        self._order, self._told, self.reference = None, None, ""
        self._kept.clear()
        self._publish()

    def follow(self, document: OrderDocument, totals: Totals, *, agreed: bool) -> None:
        """The order is another one now, or the caller has agreed to it."""
        before, self._order = self._order, _Order(document, totals, agreed)
        if before is not None and before.document.payment is not document.payment:
            self._told = None
        self._give_back_what_no_longer_fits()
        self._publish()

    def why_no_card(self, standings: Sequence[Standing]) -> str:
        """Why F9 opens nothing, in words; empty where it may."""
        if self._state.is_undecided:
            return words.second_card()
        if self.to_pay is None:
            return words.no_total()
        return payments.may_take_card(standings) or ""

    def take_card(self, reference: str = "") -> bool:
        """Every checkpoint holds: ask for a pause of the recording, and for a key to seal to.

        `reference` names the call where the recorder cannot tell it, for this pause alone: by the
        next one the caller may be on another call. False: no pause was asked for.
        """
        if self._order is None or self.pause.state.is_busy or self._state.is_undecided:
            return False
        self.reference = reference or self.reference
        self._told = None
        try:
            self._require_safe()
        except Refusal as refusal:
            self._tell(refusal.sentence, _INSTEAD)
            return False
        self._publish()
        self.pause.begin(self._order.document.order_id, self.idle_s, reference)
        self._ask_key()
        return True

    def submit(self, card: CardParts) -> bool:
        """Seal what was typed and ask the bank; False: there is no key to seal to yet.

        The digits are wiped and the recording goes on before anything is sent.
        """
        order, amount, lease_id = self._order, self.to_pay, self.pause.lease_id
        if order is None or amount is None or lease_id is None or not self.pause.state.is_open:
            return True
        if self.key.key is None:
            return False
        attempt_id = AttemptId(self._ids.new())
        envelope = self._sealed(card, Bound(order.document.order_id, attempt_id, amount))
        if envelope:
            self.tenders.take_card(
                TakeCard(
                    attempt_id=attempt_id,
                    order_id=order.document.order_id,
                    lease_id=lease_id,
                    amount=amount,
                    envelope=envelope,
                    billing=_billing(order.document),
                )
            )
        return True

    def choose(self, choice: Choice) -> None:
        """One of the choices that the advice offers."""
        match choice:
            case Choice.SAME_CARD | Choice.OTHER_CARD:
                self.card_asked.emit()
            case Choice.PAY_LINK:
                self.link_asked.emit()
            case Choice.ON_ACCOUNT:
                self.method_asked.emit(PaymentMethod.INVOICE)
            case Choice.LATER:
                self.method_asked.emit(PaymentMethod.LATER)
            case Choice.ASK_BANK:
                self.tenders.ask_at_once()
            case Choice.GIVE_BACK:
                self._give_back()
            case Choice.KEEP:
                self._kept.update(one.attempt_id for one in self._doubted()[:1])
                self._publish()

    def send_link(self, send_to: str) -> None:
        """Let the caller pay what is open on a page of the gateway."""
        amount = self.to_pay
        if self._state.is_undecided:
            self._tell(words.second_card(), (Choice.ASK_BANK,))
        elif amount is None:
            self._tell(words.no_total(), ())
        else:
            self._told = None
            self.tenders.send_link(amount, send_to)

    def mark_spoken(self) -> None:
        """F12: the caller said card digits while the recording ran."""
        if self._order is not None:
            self.spoken.mark(self._order.document.order_id, self.reference)

    def write_out(self) -> None:
        """The program ends."""
        self.key.drop()
        self.pause.write_out()

    def _ask_key(self) -> None:
        """Not where the pause has failed already."""
        if self.pause.state.is_busy:
            self.key.ask()

    def _require_safe(self) -> None:
        if self.safe is None:
            raise Refusal("no_card_safe", words.no_safe())
        self.safe.require_ready()

    def _sealed(self, card: CardParts, bound: Bound) -> str:
        """The envelope, or nothing; either way all digits are gone when this returns."""
        envelope = ""
        try:
            if self.safe is not None and self.key.key is not None:
                envelope = self.safe.seal(card, bound, self.key.key)
        except (Refusal, Fault) as problem:
            self._told = Advice(notice=problem.sentence, choices=_AGAIN)
        finally:
            self.pause.end(PauseEnd.SUBMITTED if envelope else PauseEnd.CANCELLED)
            self.key.drop()
            if self.safe is not None:
                self.safe.scrub()
        self._publish()
        return envelope

    def _give_back(self) -> None:
        """What the bank doubts is given back; else what the cards hold, or may hold."""
        meant = self._doubted()[:1] or [
            one
            for one in self.tenders.known.attempts
            if one.state in UNDECIDED or one.state is AttemptState.AUTHORISED
        ]
        self._is_giving_back = True  # between two of them nothing is amiss
        for one in meant:
            self.tenders.give_back(one, "given back at the desk")
        self._is_giving_back = False
        self._tenders_changed()

    def _doubted(self) -> list[CardAttempt]:
        """The cards of the advice in view, where it is about a check that did not match."""
        order, cover = self._order, self._cover()
        if order is None or cover is None or self._stage() is not PayStage.RESTING:
            return []
        if cover.code == news.AMOUNT_DIFFERS and cover.approved.minor:
            return []
        return news.doubted(self.tenders.known, order.document, self._kept)

    def _give_back_what_no_longer_fits(self) -> None:
        """The caller agreed to another total, or pays another way: nothing is held for the old."""
        order, cover = self._order, self._cover()
        attempts = self.tenders.known.attempts
        standing = [one for one in attempts if one.state is AttemptState.AUTHORISED]
        if order is None or cover is None or not standing or self._is_giving_back:
            return
        if order.document.payment not in _BY_TENDER:
            told = words.given_back_for_another_way(cover.approved)
        elif order.agreed and cover.code == news.AMOUNT_DIFFERS and cover.approved.minor:
            told = words.given_back(cover.approved, cover.due)
        else:
            return
        self.notice.emit(Notice(kind=Kind.WARN, sentence=told))
        for one in standing:
            self.tenders.give_back(one, "the order came to another total or is paid another way")

    @Slot()
    def _tenders_changed(self) -> None:
        self._give_back_what_no_longer_fits()
        self._publish()

    @Slot(object)
    def _refused(self, error: Refusal | Fault) -> None:
        sentence = error.sentence if isinstance(error, Refusal) else words.link_unknown()
        self._tell(sentence, _AGAIN if self._state.method is PaymentMethod.CARD else _INSTEAD)

    @Slot()
    def _vanished(self) -> None:
        if self._order is not None:
            self._told = payment_words.failed_advice(self._order.document)

    @Slot(object)
    def _came_late(self, attempt: CardAttempt) -> None:
        if self._order is not None:
            told = payment_words.attempt_words(attempt, self._order.document.region)
            self.notice.emit(Notice(kind=Kind.INFO, sentence=words.answered_late(told)))

    @Slot(object)
    def _no_key(self, error: Refusal | Fault) -> None:
        """Without a key nothing can be sealed, so nothing is typed either."""
        self.pause.end(PauseEnd.CANCELLED, error.sentence)
        self._tell(error.sentence, _INSTEAD)

    def _tell(self, sentence: str, choices: tuple[Choice, ...]) -> None:
        self._told = Advice(notice=sentence, choices=choices)
        self._publish()

    def _cover(self) -> Cover | None:
        order, known = self._order, self.tenders.known
        if order is None:
            return None
        return payments.covered(order.document, order.totals, known.attempts, known.links)

    def _stage(self) -> PayStage:
        if self.tenders.is_asking:
            return PayStage.ASKING
        if self.tenders.is_unknown:
            return PayStage.UNKNOWN
        return PayStage.SENDING_LINK if self.tenders.is_sending_link else PayStage.RESTING

    def _news(self, order: _Order, cover: Cover, stage: PayStage) -> news.News:
        if stage is PayStage.ASKING:
            return news.asking(order.document)
        if stage is PayStage.UNKNOWN:
            return payment_words.unknown_advice(order.document), Mood.WAIT
        if self._told is not None:
            return self._told, Mood.BAD
        return news.news_of(
            order.document, cover, self.tenders.known, self.tenders.latest, self._kept
        )

    def _publish(self) -> None:
        """Show how everything stands now."""
        order, cover = self._order, self._cover()
        state = PaymentShown()
        if order is not None and cover is not None:
            stage = self._stage()
            advice, mood = self._news(order, cover, stage)
            known = self.tenders.known
            state = PaymentShown(
                stage=stage,
                method=order.document.payment,
                cover=cover,
                attempts=known.attempts,
                links=known.links,
                advice=advice,
                mood=mood,
                reason_why_not=words.waiting() if stage is PayStage.ASKING else cover.sentence,
            )
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _billing(document: OrderDocument) -> BillingCheck:
    """What the bank compares: the first line and the postcode of the billing address."""
    address = document.bill_to or document.deliver_to
    if address is None:
        return BillingCheck()
    return BillingCheck(
        address_line=address.street[0] if address.street else "",
        postcode=address.postcode,
        country=address.country,
    )
