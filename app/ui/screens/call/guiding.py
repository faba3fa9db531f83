"""Leads the keyboard through the read-back: to the answer, to the field to mend, and back again.

Joins the presenter of the read-back to the panes of the call screen. Runs on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QWidget

from app.ui import shortcuts
from app.ui.command_palette import Command
from app.ui.screens.call import focus
from app.ui.screens.call.correcting import Place, Target
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.call.panes import Panes
from app.ui.screens.call.placing import Step
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.state import CallState
from app.ui.screens.call.topics import topic_of
from app.ui.shortcuts import Action
from app.values.identity import LineId
from app.wire.catalogue import ProductView


class Guiding(QObject):
    """One per call screen."""

    def __init__(self, screen: Panes, presenter: CallPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self._screen = screen
        self._call = presenter
        self._guide = presenter.read_back
        self._connect()

    def _connect(self) -> None:
        guide, side = self._guide, self._screen.side
        guide.state_changed.connect(side.show_guide)
        guide.state_changed.connect(self._follow)
        guide.focus_asked.connect(self.take_focus)
        self._call.placing.gone_on.connect(self._go_on)
        guide.needed.connect(self._screen.go_to_topic)
        guide.correction_asked.connect(self._open_field)
        guide.correction_ended.connect(self._close_fields)
        side.row_chosen.connect(guide.go_to)
        side.override_asked.connect(guide.ask_override)
        side.slow.clicked.connect(self._set_slow)
        side.override.given.connect(guide.let_pass)
        side.override.left.connect(guide.close_override)
        side.guide.confirmed.connect(guide.confirm)
        side.guide.heard.connect(guide.hear)
        side.guide.hearing_asked.connect(guide.open_hearing)
        side.guide.correction_asked.connect(guide.correct)
        side.guide.correction_left.connect(guide.cancel_correction)
        side.guide.cause_given.connect(guide.give_cause)
        for part in (self._call.lines, self._call.customer):
            part.finished.connect(self._field_finished)
        for address in (self._call.delivery_address, self._call.billing_address):
            address.finished.connect(self._field_finished)
        self._screen.delivery.method.chosen.connect(self._field_finished)
        side.show_guide(guide.state)

    @Slot()
    def take_focus(self) -> None:
        """The answer is due: the keyboard goes there."""
        self._screen.bring(self._screen.side)
        self._screen.side.take_focus()

    @Slot(object)
    def _go_on(self, step: Step) -> None:
        """The caller wants this order, too: the read-back goes on where it was."""
        if step is Step.READ_BACK:
            self.take_focus()

    def lead_on(self, state: CallState) -> None:
        """To what keeps the order from being placed, or to Place order."""
        if state.missing:
            self._screen.go_to_topic(topic_of(state.missing[0]))
        elif state.can_place:
            self._screen.bring(self._screen.side)
            focus.go_to(self._screen.side.place)
        else:
            self._guide.start()

    def go_back(self) -> bool:
        """Esc inside the read-back: the innermost thing is closed first. False: nothing was."""
        state = self._guide.state
        if state.override is not None and focus.is_in(self._screen.side):
            self._guide.close_override()
        elif state.stage in {Stage.CORRECTING, Stage.CAUSE}:
            self._guide.cancel_correction()
        else:
            return False
        return True

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers for the read-back."""
        state = self._guide.state
        asking = state.stage is Stage.ASKING
        not_asking = "" if asking else self.tr("Nothing is being asked.")
        nothing_open = "" if state.left else self.tr("Every checkpoint holds.")
        slow = (
            self.tr("Read back faster") if state.slow else self.tr("Read back one fact at a time")
        )
        return (
            Command(shortcuts.label(Action.READ_BACK), self._screen.read_back, Action.READ_BACK),
            Command(
                shortcuts.label(Action.HEARD), self._guide.open_hearing, Action.HEARD, not_asking
            ),
            Command(
                shortcuts.label(Action.PUT_RIGHT), self._guide.correct, Action.PUT_RIGHT, not_asking
            ),
            Command(slow, self._turn_slow),
            Command(
                self.tr("A lead lets the order pass"),
                self._guide.ask_override,
                reason_why_not=nothing_open,
            ),
            *(self._other_products() if asking else ()),
        )

    def _other_products(self) -> Iterator[Command]:
        """What the line that is asked could be taken for: the caller may mean one of them."""
        point, lines = self._guide.state.point, self._call.lines
        row = lines.book.find(point.line_id) if point is not None and point.line_id else None
        found = lines.lookalikes_of(row.line.code) if row is not None else None
        if row is None or found is None:
            return
        words = self.tr("Put right: it is {code} {description}")
        for other in found.others:
            product = other.product
            yield Command(
                words.format(code=product.code, description=product.description),
                partial(self._exchange, row.line_id, product),
            )

    def _exchange(self, line_id: LineId, product: ProductView) -> None:
        """The other one it is; then the cause is asked for, and the line once more."""
        self._guide.correct()
        self._call.lines.exchange(line_id, product)
        self._guide.finish_correction()

    @Slot(object)
    def _follow(self, state: ReadBackState) -> None:
        """The line that is asked is chosen, its count covered; a keyboard that waits goes on."""
        if state.stage is Stage.ASKING and self._call.order.is_open:
            self._call.placing.look_early()
        line_id = state.point.line_id if state.point and state.stage is Stage.ASKING else None
        row = self._call.lines.book.find(line_id) if line_id is not None else None
        if row is not None:
            self._screen.items.table.choose(row.number - 1)
        self._screen.items.hide_count_of(line_id if _asks_how_many(state) else None)
        side = self._screen.side
        if state.stage is Stage.DONE and state.holds and focus.is_in(side.checklist):
            side.take_focus()

    @Slot(object)
    def _open_field(self, target: Target) -> None:
        """The field of what is asked, in place."""
        screen = self._screen
        match target.place:
            case Place.CUSTOMER:
                self._call.customer.amend()
                screen.go_to_customer()
            case Place.DELIVERY:
                screen.go_to_delivery()
            case Place.BILLING:
                screen.go_to_billing()
            case Place.ARRIVAL:
                screen.go_to_method()
            case Place.LINE if target.line_id is not None:
                screen.bring(screen.items)
                self._call.lines.edit(target.line_id)
            case _:
                screen.bring(screen.items)
                screen.items.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _close_fields(self) -> None:
        """What was opened for a correction is put away again."""
        self._call.lines.stop_editing()
        for address in (self._call.delivery_address, self._call.billing_address):
            if address.state.editing:
                address.close()
        self._call.customer.close()

    @Slot()
    def _field_finished(self) -> None:
        """A field was finished; if it was being put right, the cause is asked for."""
        self._guide.finish_correction()

    @Slot(bool)
    def _set_slow(self, ticked: bool) -> None:
        self._guide.set_slow(slow=ticked)

    def _turn_slow(self) -> None:
        self._guide.set_slow(slow=not self._guide.state.slow)


def _asks_how_many(state: ReadBackState) -> bool:
    """Whether the quantity is still to come from the caller and from nowhere else."""
    return "quantity" in state.due and not (state.answered or state.problem)
