"""What is done to the scanned desk, and where its memory is looked at: one story per process.

A story types numbers that it made itself and tells a row for every look. A row of a control has to
find the number: a scanner that finds nothing there proves nothing anywhere. One thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.campaigns.card_scan.careless import Control
from app.campaigns.card_scan.child import TITLE
from app.campaigns.card_scan.encodings import OVERLAP, Sought, search
from app.campaigns.card_scan.gateway import HoldingGateway
from app.campaigns.card_scan.key_traces import KeyTraces
from app.campaigns.card_scan.numbers import card_number, code_number
from app.campaigns.card_scan.process_memory import Scanned, Tally
from app.campaigns.card_scan.scanned import ScannedDesk
from app.campaigns.card_scan.x_keyboard import XKeyboard
from app.values.clock import Clock
from app.values.errors import Fault
from app.wire.message import encode

EXPIRY = bytes((1, 2, 3, 0))
APPROVED = (200, b'{"state":"authorised"}')
DECLINED = (200, b'{"state":"declined"}')
BROKEN = (500, b'{"code":"broken","sentence":"The gateway is broken."}')
NUMBER, CODE, KEY = "number", "code", "content key"
LATER_S = 3.0
_MODULE = "app.campaigns.card_scan.child"
_A_MOMENT_S = 0.4
_LONGER_THAN_PATIENCE_S = 1.6
_SETTLED_S = 1.0
_X_SLACK_MS = 50
_OTHERS = 20


@dataclass(frozen=True, slots=True)
class Look:
    """One row of the table. `must_find`: of a control, whose number has to be there."""

    story: str
    step: str
    number: int
    code: int
    key: int | None
    longest: int
    read_mb: float
    forms: tuple[str, ...] = ()
    must_find: bool = False
    traces: KeyTraces | None = None

    @property
    def holds(self) -> bool:
        """Nothing was found, or the control was."""
        if self.traces is not None and self.traces.is_chance is self.must_find:
            return False
        if self.must_find:
            has_key = self.key is None or self.key > 0
            return self.traces is not None or (self.number > 0 and has_key)
        return self.number + self.code + (self.key or 0) == 0 and self.longest == 0


@dataclass(slots=True)
class _Told:
    """A story under way: the desk, its gateway, what was typed last."""

    name: str
    desk: ScannedDesk
    gateway: HoldingGateway
    chance: Callable[[], float]
    clock: Clock
    keyboard: XKeyboard | None = None
    must_find: bool = False
    sent: int = 0
    sought: list[Sought] = field(default_factory=list)
    keys: list[tuple[str, bytes]] = field(default_factory=list)
    has_looked: bool = False

    def new_card(self) -> tuple[bytes, bytes]:
        """Another number and code to type; those before it are looked for still."""
        number, code = card_number(self.chance), code_number(self.chance)
        self.sought += [Sought(NUMBER, number), Sought(CODE, code)]
        return number, code

    def fill(self, number: bytes, code: bytes) -> None:
        """The whole card."""
        self.desk.do("u", "n")
        self.desk.type(number)
        self.rest(code)

    def rest(self, code: bytes) -> None:
        """Expiry and code."""
        self.desk.do("e")
        self.desk.type(EXPIRY)
        self.desk.do("c")
        self.desk.type(code)

    def submit(self) -> None:
        """Seal and send; what arrived has to be what was typed."""
        self.desk.do("s")
        self.sent += 1
        opened = self.gateway.envelope(self.sent)
        self.keys.append((KEY, opened.content_key))
        if opened.number != self.sought[-2].digits or opened.code != self.sought[-1].digits:
            raise Fault("scanned_desk_failed", "What was sealed is not what was typed.")

    def strike_while_it_stands_still(self, number: bytes) -> tuple[int, int]:
        """Real keys, while the desk's only thread does nothing; from when to when, as X counts."""
        if self.keyboard is None:
            raise Fault("scanned_desk_failed", "This story needs real keys.")
        self.desk.do("u", "n")
        self.keyboard.focus(TITLE)
        _wait(_A_MOMENT_S)
        self.desk.stand_still()
        began = self.clock.monotonic()
        for digit in number:
            self.keyboard.strike(digit)
        ended = self.clock.monotonic()
        self.desk.go_on()
        _wait(_SETTLED_S)
        return int(began * 1_000) - _X_SLACK_MS, int(ended * 1_000) + _X_SLACK_MS

    def look_for_keys(self, step: str, typed_ms: tuple[int, int], number: bytes) -> Look:
        """Scan for dead key events, too."""
        others = [card_number(self.chance) for _ in range(_OTHERS)]
        return replace(self.look(step), traces=self.desk.traces(typed_ms, number, others))

    def look_at_log(self) -> Look:
        """Search what the desk wrote, although it was asked to tell everything."""
        written = self.desk.log()
        tally = {NUMBER: Tally(), CODE: Tally()}
        for one, hit in search(written + bytes(OVERLAP), self.sought, len(written)):
            tally[one.name].add(hit)
        return Look(
            story=self.name,
            step="its log, with all of Qt's rules on",
            number=tally[NUMBER].copies,
            code=tally[CODE].copies,
            key=None,
            longest=max(one.longest for one in tally.values()),
            read_mb=len(written) / 1_000_000,
        )

    def look(self, step: str, *, must_find: bool | None = None) -> Look:
        """Scan now. What cannot change is looked at once in a story."""
        found = self.desk.scan(self.sought, self.keys, with_fixed=not self.has_looked)
        self.has_looked = True
        return Look(
            story=self.name,
            step=step,
            number=found.of(NUMBER).copies,
            code=found.of(CODE).copies,
            key=found.of(KEY).copies if self.keys else None,
            longest=max(found.of(NUMBER).longest, found.of(CODE).longest),
            read_mb=found.read / 1_000_000,
            forms=_forms(found),
            must_find=self.must_find if must_find is None else must_find,
        )


def _forms(found: Scanned) -> tuple[str, ...]:
    return tuple(
        f"{name}: {form}" for name, tally in found.tallies.items() for form in sorted(tally.forms)
    )


Story = Callable[[_Told], Iterator[Look]]


def answered(told: _Told) -> Iterator[Look]:
    """A card is typed, sealed, sent and authorised, and then another in the same process."""
    number, code = told.new_card()
    yield told.look("before")
    told.desk.do("u", "n")
    told.desk.type(number[:8])
    yield told.look("8 digits")
    told.desk.type(number[8:])
    yield told.look("16 digits")
    told.rest(code)
    yield told.look("expiry and code")
    told.submit()
    yield told.look("in flight")
    told.gateway.answer(APPROVED)
    _wait(_A_MOMENT_S)
    yield told.look("answered")
    told.desk.do("o", "R", "T", "B")
    _wait(LATER_S)
    yield told.look("3 s later")
    told.fill(*told.new_card())
    yield told.look("second order: typed")
    told.submit()
    yield told.look("second order: in flight")
    told.gateway.answer(APPROVED)
    _wait(_A_MOMENT_S)
    yield told.look("second order: answered")
    yield told.look_at_log()


def in_short(told: _Told) -> Iterator[Look]:
    """The moments that matter most, for the suite."""
    number, code = told.new_card()
    told.fill(number, code)
    yield told.look("typed")
    told.submit()
    yield told.look("in flight")
    told.gateway.answer(APPROVED)
    yield told.look_at_log()


def escaped(told: _Told) -> Iterator[Look]:
    """Escape in the middle of the code."""
    told.fill(*told.new_card())
    told.desk.do("E")
    yield told.look("Escape")


def declined(told: _Told) -> Iterator[Look]:
    """The bank says no, and the card is typed again."""
    told.fill(*told.new_card())
    told.submit()
    told.gateway.answer(DECLINED)
    _wait(_A_MOMENT_S)
    yield told.look("declined")
    told.fill(*told.new_card())
    told.submit()
    told.gateway.answer(BROKEN)
    _wait(_A_MOMENT_S)
    yield told.look("the service answers 500")


def timed_out(told: _Told) -> Iterator[Look]:
    """No answer comes, and then the line breaks."""
    told.fill(*told.new_card())
    told.desk.do("h")
    told.submit()
    _wait(_LONGER_THAN_PATIENCE_S)
    yield told.look("no answer in time")
    told.gateway.answer(None)
    told.fill(*told.new_card())
    told.submit()
    told.gateway.answer(None)
    _wait(_A_MOMENT_S)
    yield told.look("the line broke")


def broken(told: _Told) -> Iterator[Look]:
    """An exception in the middle of sealing."""
    told.fill(*told.new_card())
    told.desk.do("k", "s")
    yield told.look("exception while sealing")


def closed(told: _Told) -> Iterator[Look]:
    """The window is closed in the middle of the code."""
    number, code = told.new_card()
    told.fill(number, code[:6])
    told.desk.do("x")
    yield told.look("window closed")


def unmasked(told: _Told) -> Iterator[Look]:
    """Control: digits in ordinary memory, wiped as usual."""
    told.fill(*told.new_card())
    yield told.look("typed")
    told.submit()
    told.gateway.answer(APPROVED)
    yield told.look("sealed and wiped", must_find=False)


def wipes_off(told: _Told) -> Iterator[Look]:
    """Control: neither digits nor the content key are overwritten."""
    told.fill(*told.new_card())
    told.submit()
    told.gateway.answer(APPROVED)
    _wait(_A_MOMENT_S)
    yield told.look("answered")


def in_a_text_field(told: _Told) -> Iterator[Look]:
    """Control: the number in Qt's own field for passwords would lie there as it does here."""
    number, _ = told.new_card()
    told.desk.do("o")
    told.desk.type(number)
    yield told.look("typed")


def stood_still(told: _Told) -> Iterator[Look]:
    """Keys queue up while the desk stands still, and are taken all at once."""
    number, code = told.new_card()
    typed_ms = told.strike_while_it_stands_still(number)
    yield told.look_for_keys("keys struck while it stood still", typed_ms, number)
    told.rest(code)
    told.submit()
    told.gateway.answer(APPROVED)
    if not told.must_find:
        yield told.look_for_keys("and sent", typed_ms, number)


STORIES: dict[str, tuple[Story, Control]] = {
    "answered": (answered, Control.NONE),
    "Escape": (escaped, Control.NONE),
    "declined": (declined, Control.NONE),
    "timeout": (timed_out, Control.NONE),
    "exception": (broken, Control.NONE),
    "closed": (closed, Control.NONE),
    "control: not masked": (unmasked, Control.UNMASKED),
    "control: wipes off": (wipes_off, Control.WIPES_OFF),
    "control: QLineEdit": (in_a_text_field, Control.NONE),
    "stood still": (stood_still, Control.NONE),
    "control: not scrubbed": (stood_still, Control.SCRUB_OFF),
}
WITH_REAL_KEYS = frozenset({"stood still", "control: not scrubbed"})
"""Stories that want a display of X."""


SHORT_STORIES: dict[str, tuple[Story, Control]] = {
    "in short": (in_short, Control.NONE),
    "control in short": (in_a_text_field, Control.NONE),
}
"""What the suite runs. They leave out what cannot change."""


def tell(name: str, folder: Path, clock: Clock, chance: Callable[[], float]) -> Iterator[Look]:
    """Run one story; its rows as they come. Raises Refusal `no_x_keyboard`."""
    story, control = {**STORIES, **SHORT_STORIES}[name]
    with ExitStack() as running:
        gateway = running.enter_context(HoldingGateway(clock))
        keyboard = running.enter_context(XKeyboard()) if name in WITH_REAL_KEYS else None
        display = keyboard.display if keyboard is not None else ""
        key_file = folder / "card-key.json"
        key_file.write_bytes(encode(gateway.key()))
        module = (_MODULE, control, str(key_file), gateway.url)
        desk = running.enter_context(ScannedDesk(folder, module, display))
        yield from story(
            _Told(
                name=name,
                desk=desk,
                gateway=gateway,
                chance=chance,
                clock=clock,
                keyboard=keyboard,
                must_find=name.startswith("control"),
                has_looked=name in SHORT_STORIES,
            )
        )


def _wait(seconds: float) -> None:
    """What is waited for happens inside the other process and leaves no sign."""
    threading.Event().wait(seconds)
