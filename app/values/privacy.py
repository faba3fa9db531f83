"""Closed sets of words about requests for a person's data; as in `vocabulary` none is changed."""

from __future__ import annotations

from enum import StrEnum


class PrivacyActKind(StrEnum):
    """What was done with a person's data (UK GDPR Art. 15 to 18)."""

    EXPORT = "export"
    CORRECT = "correct"
    ERASE = "erase"
    RESTRICT = "restrict"
    LIFT = "lift"
    KEPT_LONG_ENOUGH = "kept_long_enough"
    """Nobody asked: the time for which it has to be kept is over."""


class Reach(StrEnum):
    """How much of an order is erased.

    BUT_INVOICE: what tax records need stays, which is name, addresses and what was bought.
    """

    BUT_INVOICE = "but_invoice"
    ALL = "all"
