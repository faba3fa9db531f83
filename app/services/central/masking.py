"""Card digits that reached the centre are masked before anything is kept. Pure.

A telephone number may have the shape of a card number and stays. What was not touched is handed
back as the very same value, so that `is not` tells whether something was found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from app.services.rules.free_text import without_cards
from app.services.rules.read_back import Checkpoint
from app.services.rules.regions import RegionRules
from app.values.card import SHORTEST_IN_TEXT, mask_card_digits
from app.values.errors import Refusal
from app.values.telephone import PhoneNumber
from app.wire.orders import OrderDocument
from app.wire.payments import CardAttempt, PayLink
from app.wire.read_back import (
    Asked,
    ClosedCall,
    Confirmed,
    Corrected,
    NotMatched,
    NumberSaidBack,
    Overridden,
    Part,
    ReadBackEntry,
    Told,
)

NO_DIGEST = "0" * 64
"""Stands for the digest of values that held card digits: it could be tried out against them."""

_DIGITS_ENOUGH = re.compile(f"(?:[0-9][^0-9]*){{{SHORTEST_IN_TEXT}}}")
_PHONE = "phone"
_NOT_TYPED = {"prices", "code"}
"""Parts that hold a digest or a code of the catalogue, in which digits mean no card."""

_COVERED = {"parts", "said"}
"""Fields with the values that a digest is of."""

_TEXTS: dict[type, tuple[str, ...]] = {
    Asked: ("said",),
    Confirmed: ("heard",),
    NotMatched: ("heard",),
    Corrected: ("old", "new", "note"),
    Overridden: ("reason", "lead_name"),
    NumberSaidBack: ("heard",),
    Told: ("said",),
}


def e164(text: str, rules: RegionRules) -> str | None:
    """The telephone number in E.164; None where it is not one."""
    try:
        return PhoneNumber.parse(text, rules.phone_region).e164 if text else None
    except Refusal:
        return None


def masked_document(document: OrderDocument, rules: RegionRules) -> OrderDocument:
    """Without card numbers."""
    clean = without_cards(document)
    caller = _number_or_masked(clean.caller_number, rules)
    if caller != clean.caller_number:
        clean = replace(clean, caller_number=caller)
    customer = clean.customer
    if customer is not None:
        phone = _number_or_masked(customer.phone, rules)
        if phone != customer.phone:
            clean = replace(clean, customer=replace(customer, phone=phone))
    return clean


def masked_entries(
    entries: tuple[ReadBackEntry, ...],
    rules: RegionRules,
    instead: Mapping[str, Checkpoint] | None = None,
) -> tuple[ReadBackEntry, ...]:
    """Without card numbers. `instead`: by the digest of values that held one, what stands now."""
    masked = tuple(_masked_entry(entry, rules, instead or {}) for entry in entries)
    untouched = all(new is old for new, old in zip(masked, entries, strict=True))
    return entries if untouched else masked


def masked_attempts(attempts: tuple[CardAttempt, ...]) -> tuple[CardAttempt, ...]:
    """Without card numbers: a brand is a word and has none."""
    masked = tuple(
        one if (clean := mask_card_digits(one.brand)) == one.brand else replace(one, brand=clean)
        for one in attempts
    )
    return attempts if masked == attempts else masked


def masked_links(links: tuple[PayLink, ...], rules: RegionRules) -> tuple[PayLink, ...]:
    """Without card numbers; a link may have been sent to a telephone."""
    masked = tuple(
        replace(
            one,
            url=mask_card_digits(one.url),
            send_to=_masked(one.send_to, rules, is_phone=True),
        )
        for one in links
    )
    return links if masked == links else masked


def masked_closing(closed: ClosedCall, rules: RegionRules) -> ClosedCall:
    """Without card numbers."""
    note, entries = mask_card_digits(closed.note), masked_entries(closed.entries, rules)
    if note == closed.note and entries is closed.entries:
        return closed
    return replace(closed, note=note, entries=entries)


def _masked_entry(
    entry: ReadBackEntry, rules: RegionRules, instead: Mapping[str, Checkpoint]
) -> ReadBackEntry:
    changed = _masked_texts(entry, rules)
    if isinstance(entry, Asked | Confirmed | NotMatched):
        now = instead.get(entry.sha256)
        if now is not None:
            changed["sha256"] = now.sha256
            if isinstance(entry, Confirmed):
                changed["parts"] = now.parts
        elif _COVERED & changed.keys():
            changed["sha256"] = NO_DIGEST
    elif isinstance(entry, Overridden) and any(s.sha256 in instead for s in entry.checkpoints):
        changed["checkpoints"] = tuple(
            instead[stood.sha256].stood if stood.sha256 in instead else stood
            for stood in entry.checkpoints
        )
    return replace(entry, **changed) if changed else entry


def _masked_texts(entry: ReadBackEntry, rules: RegionRules) -> dict[str, Any]:
    """Fields that held a card number, as they are to be kept."""
    is_phone = getattr(entry, "part", "") == _PHONE
    changed: dict[str, Any] = {}
    for name in _TEXTS.get(type(entry), ()):
        text = getattr(entry, name)
        clean = _masked(text, rules, is_phone=is_phone)
        if clean != text:
            changed[name] = clean
    if isinstance(entry, Confirmed):
        parts = tuple(_masked_part(part, rules) for part in entry.parts)
        if parts != entry.parts:
            changed["parts"] = parts
    return changed


def _masked_part(part: Part, rules: RegionRules) -> Part:
    if part.name in _NOT_TYPED:
        return part
    clean = _masked(part.value, rules, is_phone=part.name == _PHONE)
    return part if clean == part.value else replace(part, value=clean)


def _number_or_masked(text: str, rules: RegionRules) -> str:
    return text if e164(text, rules) else mask_card_digits(text)


def _masked(text: str, rules: RegionRules, *, is_phone: bool) -> str:
    """Asked of every text of a record, hence the quick way for those without digits enough."""
    if len(text) < SHORTEST_IN_TEXT or (text.isascii() and not _DIGITS_ENOUGH.search(text)):
        return text
    return _number_or_masked(text, rules) if is_phone else mask_card_digits(text)
