"""The frame around every screen: call bar, notices, the page in view, the strip below.

Leads from sign-in to call, drafts, placed order and protocol and back; locks after idle time and
keeps what stood there; closing writes first. Runs on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from app.services.ports import Caller, CardSafe
from app.services.rules.regions import RegionRules
from app.services.rules.speech_book import SpeechBook
from app.ui import shortcuts
from app.ui.appearance import appearance_commands
from app.ui.background import Background, Lane
from app.ui.bar_teller import BarTeller, Frame
from app.ui.bar_words import role_words, waiting_words
from app.ui.call_backs import CallBackWatch
from app.ui.command_palette import Command, CommandPalette
from app.ui.contact_panel import ContactPanel
from app.ui.contact_watch import ContactWatch
from app.ui.desk_status import DeskStatusPresenter
from app.ui.idle import IdleWatch
from app.ui.notices import Kind, Notice, NoticeBar, notice_of
from app.ui.order_changing import OrderChanging
from app.ui.order_identity import OrderIdentity
from app.ui.order_watch import OrderWatch
from app.ui.pages import Pages
from app.ui.presenters import Means, presenters_of
from app.ui.screens.call.screen import CallScreen
from app.ui.screens.call.state import Phase
from app.ui.screens.drafts.presenter import DraftsState
from app.ui.screens.drafts.screen import DraftsScreen
from app.ui.screens.outbox.screen import OutboxScreen
from app.ui.screens.placed.screen import PlacedScreen
from app.ui.screens.placed.state import ChangeTold
from app.ui.screens.protocol.screen import ProtocolScreen
from app.ui.screens.sign_in.screen import SignInScreen
from app.ui.screens.unanswered.presenter import UnansweredPresenter
from app.ui.screens.unanswered.screen import UnansweredList
from app.ui.session_end import SessionEnd
from app.ui.session_watch import SessionWatch
from app.ui.shortcuts import Action
from app.ui.side_trips import SideTrips
from app.ui.widgets.bars import CallBar, StatusStrip
from app.ui.widgets.key_sheet import KeySheet
from app.ui.work_count import WorkCount
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import DeviceId, Ids, OrderId
from app.values.vocabulary import PauseEnd, Region
from app.wire import operations
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.people import Permission, Session
from app.wire.sync import AskStatus, DeskStatus, Policy

HOME_SIZE_PX = (1366, 768)
LEAST_SIZE_PX = (640, 360)
TICK_MS = 1_000
MINUTE_S = 60.0
Opener = Callable[[str], bool]


def open_file(path: str) -> bool:
    """Open a file with the program the desktop has for it."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(path))


class MainWindow(QMainWindow):
    """The window of a desk. `closed` comes once everything typed is with the WRITE lane."""

    closed = Signal()

    def __init__(  # noqa: PLR0913 - what a desk is made of, given by name
        self,
        caller: Caller,
        background: Background,
        *,
        regions: Mapping[Region, RegionRules],
        speech: Mapping[Region, SpeechBook] = MappingProxyType({}),
        clock: Clock,
        ids: Ids,
        device_id: DeviceId,
        safe: CardSafe | None = None,
        opener: Opener = open_file,
    ) -> None:
        super().__init__()
        self._watch = SessionWatch(caller, self)
        caller = self._watch
        self._caller = caller
        self._background = background
        self._clock = clock
        self._session: Session | None = None
        self._policy: Policy | None = None
        self._idle = IdleWatch(clock, self)
        self._behind_lock: QWidget | None = None
        self._told_of_drafts = True
        self._sentence = ""
        self._session_end = SessionEnd(caller, background, self._complain, self)
        means = self._means = Means(
            caller=caller,
            background=background,
            regions=regions,
            speech=speech,
            clock=clock,
            ids=ids,
            device_id=device_id,
            safe=safe,
            opener=opener,
        )
        made = self._presenters = presenters_of(means, self)
        self.sign_in, self.call, self.drafts = made.sign_in, made.call, made.drafts
        self.placed, self.protocol, self.outbox = made.placed, made.protocol, made.outbox
        self.status = DeskStatusPresenter(caller, background, self)
        self._build()
        self._connect()
        self._start()

    def _build(self) -> None:
        middle = QWidget(self)
        self.setCentralWidget(middle)
        self.bar = CallBar(middle)
        self.notices = NoticeBar(middle)
        presenters = self._presenters
        self.pages = Pages(presenters, middle)
        self.strip = StatusStrip(middle)
        frame = Frame(bar=self.bar, pages=self.pages, strip=self.strip)
        self.call_backs = CallBackWatch(
            self.bar, self.call.order, self.drafts, self._caller, self._background, self
        )
        self.work_count = WorkCount(
            self.bar, presenters.worklist, self._caller, self._background, self
        )
        self.teller = BarTeller(frame, presenters, self.status, self._clock, self)
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.bar, self.notices, self.pages, self.strip):
            layout.addWidget(part, int(part is self.pages))
        self.notices.setContentsMargins(12, 8, 12, 0)
        self.setWindowTitle("Readback")
        self.setMinimumSize(*LEAST_SIZE_PX)
        self.resize(*HOME_SIZE_PX)
        self.trips = SideTrips(self.pages, presenters, self._go_to)
        self.changing = OrderChanging(self.pages, presenters, self._means, self.trips.show_order)
        self._palette = CommandPalette(self, self.commands)
        self._key_sheet = KeySheet(self)
        asked = UnansweredPresenter(self._caller, self._background, self)
        self.unanswered = UnansweredList(self, asked)
        self.contact, self.identity = presenters.contact, presenters.identity
        self.contacts = ContactWatch(presenters, self)
        self.contact_panel = ContactPanel(self.contact, self._clock, self)
        self.order_identity = OrderIdentity(self.pages, presenters, self)
        self.order_watch = OrderWatch(self.pages, presenters.order, self)

    @property
    def sign_in_screen(self) -> SignInScreen:
        """Who it is."""
        return self.pages.sign_in

    @property
    def call_screen(self) -> CallScreen:
        """Where an order is taken."""
        return self.pages.call

    @property
    def drafts_screen(self) -> DraftsScreen:
        """Orders to go on with."""
        return self.pages.drafts

    @property
    def placed_screen(self) -> PlacedScreen:
        """The number of a placed order."""
        return self.pages.placed

    @property
    def protocol_screen(self) -> ProtocolScreen:
        """How an order was read back."""
        return self.pages.protocol

    def _connect(self) -> None:
        made = self._presenters
        telling = (self.call, self.drafts, self.placed, self.protocol, self.outbox)
        for part in (self.sign_in, *telling, made.order, made.orders, made.worklist, self.contact):
            part.notice.connect(self.notices.show_notice)
        self.sign_in.signed_in.connect(self._let_in)
        self._watch.ended.connect(self._sign_in_ended)
        for is_over in (self.call.placed, self.placed.finished):
            is_over.connect(self.notices.clear)  # what was said of an order goes with it
        self.call.unblocked.connect(self.notices.clear_passing)
        self.call.placed.connect(self._show_placed)
        self.call.parking.parked.connect(self._parked)
        self.call.parking.given.connect(self._give_parked)
        self.status.heard.connect(self.call_backs.follow)
        self.status.heard.connect(self.work_count.follow)
        self.status.heard.connect(self.order_watch.hear)
        self.bar.work_chosen.connect(self.trips.show_worklist)
        self.bar.call_back_chosen.connect(self.show_drafts)
        self.drafts.opened.connect(self._resume)
        self.drafts.state_changed.connect(self._tell_of_drafts)
        self.drafts.number_asked_for.connect(self._show_placed)
        self.changing.begun.connect(self._resume)
        self.changing.collecting.connect(self.call_screen.paying.take_card)
        self.changing.changed.connect(self._show_placed)
        self.changing.notice.connect(self.notices.show_notice)
        self.placed.finished.connect(self.new_call)
        self.pages.new_call_asked.connect(self.next_call)
        self.pages.drafts_left.connect(self._back_to_call)
        self.bar.sync_chosen.connect(self.trips.show_outbox)
        self.status.heard.connect(self._show_status)
        shortcuts.bind(self, Action.ALL_ACTIONS, self._open_palette)
        shortcuts.bind(self, Action.LOCK, self.lock)
        shortcuts.bind(self, Action.NEW_ORDER, self.next_call)
        shortcuts.bind(self, Action.DRAFTS, self.show_drafts)
        shortcuts.bind(self, Action.OUTBOX, self.trips.show_outbox)
        shortcuts.bind(self, Action.FIND_ORDER, self.trips.find_order)
        shortcuts.bind(self, Action.WORKLIST, self.trips.show_worklist)

    def _start(self) -> None:
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.on_tick)
        self._tick.start()
        self._show_sign_in()
        self.status.start()

    @property
    def session(self) -> Session | None:
        """Who is signed in."""
        return self._session

    @property
    def is_locked(self) -> bool:
        """Whether everything stands behind the sign-in."""
        return self._session is None or self.pages.currentWidget() is self.sign_in_screen

    def commands(self) -> tuple[Command, ...]:
        """What Ctrl+K offers here and now."""
        if self.is_locked:
            return self._general_commands()
        return (
            *self.pages.commands(),
            Command(shortcuts.label(Action.NEW_ORDER), self.next_call, Action.NEW_ORDER),
            Command(shortcuts.label(Action.DRAFTS), self.show_drafts, Action.DRAFTS),
            *self.trips.commands(),
            Command(shortcuts.label(Action.LOCK), self.lock, Action.LOCK),
            *self.unanswered.commands(self._session.permissions if self._session else frozenset()),
            Command(self.tr("Sign out"), self.sign_out),
            *self._general_commands(),
        )

    def _general_commands(self) -> tuple[Command, ...]:
        keys = Command(self.tr("Show all keys"), self._key_sheet.toggle)
        return keys, *appearance_commands()

    @Slot()
    def next_call(self) -> None:
        """Somebody else is on the line: what came of the conversation before is asked first."""
        is_placing = self.call.state.phase is Phase.PLACING
        if self.is_locked or is_placing or self.contact.asks_before(self.next_call):
            return
        self.contact.expect()
        self.new_call()

    @Slot()
    def new_call(self) -> None:
        """An empty order; the one before is kept as it stands."""
        if self.is_locked or self._session is None or self._policy is None:
            return
        if self.pages.currentWidget() is self.placed_screen and self.placed.state.placed:
            self.placed.end()  # which asks first, and comes back here
            return
        if self.call.order.is_open:
            self.notices.clear()  # what was said of the order before goes with it
        self.call.start_call(self._session.person.person_id, self._policy)
        self._go_to(self.call_screen)
        self.call_screen.begin()
        self.call.on_line.ask()

    @Slot()
    def end_card_entry(self) -> None:
        """Wipe, lock, release, whatever was going on; harmless where no card is being typed."""
        self.call.payment.pause.end(PauseEnd.WINDOW, self.tr("The card fields were left."))

    @Slot()
    def show_drafts(self) -> None:
        """The list of orders to go on with."""
        if self.is_locked:
            return
        self.call.keeper.save_now()
        self._go_to(self.drafts_screen)
        self.drafts_screen.begin()

    @Slot(object)
    def _parked(self, notice: Notice) -> None:
        """The screen is free for the next call."""
        self.call.leave()
        self.new_call()
        self.notices.show_notice(notice)
        self.call_backs.follow()

    @Slot(object)
    def _give_parked(self, order_id: OrderId) -> None:
        """Parked; in the list it is asked who is to have it."""
        self.call.leave()
        self.drafts.ask_to_give(order_id)
        self.show_drafts()

    @Slot()
    def lock(self) -> None:
        """Hide everything behind the sign-in; the form stays as it is for the same person."""
        if self.is_locked:
            return
        self.end_card_entry()
        self.call.keeper.save_now()
        self._behind_lock = self.pages.currentWidget()
        self._show_sign_in()

    @Slot(str)
    def _sign_in_ended(self, sentence: str) -> None:
        """A sign-in runs out in the middle of a call: nothing on the screen is lost by it."""
        if not self.is_locked:
            self.lock()
            self.sign_in.tell(sentence)

    @Slot()
    def sign_out(self) -> None:
        """End the session once the order in hand is written as a draft."""
        if self.is_locked or self.contact.asks_before(self.sign_out):
            return
        self.call.write_out()
        self.call.leave()
        self._behind_lock = None
        self._session = None
        self._session_end.begin()
        self._show_sign_in()

    def _complain(self, error: Refusal | Fault) -> None:
        self.notices.show_notice(notice_of(error))

    def _show_sign_in(self) -> None:
        person = self._session.person if self._session and self._behind_lock else None
        self.sign_in.begin(locked_for=person)
        self.call_backs.end()
        self.work_count.end()
        self.bar.show_person("")
        self.bar.show_call("")
        self.bar.show_saved("")
        self.notices.clear()
        self._go_to(self.sign_in_screen)
        self.sign_in_screen.begin()

    @Slot(object)
    def _let_in(self, session: Session) -> None:
        before = self._session
        same = before is not None and before.person.person_id == session.person.person_id
        if Permission.TAKE_ORDERS not in session.permissions:
            self.sign_in.tell(self.tr("Administrators take no orders. Sign in as somebody else."))
            return
        self._session = session
        self.trips.person = session.person
        self.identity.is_lead = Permission.REVIEW_ORDERS in session.permissions
        self.call.answers.csr = session.person.name
        self.bar.show_person(session.person.name, role_words(session))
        self.call_backs.begin()
        self.work_count.begin(session.permissions)
        behind, self._behind_lock = self._behind_lock, None
        if same and behind is not None:
            self._go_to(behind)
            self.call.keeper.save_now()
            return
        self.contact.leave()
        self.call.leave()
        self._background.run(
            Lane.READ,
            partial(self._caller.call, operations.GET_POLICY, AskStatus()),
            owner=self,
            then=self._take_policy,
            failed=self._complain,
        )

    def _take_policy(self, policy: Policy) -> None:
        self._policy = policy
        self.identity.needed = policy.identity_facts
        self._go_to(self.call_screen)
        self.new_call()
        self._told_of_drafts = False
        self.drafts.refresh()

    @Slot(object)
    def _resume(self, document: OrderDocument) -> None:
        order = self.call.order
        in_hand = order.is_open and bool(order.document.lines)
        is_another = in_hand and document.amends is None
        if is_another and self.contact.asks_before(partial(self._resume, document)):
            return
        same_caller = self.contact.contact_id is not None
        self.contacts.go_on_with(document)
        person_id = self._session.person.person_id if self._session else None
        self.call.resume(document, person_id, same_caller=same_caller)
        self._go_to(self.call_screen)
        self.call_screen.begin()

    @Slot(object)
    def _tell_of_drafts(self, state: DraftsState) -> None:
        """Once after signing in: callers may wait for a number, and orders for their end."""
        if self._told_of_drafts or not state.loaded:
            return
        self._told_of_drafts = True
        for notice in waiting_words(state):
            self.notices.show_notice(notice)

    @Slot()
    def _back_to_call(self) -> None:
        page: CallScreen | PlacedScreen = self.call_screen
        if not self.call.order.is_open:
            if self.placed.state.placed is None:
                self.new_call()
                return
            page = self.placed_screen
        self._go_to(page)
        page.begin()

    @Slot(object)
    @Slot(object, object)
    def _show_placed(self, placed: PlacedOrder, change: ChangeTold | None = None) -> None:
        if self._session is None:
            return  # nobody is there to give the number; it waits in the list of drafts
        self.placed.begin(placed, self._session.person, change)
        self.teller.status_is_older = True
        self.placed_screen.show_status(None)
        self.status.ask()
        if self.is_locked:
            self._behind_lock = self.placed_screen
            return
        self._go_to(self.placed_screen)
        self.placed_screen.begin()

    @Slot(object)
    def _show_status(self, status: DeskStatus) -> None:
        if status.sentence and status.sentence != self._sentence:
            self.notices.show_notice(Notice(kind=Kind.WARN, sentence=status.sentence))
        self._sentence = status.sentence
        self.teller.status_is_older = False
        if self.pages.is_whole:
            self.placed_screen.show_status(status)
            if self.pages.shows(OutboxScreen):
                self.pages.outbox.follow()
        self.teller.show_sync()

    def _go_to(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.teller.show_all()

    @Slot()
    def _open_palette(self) -> None:
        self._palette.toggle()

    @Slot()
    def on_tick(self) -> None:
        """A second has passed: times go on, and idle minutes lock."""
        self.teller.show_time()
        self.teller.show_kept()
        minutes = self._policy.idle_lock_minutes if self._policy else 0
        if minutes and not self.is_locked and self._idle.seconds() >= minutes * MINUTE_S:
            self.lock()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.pages.is_whole:
            QTimer.singleShot(0, self.pages, self.pages.build_rest)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the keys of the native window; a filter on the application sees every event."""
        super().showEvent(event)
        self._idle.watch(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything typed goes to the WRITE lane, which finishes what it was given."""
        self.contact.leave()
        self.call.write_out()
        self.status.stop()
        self._tick.stop()
        super().closeEvent(event)
        self.closed.emit()
