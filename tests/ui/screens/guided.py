"""What tests of the read-back share: an order that is being read back, and how it stands."""

from __future__ import annotations

from collections.abc import Callable

from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.call.presenter import CallPresenter
from app.values.vocabulary import OrderType
from app.wire.orders import OrderDocument
from app.wire.read_back import ReadBackEntry
from tests.builders import an_order, with_line
from tests.ui.screens.fake_desk import FakeDesk

TWO_LINES = with_line("22423", 15), with_line("47566", 2)


def begin(call: CallPresenter, *changes: Callable[[OrderDocument], OrderDocument]) -> None:
    """An order that lacks nothing is in hand, and its read-back has begun."""
    call.resume(an_order(*(changes or TWO_LINES)))
    call.read_back.start()


def words(call: CallPresenter) -> dict[str, str]:
    """How the rows stand, in words."""
    return {row.title: row.words for row in call.read_back.state.rows}


def asked(call: CallPresenter) -> str:
    """The checkpoint that is being asked."""
    state = call.read_back.state
    assert state.stage is Stage.ASKING
    assert state.point is not None
    return state.point.kind.value


def kept(call: CallPresenter, desk: FakeDesk) -> list[ReadBackEntry]:
    """The record on disk."""
    return desk.notes[call.order.document.order_id]


def hearing(call: CallPresenter) -> bool:
    """Whether the field for what the caller says is open."""
    return call.read_back.state.hearing


def can_place(call: CallPresenter) -> bool:
    """Whether Ctrl+Enter places the order now."""
    return call.state.can_place


def order_type(call: CallPresenter) -> OrderType:
    """What kind of order is in hand."""
    return call.order.document.order_type


def said(state: ReadBackState) -> str:
    return "".join(piece.text for piece in state.pieces)


def to_row(call: CallPresenter, title: str) -> None:
    """Ctrl and the number of a row."""
    titles = [row.title for row in call.read_back.state.rows]
    call.read_back.go_to_row(titles.index(title) + 1)
