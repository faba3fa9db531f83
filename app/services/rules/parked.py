"""What can be done about an order that waits for a person, and how it goes on from there. Pure.

An order waits where it is odd, stopped, unpaid, or wants a second pair of eyes. It is over where
the warehouse takes it, or where it is cancelled. A test walks every state and shows that each has a
way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.services.rules.checklists import fitting
from app.values.errors import Refusal
from app.values.identity import PersonId
from app.values.money import Money
from app.values.order_life import Fulfilment, OrderState
from app.values.vocabulary import PaymentState
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.guidance import Checklist
from app.wire.orders import OrderDocument

_OPEN = {OrderState.ACCEPTED, OrderState.RELEASED}
_AT_THE_WAREHOUSE = {fulfilment for fulfilment in Fulfilment if fulfilment != Fulfilment.WAITING}
_SENT = _AT_THE_WAREHOUSE - {Fulfilment.ALLOCATED, Fulfilment.PICKING}
_REJECTABLE = {Fulfilment.WAITING, Fulfilment.ALLOCATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """How an order stands, as far as a person has to decide about it.

    `unpaid_agreed`: somebody answers for it though no money is held. `needs_second`: who took it
    may not let it go on. `goes_anyway`: it is cancelled, and the warehouse could not stop it.
    """

    state: OrderState
    fulfilment: Fulfilment = Fulfilment.WAITING
    payment: PaymentState = PaymentState.PAID
    hold: HoldCode | None = None
    unpaid_agreed: bool = False
    needs_second: bool = False
    goes_anyway: bool = False

    @property
    def is_unpaid(self) -> bool:
        """Whether no money is held for it, and nobody answers for that."""
        return self.payment is PaymentState.OUTSTANDING and not self.unpaid_agreed

    @property
    def waits_for(self) -> WorkKind | None:
        """What has to be decided first; None: nothing.

        What was sent may be odd afterwards, or its money may not have come; no hold stops it.
        """
        if self.state is OrderState.CANCELLED:
            return WorkKind.REVIEW if self.goes_anyway else None
        if self.hold is not None and self.fulfilment not in _SENT:
            return WorkKind.HOLD
        if self.state is OrderState.NEEDS_REVIEW:
            return WorkKind.REVIEW
        return WorkKind.PAYMENT if self.is_unpaid else None

    @property
    def is_final(self) -> bool:
        """Whether nobody has to decide anything any more."""
        return self.waits_for is None


def may_go_out(parked: Parked) -> bool:
    """Whether the warehouse is to have it."""
    link_is_open = parked.payment is PaymentState.LINK_SENT and not parked.unpaid_agreed
    return parked.state in _OPEN and parked.is_final and not link_is_open


def acts(parked: Parked) -> tuple[WorkAct, ...]:
    """What a lead can do about it, the likeliest first."""
    if parked.is_final:
        return ()
    if parked.state is OrderState.CANCELLED:
        return (WorkAct.SETTLE,)
    found = []
    if parked.hold is not None:
        found.append(WorkAct.UNHOLD)
    elif parked.state is OrderState.NEEDS_REVIEW:
        found.append(WorkAct.BILL if parked.is_unpaid else WorkAct.RELEASE)
    elif parked.is_unpaid:
        found.append(WorkAct.BILL)
    if parked.is_unpaid:
        found.insert(0, WorkAct.COLLECT)
    if parked.hold is None and parked.fulfilment is Fulfilment.WAITING:
        found.append(WorkAct.HOLD)
    if parked.fulfilment in _REJECTABLE:
        found.append(WorkAct.REJECT)
    return tuple(found)


def after(parked: Parked, act: WorkAct) -> Parked:
    """How it stands when that is done. Raises ValueError where it cannot be."""
    if act not in acts(parked):
        raise ValueError(f"{act.value} is not for such an order")
    match act:
        case WorkAct.UNHOLD:
            return replace(parked, hold=None)
        case WorkAct.HOLD:
            return replace(parked, hold=HoldCode.OTHER)
        case WorkAct.COLLECT:
            return replace(parked, payment=PaymentState.LINK_SENT)
        case WorkAct.REJECT:
            return replace(parked, state=OrderState.CANCELLED)
        case WorkAct.SETTLE:
            return replace(parked, goes_anyway=False)
        case _:
            agreed = parked.unpaid_agreed or act is WorkAct.BILL
            return replace(parked, state=OrderState.RELEASED, unpaid_agreed=agreed)


def refuse_release(
    parked: Parked, *, unpaid: bool, by: PersonId, took_part: Sequence[PersonId]
) -> None:
    """Raises Refusal where a person may not let it go on. `took_part`: who took or changed it.

    Codes: `order_cancelled`, `order_held`, `not_waiting`, `second_person_needed`, `payment_open`.
    """
    if parked.state is OrderState.CANCELLED:
        if parked.goes_anyway:
            return
        raise Refusal("order_cancelled", "The order is cancelled. It cannot go on.")
    if parked.hold is not None:
        raise Refusal("order_held", "The order is stopped. Lift the hold first.")
    if parked.waits_for not in {WorkKind.REVIEW, WorkKind.PAYMENT}:
        raise Refusal("not_waiting", "The order waits for nobody: it goes on by itself.")
    if parked.needs_second and by in took_part:
        raise Refusal(
            "second_person_needed",
            "You took or changed this order yourself. Somebody else has to look at it.",
        )
    if parked.is_unpaid and not unpaid:
        raise Refusal(
            "payment_open",
            "No money is held for this order. Collect it first, or say that you answer for it.",
        )


def needs_second(document: OrderDocument, total: Money, checklists: Sequence[Checklist]) -> bool:
    """Whether a checklist for such orders wants a second person to look at them."""
    return any(one.second_person for one in fitting(document, total, checklists))
