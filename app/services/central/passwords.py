"""Passwords of people: which are good enough, and whether one is right (argon2id).

A check takes as long for an unknown name as for a known one, and at most four run at once, because
each takes 64 MiB and a tenth of a second of processor. Runs on service threads.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.values.errors import Fault, Refusal

SHORTEST = 12
AT_ONCE = 4
WAIT_SECONDS = 2.0
_MEMORY_KIB = 64 * 1024
_ROUNDS = 3
_LANES = 4
_FEWEST_CHARACTERS = 5
"""Different ones, and ones left over when what is common is taken out."""

_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_WORDS = (
    "password",
    "passwort",
    "passw0rd",
    "letmein",
    "welcome",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "dragon",
    "monkey",
    "shadow",
    "master",
    "superman",
    "batman",
    "trustno1",
    "starwars",
    "whatever",
    "michael",
    "jennifer",
    "charlie",
    "liverpool",
    "chelsea",
    "arsenal",
    "summer",
    "winter",
    "spring",
    "autumn",
    "january",
    "february",
    "october",
    "november",
    "december",
    "monday",
    "friday",
    "qwerty",
    "azerty",
    "asdf",
    "zxcvbn",
    "admin",
    "administrator",
    "secret",
    "changeme",
    "default",
    "customer",
    "service",
    "order",
    "readback",
    "company",
    "office",
)


class Passwords:
    """Hashes and checks; one for the whole service, so that the limit holds for all threads."""

    def __init__(
        self,
        memory_kib: int = _MEMORY_KIB,
        rounds: int = _ROUNDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Lower figures are for tests only."""
        self._wait_seconds = wait_seconds
        self._hasher = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=_LANES, hash_len=32, salt_len=16
        )
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this one")

    def hash(self, password: str) -> str:
        """The argon2id hash to keep. Raises Fault `service_busy`."""
        with self.turn():
            return self._hasher.hash(tidy(password))

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait for a turn to check; taken before any row is locked.

        Raises Fault `service_busy` when too many are being checked.
        """
        if not self._places.acquire(timeout=self._wait_seconds):
            raise Fault("service_busy", "Many people are signing in. Please try again.")
        try:
            yield
        finally:
            self._places.release()

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the right one, within a `turn`.

        With None (there is no such person) it takes as long and says no.
        """
        try:
            right = self._hasher.verify(kept or self._nobodys, tidy(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and kept is not None

    def renewed(self, kept: str, password: str) -> str | None:
        """A new hash where the kept one was made with other costs than today's, within a `turn`."""
        return self._hasher.hash(tidy(password)) if self._hasher.check_needs_rehash(kept) else None


def tidy(password: str) -> str:
    """One spelling of characters that keyboards spell in several ways."""
    return unicodedata.normalize("NFKC", password)


def require_good(password: str, login: str, name: str) -> None:
    """Raises Refusal `password_short`, `password_common` or `password_personal`."""
    folded = tidy(password).casefold()
    if len(tidy(password)) < SHORTEST:
        raise Refusal(
            "password_short", f"A password has at least {SHORTEST} characters.", "password"
        )
    if (
        len(set(folded)) < _FEWEST_CHARACTERS
        or len(_without_what_is_common(folded)) < _FEWEST_CHARACTERS
    ):
        raise Refusal(
            "password_common",
            "That password is too easy to guess. Please choose another.",
            "password",
        )
    own = [part for part in (login.casefold(), *name.casefold().split()) if len(part) > 3]
    if any(part in folded for part in own):
        raise Refusal(
            "password_personal", "A password must not contain the person's name.", "password"
        )


def _without_what_is_common(folded: str) -> str:
    """What is left when well-known words, runs of the keyboard and repeats are taken out."""
    rest = folded
    for word in _WORDS:
        rest = rest.replace(word, "")
    for run in _RUNS:
        for ordered in (run, run[::-1]):
            rest = _without_runs(rest, ordered)
    return _without_repeats(rest)


def _without_runs(text: str, run: str) -> str:
    kept, at = "", 0
    while at < len(text):
        size = 1
        while at + size < len(text) and text[at : at + size + 1] in run:
            size += 1
        if size < 4:
            kept += text[at : at + size]
        at += size
    return kept


def _without_repeats(text: str) -> str:
    kept = ""
    for character in text:
        if not kept.endswith(character):
            kept += character
    for size in range(2, len(kept) // 2 + 1):
        if kept == (kept[:size] * len(kept))[: len(kept)]:
            return kept[:size]
    return kept
