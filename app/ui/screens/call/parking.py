"""Putting the order in hand by until its caller is called back: when, where, and what to know.

What is typed as a time is read here. The order and the time go to the WRITE lane together; the
screen is free as soon as they are on the disk. Touches no widget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from app.services.ports import Caller
from app.ui import formatting, shortcuts
from app.ui.background import Background, Lane
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.call.keeping import DraftKeeper
from app.ui.screens.call.order_in_hand import OrderInHand
from app.ui.shortcuts import Action
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.telephone import shown_phone
from app.wire.handover import ParkDraft
from app.wire.handover_operations import PARK_DRAFT
from app.wire.message import Nothing
from app.wire.orders import CallBack, OrderDocument

SOON = timedelta(minutes=10)
LATER = timedelta(hours=1)
MORNING = (9, 0)
NOTE_MOST = 500

_TIME = re.compile(r"(?:(tomorrow|tom|t)\b\s*)?(?:at\s*)?([01]?\d|2[0-3])[:.h]?([0-5]\d)")
_IN = re.compile(r"(?:\+|in\s+)(\d{1,3})\s*(?:m|min|minutes?)?")


def read_time(typed: str, now: datetime) -> datetime | None:
    """The instant that is meant: `1` in ten minutes, `2` in an hour, `3` tomorrow morning.

    Else a time of day (`14:30`, `1430`, `tomorrow 9:15`), the next that comes, or `+25` minutes.
    None where nothing is typed. Raises Refusal `time_malformed`.
    """
    text = " ".join(typed.casefold().split())
    here = now.astimezone()
    tomorrow = here + timedelta(days=1)
    quick = {
        "": None,
        "1": now + SOON,
        "2": now + LATER,
        "3": _at(tomorrow, *MORNING),
        "tomorrow": _at(tomorrow, *MORNING),
    }
    if text in quick:
        return quick[text]
    if span := _IN.fullmatch(text):
        return now + timedelta(minutes=int(span[1]))
    if not (named := _TIME.fullmatch(text)):
        raise Refusal(
            "time_malformed", _tr("That is no time. Type it as 14:30, or 1, 2 or 3."), "when"
        )
    day, hour, minute = named[1], int(named[2]), int(named[3])
    at = _at(tomorrow if day else here, hour, minute)
    return at if day or at > now else _at(tomorrow, hour, minute)


def _at(day: datetime, hour: int, minute: int) -> datetime:
    """On the clock of this desk, whatever summer time does that day."""
    local = day.replace(tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0)
    return local.astimezone()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkState:
    """What the panel shows. `field` is where the error stands; `told` says the time in words."""

    open: bool = False
    phone: str = ""
    told: str = ""
    error: str = ""
    field: str = ""


class ParkPresenter(QObject):
    """Holds one ParkState. `parked(Notice)`: the order is put by, and the screen free.

    `given(OrderId)`: the same, and a colleague is to have it.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    parked = Signal(object)
    given = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        keeper: DraftKeeper,
        caller: Caller,
        background: Background,
        clock: Clock,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._keeper = keeper
        self._caller = caller
        self._background = background
        self._clock = clock
        self._state = ParkState()

    @property
    def state(self) -> ParkState:
        """What is shown now."""
        return self._state

    def open(self) -> None:
        """Ask when to call back; the number is the caller's, else the customer's."""
        if not self._order.is_open:
            return
        document = self._order.document
        customer = document.customer
        phone = document.caller_number or (customer.phone if customer else "")
        shown = shown_phone(phone, document.region.value.upper()) if phone else ""
        self._show(ParkState(open=True, phone=shown, told=self._in_words("")))

    def close(self) -> None:
        """The call goes on."""
        self._show(ParkState())

    def typed(self, when: str) -> None:
        """Tell what the time that is being typed means."""
        told = self._in_words(when)
        self._show(replace(self._state, told=told, error="", field=""))

    def park(self, when: str, phone: str, note: str, *, give: bool = False) -> None:
        """Put the order by; `give`: a colleague is to have it."""
        if not self._state.open or not self._order.is_open:
            return
        try:
            at = read_time(when, self._clock.now())
            note = refuse_card_digits(note.strip()[:NOTE_MOST], "note")
        except Refusal as refusal:
            field = refusal.field or ""
            self._show(replace(self._state, error=refusal.sentence, field=field))
            return
        document = self._order.document
        call_back = CallBack(at=at, phone=phone.strip()[:200], note=note)
        self._keeper.forget(document.order_id)
        self._background.run(
            Lane.WRITE,
            partial(
                self._caller.call, PARK_DRAFT, ParkDraft(document=document, call_back=call_back)
            ),
            owner=self,
            then=partial(self._parked, document, call_back, give),
            failed=partial(self._fail, document),
        )

    @Slot()
    def line_dropped(self) -> None:
        """The telephone says that the call is over: offer to park, and take nobody's keyboard."""
        if self._order.is_open and not self._state.open:
            sentence = self.tr("The line dropped. {key} parks the order and frees the screen.")
            key = shortcuts.keys(Action.PARK)
            self.notice.emit(Notice(kind=Kind.WARN, sentence=sentence.format(key=key)))

    def _parked(
        self, document: OrderDocument, call_back: CallBack, give: bool, _done: Nothing
    ) -> None:
        self._show(ParkState())
        name = document.customer.name if document.customer else ""
        if call_back.at is None:
            words = self.tr("The order of {name} is parked.")
            words = words if name else self.tr("The order is parked.")
        else:
            words = self.tr("The order of {name} is parked. Call back {time}.")
            words = words if name else self.tr("The order is parked. Call back {time}.")
        time = formatting.short_date_time(call_back.at) if call_back.at is not None else ""
        sentence = words.format(name=name, time=time)
        if give:
            self.given.emit(document.order_id)
        else:
            self.parked.emit(Notice(kind=Kind.DONE, sentence=sentence))

    def _fail(self, document: OrderDocument, error: Refusal | Fault) -> None:
        """It stays in hand, and is kept as a draft as before."""
        self._keeper.remember(document)
        self._show(ParkState())
        self.notice.emit(notice_of(error))

    def _in_words(self, when: str) -> str:
        try:
            at = read_time(when, self._clock.now())
        except Refusal:
            return self.tr("1 in 10 minutes, 2 in an hour, 3 tomorrow morning, or a time")
        if at is None:
            return self.tr("1 in 10 minutes, 2 in an hour, 3 tomorrow morning, or a time")
        return self.tr("Call back {time}").format(time=formatting.short_date_time(at))

    def _show(self, state: ParkState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _tr(words: str) -> str:
    return QCoreApplication.translate("ParkPresenter", words)
