"""What to tell of a payment now: the one thing that matters most, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Collection

from app.services.rules import payment_words
from app.services.rules.payment_words import Advice, Choice
from app.services.rules.payments import Cover, held, holds, in_region
from app.ui.payment import words
from app.ui.payment.payment_state import Mood
from app.values.identity import AttemptId, LinkId
from app.values.money import Money
from app.values.vocabulary import AttemptState, LinkState, PaymentMethod
from app.wire.orders import OrderDocument
from app.wire.payments import CardAttempt, PayLink, Tenders

News = tuple[Advice | None, Mood]
AMOUNT_DIFFERS = "payment_amount_differs"


def asking(document: OrderDocument) -> News:
    """The bank has the question."""
    notice = in_region(words.waiting(), document.region)
    return Advice(notice=notice, say=words.say_waiting()), Mood.WAIT


def doubted(
    tenders: Tenders, document: OrderDocument, kept: Collection[AttemptId]
) -> list[CardAttempt]:
    """What the bank has doubts about, and nobody has decided to keep."""
    return [
        one
        for one in tenders.attempts
        if one.attempt_id not in kept and payment_words.check_advice(one, document)
    ]


def news_of(
    document: OrderDocument,
    cover: Cover,
    tenders: Tenders,
    latest: AttemptId | LinkId | None,
    kept: Collection[AttemptId],
) -> News:
    """What does not fit comes first, then what the bank has doubts about, then what was last."""
    if cover.code == AMOUNT_DIFFERS and cover.approved.minor:
        told = in_region(words.changed_total(cover.approved, cover.due), document.region)
        return Advice(notice=told, choices=(Choice.GIVE_BACK,)), Mood.BAD
    for one in doubted(tenders, document, kept):
        return payment_words.check_advice(one, document)[0], Mood.BAD
    match document.payment:
        case PaymentMethod.CARD if tenders.attempts:
            return _of_card(_last_card(tenders, latest), cover, document)
        case PaymentMethod.PAY_LINK if tenders.links:
            return _of_link(_link_that_counts(tenders, latest), cover.left, document)
        case _:
            return None, Mood.WAIT


def _last_card(tenders: Tenders, latest: AttemptId | LinkId | None) -> CardAttempt:
    tried = (one for one in tenders.attempts if one.attempt_id == latest)
    return next(tried, tenders.attempts[-1])


def _of_card(attempt: CardAttempt, cover: Cover, document: OrderDocument) -> News:
    partly = payment_words.partial_advice(attempt, document)
    if partly is not None and cover.left.minor > 0:
        return partly, Mood.BAD
    if attempt.state is AttemptState.DECLINED:
        return payment_words.decline_advice(attempt.decline, document), Mood.BAD
    if attempt.state is AttemptState.FAILED:
        return payment_words.failed_advice(document), Mood.BAD
    notice = payment_words.attempt_words(attempt, document.region)
    if holds(attempt, cover.total):
        say = in_region(words.say_authorised(held(attempt)), document.region)
        return Advice(notice=notice, say=say), Mood.GOOD
    again = (Choice.OTHER_CARD, Choice.PAY_LINK, Choice.LATER) if cover.left.minor > 0 else ()
    return Advice(notice=notice, choices=again), Mood.WAIT


def _link_that_counts(tenders: Tenders, latest: AttemptId | LinkId | None) -> PayLink:
    """The link sent last, unless another took its place."""
    standing = [one for one in tenders.links if one.state is not LinkState.REPLACED]
    named = (one for one in standing if one.link_id == latest)
    return next(named, (standing or tenders.links)[-1])


def _of_link(link: PayLink, to_pay: Money, document: OrderDocument) -> News:
    mood = {
        LinkState.PAID: Mood.GOOD,
        LinkState.SENT: Mood.WAIT,
        LinkState.OPENED: Mood.WAIT,
    }.get(link.state, Mood.BAD)
    advice = payment_words.link_advice(link, to_pay, document)
    return advice, Mood.BAD if advice.choices else mood
