"""A lead signs in at the CSR's screen and lets open checkpoints pass.

The password is only handed on, never kept. Asks on the NETWORK lane, for the centre is asked where
it answers. Touches no widget.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.screens.call.guide_state import OverrideField, OverrideState
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.read_back import Overridden, OverrideReadBack, Stood

LONGEST_REASON = 200
_FIELDS = {field.value: field for field in OverrideField}


class Overriding(QObject):
    """Holds the state of the form, None while it is closed; `passed(Overridden)` ends it."""

    changed = Signal()
    passed = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self.state: OverrideState | None = None

    def open(self) -> None:
        """Show the form, empty."""
        self._show(OverrideState())

    def close(self) -> None:
        """Put the form away; an answer under way is dropped."""
        self._questions.forget()
        if self.state is not None:
            self._show(None)

    def ask(
        self,
        order_id: OrderId,
        checkpoints: tuple[Stood, ...],
        login: str,
        password: str,
        reason: str,
    ) -> None:
        """Let these pass. What is missing or refused is said beside its field."""
        lacking = self._lacking(login, password, reason)
        if lacking is not None or not checkpoints:
            self._show(lacking)
            return
        self._show(OverrideState(asking=True))
        request = OverrideReadBack(
            order_id=order_id,
            checkpoints=checkpoints,
            reason=reason.strip()[:LONGEST_REASON],
            login=login.strip(),
            password=password,
        )
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.OVERRIDE_READ_BACK, request),
            owner=self,
            then=self._pass,
            failed=self._refuse,
            question=self._questions.ask(),
        )

    def _lacking(self, login: str, password: str, reason: str) -> OverrideState | None:
        if not login.strip():
            return OverrideState(
                field=OverrideField.LOGIN, problem=self.tr("Type the sign-in name of a lead.")
            )
        if not password:
            return OverrideState(
                field=OverrideField.PASSWORD, problem=self.tr("The password is missing.")
            )
        if not reason.strip():
            return OverrideState(
                field=OverrideField.REASON, problem=self.tr("Say why the order may pass.")
            )
        return None

    def _pass(self, entry: Overridden) -> None:
        self._show(None)
        self.passed.emit(entry)

    def _refuse(self, error: Refusal | Fault) -> None:
        field = error.field if isinstance(error, Refusal) else None
        self._show(
            OverrideState(
                field=_FIELDS.get(field or "", OverrideField.PASSWORD), problem=error.sentence
            )
        )

    def _show(self, state: OverrideState | None) -> None:
        self.state = state
        self.changed.emit()
