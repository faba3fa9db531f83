"""The port to a warehouse: tell it of an order. What comes back has a way of its own.

`tell` blocks up to the warehouse's patience and is repeatable: the same message has the same id,
and the same body. Raises Unreachable where nobody knows whether it arrived.
"""

from __future__ import annotations

from typing import Protocol

from app.wire.warehouse import HandOver, HandOverAnswer


class WarehouseLine(Protocol):
    """One warehouse."""

    def tell(self, message: HandOver, position: int) -> HandOverAnswer:
        """Its answer. `position` counts messages in the order in which they were written.

        Raises Unreachable, or Refusal where it answers but does not take this message: in both
        cases the message is to be told again.
        """
        ...

    def close(self) -> None:
        """Let connections go; who waits for an answer hears Unreachable."""
        ...
