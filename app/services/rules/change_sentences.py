"""What a caller is told of a change that was sent: done, kept as a request, or on its way. Pure."""

from __future__ import annotations

from app.values.order_life import ChangeState
from app.values.order_number import OrderNumber, grouped
from app.wire.order_changes import Amendment, Cancellation, Undo


def done_sentence(what: Amendment | Cancellation | Undo, number: OrderNumber) -> str:
    """It is carried out."""
    order = grouped(number)
    match what:
        case Amendment():
            return f"Your order {order} is changed."
        case Cancellation(lines=()):
            return f"Your order {order} is cancelled."
        case Cancellation():
            return f"What you named is taken off your order {order}."
        case _:
            return f"The last change of your order {order} is taken back."


def kept_sentence(state: ChangeState | None, why: str) -> str:
    """A person decides about it, or has decided against it."""
    if state is ChangeState.OPEN:
        kept = "I have kept this as a request; a colleague looks at it and we call you."
    else:
        kept = "This could not be done as you asked."
    return f"{why} {kept}" if why else kept


def on_its_way_sentence(*, online: bool, is_stuck: bool = False) -> str:
    """Nobody has answered yet; it is on the disk of the desk twice."""
    if is_stuck:
        return "I have kept this as a request; a colleague passes it on by hand."
    if online:
        return "The change is on its way. If it cannot be done, we call you."
    return (
        "I have kept this as a request, because our central service does not answer just now. "
        "It is carried out as soon as it does; if it cannot be done, we call you."
    )
