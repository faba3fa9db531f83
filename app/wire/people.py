"""People, seats and what they may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from app.values.identity import DeviceId, Incarnation, PersonId, SessionId
from app.values.vocabulary import Role
from app.wire.message import Instant, Request, ShortText, View


class Permission(StrEnum):
    """What an operation needs from the person who asks."""

    TAKE_ORDERS = "take_orders"
    SEE_CUSTOMERS = "see_customers"
    REVIEW_ORDERS = "review_orders"
    ADMINISTER = "administer"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CSR: frozenset({Permission.TAKE_ORDERS, Permission.SEE_CUSTOMERS}),
    Role.TEAM_LEAD: frozenset(
        {Permission.TAKE_ORDERS, Permission.SEE_CUSTOMERS, Permission.REVIEW_ORDERS}
    ),
    Role.ADMINISTRATOR: frozenset({Permission.SEE_CUSTOMERS, Permission.ADMINISTER}),
}


class Enrol(Request, frozen=True, kw_only=True):
    """A new seat asks to be known, with the one-time code of an administrator.

    `public_key` is the P-256 key in PEM. `incarnation` is new for every enrolment of a store.
    """

    code: Annotated[str, Meta(min_length=8, max_length=64)]
    public_key: Annotated[str, Meta(max_length=1_000)]
    incarnation: Incarnation


class Enrolled(View, frozen=True, kw_only=True):
    """The seat is known. `escrow_public_key` (X25519, base64) seals the store key for recovery."""

    device_id: DeviceId
    name: str
    extension: str | None
    escrow_public_key: str


class DepositStoreKey(Request, frozen=True, kw_only=True):
    """The desk's store key, sealed to the centre's escrow key (base64)."""

    sealed_key: Annotated[str, Meta(max_length=1_000)]


class SignIn(Request, frozen=True, kw_only=True):
    """Name and password of a person at an enrolled seat."""

    login: ShortText
    password: Annotated[str, Meta(max_length=1_000)]


class PersonView(View, frozen=True, kw_only=True):
    """A person as colleagues see them."""

    person_id: PersonId
    login: str
    name: str
    role: Role
    team: str


class Session(View, frozen=True, kw_only=True):
    """A signed-in person. `token` goes with their requests and is worth nothing at another seat."""

    session_id: SessionId
    token: str
    person: PersonView
    permissions: frozenset[Permission]
    expires_at: Instant
    offline: bool = False


class SignOut(Request, frozen=True, kw_only=True):
    """End the session; orders that still wait are sent all the same."""


class OfferSignIn(Request, frozen=True, kw_only=True):
    """Who may be offered on the sign-in screen of this seat."""


class SignInOffer(View, frozen=True, kw_only=True):
    """Who may be signing in; `banner` warns where the seat is not for real use."""

    people: tuple[PersonView, ...]
    banner: str = ""
