"""A vault for tests: real ledger, real sandbox, envelopes that are really sealed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from app.services.ports import Bound
from app.values.identity import AttemptId, LinkId, MovementId, OrderId
from app.values.money import Currency, Money
from app.vault import attempts, links
from app.vault.attempts import Attempts
from app.vault.keys import KeyFolder
from app.vault.ledger import Ledger
from app.vault.links import PayPages
from app.vault.providers import sandbox
from app.vault.providers.provider import Provider
from app.vault.providers.sandbox import Sandbox
from app.vault.vault import Vault
from app.wire.payments import BillingCheck
from app.wire.vault import AskAttempted, Attempted, Authorise, MoveMoney, OfferLink
from tests.builders import A_MORNING, an_id
from tests.fakes import FixedClock
from tests.vault.sealing import APPROVED, bound, seal

BASE = "http://127.0.0.1:1"
BILLING = BillingCheck(address_line="14 Mill Lane", postcode="LS6 3AA", country="GB")


def pounds(minor: int) -> Money:
    return Money(minor, Currency.GBP)


class VaultUnderTest:
    """Everything of a vault but its socket; `restart` is what a crash leaves."""

    def __init__(
        self,
        folder: Path,
        clock: FixedClock,
        keys: KeyFolder,
        provider: Provider | None = None,
    ) -> None:
        """`folder` is for what it keeps; its keys may lie elsewhere."""
        self.folder = folder
        self.clock = clock
        self.keys = keys
        self._given = provider
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def restart(self) -> None:
        self._stack.close()
        self._open()

    def _open(self) -> None:
        self._stack = ExitStack()
        ledger = Ledger(self.folder / "attempts.sqlite3", attempts.SCHEMA)
        self._stack.callback(ledger.close)
        books = Ledger(self.folder / "sandbox.sqlite3", sandbox.SCHEMA + links.SCHEMA)
        self._stack.callback(books.close)
        self.pages = PayPages(books, self.clock, BASE)
        self.provider = self._given or Sandbox(books, self.pages, self.clock)
        self.vault = Vault(self.keys, Attempts(ledger), self.provider)

    def request(
        self,
        number: str = APPROVED,
        to: Bound | None = None,
        billing: BillingCheck = BILLING,
        **card: str,
    ) -> Authorise:
        meant = to or bound()
        return Authorise(
            attempt_id=meant.attempt_id,
            order_id=meant.order_id,
            amount=meant.amount,
            envelope=seal(self.keys.offered().keys[0], meant, number, **card),
            billing=billing,
        )

    def authorise(self, number: str = APPROVED, to: Bound | None = None, **card: str) -> Attempted:
        return self.vault.authorise(self.request(number, to, BILLING, **card))

    def ask(self, attempt: int = 101) -> Attempted:
        return self.vault.attempt(AskAttempted(attempt_id=AttemptId(an_id(attempt))))


def a_move(told: Attempted, movement: int, minor: int | None = None) -> MoveMoney:
    return MoveMoney(
        movement_id=MovementId(an_id(movement)),
        attempt_id=told.attempt_id,
        reference=told.reference,
        amount=None if minor is None else pounds(minor),
    )


def a_link(link: int = 301, minor: int = 4_999, hours: int = 72) -> OfferLink:
    clock = FixedClock(A_MORNING)
    clock.advance(hours=hours)
    return OfferLink(
        link_id=LinkId(an_id(link)),
        order_id=OrderId(an_id(1)),
        amount=pounds(minor),
        payee="Harbour & Sons <Tea>",
        expires_at=clock.now(),
    )
