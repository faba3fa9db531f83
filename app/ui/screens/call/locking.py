"""Locks the panes of a change that are about what can no longer be changed, with the reason.

Passive; the reasons came with the order from the centre (`services.rules.order_acts`). Where a pane
holds more than one thing it is locked only when none of them can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.services.rules.amending import locked_why
from app.ui.screens.call.state import CallState
from app.ui.widgets.card import Card
from app.values.order_life import OrderAct


class Locks:
    """One per call screen."""

    def __init__(self, panes: Mapping[Card, tuple[OrderAct, ...]]) -> None:
        self._panes = panes

    def show_state(self, state: CallState) -> None:
        """Lock what has to be; of a new order nothing is."""
        for pane, acts in self._panes.items():
            why = locked_why(state.document, *acts) if state.document is not None else ""
            pane.lock(why)
