"""Reads what another process has in its memory, mapping by mapping, and searches it for numbers.

Linux only, and only as root or as the owner of a process that lets itself be looked at. Keeps
nothing of what it reads. Any thread.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.campaigns.card_scan.encodings import (
    CHUNK,
    OVERLAP,
    SHORTEST_RUN,
    Hit,
    Sought,
    search,
    search_texts,
)
from app.values.errors import Refusal

_MAPPING = re.compile(
    r"(?P<begin>[0-9a-f]+)-(?P<end>[0-9a-f]+) (?P<may>\S{4}) \S+ \S+ (?P<inode>\d+)\s*(?P<name>.*)"
)
_NOT_MEMORY = frozenset({"[vvar]", "[vsyscall]", "[vvar_vclock]"})
_PAGE = 4_096


@dataclass(frozen=True, slots=True)
class Mapping:
    """A stretch of memory. `is_fixed`: of a file, and the process cannot write to it.

    `is_shared`: other processes see and change the same bytes.
    """

    begin: int
    end: int
    is_fixed: bool
    is_shared: bool = False


@dataclass(slots=True)
class Tally:
    """What was found of one number, and in which forms."""

    copies: int = 0
    longest: int = 0
    forms: Counter[str] = field(default_factory=Counter)

    def add(self, hit: Hit) -> None:
        """Count a hit."""
        self.copies += hit.whole
        self.longest = max(self.longest, hit.length)
        self.forms[hit.form] += 1

    @property
    def is_clean(self) -> bool:
        """Nothing that is more than chance."""
        return self.copies == 0 and self.longest < SHORTEST_RUN


@dataclass(slots=True)
class Scanned:
    """One look at a process. `unread`: bytes that even root could not read (secret memory)."""

    tallies: dict[str, Tally]
    read: int = 0
    unread: int = 0

    def of(self, name: str) -> Tally:
        """What was found of a number."""
        return self.tallies[name]


def require_readable_memory() -> None:
    """Raises Refusal `memory_not_readable` where no process can be looked into."""
    if sys.platform != "linux":
        raise Refusal("memory_not_readable", "Memory can only be scanned on Linux.")
    if os.geteuid() != 0:
        raise Refusal("memory_not_readable", "Only root can read the memory of a hardened process.")
    try:
        with Path("/proc/self/mem").open("rb"):
            pass
    except OSError as cause:
        raise Refusal(
            "memory_not_readable", "This machine does not let anyone read memory."
        ) from cause


def scan_process(
    pid: int,
    sought: Sequence[Sought],
    keys: Sequence[tuple[str, bytes]] = (),
    *,
    with_fixed: bool = True,
    with_shared: bool = True,
) -> Scanned:
    """Search all readable mappings. `keys` are names and bytes that are looked for as they are.

    Without `with_fixed`, what the process cannot have written to is left out; without
    `with_shared`, what another process shows as well.
    """
    names = [*(one.name for one in sought), *(name for name, _ in keys)]
    scanned = Scanned({name: Tally() for name in names})
    for window, fresh, is_fixed in _windows(
        pid, scanned, with_fixed=with_fixed, with_shared=with_shared
    ):
        look = search_texts if is_fixed else search
        hits = look(window, sought, fresh)
        for one, hit in hits:
            scanned.of(one.name).add(hit)
        for name, key in keys:
            _count_key(scanned.of(name), window, key, fresh)
    return scanned


def mappings(pid: int) -> Iterator[Mapping]:
    """What of its memory a process may read."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        found = _MAPPING.match(line)
        if found is None or found["may"][0] != "r" or found["name"] in _NOT_MEMORY:
            continue
        yield Mapping(
            begin=int(found["begin"], 16),
            end=int(found["end"], 16),
            is_fixed=found["may"][1] == "-" and found["inode"] != "0",
            is_shared=found["may"][3] == "s",
        )


def windows_of(pid: int) -> Iterator[bytes]:
    """The memory that a process may write to, in windows that overlap."""
    unwanted = Scanned({})
    for window, _, _ in _windows(pid, unwanted, with_fixed=False):
        yield window


def _windows(
    pid: int, scanned: Scanned, *, with_fixed: bool, with_shared: bool = True
) -> Iterator[tuple[bytes, int, bool]]:
    """Windows with the number of bytes that are new in each."""
    handle = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for mapping in mappings(pid):
            if (mapping.is_fixed and not with_fixed) or (mapping.is_shared and not with_shared):
                continue
            for at in range(mapping.begin, mapping.end, CHUNK):
                fresh = min(CHUNK, mapping.end - at)
                window = _read(handle, at, min(fresh + OVERLAP, mapping.end - at))
                scanned.read += min(fresh, len(window))
                scanned.unread += max(0, fresh - len(window))
                if window.strip(b"\0"):
                    yield window, fresh, mapping.is_fixed
    finally:
        os.close(handle)


def _read(handle: int, at: int, length: int) -> bytes:
    """The bytes there; pages that cannot be read are left out, and what is behind them is read."""
    try:
        whole = os.pread(handle, length, at)
    except OSError:
        whole = b""
    if len(whole) == length:
        return whole
    pages = [_page(handle, page) for page in range(at, at + length, _PAGE)]
    return b"".join(pages) if any(pages) else b""


def _page(handle: int, at: int) -> bytes:
    try:
        return os.pread(handle, _PAGE, at)
    except OSError:
        return b""


def _count_key(tally: Tally, window: bytes, key: bytes, fresh: int) -> None:
    for form, pattern in (("bytes", key), ("hexadecimal", key.hex().encode())):
        at = window.find(pattern)
        while 0 <= at < fresh:
            tally.add(Hit(form, at, len(key), whole=True))
            at = window.find(pattern, at + 1)
