"""The pages of the window: sign-in at once, the call's when it was painted, others when asked for.

The only place that knows all screens. Runs on the GUI thread; presenters come from the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import TypeVar

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui import shortcuts
from app.ui.command_palette import Command
from app.ui.presenters import Presenters
from app.ui.screens.call.screen import CallScreen
from app.ui.screens.drafts.screen import DraftsScreen
from app.ui.screens.order.screen import OrderScreen
from app.ui.screens.orders.screen import OrdersScreen
from app.ui.screens.outbox.screen import OutboxScreen
from app.ui.screens.placed.screen import PlacedScreen
from app.ui.screens.protocol.screen import ProtocolScreen
from app.ui.screens.sign_in.screen import SignInScreen
from app.ui.screens.worklist.screen import WorklistScreen
from app.ui.shortcuts import Action

P = TypeVar("P", ProtocolScreen, OutboxScreen, OrderScreen, OrdersScreen, WorklistScreen)


@dataclass(frozen=True, slots=True)
class _OfCall:
    """The pages that every call needs."""

    call: CallScreen
    drafts: DraftsScreen
    placed: PlacedScreen


class Pages(QStackedWidget):
    """One page in view. Its signals say where a page wants to go."""

    new_call_asked = Signal()
    drafts_left = Signal()
    protocol_left = Signal()
    outbox_left = Signal()
    order_left = Signal()
    orders_left = Signal()
    worklist_left = Signal()
    order_chosen = Signal(object)

    def __init__(self, presenters: Presenters, parent: QWidget) -> None:
        super().__init__(parent)
        self._presenters = presenters
        self.sign_in = SignInScreen(presenters.sign_in, self)
        self.addWidget(self.sign_in)
        self._of_call: _OfCall | None = None
        self._asked_for: dict[type[QWidget], QWidget] = {}

    @property
    def is_whole(self) -> bool:
        """Whether the pages behind the sign-in are made."""
        return self._of_call is not None

    def build_rest(self) -> _OfCall:
        """The pages behind the sign-in."""
        if self._of_call is not None:
            return self._of_call
        made = self._presenters
        rest = _OfCall(
            CallScreen(made.call, self),
            DraftsScreen(made.drafts, self),
            PlacedScreen(made.placed, self),
        )
        for page in fields(rest):
            self.addWidget(getattr(rest, page.name))
        rest.call.last_orders.order_chosen.connect(self.order_chosen)
        rest.drafts.new_call_asked.connect(self.new_call_asked)
        rest.drafts.left.connect(self.drafts_left)
        self._of_call = rest
        return rest

    def shows(self, kind: type[QWidget]) -> bool:
        """Whether a page of that kind is in view; it is not made for the question."""
        return isinstance(self.currentWidget(), kind)

    def _page(self, kind: type[P], make: Callable[[], P], left: SignalInstance) -> P:
        """A page that is made when it is first asked for, and stays."""
        found = self._asked_for.get(kind)
        if isinstance(found, kind):
            return found
        page = self._asked_for[kind] = make()
        self.addWidget(page)
        page.left.connect(left)
        return page

    def home(self) -> CallScreen:
        """Where everything begins."""
        return self.call

    @property
    def call(self) -> CallScreen:
        """Where an order is taken."""
        return self.build_rest().call

    @property
    def drafts(self) -> DraftsScreen:
        """Orders to go on with."""
        return self.build_rest().drafts

    @property
    def placed(self) -> PlacedScreen:
        """The number of a placed order, and the end of the call."""
        return self.build_rest().placed

    @property
    def protocol(self) -> ProtocolScreen:
        """How an order was read back."""
        make = partial(ProtocolScreen, self._presenters.protocol, self)
        return self._page(ProtocolScreen, make, self.protocol_left)

    @property
    def outbox(self) -> OutboxScreen:
        """What was done here, and how far it has come."""
        make = partial(OutboxScreen, self._presenters.outbox, self)
        return self._page(OutboxScreen, make, self.outbox_left)

    @property
    def order(self) -> OrderScreen:
        """One order after it was placed."""
        make = partial(OrderScreen, self._presenters.order, self)
        return self._page(OrderScreen, make, self.order_left)

    @property
    def orders(self) -> OrdersScreen:
        """Finding an order."""
        make = partial(OrdersScreen, self._presenters.orders, self)
        return self._page(OrdersScreen, make, self.orders_left)

    @property
    def worklist(self) -> WorklistScreen:
        """What needs a person."""
        make = partial(WorklistScreen, self._presenters.worklist, self)
        return self._page(WorklistScreen, make, self.worklist_left)

    def commands(self) -> tuple[Command, ...]:
        """What the page in view offers for the palette."""
        page = self.currentWidget()
        return page.commands() if isinstance(page, _OFFERING) else ()

    def key_hints(self) -> tuple[tuple[str, str], ...]:
        """The keys that matter most on the page in view."""
        all_actions = (shortcuts.keys(Action.ALL_ACTIONS), self.tr("all actions"))
        back = (shortcuts.keys(Action.BACK), self.tr("back"))
        next_one = (self.tr("Enter"), self.tr("next"))
        opens = (self.tr("Enter"), self.tr("open the order"))
        hints: tuple[tuple[str, str], ...] = ()
        match self.currentWidget():
            case CallScreen():
                hints = next_one, (shortcuts.keys(Action.NEXT_PANE), self.tr("next pane"))
            case PlacedScreen():
                hints = next_one, (shortcuts.keys(Action.COMMIT), self.tr("end the call"))
            case OrderScreen():
                acts = (Action.AMEND, Action.CANCEL_ORDER)
                hints = *((shortcuts.keys(act), shortcuts.label(act)) for act in acts), back
            case OrdersScreen():
                hints = opens, back
            case WorklistScreen():
                next_free = (shortcuts.keys(Action.NEXT_IN_LIST), self.tr("next one"))
                hints = next_free, opens, back
            case ProtocolScreen() | OutboxScreen():
                hints = (back,)
        return *hints, all_actions


_OFFERING = (
    CallScreen,
    DraftsScreen,
    PlacedScreen,
    ProtocolScreen,
    OutboxScreen,
    OrderScreen,
    OrdersScreen,
    WorklistScreen,
)
