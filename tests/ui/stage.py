"""What tests of the screens share: a small desk, a call on it, a window with hands at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.background import Background, InlineBackground
from app.ui.main_window import MainWindow
from app.ui.notices import Incidents, Notice
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.values.identity import AddressId
from app.wire.addresses import AddressSuggestions
from app.wire.customers import AddressView
from tests.builders import a_product, an_address, an_id, an_order, with_line
from tests.fakes import CountingIds, FixedClock
from tests.ui.payment.fakes import OpenSafe
from tests.ui.screens.fake_desk import (
    DEVICE,
    PASSWORD,
    FakeDesk,
    a_known_customer,
    a_person,
    the_regions,
    the_speech,
)

AT_ONCE = Pace(search_ms=0, save_ms=None, caution_ms=None, note_again_ms=None, tick_ms=None)


class Hands:
    """Types into whatever has the keyboard and counts the keys, modifiers not counted."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.keys = 0

    def press(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        together = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            together |= modifier
        self.keys += 1
        QTest.keyClick(self._target(), key, together)
        QApplication.processEvents()

    def ctrl(self, key: Qt.Key) -> None:
        self.press(key, Qt.KeyboardModifier.ControlModifier)

    def write(self, text: str) -> None:
        self.keys += len(text)
        QTest.keyClicks(self._target(), text)
        QApplication.processEvents()

    def enter(self) -> None:
        self.press(Qt.Key.Key_Return)

    def place(self) -> str:
        """What a screen reader calls the field that has the keyboard."""
        return self._target().accessibleName()

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self._window


MOST_ANSWERS = 5_000


def read_back(call: CallPresenter) -> None:
    """The caller confirms everything, and says what has to be said, as it stands in the order."""
    guide = call.read_back
    guide.start()
    for _ in range(MOST_ANSWERS):
        if guide.state.stage is not Stage.ASKING:
            break
        if guide.state.hearing and guide.state.point is not None:
            spoken = guide.state.point.must_speak
            here = [one.value for one in spoken if one.part in guide.state.due]
            guide.hear(" ".join(here))
        else:
            guide.confirm()
    assert guide.state.holds, guide.state


def open_order_page(hands: Hands, number: str) -> None:
    """By the palette, as the caller told it."""
    hands.ctrl(Qt.Key.Key_K)
    hands.write("order page of")
    hands.enter()
    hands.write(number)
    hands.enter()


def place_an_order(hands: Hands, window: MainWindow) -> None:
    """The known customer orders three of one product, all of it is read back, and it is placed."""
    hands.write("0412")
    hands.enter()
    hands.write("47566")
    hands.enter()
    hands.write("3")
    hands.enter()
    read_back(window.call)
    hands.ctrl(Qt.Key.Key_Return)


def read_back_by_keys(hands: Hands, call: CallPresenter) -> tuple[int, int]:
    """The same with keys: how often Enter was enough, and how often a value was typed first."""
    guide = call.read_back
    agreed = spoken = 0
    hands.press(Qt.Key.Key_F8)
    while guide.state.stage is Stage.ASKING:
        point = guide.state.point
        if guide.state.hearing and point is not None:
            settled = guide.state.settled
            values = [one.value for one in point.must_speak if one.value not in settled]
            hands.write(" ".join(values))
            spoken += 1
        else:
            agreed += 1
        hands.enter()
        assert agreed + spoken < MOST_ANSWERS
    return agreed, spoken


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def desk() -> FakeDesk:
    """A desk with lookalikes, a product out of stock, one withdrawn, and a known customer."""
    made = FakeDesk(
        a_product("22423", "12.75", description="Regency cakestand, 3 tier", available=400),
        a_product("47566", "4.95", description="Party bunting", available=300),
        a_product("84879", "1.69", description="Assorted colour bird ornament", available=11),
        a_product("20725", "1.65", description="Lunch bag red retrospot"),
        a_product("22720", "4.95", description="Set of 3 cake tins", breaks={12: "4.25"}),
        a_product("85123A", "2.95", description="White hanging heart T-light holder"),
        a_product("21733", "2.95", description="Red hanging heart T-light holder"),
        a_product("71053", "3.75", description="White metal lantern", withdrawn=True),
    )
    address = AddressView(address_id=AddressId(an_id(31)), address=an_address())
    made.stock.level("84879", 300)  # more came since the catalogue
    made.customers = [a_known_customer(addresses=(address,))]
    made.places["LS6 3AA"] = AddressSuggestions(city="Leeds", source="Post towns")
    return made


@pytest.fixture
def a_past_order(desk: FakeDesk) -> None:
    """The known customer ordered three products a month ago; one costs more now, one is gone."""
    order = an_order(
        with_line("22423", 2, "12.75"), with_line("47566", 1, "4.50"), with_line("OLD-1", 1, "1.00")
    )
    desk.has_ordered(desk.customers[0], order, days_ago=30)


@pytest.fixture
def inline() -> InlineBackground:
    return InlineBackground(Incidents(CountingIds(90_000)))


@pytest.fixture
def new_presenter(
    desk: FakeDesk, inline: InlineBackground, clock: FixedClock
) -> Callable[[Pace], CallPresenter]:
    def make(pace: Pace) -> CallPresenter:
        return CallPresenter(
            desk,
            inline,
            regions=the_regions(),
            speech=the_speech(),
            clock=clock,
            ids=CountingIds(),
            device_id=DEVICE,
            pace=pace,
        )

    return make


@pytest.fixture
def call(new_presenter: Callable[[Pace], CallPresenter], desk: FakeDesk) -> CallPresenter:
    """A call that has just begun, driven without an event loop, as the campaigns do."""
    made = new_presenter(AT_ONCE)
    made.start_call(a_person().person_id, desk.policy)
    return made


@pytest.fixture
def notices(call: CallPresenter) -> list[Notice]:
    heard: list[Notice] = []
    call.notice.connect(heard.append)
    return heard


@pytest.fixture
def safe() -> OpenSafe:
    """Where card digits are kept and sealed."""
    return OpenSafe()


@pytest.fixture
def opened() -> list[str]:
    """The files that a program was asked to show."""
    return []


@pytest.fixture
def window(
    qapp: QApplication,
    desk: FakeDesk,
    inline: Background,
    clock: FixedClock,
    opened: list[str],
    safe: OpenSafe,
) -> Iterator[MainWindow]:
    """The window on its sign-in screen, active, at home size."""
    made = MainWindow(
        desk,
        inline,
        regions=the_regions(),
        speech=the_speech(),
        clock=clock,
        ids=CountingIds(),
        device_id=DEVICE,
        safe=safe,
        opener=_Opener(opened),
    )
    made.show()
    made.activateWindow()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete.value)


class _Opener:
    """Takes files for a program that shows them."""

    def __init__(self, opened: list[str]) -> None:
        self._opened = opened

    def __call__(self, path: str) -> bool:
        self._opened.append(path)
        return True


@pytest.fixture
def hands(window: MainWindow) -> Hands:
    return Hands(window)


@pytest.fixture
def on_call(window: MainWindow, hands: Hands) -> Hands:
    """Signed in, with an empty order; keys are counted from here."""
    hands.enter()
    hands.write(PASSWORD)
    hands.enter()
    assert window.call.order.is_open
    hands.keys = 0
    return hands
