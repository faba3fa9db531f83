"""Composition root of the card vault, and its command line `readback-vault`.

The only program that holds private card keys. It speaks to the central service and to the provider,
and to nobody else.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.adapters.child_program import end_with_input
from app.adapters.event_log import JsonLog, LibraryLog, redact_records
from app.adapters.process_hardening import harden_process
from app.services.ports import EventLog
from app.settings import VaultSettings, read_settings
from app.store.file_lock import hold
from app.values.clock import Clock, SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, SystemIds
from app.vault import attempts, links
from app.vault.application import Application
from app.vault.attempts import Attempts
from app.vault.keys import KeyFolder
from app.vault.ledger import Ledger
from app.vault.links import PayPages
from app.vault.private_files import make_private_folder, read_private
from app.vault.providers import sandbox
from app.vault.providers.provider import Provider
from app.vault.providers.sandbox import Sandbox
from app.vault.providers.stripe import Stripe
from app.vault.providers.stripe_line import StripeLine
from app.vault.server import VaultAddress, VaultServer
from app.vault.vault import Vault
from app.wire.message import encode
from app.wire.vault import CardKeys

REFUSED, BROKEN, INTERRUPTED = 1, 3, 130
SETTINGS_FILE = "vault.toml"
LEDGER_FILE = "attempts.sqlite3"
SANDBOX_FILE = "sandbox.sqlite3"

T = TypeVar("T")


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[vault.sandbox]`: how long the answer that never comes keeps waiting; where pages are."""

    late_seconds: float = 2.0
    page_url: str = ""


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[vault.stripe]`: the file with the secret key, seen from the vault's folder."""

    secret_key_file: str
    url: str = "https://api.stripe.com"


class VaultProgram:
    """A vault with its socket, for as long as it runs. Has no effect on the process around it."""

    def __init__(
        self, folder: Path, settings: VaultSettings, surroundings: tuple[Clock, Ids, EventLog]
    ) -> None:
        """Raises Refusal or Fault when it cannot serve."""
        clock, _, log = surroundings
        self._ended = ExitStack()
        with ExitStack() as building:
            keys = KeyFolder(folder, clock, timedelta(minutes=settings.grace_minutes))
            self.root_key = keys.offered().root_key
            building.enter_context(_alone_in(folder))
            self.server = VaultServer(
                VaultAddress(
                    address=settings.listen,
                    certificate=settings.certificate,
                    certificate_key=settings.certificate_key,
                )
            )
            building.callback(self.server.close)
            ledger = Ledger(folder / LEDGER_FILE, attempts.SCHEMA)
            building.callback(ledger.close)
            pages, provider = self._provider(folder, settings, clock, building)
            self.provider = provider.name
            vault = Vault(keys, Attempts(ledger), provider)
            self._application = Application(vault, keys.token(), surroundings, pages)
            log.write("listening", listen=self.server.url, kind=provider.name)
            self._ended = building.pop_all()

    def run(self) -> None:
        """Serve on this thread until stopped."""
        self.server.run(self._application.asgi)

    def close(self) -> None:
        """Let everything go; what runs has ended."""
        self._ended.close()

    def _provider(
        self, folder: Path, settings: VaultSettings, clock: Clock, building: ExitStack
    ) -> tuple[PayPages | None, Provider]:
        provider: Provider
        pages = None
        match settings.provider:
            case "sandbox":
                told = _part(settings.sandbox, SandboxSettings, "sandbox")
                books = Ledger(folder / SANDBOX_FILE, sandbox.SCHEMA + links.SCHEMA)
                building.callback(books.close)
                pages = PayPages(books, clock, told.page_url or self.server.url)
                provider = Sandbox(books, pages, clock, told.late_seconds)
            case "stripe":
                known = _part(settings.stripe, StripeSettings, "stripe")
                secret = _ascii(read_private(folder / known.secret_key_file))
                provider = Stripe(StripeLine(secret, known.url))
            case other:
                raise Refusal("settings_malformed", f"[vault] There is no provider {other}.")
        building.callback(provider.close)
        return pages, provider


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is given here wins over `vault.toml` in the folder."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    for name, summary, run_act in (
        ("init", "make root key, card key and token in a new folder", _init),
        ("serve", "run the vault until it is told to stop", _serve),
        ("rotate", "make the next card key", _rotate),
        ("root-key", "print the public root key that desks pin", _root_key),
        ("sign", "sign a gateway's own public key, for a gateway that opens envelopes", _sign),
    ):
        act = acts.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
        act.add_argument(
            "folder", type=Path, metavar="FOLDER", help="where the vault keeps its keys"
        )
        act.set_defaults(run_act=run_act)
        if name == "serve":
            _add_serving(act)
        if name in {"rotate", "sign"}:
            act.add_argument(
                "--root-key", type=Path, metavar="FILE", help="where the root key is, if elsewhere"
            )
        if name == "sign":
            act.add_argument("public_key", type=Path, metavar="PUBLIC_KEY", help="RSA, PEM")
            act.add_argument("--kid", required=True, help="how the gateway names that key")
            act.add_argument("--days", type=int, default=90, help="how long it is good (90)")


def _add_serving(act: argparse.ArgumentParser) -> None:
    act.add_argument(
        "--listen", metavar="HOST:PORT", help="where to listen (127.0.0.1:8480 unless told)"
    )
    act.add_argument(
        "--end-with-input",
        action="store_true",
        help="stop when standard input ends, as it does when the starting program does",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; raises Refusal or Fault."""
    act: Callable[[argparse.Namespace], int] = arguments.run_act
    return act(arguments)


def main(given: Sequence[str] | None = None) -> int:
    """`readback-vault`; the exit codes of `readback`."""
    parser = argparse.ArgumentParser(prog="readback-vault", description="The card vault.")
    add_arguments(parser)
    try:
        return run(parser.parse_args(given))
    except Refusal as refusal:
        return _complain(refusal.sentence, REFUSED)
    except Fault as fault:
        return _complain(fault.sentence, BROKEN)
    except KeyboardInterrupt:
        return INTERRUPTED


def _init(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.folder)
    keys = KeyFolder(arguments.folder, SystemClock())
    key = keys.create(SystemIds(), timedelta(days=settings.key_days))
    _say(f"A card vault is in {arguments.folder}; its card key {key.kid} is good for")
    _say(f"{settings.key_days} days. Desks pin this root key:")
    _say(keys.root_key())
    if settings.provider == "sandbox":
        _say("Its provider is the sandbox: no money moves.")
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.folder)
    keys = _keys(arguments.folder, settings)
    life = timedelta(days=settings.key_days)
    _say(keys.rotate(SystemIds(), life, arguments.root_key).kid)
    return 0


def _root_key(arguments: argparse.Namespace) -> int:
    _say(_keys(arguments.folder, VaultSettings()).root_key())
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    keys = _keys(arguments.folder, VaultSettings())
    try:
        public = load_pem_public_key(arguments.public_key.read_bytes())
    except (OSError, ValueError) as cause:
        raise Refusal(
            "public_key_unreadable", f"{arguments.public_key} is not a public key in PEM."
        ) from cause
    if not isinstance(public, RSAPublicKey) or public.key_size < 2048:
        raise Refusal("public_key_wrong", "The key has to be RSA of 2048 bits or more.")
    expires_at = clock.now().replace(microsecond=0) + timedelta(days=arguments.days)
    key = keys.sign(arguments.kid, public, expires_at, arguments.root_key)
    _say(encode(CardKeys(keys=(key,), root_key=keys.root_key())).decode())
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    # First of all: what is read later is read by a process that nobody can look into.
    hardening = harden_process()
    os.umask(0o077)
    if arguments.end_with_input:
        end_with_input(partial(signal.raise_signal, signal.SIGTERM))
    settings = _settings(arguments.folder)
    if arguments.listen is not None:
        settings = replace(settings, listen=arguments.listen)
    clock = SystemClock()
    log = JsonLog(sys.stderr, clock)
    redact_records()  # to the end of the process
    logging.getLogger().addHandler(LibraryLog(log))
    log.write(
        "hardened",
        state="whole" if hardening.is_whole else "in_part",
        count=len(hardening.scrubbed),
    )
    program = VaultProgram(arguments.folder, settings, (clock, SystemIds(), log))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_stop, program.server))
    try:
        _say(
            json.dumps(
                {
                    "url": program.server.url,
                    "root_key": program.root_key,
                    "provider": program.provider,
                }
            )
        )
        program.run()
    finally:
        program.close()
    log.write("ended")
    return 0


def _settings(folder: Path) -> VaultSettings:
    path = folder / SETTINGS_FILE
    return read_settings(path, "vault", VaultSettings) if path.exists() else VaultSettings()


def _keys(folder: Path, settings: VaultSettings) -> KeyFolder:
    return KeyFolder(folder, SystemClock(), timedelta(minutes=settings.grace_minutes))


def _part(table: dict[str, object], kind: type[T], name: str) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"[vault.{name}] {cause}.") from cause


def _ascii(secret: bytes) -> str:
    """Without a cause: that one would hold the secret."""
    try:
        return secret.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Refusal("settings_malformed", "[vault.stripe] The key file is no key.") from None


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Two vaults over one folder would each think that they know what is under way."""
    make_private_folder(folder)
    lock = hold(folder / "lock")
    if lock is None:
        raise Refusal("vault_running", f"A card vault runs in {folder} already.")
    try:
        yield
    finally:
        os.close(lock)


def _stop(server: VaultServer, number: int, frame: object) -> None:
    del number, frame
    server.stop()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"readback-vault: {sentence}\n")
    return code
