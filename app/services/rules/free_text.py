"""Where people type freely into an order, and that no card number stands there. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from app.values.card import (
    SHORTEST_IN_TEXT,
    find_split,
    mask_card_digits,
    mask_texts,
    refuse_card_digits,
)
from app.values.contact import PostalAddress
from app.values.errors import Refusal
from app.wire.orders import OrderDocument

_DIGIT = re.compile("[0-9]")
_DIGITS_ENOUGH = re.compile(f"(?:[0-9][^0-9]*){{{SHORTEST_IN_TEXT}}}")


def free_texts(document: OrderDocument) -> Iterator[tuple[str, str]]:
    """Field and text of every place that takes free text, in the order of the screen."""
    if document.customer is not None:
        yield "customer.name", document.customer.name
        yield "customer.email", document.customer.email or ""
    yield from _of_address("deliver_to", document.deliver_to)
    yield from _of_address("bill_to", document.bill_to)
    yield "delivery.instructions", document.delivery.instructions
    yield "delivery.gift_message", document.delivery.gift_message
    yield "internal_note", document.internal_note
    for line in document.lines:
        yield "lines.description", line.description
        yield "lines.told_reason", line.told_reason


def _of_address(field: str, address: PostalAddress | None) -> Iterator[tuple[str, str]]:
    if address is None:
        return
    yield f"{field}.name", address.name
    yield f"{field}.organisation", address.organisation
    yield f"{field}.street", "\n".join(address.street)
    yield f"{field}.dependent_locality", address.dependent_locality
    yield f"{field}.city", address.city


def with_free_texts(document: OrderDocument, texts: Iterable[str]) -> OrderDocument:
    """The document with other texts in the places of `free_texts`, given in the same order."""
    given = iter(texts)
    customer = document.customer
    if customer is not None:
        customer = replace(customer, name=next(given), email=next(given) or None)
    deliver_to = _with_texts(document.deliver_to, given)
    bill_to = _with_texts(document.bill_to, given)
    delivery = replace(document.delivery, instructions=next(given), gift_message=next(given))
    note = next(given)
    lines = tuple(
        replace(line, description=next(given), told_reason=next(given)) for line in document.lines
    )
    return replace(
        document,
        customer=customer,
        deliver_to=deliver_to,
        bill_to=bill_to,
        delivery=delivery,
        internal_note=note,
        lines=lines,
    )


def _with_texts(address: PostalAddress | None, given: Iterator[str]) -> PostalAddress | None:
    if address is None:
        return None
    name, organisation, street = next(given), next(given), next(given)
    return dataclasses.replace(
        address,
        name=name,
        organisation=organisation,
        street=tuple(street.split("\n")) if street else (),
        dependent_locality=next(given),
        city=next(given),
    )


def refuse_cards_in(document: OrderDocument) -> None:
    """Raises Refusal `card_digits` naming the field that holds a card number, or its last part."""
    with_digits = [(field, text) for field, text in free_texts(document) if _has_digit(text)]
    for field, text in with_digits:
        if _may_hold_card(text):
            refuse_card_digits(text, field)
    typed = [(field, text) for field, text in with_digits if not field.startswith("lines.")]
    split = find_split(*(text for _, text in typed))
    if split is not None:
        raise Refusal(
            "card_digits",
            "These fields together look like a card number. Please take it out: "
            "card digits go into the card pane only, while the recording is paused.",
            typed[split.texts[-1]][0],
        )


def without_cards(document: OrderDocument) -> OrderDocument:
    """The document with card numbers masked; the very same one where there are none."""
    fields = [field for field, _ in free_texts(document)]
    texts = [text for _, text in free_texts(document)]
    masked = [mask_card_digits(text) if _has_digit(text) else text for text in texts]
    typed = [at for at, field in enumerate(fields) if not field.startswith("lines.")]
    for at, text in zip(typed, mask_texts(*(masked[at] for at in typed)), strict=True):
        masked[at] = text
    return document if masked == texts else with_free_texts(document, masked)


def _may_hold_card(text: str) -> bool:
    """Whether there are digits enough; codes and sizes in descriptions are not."""
    if text.isascii():
        return _DIGITS_ENOUGH.search(text) is not None
    return sum(character.isdigit() for character in text) >= SHORTEST_IN_TEXT


def _has_digit(text: str) -> bool:
    """Asked of every text of every line at every save, hence the quick way for plain ones."""
    if text.isascii():
        return _DIGIT.search(text) is not None
    return any(character.isdigit() for character in text)
