"""Keeps the dark bar and the strip below in step with the page in view.

Time on the line, the recording, the draft, the connection, what is missing. GUI thread; asks for
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from app.ui import formatting
from app.ui.bar_words import recording_words, saved_words, sync_words
from app.ui.desk_status import DeskStatusPresenter
from app.ui.pages import Pages
from app.ui.presenters import Presenters
from app.ui.screens.call.screen import CallScreen
from app.ui.screens.order.screen import OrderScreen
from app.ui.screens.orders.screen import OrdersScreen
from app.ui.screens.placed.screen import PlacedScreen
from app.ui.screens.protocol.screen import ProtocolScreen
from app.ui.widgets.bars import CallBar, StatusStrip
from app.values.clock import Clock
from app.values.telephone import shown_phone

_ON_LINE = (CallScreen, PlacedScreen, ProtocolScreen, OrderScreen, OrdersScreen)
"""Pages that are looked at while somebody is on the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The parts of the window around the pages."""

    bar: CallBar
    pages: Pages
    strip: StatusStrip


class BarTeller(QObject):
    """Shows what the presenters hold; `status_is_older`: than the order whose number is shown."""

    def __init__(
        self,
        frame: Frame,
        presenters: Presenters,
        status: DeskStatusPresenter,
        clock: Clock,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._frame = frame
        self._call = presenters.call
        self._placed = presenters.placed
        self._status = status
        self._clock = clock
        self.status_is_older = False
        self._call.state_changed.connect(self.show_call)
        self._call.keeper.state_changed.connect(self.show_kept)
        self._call.payment.pause.state_changed.connect(self.show_recording)
        self._call.on_line.found.connect(self.show_call)

    def show_all(self) -> None:
        """Another page came into view."""
        self.show_strip()
        self.show_sync()
        self.show_time()
        self.show_kept()
        self.show_recording()

    @Slot()
    def show_call(self) -> None:
        """The order is another one now."""
        if isinstance(self._page(), CallScreen):
            self._frame.strip.show_missing(self._call.state.needed)
            self.show_time()
            self.show_recording()

    def show_strip(self) -> None:
        """What is missing, and the keys of the page."""
        strip = self._frame.strip
        if isinstance(self._page(), CallScreen):
            strip.show_missing(self._call.state.needed)
        else:
            strip.show_words("")
        strip.show_hints(self._frame.pages.key_hints())

    def show_time(self) -> None:
        """How long the call has lasted, or the work after it."""
        started, bar, page = self._call.started_at, self._frame.bar, self._page()
        on_line = isinstance(page, _ON_LINE)
        if isinstance(page, PlacedScreen) and self._placed.state.since is not None:
            span = formatting.running_time(self._clock.now() - self._placed.state.since)
            self._frame.strip.show_words(self.tr("Wrap-up  {time}").format(time=span))
        if not on_line or started is None:
            bar.show_call("")
            return
        span = formatting.running_time(self._clock.now() - started)
        number = self._call.caller_number
        shown = shown_phone(number, self._call.customer.country) if number else ""
        bar.show_call(self.tr("On call  {time}").format(time=span), shown)

    @Slot()
    def show_recording(self) -> None:
        """Whether the call is being recorded; a pause that may still hold is told everywhere."""
        on_line = isinstance(self._page(), _ON_LINE)
        call = self._call.on_line.call if on_line else None
        self._frame.bar.show_recording(*recording_words(self._call.payment.pause.state, call))

    @Slot()
    def show_kept(self) -> None:
        """How safe the draft is."""
        on_call = isinstance(self._page(), CallScreen)
        words = saved_words(self._call.keeper.state, self._clock.now()) if on_call else ""
        self._frame.bar.show_saved(words)

    def show_sync(self) -> None:
        """How the desk stands with the centre."""
        status = self._status.state
        if status is not None:
            is_new = not self.status_is_older
            on_placed = isinstance(self._page(), PlacedScreen)
            self._frame.bar.show_sync(*sync_words(status, for_order=on_placed and is_new))

    def _page(self) -> object:
        return self._frame.pages.currentWidget()
