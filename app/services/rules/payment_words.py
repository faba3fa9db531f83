"""What a CSR sees and says about a payment: declines, checks that do not match, links. Pure.

Whole sentences in the English of the order's region. Of a card they name brand and last four, and
only what the bank's answer brought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.services.rules.payments import held, in_region
from app.values.money import Money
from app.values.vocabulary import (
    AttemptState,
    CheckResult,
    DeclineReason,
    LinkState,
    Region,
)
from app.wire.orders import OrderDocument
from app.wire.payments import CardAttempt, PayLink


class Choice(StrEnum):
    """What can be done next, the likeliest first wherever several are offered."""

    SAME_CARD = "same_card"
    OTHER_CARD = "other_card"
    PAY_LINK = "pay_link"
    ON_ACCOUNT = "on_account"
    LATER = "later"
    ASK_BANK = "ask_bank"
    GIVE_BACK = "give_back"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What happened (for the CSR), what to say to the caller, and what can be done next."""

    notice: str
    say: str = ""
    choices: tuple[Choice, ...] = ()


_CHOICES = {
    Choice.SAME_CARD: "Hear the same card again",
    Choice.OTHER_CARD: "Take another card",
    Choice.PAY_LINK: "Send a pay link",
    Choice.ON_ACCOUNT: "Put it on the account",
    Choice.LATER: "Leave the payment outstanding",
    Choice.ASK_BANK: "Ask again how it stands",
    Choice.GIVE_BACK: "Give the amount back",
    Choice.KEEP: "Keep this payment",
}
_OTHER_WAYS = (Choice.OTHER_CARD, Choice.PAY_LINK, Choice.ON_ACCOUNT, Choice.LATER)
_FIRST_AGAIN = (Choice.SAME_CARD, *_OTHER_WAYS)
_NOT_BY_LINK = (Choice.OTHER_CARD, Choice.ON_ACCOUNT, Choice.LATER)

_DECLINES: dict[DeclineReason, tuple[str, str, tuple[Choice, ...]]] = {
    DeclineReason.DECLINED: (
        "The bank declined the card.",
        "I am sorry, the bank did not accept that card. Would you like to use another one?",
        _OTHER_WAYS,
    ),
    DeclineReason.DO_NOT_HONOUR: (
        "The bank declined the card and gives no reason.",
        "I am sorry, your bank did not accept it and does not say why. Do you have another card?",
        _OTHER_WAYS,
    ),
    DeclineReason.INSUFFICIENT_FUNDS: (
        "The bank declined the amount.",
        "I am sorry, the bank did not accept that amount. Would you like to use another card?",
        _OTHER_WAYS,
    ),
    DeclineReason.EXPIRED_CARD: (
        "The bank says that the card has expired.",
        "I am sorry, the bank tells us that this card has expired. Do you have a newer one?",
        _FIRST_AGAIN,
    ),
    DeclineReason.WRONG_CODE: (
        "The security code is not the one of this card.",
        "The security code did not go through. May we try the card once more?",
        _FIRST_AGAIN,
    ),
    DeclineReason.WRONG_NUMBER: (
        "The bank does not know this card number.",
        "The card number did not go through. May we try the card once more?",
        _FIRST_AGAIN,
    ),
    DeclineReason.LOST_OR_STOLEN: (
        "The bank does not accept this card. Do not take it again, and say nothing of the reason.",
        "I am sorry, the bank did not accept that card. Would you like to pay another way?",
        (Choice.OTHER_CARD, Choice.PAY_LINK),
    ),
    DeclineReason.SUSPECTED_FRAUD: (
        "The bank does not accept this card. Do not take it again, and say nothing of the reason.",
        "I am sorry, the bank did not accept that card. Would you like to pay another way?",
        (Choice.OTHER_CARD, Choice.PAY_LINK),
    ),
    DeclineReason.NOT_SUPPORTED: (
        "Cards of this kind cannot be taken here.",
        "I am sorry, we cannot take that kind of card. Would you like to use another one?",
        _OTHER_WAYS,
    ),
    DeclineReason.NEEDS_CUSTOMER: (
        "The bank wants to ask its customer, which cannot be done on the telephone.",
        "Your bank would like to check with you itself. Shall I send you a link to pay with?",
        (Choice.PAY_LINK, *_NOT_BY_LINK),
    ),
    DeclineReason.DUPLICATE: (
        "The bank took this for a payment that it has had already.",
        "The bank thinks that this was paid a moment ago. I am looking at it before we try again.",
        (Choice.ASK_BANK, *_OTHER_WAYS),
    ),
    DeclineReason.PROCESSING_ERROR: (
        "The bank could not work on it; this does not lie with the card.",
        "Something went wrong at the bank, not with your card. May we try it once more?",
        _FIRST_AGAIN,
    ),
}
_NO_REASON = _DECLINES[DeclineReason.DECLINED]

_STATES = {
    AttemptState.STARTED: "is being asked for",
    AttemptState.UNKNOWN: "not answered by the bank yet",
    AttemptState.AUTHORISED: "authorised",
    AttemptState.DECLINED: "declined",
    AttemptState.FAILED: "not taken",
    AttemptState.VOIDING: "is being given back",
    AttemptState.VOIDED: "given back",
    AttemptState.CAPTURED: "paid",
    AttemptState.REFUNDED: "refunded",
}
_LINKS = {
    LinkState.SENT: "sent",
    LinkState.OPENED: "opened by the caller",
    LinkState.PAID: "paid",
    LinkState.PAID_TWICE: "paid twice",
    LinkState.EXPIRED: "expired",
    LinkState.CANCELLED: "cancelled",
    LinkState.REPLACED: "replaced by another",
}


def choice_words(choice: Choice) -> str:
    """What a choice is called on a button."""
    return _CHOICES[choice]


def card_words(attempt: CardAttempt) -> str:
    """`Visa ending 4242`; before the bank has answered nothing is known of the card.

    No other digit is shown, whatever a gateway calls the brand.
    """
    if not attempt.last_four:
        return _brand(attempt) or "Card"
    return f"{_brand(attempt) or 'Card'} ending {attempt.last_four}"


def brand_words(attempt: CardAttempt) -> str:
    """`Visa card`, `card`: within a sentence."""
    brand = _brand(attempt)
    return f"{brand} card" if brand else "card"


def _brand(attempt: CardAttempt) -> str:
    return "".join(sign for sign in attempt.brand if not sign.isdigit()).strip()


def attempt_words(attempt: CardAttempt, region: Region) -> str:
    """`Visa ending 4242, £278.21 authorised`."""
    words = f"{card_words(attempt)}, {_amount(attempt)} {_STATES[attempt.state]}"
    return in_region(words, region)


def link_words(link: PayLink, region: Region) -> str:
    """`Pay link for £278.21, sent`."""
    return in_region(f"Pay link for {link.amount}, {_LINKS[link.state]}", region)


def decline_advice(reason: DeclineReason | None, document: OrderDocument) -> Advice:
    """What to make of a card that was not accepted. Only the way to pay is to be asked again."""
    notice, say, choices = _DECLINES[reason] if reason is not None else _NO_REASON
    return _advice(notice, say, choices, document)


def unknown_advice(document: OrderDocument) -> Advice:
    """The bank did not answer in time: ask before anything is tried again."""
    return _advice(
        "The bank did not answer in time. Nobody knows yet whether the amount was authorised.",
        "The bank is taking its time. I am asking how it stands before we try anything else.",
        (Choice.ASK_BANK, Choice.GIVE_BACK, Choice.LATER),
        document,
    )


def failed_advice(document: OrderDocument) -> Advice:
    """The attempt never reached the bank, or was given up there."""
    return _advice(
        "Nothing was taken from the card.",
        "That did not go through, and nothing was taken. May we try the card once more?",
        _FIRST_AGAIN,
        document,
    )


def partial_advice(attempt: CardAttempt, document: OrderDocument) -> Advice | None:
    """The bank approved a part of the amount; None where it approved all of it."""
    approved = held(attempt)
    if attempt.state is not AttemptState.AUTHORISED or approved >= attempt.amount:
        return None
    left = attempt.amount - approved
    return _advice(
        f"The bank authorised {approved} of {attempt.amount}; {left} is still to be paid.",
        f"Your card covers {approved}. How would you like to pay the other {left}?",
        (*_OTHER_WAYS, Choice.GIVE_BACK),
        document,
    )


def check_advice(attempt: CardAttempt, document: OrderDocument) -> tuple[Advice, ...]:
    """What to do where the bank's checks of address and security code do not match.

    An authorised amount is not refused for it by itself: the CSR asks, keeps it or gives it back.
    """
    if attempt.state not in {AttemptState.AUTHORISED, AttemptState.CAPTURED}:
        return ()
    keep = (Choice.KEEP, Choice.GIVE_BACK)
    found = []
    if attempt.code_check is CheckResult.MISMATCH:
        found.append(
            _advice(
                "The bank says that the security code does not match.",
                "May I take the card once more? The security code did not match.",
                (Choice.GIVE_BACK, Choice.KEEP),
                document,
            )
        )
    if attempt.postcode_check is CheckResult.MISMATCH:
        found.append(
            _advice(
                "The postcode is not the one that the bank knows. Ask for the one on the "
                "card's statement and put the billing address right.",
                "Which postcode do the card's statements go to?",
                keep,
                document,
            )
        )
    if attempt.address_check is CheckResult.MISMATCH:
        found.append(
            _advice(
                "The house number or street is not the one that the bank knows. Ask for the one "
                "on the card's statement and put the billing address right.",
                "Which house number and street do the card's statements go to?",
                keep,
                document,
            )
        )
    return tuple(found)


def link_advice(link: PayLink, to_pay: Money, document: OrderDocument) -> Advice:
    """How a link stands and what that means for the order; `to_pay` is what is open without it."""
    if link.state in {LinkState.SENT, LinkState.OPENED} and link.amount != to_pay:
        return _advice(
            f"The amount changed: the link is for {link.amount}, but {to_pay} is to be paid.",
            "The amount has changed, so I send you a new link. Please do not use the first one.",
            (Choice.PAY_LINK, *_NOT_BY_LINK),
            document,
        )
    notice, say, choices = _of_link(link)
    return _advice(notice, say, choices, document)


def _of_link(link: PayLink) -> tuple[str, str, tuple[Choice, ...]]:
    amount, again = link.amount, (Choice.PAY_LINK, *_NOT_BY_LINK)
    by_state: dict[LinkState, tuple[str, str, tuple[Choice, ...]]] = {
        LinkState.SENT: (
            f"The pay link was sent to {link.send_to}. The order need not wait for it.",
            f"I have sent you a link to pay {amount} with. Has it come?",
            (),
        ),
        LinkState.OPENED: (
            "The caller has the page in front of them. The order need not wait for it.",
            f"Do you see the amount of {amount} on the page?",
            (),
        ),
        LinkState.PAID: (f"{amount} was paid by the link.", "Thank you, it has been paid.", ()),
        LinkState.PAID_TWICE: (
            f"The link was paid twice; {amount} goes back once. A team lead sees to it.",
            "It was paid twice. You get the second payment back the way you paid.",
            (),
        ),
        LinkState.EXPIRED: (
            "The pay link has expired; nothing was paid with it.",
            "The link is no longer valid. Shall I send you a new one?",
            again,
        ),
        LinkState.CANCELLED: ("The pay link was cancelled; nothing was paid.", "", again),
        LinkState.REPLACED: ("Another pay link took the place of this one.", "", ()),
    }
    return by_state[link.state]


def _advice(notice: str, say: str, choices: Sequence[Choice], document: OrderDocument) -> Advice:
    """In the English of the order's region, and without an account where there is none."""
    has_account = document.customer is not None and document.customer.on_account
    return Advice(
        notice=in_region(notice, document.region),
        say=in_region(say, document.region),
        choices=tuple(one for one in choices if one is not Choice.ON_ACCOUNT or has_account),
    )


def _amount(attempt: CardAttempt) -> Money:
    if attempt.state is AttemptState.REFUNDED and attempt.refunded is not None:
        return attempt.refunded
    if attempt.state is AttemptState.CAPTURED and attempt.captured is not None:
        return attempt.captured
    return held(attempt)
