"""What a call says of a customer, held against what the call went by and what is known by now.

Field by field: what only the call changed is taken over; what somebody else changed otherwise in
the meantime stays, and both are kept for a person to decide. An e-mail address or a name left out
says nothing. Telephone numbers and addresses are added, each whole, and never take one away. Part
of the transaction it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from app.models.central.clash import CustomerTask, CustomerVersion
from app.models.central.customer import Customer, CustomerNameToken, CustomerPhone
from app.services.central.customer_twins import claim
from app.services.central.masking import e164
from app.services.central.order_facts import HeldCustomer
from app.services.central.transaction import Transaction
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.contact import contact_keys, name_tokens
from app.values.identity import CustomerId, OrderId
from app.values.vocabulary import CustomerTaskKind
from app.values.wording import tidy
from app.wire.clashes import FieldTold
from app.wire.orders import OrderCustomer

FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Known:
    """The customer of an order; `phone` in E.164 for one who is new."""

    customer_id: CustomerId | None = None
    is_new: bool = False
    phone: str | None = None
    reasons: tuple[ReviewReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """What is to be another way; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    text_relay: bool | None = None
    phone: str | None = None

    @property
    def is_any(self) -> bool:
        """Whether it changes something."""
        return (self.name, self.email, self.text_relay, self.phone) != (None,) * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A customer at a revision, as far as a call can say something else of them."""

    revision: int
    name: str
    email: str | None
    text_relay: bool
    phones: frozenset[str]


@dataclass(slots=True)
class _Compared:
    change: dict[str, Any] = field(default_factory=dict)
    clashes: list[FieldTold] = field(default_factory=list)


def known_customer(
    tx: Transaction,
    order: OrderId,
    customer: OrderCustomer | None,
    held: HeldCustomer | None,
    rules: RegionRules,
) -> Known:
    """Who the order is for; what it says of them is taken over, or kept for a person."""
    if customer is None:
        return Known()
    phone = e164(customer.phone, rules)
    reasons = [ReviewReason.PHONE_MALFORMED] if customer.phone and phone is None else []
    if held is None:
        if customer.base_revision is not None:
            reasons.append(ReviewReason.CUSTOMER_UNKNOWN)
        return Known(customer.customer_id, is_new=True, phone=phone, reasons=tuple(reasons))
    if differs(customer, phone, held) and not _take_over(tx, order, customer, phone, held):
        reasons.append(ReviewReason.CUSTOMER_CHANGED)
    return Known(customer.customer_id, reasons=tuple(reasons))


def change_customer(
    tx: Transaction, customer: CustomerId, change: CustomerChange, order: OrderId
) -> None:
    """Keep the version that was, and write the next; the row is locked by who calls."""
    tx.connection.exec_driver_sql(_KEEP_VERSION, {"customer": customer, "at": tx.at})
    values: dict[str, object] = {
        "revision": Customer.revision + 1,
        "updated_at": tx.at,
    }
    told = {"name": change.name, "email": change.email, "text_relay": change.text_relay}
    values |= {name: value for name, value in told.items() if value is not None}
    tx.connection.execute(update(Customer).where(Customer.customer_id == customer).values(**values))
    if change.name is not None:
        _name(tx, customer, change.name)
    if change.phone is not None:
        _add_phone(tx, customer, change.phone)
    claim(tx, customer, contact_keys(change.phone, change.email), order)


def differs(customer: OrderCustomer, phone: str | None, held: HeldCustomer) -> bool:
    """Whether the order says something about the customer that the centre does not."""
    return (
        (tidy(customer.name) not in {"", tidy(held.name)})
        or (customer.email or None) not in {None, held.email}
        or customer.text_relay != held.text_relay
        or (phone is not None and phone not in held.phones)
    )


def _take_over(
    tx: Transaction,
    order: OrderId,
    customer: OrderCustomer,
    phone: str | None,
    held: HeldCustomer,
) -> bool:
    """Take over what only this call changed; False where a person has to decide about a field."""
    present = locked_customer(tx, customer.customer_id, held.phones)
    base = _base(tx, customer, present)
    compared = _compare(customer, phone, base, present)
    change = CustomerChange(**compared.change)
    if change.is_any:
        change_customer(tx, customer.customer_id, change, order)
    if compared.clashes:
        _ask_somebody(tx, order, customer.customer_id, compared.clashes)
    return not compared.clashes


def locked_customer(tx: Transaction, customer: CustomerId, more: frozenset[str]) -> Standing:
    """The customer as they are now, and until this transaction ends; `more` numbers are known."""
    row = tx.connection.execute(
        select(Customer.revision, Customer.name, Customer.email, Customer.text_relay)
        .where(Customer.customer_id == customer)
        # Nobody else's orders wait for this: they only hold on to the key of the row.
        .with_for_update(key_share=True)
    ).one()
    phones = tx.connection.execute(
        select(CustomerPhone.e164).where(CustomerPhone.customer_id == customer)
    ).scalars()
    return Standing(
        revision=row.revision,
        name=row.name,
        email=row.email,
        text_relay=row.text_relay,
        phones=more | frozenset(phones),
    )


def _base(tx: Transaction, customer: OrderCustomer, present: Standing) -> Standing | None:
    """The version the call went by; None where nobody knows it (the centre was restored)."""
    revision = customer.base_revision or FIRST_REVISION
    if revision == present.revision:
        return present
    row = tx.connection.execute(
        select(
            CustomerVersion.name,
            CustomerVersion.email,
            CustomerVersion.text_relay,
            CustomerVersion.phones,
        ).where(
            CustomerVersion.customer_id == customer.customer_id,
            CustomerVersion.revision == revision,
        )
    ).one_or_none()
    if row is None:
        return None
    return Standing(
        revision=revision,
        name=row.name,
        email=row.email,
        text_relay=row.text_relay,
        phones=frozenset(row.phones),
    )


def _compare(
    customer: OrderCustomer, phone: str | None, base: Standing | None, present: Standing
) -> _Compared:
    """What is taken over, and what two people said differently; without a base all is the latter.

    A number is only ever added, so that no two people can say different things about it.
    """
    compared = _Compared()
    said: dict[str, str | bool | None] = {
        "name": tidy(customer.name) or None,
        "email": customer.email or None,
        "text_relay": customer.text_relay,
    }
    for name, value in said.items():
        now = getattr(present, name)
        if value is None or _same(value, now):
            continue
        before = getattr(base, name) if base is not None else None
        if base is not None and _same(value, before):
            continue
        if base is not None and _same(now, before):
            compared.change[name] = value
        else:
            compared.clashes.append(_told(name, before, now, value))
    if phone is not None and phone not in present.phones:
        if base is not None:
            compared.change["phone"] = phone
        else:
            compared.clashes.append(_told("phone", None, None, phone))
    return compared


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return tidy(one) == tidy(other)
    return one == other


def _told(name: str, base: object, present: object, said: object) -> FieldTold:
    return FieldTold(field=name, base=word_of(base), present=word_of(present), said=word_of(said))


def word_of(value: object) -> str | None:
    """A value of a field as it is kept with what was told."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _ask_somebody(
    tx: Transaction, order: OrderId, customer: CustomerId, clashes: Sequence[FieldTold]
) -> None:
    tx.connection.execute(
        insert(CustomerTask).values(
            task_id=tx.ids.new(),
            kind=CustomerTaskKind.CHANGED,
            customer_id=customer,
            order_id=order,
            fields=msgspec.to_builtins(clashes),
            opened_at=tx.at,
        )
    )


_KEEP_VERSION = """
    INSERT INTO customer_version (customer_id, revision, name, email, text_relay, on_account,
                                  phones, replaced_at)
    SELECT c.customer_id, c.revision, c.name, c.email, c.text_relay, c.on_account,
           ARRAY(SELECT p.e164 FROM customer_phone p WHERE p.customer_id = c.customer_id
                 ORDER BY p.position, p.e164), %(at)s
    FROM customer c WHERE c.customer_id = %(customer)s
"""


def _name(tx: Transaction, customer: CustomerId, name: str) -> None:
    """Make the customer findable by the new name, and not by the old one."""
    tokens = name_tokens(name)
    rows = [{"customer_id": customer, "token": token} for token in tokens]
    tx.connection.execute(
        delete(CustomerNameToken).where(
            CustomerNameToken.customer_id == customer, CustomerNameToken.token.not_in(tokens)
        )
    )
    if rows:
        tx.connection.execute(postgresql.insert(CustomerNameToken).on_conflict_do_nothing(), rows)


def _add_phone(tx: Transaction, customer: CustomerId, phone: str) -> None:
    last = (
        select(func.coalesce(func.max(CustomerPhone.position), 0))
        .where(CustomerPhone.customer_id == customer)
        .scalar_subquery()
    )
    tx.connection.execute(
        postgresql.insert(CustomerPhone)
        .values(
            customer_id=customer,
            e164=phone,
            digits_reversed=phone[:0:-1],
            position=last + 1,
        )
        .on_conflict_do_nothing()
    )
