"""The payment of an order within its protocol: every attempt and link, and what came of it. Pure.

Of a card there is brand and last four; the pause of the recording it was heard in is named by its
id, under which the evidence of the pause stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from app.services.rules.payment_words import (
    attempt_words,
    card_words,
    check_advice,
    decline_advice,
    link_words,
)
from app.services.rules.payments import HOLDS_MONEY, IS_PAID, cover_of, held, in_region
from app.services.rules.protocol_words import Words
from app.values.vocabulary import AttemptState, LinkState, PaymentState
from app.wire.orders import OrderDocument, OrderView
from app.wire.payments import CardAttempt, PayLink
from app.wire.protocol import Mark, ProtocolRow, Remark

_STATES = {
    PaymentState.AUTHORISED: "Authorised",
    PaymentState.PAID: "Paid",
    PaymentState.LINK_SENT: "Pay link sent",
    PaymentState.ON_ACCOUNT: "On account",
    PaymentState.OUTSTANDING: "Outstanding",
}
_UNSETTLED = {
    AttemptState.STARTED: "The bank had not answered yet.",
    AttemptState.UNKNOWN: "The bank did not answer, so nobody knew whether it was taken.",
    AttemptState.FAILED: "Nothing was taken.",
}
_GIVEN_BACK = {AttemptState.VOIDING, AttemptState.VOIDED}
_ODD_LINKS = {LinkState.EXPIRED, LinkState.CANCELLED, LinkState.REPLACED}


def payment_fact(view: OrderView) -> str:
    """How far the payment is, and with what: `Authorised: Visa ending 4242`."""
    state = view.payments.state or cover_of(view.placed).state
    cards = [card_words(one) for one in _attempts(view) if one.state in HOLDS_MONEY]
    words = ": ".join(part for part in (_STATES[state], ", ".join(cards)) if part)
    return in_region(words, view.placed.document.region)


def payment_rows(view: OrderView, words: Words) -> tuple[ProtocolRow, ...]:
    """One row for each attempt and link, in the order of time; the day where it is another."""
    document = view.placed.document
    told = [(one.at, *_of_attempt(one, document)) for one in _attempts(view)]
    told += [(one.sent_at, *_of_link(one, document)) for one in _links(view)]
    rows, day = [], None
    for at, about, remarks in sorted(told, key=_moment):
        today = words.local_day(at)
        rows.append(
            ProtocolRow(
                time=_new_day(day, today, words) + words.clock(at), about=about, remarks=remarks
            )
        )
        day = today
    return tuple(rows)


def _attempts(view: OrderView) -> Sequence[CardAttempt]:
    """As the centre has them; until it has the order, as the seat has."""
    return view.payments.attempts or view.placed.attempts


def _links(view: OrderView) -> Sequence[PayLink]:
    return view.payments.links or view.placed.links


def _moment(told: tuple[datetime, str, tuple[Remark, ...]]) -> datetime:
    return told[0]


def _new_day(before: date | None, today: date, words: Words) -> str:
    return "" if before in {None, today} else f"{words.day(today)}, "


def _of_attempt(attempt: CardAttempt, document: OrderDocument) -> tuple[str, tuple[Remark, ...]]:
    remarks = [*_outcome(attempt, document)]
    if attempt.lease_id is not None:
        words = f"Heard while the recording was paused: pause {attempt.lease_id}."
        remarks.append(Remark(words=words))
    return card_words(attempt), tuple(remarks)


def _outcome(attempt: CardAttempt, document: OrderDocument) -> Iterator[Remark]:
    region = document.region
    if attempt.state in HOLDS_MONEY:
        is_whole = held(attempt) >= attempt.amount or attempt.state is AttemptState.REFUNDED
        words = attempt_words(attempt, region).removeprefix(f"{card_words(attempt)}, ")
        asked = "" if is_whole else f" of {attempt.amount} that were asked for"
        yield Remark(mark=Mark.GOOD if is_whole else Mark.CHANGED, words=f"{words}{asked}.")
        for advice in check_advice(attempt, document):
            yield Remark(
                mark=Mark.NOT_MATCHED, words=advice.notice.split(". ")[0].rstrip(".") + "."
            )
    elif attempt.state is AttemptState.DECLINED:
        notice = decline_advice(attempt.decline, document).notice
        words = f"{attempt.amount} was asked for. {notice}"
        yield Remark(mark=Mark.NOT_MATCHED, words=words)
    elif attempt.state in _GIVEN_BACK:
        words = "was given back" if attempt.state is AttemptState.VOIDED else "is being given back"
        yield Remark(mark=Mark.CHANGED, words=f"{held(attempt)} {words}.")
    else:
        words = f"{attempt.amount} was asked for. {_UNSETTLED[attempt.state]}"
        yield Remark(mark=Mark.NOT_MATCHED, words=in_region(words, region))


def _of_link(link: PayLink, document: OrderDocument) -> tuple[str, tuple[Remark, ...]]:
    words = link_words(link, document.region).removeprefix("Pay link for ")
    if link.state is LinkState.PAID_TWICE:
        mark = Mark.NOT_MATCHED
    elif link.state in _ODD_LINKS:
        mark = Mark.CHANGED
    else:
        mark = Mark.GOOD if link.state in IS_PAID else Mark.PLAIN
    return "Pay link", (Remark(mark=mark, words=f"For {words}."),)
