"""Keeps card digits out of free text: judged at every key, before anything is saved.

A number that is being typed is held back from its ninth digit on, so that no draft ever holds most
of one; a whole one is masked where it stands, and what was written around it stays. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.values.card import find_card_number, find_split, mask_card_digits
from app.wire.orders import OrderDocument

_MAY_BECOME_ONE = re.compile(r"(?<![\d+])[2-6](?:[\s\-./]{0,3}\d){8,18}[\s\-./]{0,3}$")


@dataclass(frozen=True, slots=True)
class Judged:
    """What to do with typed text.

    Keep `text`, unless it is `held` until more is known; `sentence` tells of a mask.
    """

    text: str
    held: bool = False
    sentence: str = ""


def while_typing(text: str) -> Judged:
    """The text after a key press."""
    judged = when_left(text)
    if not judged.sentence and _MAY_BECOME_ONE.search(text):
        return Judged(text, held=True)
    return judged


def when_left(text: str) -> Judged:
    """The text when its field was left: nothing more is to come."""
    if find_card_number(text) is None:
        return Judged(text)
    return Judged(mask_card_digits(text), sentence=refusal())


def is_in(document: OrderDocument) -> bool:
    """Whether a card number stands in the free texts of an order, be it split over several."""
    customer, delivery = document.customer, document.delivery
    texts = [customer.name if customer else ""]
    for address in (document.deliver_to, document.bill_to):
        if address is not None:
            texts += [address.name, address.organisation, *address.street]
            texts += [address.dependent_locality, address.city]
    texts += [delivery.instructions, delivery.gift_message, document.internal_note]
    return find_split(*texts) is not None or any(find_card_number(text) for text in texts)


def refusal() -> str:
    """Why digits were taken out, in words."""
    return QCoreApplication.translate(
        "CardGuard",
        "That looked like a card number, so it was taken out. Card digits go into the card pane "
        "only, while the recording is paused.",
    )
