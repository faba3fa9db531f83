"""Composition root of the desk: `readback-desk`.

Paints first and loads the rest behind it: imports inside functions are allowed here and nowhere
else, because SQLAlchemy, HTTP, keyring and PDF together take longer to load than Qt. The store is
opened by the first lane that asks for something.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.ui.first_frame import FirstFrame, bare_application
from app.ui.first_paint import FirstPaint
from app.ui.palettes import Scheme
from app.values.errors import Fault, Refusal

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from app.adapters.process_hardening import Hardening
    from app.services.desk.desk import Desk
    from app.services.desk.seat_identity import SeatIdentity
    from app.services.ports import AddressLookup, CardSafe, KeyStore
    from app.services.rules.regions import RegionRules
    from app.services.rules.speech_book import SpeechBook
    from app.settings import DeskSettings
    from app.transport.client import RemoteCaller
    from app.ui.main_window import MainWindow
    from app.values.vocabulary import Region
    from app.wire.operation import Operation
    from app.wire.people import SignInOffer
    from app.wire.sync import Town

Q = TypeVar("Q")
A = TypeVar("A")

REFUSED = 1
LISTEN_FOR_SIGNALS_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a desk sits: its settings, and in a trial the people to offer and a banner.

    `opener` shows a file; None: with the program the desktop has for it. `trust_card_key`: the card
    vault's root key may be another one than before, once. `safe` makes the card safe; None: that of
    the system. A memory scan makes a careless one, to show that it would be found. `hasher` proves
    people while the centre is away; a campaign that signs in a thousand times has a cheap one.
    """

    settings: DeskSettings
    offer: SignInOffer | None = None
    opener: Callable[[str], bool] | None = None
    trust_card_key: bool = False
    safe: Callable[[], CardSafe] | None = None
    hasher: PasswordHasher | None = None


class LateDesk:
    """A Caller whose desk is opened by the first call, on the lane that makes it."""

    def __init__(self, opened: Callable[[], Desk]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._desk: Desk | None = None
        self._is_closed = False

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The desk's answer. Raises also what opening the desk raises, until it opens."""
        return self.desk().caller.call(operation, request)

    def desk(self) -> Desk:
        """The desk, opened and in touch with the centre."""
        with self._lock:
            if self._is_closed:
                raise Fault("desk_closed", "Readback is closing.")
            if self._desk is None:
                self._desk = self._opened()
                self._desk.start()
            return self._desk

    def close(self) -> None:
        """Let go of the seat; later calls fail."""
        with self._lock:
            self._is_closed = True
            if self._desk is not None:
                self._desk.close()
                self._desk = None


def key_store(settings: DeskSettings) -> KeyStore:
    """The system's keyring, or the key file of a trial. Raises Fault `keyring_weak`."""
    from app.adapters.key_file import KeyFile
    from app.adapters.keyring import SystemKeyring

    if settings.key_file is not None:
        return KeyFile(settings.key_file)
    return SystemKeyring(str(settings.seat_folder.resolve()))


def regions() -> Mapping[Region, RegionRules]:
    """The rules of every region we ship."""
    from app.services.rules.regions import load_regions
    from app.settings import resource_folder

    return load_regions(resource_folder() / "regions")


def speech() -> Mapping[Region, SpeechBook]:
    """The words of every region we ship."""
    from app.services.rules.speech_book import load_speech
    from app.settings import resource_folder

    return load_speech(resource_folder() / "speech")


def enrol(settings: DeskSettings, code: str) -> SeatIdentity:
    """Make this desk known to the centre. Raises its Refusal, or Unreachable."""
    from app.services.desk import seat
    from app.values.identity import SystemIds

    centre = _remote(settings)
    try:
        return seat.enrol(settings.seat_folder, code, key_store(settings), centre, SystemIds())
    finally:
        centre.close()


def open_desk(setting: Setting) -> Desk:
    """Open the seat's store and everything behind the screens; `start` it to reach the centre."""
    import secrets

    from argon2 import PasswordHasher

    from app.services.desk import desk as desks
    from app.services.desk import seat as seats
    from app.transport.client import SeatKey
    from app.values.clock import SystemClock
    from app.values.identity import SystemIds

    settings = setting.settings
    keys = key_store(settings)
    seat = seats.open_seat(settings.seat_folder, keys)
    try:
        centre = _remote(settings)
        centre.use_seat(SeatKey(device_id=seat.identity.device_id, sign=seat.sign))
        towns = _LateTowns()
        parts = desks.DeskParts(
            seat=seat,
            keys=keys,
            centre=centre,
            addresses=_addresses(settings, towns),
            regions=regions(),
            clock=SystemClock(),
            ids=SystemIds(),
            chance=secrets.SystemRandom().random,
            version=_version(),
            offer=_with_warning(setting.offer, keys.warning()),
            card_root_key=settings.card_root_key,
            trust_card_key=setting.trust_card_key,
            hasher=setting.hasher or PasswordHasher(),
        )
        opened = desks.open_desk(parts)
        towns.desk = opened
    except BaseException:
        seat.close()
        raise
    return opened


def _with_warning(offer: SignInOffer | None, warning: str) -> SignInOffer:
    """The offer with the key store's warning added to its banner."""
    import msgspec

    from app.wire.people import SignInOffer

    given = offer or SignInOffer(people=())
    banner = " ".join(part for part in (given.banner, warning) if part)
    return msgspec.structs.replace(given, banner=banner)


class _LateTowns:
    """Towns of the replica, for an address lookup that is made before the desk is."""

    def __init__(self) -> None:
        self.desk: Desk | None = None

    def __call__(self, country: str, postcode: str) -> Town | None:
        return self.desk.town(country, postcode) if self.desk is not None else None


def _remote(settings: DeskSettings) -> RemoteCaller:
    from app.transport.client import HttpCarrier, RemoteCaller
    from app.values.clock import SystemClock
    from app.values.identity import SystemIds

    return RemoteCaller(HttpCarrier(settings.centre_url), SystemClock(), SystemIds())


def _addresses(settings: DeskSettings, towns: _LateTowns) -> AddressLookup:
    from app.adapters.address_lookup import desk_lookup

    return desk_lookup(towns, test_addresses=settings.test_addresses)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    from app.settings import APPLICATION

    try:
        return version(APPLICATION)
    except PackageNotFoundError:
        return "0+checkout"


class DeskProgram(QObject):
    """The desk from the first paint to the last write. Made on the GUI thread.

    `given` tells the setting, after the first paint; `script` is called when the desk stands.
    """

    def __init__(
        self,
        application: QApplication,
        given: Callable[[], Setting],
        script: Callable[[DeskProgram], None] | None = None,
        hardening: Hardening | None = None,
    ) -> None:
        super().__init__()
        self.frame = FirstFrame()
        self.window: MainWindow | None = None
        self.problem: Refusal | Fault | None = None
        self._application = application
        self._given = given
        self._script = script
        self._hardening = hardening
        self.shown: QWidget = self.frame
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Paint a frame, then go on with the rest."""
        FirstPaint(self.frame, partial(QTimer.singleShot, 0, self._load))
        _bring_up(self.frame)

    def close(self) -> None:
        """Write what is to be written, then let go of everything; once."""
        while self._ends:
            self._ends.pop()()

    def _load(self) -> None:
        """Everything that takes time; what goes wrong here ends the program, in words."""
        stands = False
        try:
            self._setting = self._given()
            self._prepare()
            self._show()
            if self._script is not None:
                self._script(self)
            stands = True
        except (Refusal, Fault) as problem:
            self.problem = problem
        finally:
            if not stands:
                self._application.exit(REFUSED)

    def _prepare(self) -> None:
        from app.adapters.log_file import end_log, start_log
        from app.ui.application import FaultHook, finish_application
        from app.ui.background import ThreadedBackground
        from app.ui.notices import Incidents
        from app.values.identity import SystemIds

        settings = self._setting.settings
        log = start_log(settings.seat_folder / "logs")
        self._ends.append(partial(end_log, log))
        logging.getLogger("readback.desk").info("hardening %s", self._hardening)
        finish_application(self._application, Scheme(settings.scheme))
        incidents = Incidents(SystemIds())
        hook = FaultHook(incidents, self._show_fault)
        hook.install()
        self._ends.append(hook.uninstall)
        self.desk = LateDesk(partial(open_desk, self._setting))
        self._ends.append(self.desk.close)
        self.background = ThreadedBackground(incidents)
        self._ends.append(self.background.close)

    def _show(self) -> None:
        """The sign-in, or the screen that makes an unknown desk known."""
        from app.services.desk.seat_identity import read_identity

        identity = read_identity(self._setting.settings.seat_folder)
        if identity is None:
            self._ask_for_code()
        else:
            self._show_desk(identity)

    def _show_desk(self, identity: SeatIdentity) -> None:
        from app.adapters.card_entry.safe import card_safe
        from app.ui.main_window import MainWindow, open_file
        from app.values.clock import SystemClock
        from app.values.identity import SystemIds

        self.window = MainWindow(
            self.desk,
            self.background,
            regions=regions(),
            speech=speech(),
            clock=SystemClock(),
            ids=SystemIds(),
            device_id=identity.device_id,
            safe=(self._setting.safe or card_safe)(),
            opener=self._setting.opener or open_file,
        )
        self.window.closed.connect(self._application.quit)
        self._take_over(self.window)

    def _ask_for_code(self) -> None:
        from app.ui.screens.enrol.presenter import EnrolPresenter
        from app.ui.screens.enrol.screen import EnrolScreen

        settings = self._setting.settings
        presenter = EnrolPresenter(
            partial(enrol, settings), self.background, settings.centre_url, self
        )
        presenter.enrolled.connect(self._show)
        unknown = QMainWindow()
        unknown.setWindowTitle("Readback")
        unknown.setCentralWidget(EnrolScreen(presenter, unknown))
        self._take_over(unknown)

    def _take_over(self, window: QMainWindow) -> None:
        """Show a window where the one before it stood."""
        window.setGeometry(self.shown.geometry())
        _bring_up(window)
        self.shown.close()
        self.shown = window

    def _show_fault(self, fault: Refusal | Fault) -> None:
        """Something is broken, and nobody knows what: no card digit is kept through that."""
        if self.window is not None:
            self.window.end_card_entry()
            self.window.notices.show_error(fault)


def _bring_up(window: QWidget) -> None:
    """Show a window with the keyboard in it, also where no window manager hands it out."""
    window.show()
    window.activateWindow()


def run_desk(
    given: Callable[[], Setting],
    script: Callable[[DeskProgram], None] | None = None,
    framed: Callable[[FirstFrame], None] | None = None,
) -> int:
    """Run the desk until its window is closed.

    `script` is called once the desk stands, `framed` with the first frame before it is shown.
    SIGINT and SIGTERM close the window as its cross does. Raises Refusal or Fault when the desk
    cannot start.
    """
    from app.adapters.process_hardening import harden_process

    hardening = harden_process()  # before Qt reads the environment
    application = bare_application(sys.argv[:1])
    program = DeskProgram(application, given, script, hardening)
    listen = QTimer()  # gives the interpreter a chance to run signal handlers
    listen.start(LISTEN_FOR_SIGNALS_MS)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, partial(_end, application, program))
    try:
        if framed is not None:
            framed(program.frame)
        program.start()
        code = application.exec()
    finally:
        program.close()
    if program.problem is not None:
        raise program.problem
    return code


def _end(application: QApplication, program: DeskProgram, number: int, frame: object) -> None:
    del number, frame
    if program.window is not None:
        program.window.close()
    else:
        application.quit()


def main(given: Sequence[str] | None = None) -> int:
    """`readback-desk`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="readback-desk", description="Phone-order entry: the desk of a CSR."
    )
    parser.add_argument("--centre", metavar="URL", help="address of the central service")
    parser.add_argument("--settings", metavar="FILE", type=Path, help="TOML; [desk] is read")
    parser.add_argument("--seat-folder", metavar="DIR", type=Path, help="where this desk keeps all")
    parser.add_argument("--enrol", metavar="CODE", help="make this desk known, then start")
    parser.add_argument("--scheme", choices=[scheme.value for scheme in Scheme])
    parser.add_argument(
        "--trust-card-key", action="store_true", help="accept the card vault's new root key, once"
    )
    arguments = parser.parse_args(given)
    try:
        return run_desk(partial(_setting, arguments))
    except (Refusal, Fault) as problem:
        print(f"readback-desk: {problem.sentence}", file=sys.stderr)  # noqa: T201 - a command line
        return REFUSED


def _setting(arguments: argparse.Namespace) -> Setting:
    from app.settings import DeskSettings, read_settings

    settings = DeskSettings()
    if arguments.settings is not None:
        settings = read_settings(arguments.settings, "desk", DeskSettings)
    said = {
        "centre_url": arguments.centre,
        "seat_folder": arguments.seat_folder,
        "scheme": arguments.scheme,
    }
    settings = replace(
        settings, **{name: value for name, value in said.items() if value is not None}
    )
    if arguments.enrol:
        enrol(settings, arguments.enrol)
    return Setting(settings=settings, trust_card_key=arguments.trust_card_key)


if __name__ == "__main__":
    sys.exit(main())
