"""The pages of the window: sign-in at once, the others when it was painted or they are asked for.

The only place that knows all screens. Runs on the GUI thread; presenters come from the window.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import Signal
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


@dataclass(frozen=True, slots=True)
class _Rest:
    """The pages behind the sign-in."""

    call: CallScreen
    drafts: DraftsScreen
    placed: PlacedScreen
    protocol: ProtocolScreen
    outbox: OutboxScreen
    order: OrderScreen
    orders: OrdersScreen
    worklist: WorklistScreen


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
        self._rest: _Rest | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the pages behind the sign-in are made."""
        return self._rest is not None

    def build_rest(self) -> _Rest:
        """The pages behind the sign-in."""
        if self._rest is not None:
            return self._rest
        made = self._presenters
        rest = _Rest(
            CallScreen(made.call, self),
            DraftsScreen(made.drafts, self),
            PlacedScreen(made.placed, self),
            ProtocolScreen(made.protocol, self),
            OutboxScreen(made.outbox, self),
            OrderScreen(made.order, self),
            OrdersScreen(made.orders, self),
            WorklistScreen(made.worklist, self),
        )
        for page in fields(rest):
            self.addWidget(getattr(rest, page.name))
        rest.call.new_call_asked.connect(self.new_call_asked)
        rest.call.last_orders.order_chosen.connect(self.order_chosen)
        rest.drafts.new_call_asked.connect(self.new_call_asked)
        rest.drafts.left.connect(self.drafts_left)
        rest.protocol.left.connect(self.protocol_left)
        rest.outbox.left.connect(self.outbox_left)
        rest.order.left.connect(self.order_left)
        rest.orders.left.connect(self.orders_left)
        rest.worklist.left.connect(self.worklist_left)
        self._rest = rest
        return rest

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
        return self.build_rest().protocol

    @property
    def outbox(self) -> OutboxScreen:
        """What was done here, and how far it has come."""
        return self.build_rest().outbox

    @property
    def order(self) -> OrderScreen:
        """One order after it was placed."""
        return self.build_rest().order

    @property
    def orders(self) -> OrdersScreen:
        """Finding an order."""
        return self.build_rest().orders

    @property
    def worklist(self) -> WorklistScreen:
        """What needs a person."""
        return self.build_rest().worklist

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
