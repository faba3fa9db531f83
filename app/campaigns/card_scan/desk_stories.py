"""The stories of a card in the whole desk: its window, with a whole installation behind it.

As `stories`, but nothing is left out of the desk, and the processes behind it are looked at too. A
security code has three digits here, which are found everywhere, so it is looked for where it would
stand: behind the expiry, as the envelope's plain text has them. One thread.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.campaigns.card_scan.careless import Control
from app.campaigns.card_scan.encodings import OVERLAP, Sought, search
from app.campaigns.card_scan.numbers import card_number
from app.campaigns.card_scan.process_memory import Tally, scan_process
from app.campaigns.card_scan.scanned import ScannedDesk
from app.campaigns.card_scan.stories import CODE, NUMBER, Look
from app.values.errors import Fault

LATER_S, A_MOMENT_S = 3.0, 0.4
DECLINED_NUMBER = bytes((4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 5))
"""Published: insufficient funds. Its zeros lie everywhere: only the whole of it is looked for."""
_MODULE = "app.campaigns.card_scan.desk_child"
_FULL_OF_ZEROS = "full of zeros"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running installation with a seat that is known to it. `folder` is where its data lie."""

    folder: Path
    centre_url: str
    seat_folder: Path
    login: str
    password: str = field(repr=False)


@dataclass(slots=True)
class _Told:
    """A story under way."""

    name: str
    site: Site
    desk: ScannedDesk
    chance: Callable[[], float]
    must_find: bool = False
    sought: list[Sought] = field(default_factory=list)
    rests: list[tuple[str, bytes]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def new_card(self, number: bytes = b"") -> tuple[bytes, bytes]:
        """A number, and expiry and code in one; those before it are looked for still."""
        number = number or card_number(self.chance)
        month, year = 1 + int(self.chance() * 12), 28 + int(self.chance() * 12)
        expiry, code = f"{month:02d}{year}", f"{int(self.chance() * 1_000):03d}"
        self._seek(Sought(NUMBER, number))
        self.rests.append((CODE, f'"exp":"{expiry}","code":"{code}'.encode()))
        self.rests.append((CODE, f'{_text(number)}","exp":"{expiry}'.encode()))
        return number, bytes(map(int, expiry + code))

    def _seek(self, one: Sought) -> None:
        """Look for it from now on; for one that is full of zeros as it is, not for parts of it."""
        if one.digits == DECLINED_NUMBER:
            forms = (*one.texts.values(), *one.packed.values())
            self.rests += [(_FULL_OF_ZEROS, form) for form in forms]
        else:
            self.sought.append(one)

    def open(self) -> None:
        """F9, and the recording is paused."""
        self.desk.do("F")
        self.desk.do_at_length("w")

    def fill(self, number: bytes = b"") -> None:
        """A pause, and a whole card."""
        first, rest = self.new_card(number)
        self.open()
        self.desk.type(first)
        self.desk.type(rest)

    def pay(self) -> None:
        """To the bank, and its answer."""
        self.desk.do_at_length("s")
        self.desk.do_at_length("a")

    def look(
        self, step: str, pid: int = 0, *, must_find: bool | None = None, with_shared: bool = True
    ) -> Look:
        """Scan the desk, or another process, now. What cannot change is looked at once."""
        pid = pid or self.desk.pid
        is_new = pid not in self.seen
        self.seen.add(pid)
        found = scan_process(
            pid, self.sought, self.rests, with_fixed=is_new, with_shared=with_shared
        )
        number = _counted(found.tallies)
        return Look(
            story=self.name,
            step=step,
            number=number.copies,
            code=found.of(CODE).copies if self.rests else 0,
            key=None,
            longest=number.longest,
            read_mb=found.read / 1_000_000,
            forms=tuple(sorted(number.forms)),
            must_find=self.must_find if must_find is None else must_find,
        )

    def look_behind(self, step: str, *parts: str) -> Iterator[Look]:
        """Scan the programs behind the desk."""
        for part in parts:
            for place, pid in enumerate(pids_of(self.site.folder)[part], 1):
                is_first = place == 1  # the database's processes share what they keep
                yield self.look(f"{step}: {part} {place}", pid, with_shared=is_first)

    def look_at_log(self) -> Look:
        """Search what the desk wrote, although it was asked to tell everything."""
        logs = (self.site.seat_folder / "logs").glob("*")
        written = b"\n".join((self.desk.log(), *(path.read_bytes() for path in logs)))
        tallies = {one.name: Tally() for one in self.sought}
        for one, hit in search(written + bytes(OVERLAP), self.sought, len(written)):
            tallies[one.name].add(hit)
        number = _counted(tallies)
        return Look(
            story=self.name,
            step="its error output and logs",
            number=number.copies,
            code=sum(written.count(rest) for name, rest in self.rests if name == CODE),
            key=None,
            longest=number.longest,
            read_mb=len(written) / 1_000_000,
        )


Story = Callable[[_Told], Iterator[Look]]


def answered(told: _Told) -> Iterator[Look]:
    """Typed, sealed, in flight, authorised; then another order in the same process."""
    number, rest = told.new_card()
    yield told.look("before")
    told.open()
    told.desk.type(number[:8])
    yield told.look("8 digits")
    told.desk.type(number[8:])
    yield told.look("16 digits")
    told.desk.type(rest)
    yield told.look("expiry and code")
    with _standing_still(told.site):
        told.desk.do_at_length("s")
        yield told.look("in flight")
    told.desk.do_at_length("a")
    yield told.look("answered")
    yield from told.look_behind("answered", SERVICE, DATABASE, VAULT)
    told.desk.do_at_length("p")
    yield told.look("placed, and the next order agreed")
    told.fill()
    yield told.look("second order: typed")
    with _standing_still(told.site):
        told.desk.do_at_length("s")
        yield from told.look_behind("second order, in flight", SERVICE)
    told.desk.do_at_length("a")
    _wait(LATER_S)
    yield told.look("second order: answered")
    yield from told.look_behind("second order", SERVICE, DATABASE, VAULT)
    yield told.look_at_log()


def escaped(told: _Told) -> Iterator[Look]:
    """Escape behind the last digit of the code, and again to leave."""
    told.fill()
    told.desk.do("E")
    yield told.look("Escape")
    told.desk.do("E")
    _wait(A_MOMENT_S)
    yield told.look("left")


def declined(told: _Told) -> Iterator[Look]:
    """The bank says no, and another card is typed."""
    told.fill(DECLINED_NUMBER)
    told.pay()
    yield told.look("declined")
    told.fill()
    yield told.look("another card typed")
    told.pay()
    yield told.look("answered")


def lost(told: _Told) -> Iterator[Look]:
    """The vault does not answer until the centre gives up; then it is asked again."""
    told.fill()
    with _standing_still(told.site):
        told.desk.do_at_length("s")
        told.desk.do_at_length("d")
        yield told.look("nobody knows")
        yield from told.look_behind("nobody knows", SERVICE, DATABASE)
    told.desk.do_at_length("a")
    yield told.look("known in the end")
    yield from told.look_behind("known in the end", SERVICE, VAULT)


def broken(told: _Told) -> Iterator[Look]:
    """An exception in the middle of sealing; it is told with a traceback."""
    told.fill()
    told.desk.do_at_length("b")
    _wait(A_MOMENT_S)
    yield told.look("exception while sealing")
    yield told.look_at_log()


def closed(told: _Told) -> Iterator[Look]:
    """The window is closed with the whole card in its fields."""
    told.fill()
    told.desk.do("x")
    _wait(A_MOMENT_S)
    yield told.look("window closed")


def unmasked(told: _Told) -> Iterator[Look]:
    """Control: digits in ordinary memory, wiped as usual."""
    told.fill()
    yield told.look("typed")
    told.pay()
    yield told.look("answered", must_find=False)


DESK_STORIES: dict[str, tuple[Story, Control]] = {
    "desk: answered": (answered, Control.NONE),
    "desk: Escape": (escaped, Control.NONE),
    "desk: declined": (declined, Control.NONE),
    "desk: answer lost": (lost, Control.NONE),
    "desk: exception": (broken, Control.BREAKS),
    "desk: closed": (closed, Control.NONE),
    "control, desk: not masked": (unmasked, Control.UNMASKED),
}
SERVICE, DATABASE, VAULT = "service", "database", "vault"
_WORDS = {SERVICE: "\0serve\0--end", DATABASE: "/postgres/data", VAULT: "\0vault\0serve\0"}


def tell_of_desk(
    name: str, folder: Path, site: Site, chance: Callable[[], float]
) -> Iterator[Look]:
    """Run one story in a desk of its own; its rows as they come."""
    story, control = DESK_STORIES[name]
    module = (_MODULE, control, site.centre_url, str(site.seat_folder), site.login, site.password)
    with ScannedDesk(folder, module) as desk:
        must_find = name.startswith("control")
        yield from story(_Told(name, site, desk, chance, must_find))


def pids_of(folder: Path) -> dict[str, list[int]]:
    """The processes behind the desk whose data lie there, by what they are."""
    found: dict[str, list[int]] = {part: [] for part in _WORDS}
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text(encoding="utf-8", errors="replace")
            parents[int(process.name)] = int(
                (process / "stat").read_text().rsplit(")", 1)[1].split()[1]
            )
        except OSError:
            continue  # it has ended since
        for part, word in _WORDS.items():
            if str(folder) in words and word in words:
                found[part].append(int(process.name))
    masters = set(found[DATABASE])
    found[DATABASE] += [pid for pid, parent in parents.items() if parent in masters]
    if not all(found.values()):
        raise Fault("scan_stuck", "A program behind the desk is not running.")
    return found


@contextmanager
def _standing_still(site: Site) -> Iterator[None]:
    """The vault does nothing meanwhile."""
    (pid,) = pids_of(site.folder)[VAULT]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _counted(tallies: Mapping[str, Tally]) -> Tally:
    """What was found of numbers; of one that is full of zeros only the whole counts."""
    counted, zeros = tallies.get(NUMBER, Tally()), tallies.get(_FULL_OF_ZEROS, Tally())
    if zeros.copies == 0:
        return counted
    return Tally(counted.copies + zeros.copies, len(DECLINED_NUMBER), counted.forms + zeros.forms)


def _text(digits: bytes) -> str:
    return "".join(map(str, digits))


def _wait(seconds: float) -> None:
    """What is waited for happens inside the other process and leaves no sign."""
    threading.Event().wait(seconds)
