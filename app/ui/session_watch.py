"""Notices when a sign-in has ended, whoever asked, so that the window asks for it anew.

Stands between the screens and their Caller and changes nothing that passes. Called on any lane.
"""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.values.errors import Refusal
from app.wire.operation import Operation

Q = TypeVar("Q")
A = TypeVar("A")

ENDED = frozenset({"session_over", "not_signed_in"})


class SessionWatch(QObject):
    """A Caller; `ended` carries the sentence, and reaches the GUI thread by itself."""

    ended = Signal(str)

    def __init__(self, caller: Caller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._caller = caller

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The answer of the Caller behind it."""
        try:
            return self._caller.call(operation, request)
        except Refusal as refusal:
            if refusal.code in ENDED:
                self.ended.emit(refusal.sentence)
            raise
