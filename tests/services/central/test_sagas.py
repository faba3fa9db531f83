"""How the dispatcher runs a saga: proved first, in steps of its own, audited when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app.models.central.customer import Customer
from app.services.central.transaction import Actor, Handlers, Saga, Transaction
from app.values.errors import Refusal
from app.values.vocabulary import Role
from app.wire.message import Request, View
from app.wire.operation import Kind, Operation, Signer
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE
from app.wire.people import Permission
from tests.centre import Centre


class Ring(Request, frozen=True, kw_only=True):
    """Rings somebody up; repeatable by the id."""

    ring_id: UUID


class Rung(View, frozen=True, kw_only=True):
    """They answered."""

    times: int


RING = Operation(
    name="toy.ring",
    request=Ring,
    response=Rung,
    kind=Kind.SAGA,
    signer=Signer.PERSON,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)


class Telephone:
    """Notes its intent, speaks to somebody outside, notes the outcome."""

    def __init__(self) -> None:
        self.outside: Callable[[], None] = self.nobody

    def nobody(self) -> None:
        """Says nothing."""

    def register(self, handlers: Handlers) -> None:
        handlers.add_saga(RING, self.ring)

    def ring(self, saga: Saga, actor: Actor, request: Ring) -> Rung:
        saga.write(partial(_note, customer_id=request.ring_id))
        saga.about(request.ring_id, seat=str(actor.seat.device_id))
        self.outside()
        return Rung(times=saga.read(_noted))


def _note(tx: Transaction, customer_id: UUID) -> None:
    tx.connection.execute(
        insert(Customer).values(
            customer_id=customer_id,
            revision=1,
            name="Ada",
            text_relay=False,
            on_account=False,
            created_at=tx.at,
            updated_at=tx.at,
        )
    )


def _noted(tx: Transaction) -> int:
    return int(tx.connection.execute(text("SELECT count(*) FROM customer")).scalar_one())


@pytest.fixture
def telephone() -> Telephone:
    return Telephone()


@pytest.fixture(params=["in process", "over HTTP"])
def centre(
    request: pytest.FixtureRequest, central_url: str, telephone: Telephone
) -> Iterator[Centre]:
    made = Centre(central_url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE, RING), telephone.register)
    with made.over_http() if request.param == "over HTTP" else nullcontext():
        yield made
    made.close()


def audits(centre: Centre) -> list[tuple[str, UUID | None]]:
    return [
        (row.outcome, row.subject)
        for row in centre.rows("SELECT outcome, subject FROM audit WHERE operation = 'toy.ring'")
    ]


def test_a_saga_is_answered_and_audited_with_what_it_was_about(centre: Centre) -> None:
    ring = Ring(ring_id=centre.ids.new())
    assert centre.signed_in().call(RING, ring) == Rung(times=1)
    assert audits(centre) == [("done", ring.ring_id)]


def test_its_intent_is_there_for_everyone_while_it_speaks_to_the_outside(
    centre: Centre, telephone: Telephone
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(centre.rows("SELECT count(*) FROM customer")[0][0])

    telephone.outside = look
    centre.signed_in().call(RING, Ring(ring_id=centre.ids.new()))
    assert seen == [1]


def test_what_it_noted_stays_when_the_outside_refuses(centre: Centre, telephone: Telephone) -> None:
    def refuse() -> None:
        raise Refusal("engaged", "The line is engaged.")

    telephone.outside = refuse
    with pytest.raises(Refusal) as refusal:
        centre.signed_in().call(RING, Ring(ring_id=centre.ids.new()))
    assert refusal.value.code == "engaged"
    assert centre.rows("SELECT count(*) FROM customer")[0][0] == 1
    assert audits(centre) == [("engaged", None)]


def test_nothing_of_it_runs_for_somebody_who_may_not(centre: Centre) -> None:
    with pytest.raises(Refusal) as refusal:
        centre.signed_in(Role.ADMINISTRATOR).call(RING, Ring(ring_id=centre.ids.new()))
    assert refusal.value.code == "permission_missing"
    assert centre.rows("SELECT count(*) FROM customer")[0][0] == 0
