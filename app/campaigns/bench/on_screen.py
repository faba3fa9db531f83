"""The real window of a desk, off screen, with a script that acts in it and times what it sees.

Everything behind the window is real but the central service. A run in which anything was refused,
failed or broke is rejected. The script runs on a thread of its own, the event loop on this one.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from app.campaigns.bench.desk import LOGIN, PASSWORD, BenchDesk, follow_the_feed, signed_in_desk
from app.campaigns.bench.given import Given, require
from app.ui.application import FaultHook
from app.ui.background import ThreadedBackground
from app.ui.main_window import MainWindow
from app.ui.notices import Incidents, Notice
from app.ui.rehearsal import Rehearsal
from app.ui.stopwatch import BareField, Stopwatch, destroy, the_application
from app.values.errors import Fault, Refusal
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.orders import OrderDocument, SaveDraft

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A desk, its window, and the bare window beside it; used from the script's thread."""

    at: BenchDesk
    window: MainWindow
    hands: Rehearsal
    watch: Stopwatch
    bare: BareField
    bare_watch: Stopwatch

    def take_in_hand(self, document: OrderDocument) -> None:
        """Go on with an order, and return when the desk has looked up all its products."""
        self.at.caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        call = self.window.call
        self.hands.see(partial(self.window.drafts.open, document.order_id))
        self.hands.wait_until(partial(self._shows, document), "the order and its products")
        in_hand = [(line.line_id, line.quantity) for line in call.order.document.lines]
        given = [(line.line_id, line.quantity) for line in document.lines]
        require(in_hand == given, "Another order is in hand.")

    def painted_after(self, act: Callable[[], object]) -> float:
        """Milliseconds until an act is painted, begun when the window had nothing left to do."""
        self.watch.settle()
        return self.watch.painted_after(act)

    def sign_in(self) -> None:
        """Somebody sits down and has an empty order before them."""
        self.hands.see(partial(self.window.sign_in.set_login, LOGIN))
        self.hands.see(partial(self.window.sign_in.sign_in, PASSWORD))
        self.hands.wait_until(self._has_order, "an order is open")

    def _has_order(self) -> bool:
        return self.window.call.order.is_open

    def _shows(self, document: OrderDocument) -> bool:
        call = self.window.call
        is_in_hand = call.order.is_open and call.order.document.order_id == document.order_id
        return is_in_hand and not call.lines.book.unknown_codes() and not call.lines.is_asking


def on_screen(given: Given, products: Sequence[ProductView], script: Callable[[Screen], T]) -> T:
    """What the script gives; it runs with somebody signed in at a desk with these products.

    Raises what the script raises, and Fault `bench_rejected` where anything else went wrong.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = the_application()
    problems: list[str] = []
    with signed_in_desk(given.folder, products) as at:
        follow_the_feed(given, at, len(products))
        with _shown(at, problems) as screen:
            outcome: Future[T] = Future()
            play = partial(_play, screen, script, outcome, application.exit)
            # Left behind where a signal ends the loop, for it may wait for the window for ever.
            threading.Thread(target=play, name="bench script", daemon=True).start()
            with _ended_by_signals(application.exit):
                application.exec()
            result = outcome.result(timeout=0)
    require(not problems, f"Something went wrong meanwhile: {'; '.join(problems)}")
    return result


def _play(
    screen: Screen,
    script: Callable[[Screen], T],
    outcome: Future[T],
    leave: Callable[[], object],
) -> None:
    """Runs on the script's thread; what goes wrong in the script goes to who asked for it."""
    try:
        screen.sign_in()
        outcome.set_result(script(screen))
    except (Refusal, Fault) as error:
        outcome.set_exception(error)
    except BaseException as bug:
        outcome.set_exception(bug)
        raise
    finally:
        screen.hands.tell(leave)


@contextmanager
def _shown(at: BenchDesk, problems: list[str]) -> Generator[Screen]:
    incidents = Incidents(at.ids)
    hook = FaultHook(incidents, partial(_note_error, problems))
    hook.install()
    background = ThreadedBackground(incidents)
    window = MainWindow(
        at.caller,
        background,
        regions=at.regions,
        clock=at.clock,
        ids=at.ids,
        device_id=at.device_id,
    )
    for part in (window.sign_in, window.call, window.drafts):
        part.notice.connect(partial(_note, problems))
    bare = BareField()
    bare.resize(window.size())
    bare.show()
    window.show()
    screen = Screen(
        at=at,
        window=window,
        hands=Rehearsal(window),
        watch=Stopwatch(window),
        bare=bare,
        bare_watch=Stopwatch(bare),
    )
    try:
        yield screen
    finally:
        bare.close()
        window.close()
        background.close()
        hook.uninstall()
        destroy(screen.hands, screen.watch, screen.bare_watch, bare, window)


def _note(problems: list[str], notice: Notice) -> None:
    problems.append(notice.sentence)


def _note_error(problems: list[str], error: Refusal | Fault) -> None:
    problems.append(str(error.__cause__ or error))


@contextmanager
def _ended_by_signals(leave: Callable[[], object]) -> Generator[None]:
    """The event loop does not let a signal's exception through; it is raised after the loop."""
    caught: list[int] = []
    before = {
        number: signal.signal(number, partial(_leave, caught, leave))
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        signal.raise_signal(caught[0])


def _leave(caught: list[int], leave: Callable[[], object], number: int, frame: object) -> None:
    del frame
    caught.append(number)
    leave()
