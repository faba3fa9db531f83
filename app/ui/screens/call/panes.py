"""What those who lead the keyboard through a call need of its screen, which is made of them.

A protocol, so that they know the panes and not the screen that holds them together.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.ui.screens.call.delivery_pane import DeliveryPane
from app.ui.screens.call.items_pane import ItemsPane
from app.ui.screens.call.side_pane import SidePane
from app.ui.screens.call.state import Topic


class Panes(Protocol):
    """The panes of a call, and the ways to them."""

    @property
    def items(self) -> ItemsPane:
        """The order lines."""
        ...

    @property
    def delivery(self) -> DeliveryPane:
        """Delivery address and method."""
        ...

    @property
    def side(self) -> SidePane:
        """What to say, the checkpoints, and Place order."""
        ...

    def bring(self, column: QWidget) -> None:
        """Show a column where not all have room."""
        ...

    def bring_to(self, part: QWidget) -> None:
        """Show the column that holds a part."""
        ...

    def read_back(self) -> None:
        """F8."""
        ...

    def go_to_topic(self, topic: Topic) -> None:
        """To the pane of a topic."""
        ...

    def go_to_customer(self) -> None:
        """F2."""
        ...

    def go_to_items(self) -> None:
        """F3."""
        ...

    def go_to_delivery(self) -> None:
        """F4."""
        ...

    def go_to_billing(self) -> None:
        """To the billing address."""
        ...

    def go_to_method(self) -> None:
        """To the way of delivery."""
        ...
