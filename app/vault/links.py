"""Pay links of the sandbox: a local page on which nobody's money is paid, and how each stands.

Any thread.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import LinkId
from app.values.money import Currency, Money
from app.values.vocabulary import LinkState
from app.vault.ledger import Ledger
from app.vault.pay_page import PATH, Page, ToPay, asking, saying
from app.wire.vault import LinkOffered, OfferLink

SCHEMA = """
CREATE TABLE IF NOT EXISTS page (
    link_id    TEXT PRIMARY KEY,
    token      TEXT NOT NULL UNIQUE,
    order_id   TEXT NOT NULL,
    minor      INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    payee      TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    opened_at  TEXT,
    paid_at    TEXT,
    paid       INTEGER NOT NULL DEFAULT 0,
    cancelled  INTEGER NOT NULL DEFAULT 0
) STRICT;
"""
_COLUMNS = (
    "link_id, token, order_id, minor, currency, payee, expires_at, opened_at, paid_at, paid,"
    " cancelled"
)
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another when they are read out."""
_TOKEN_LENGTH = 12
_BRAND, _LAST_FOUR = "Visa", "4242"
_USABLE = {LinkState.SENT, LinkState.OPENED}
_PAID = {LinkState.PAID, LinkState.PAID_TWICE}


class Button(StrEnum):
    """The buttons of the page."""

    PAY = "pay"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class _Row:
    """A page as it is kept."""

    link_id: str
    token: str
    order_id: str
    minor: int
    currency: str
    payee: str
    expires_at: str
    opened_at: str | None
    paid_at: str | None
    paid: int
    cancelled: int

    def state(self, now: datetime) -> LinkState:
        """How the link stands."""
        if self.paid:
            return LinkState.PAID if self.paid == 1 else LinkState.PAID_TWICE
        if self.cancelled:
            return LinkState.CANCELLED
        if datetime.fromisoformat(self.expires_at) <= now:
            return LinkState.EXPIRED
        return LinkState.OPENED if self.opened_at else LinkState.SENT

    @property
    def about(self) -> ToPay:
        """What the page shows."""
        money = Money(self.minor, Currency(self.currency))
        return ToPay(self.token, money, self.payee, self.order_id[-8:].upper())


class PayPages:
    """Pages by their token, links by their id."""

    def __init__(self, ledger: Ledger, clock: Clock, base_url: str) -> None:
        """`ledger` has SCHEMA; `base_url` is where the pages are served, without the path."""
        self._ledger = ledger
        self._clock = clock
        self._base_url = base_url.rstrip("/")

    def offer(self, request: OfferLink) -> LinkOffered:
        """A page; the same id gives the same. Raises Refusal `link_reused` or `link_expired`."""
        with self._ledger.transaction() as tx:
            row = _by_link(tx, request.link_id)
            if row is None:
                if request.expires_at <= self._clock.now():
                    raise Refusal("link_expired", "The link would be over before it is sent.")
                row = _insert(tx, request)
        meant = (str(request.order_id), request.amount)
        if (row.order_id, row.about.amount) != meant:
            raise Refusal("link_reused", "This link was for another order or amount.")
        return self._offered(row)

    def ask(self, link_id: LinkId) -> LinkOffered:
        """How a link stands. Raises Refusal `link_unknown`."""
        with self._ledger.transaction() as tx:
            return self._offered(_by_link(tx, link_id))

    def cancel(self, link_id: LinkId) -> LinkOffered:
        """Let it be used no more. Raises Refusal `link_unknown` or `link_paid`."""
        with self._ledger.transaction() as tx:
            state = self._offered(_by_link(tx, link_id)).state
            if state in _PAID:
                raise Refusal("link_paid", "The link was paid already.")
            if state in _USABLE:
                tx.execute("UPDATE page SET cancelled = 1 WHERE link_id = ?", (str(link_id),))
            return self._offered(_by_link(tx, link_id))

    def open(self, token: str) -> Page:
        """The page, which counts as opened by this."""
        now = self._clock.now()
        with self._ledger.transaction() as tx:
            row = _by_token(tx, token)
            if row is not None and row.state(now) in _USABLE:
                tx.execute(
                    "UPDATE page SET opened_at = coalesce(opened_at, ?) WHERE token = ?",
                    (now.isoformat(), token),
                )
        if row is None:
            return _no_such_page()
        return asking(row.about) if row.state(now) in _USABLE else _over(row.state(now))

    def press(self, token: str, button: Button) -> Page:
        """Pay or decline. A page that lay open in a second window can be paid twice."""
        now = self._clock.now()
        with self._ledger.transaction() as tx:
            row = _by_token(tx, token)
            if row is None:
                return _no_such_page()
            if row.state(now) not in _USABLE | _PAID:
                return _over(row.state(now))
            if button is Button.PAY:
                tx.execute(
                    "UPDATE page SET paid = paid + 1, opened_at = coalesce(opened_at, :now),"
                    " paid_at = coalesce(paid_at, :now) WHERE token = :token",
                    {"now": now.isoformat(), "token": token},
                )
                return _over(LinkState.PAID)
        if row.paid:
            return _over(LinkState.PAID)
        return asking(row.about, "The payment was declined. You can try again.")

    def _offered(self, row: _Row | None) -> LinkOffered:
        if row is None:
            raise Refusal("link_unknown", "There is no such link.")
        return LinkOffered(
            link_id=LinkId(UUID(row.link_id)),
            url=f"{self._base_url}{PATH}/{row.token}",
            state=row.state(self._clock.now()),
            paid=row.paid,
            brand=_BRAND if row.paid else "",
            last_four=_LAST_FOUR if row.paid else "",
            reference=f"sandbox-link-{row.link_id[-12:]}",
            opened_at=_instant(row.opened_at),
            paid_at=_instant(row.paid_at),
        )


def _insert(tx: sqlite3.Connection, request: OfferLink) -> _Row:
    row = _Row(
        link_id=str(request.link_id),
        token="".join(secrets.choice(_SIGNS) for _ in range(_TOKEN_LENGTH)),
        order_id=str(request.order_id),
        minor=request.amount.minor,
        currency=request.amount.currency.value,
        payee=request.payee,
        expires_at=request.expires_at.isoformat(),
        opened_at=None,
        paid_at=None,
        paid=0,
        cancelled=0,
    )
    tx.execute(
        "INSERT INTO page (link_id, token, order_id, minor, currency, payee, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            row.link_id,
            row.token,
            row.order_id,
            row.minor,
            row.currency,
            row.payee,
            row.expires_at,
        ),
    )
    return row


def _by_link(tx: sqlite3.Connection, link_id: LinkId) -> _Row | None:
    found = tx.execute(f"SELECT {_COLUMNS} FROM page WHERE link_id = ?", (str(link_id),))  # noqa: S608 - our own column names
    row = found.fetchone()
    return None if row is None else _Row(*row)


def _by_token(tx: sqlite3.Connection, token: str) -> _Row | None:
    found = tx.execute(f"SELECT {_COLUMNS} FROM page WHERE token = ?", (token,))  # noqa: S608 - as above
    row = found.fetchone()
    return None if row is None else _Row(*row)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _no_such_page() -> Page:
    return saying(404, "There is no such page. Please check the address.")


def _over(state: LinkState) -> Page:
    match state:
        case LinkState.PAID | LinkState.PAID_TWICE:
            return saying(200, "This order is paid. Thank you.")
        case LinkState.EXPIRED:
            return saying(410, "This link is over. Please call us for another.")
        case _:
            return saying(410, "This link is no longer in use.")
