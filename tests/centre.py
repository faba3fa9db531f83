"""A centre for tests: real PostgreSQL, real dispatcher, seats that sign, in process or over HTTP.

`centre.seat("Desk 1")` gives a caller whose seat is enrolled; `centre.sign_in(caller, ...)` gives
it a person. Passwords are checked with the same code at a fraction of the cost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from psycopg import sql
from sqlalchemy import text

from app.services.central.dispatcher import Dispatcher, Envelope
from app.services.central.identity import Identity
from app.services.central.passwords import Passwords
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Handlers, Transaction, Transactions
from app.store.central import OWNER_ROLE, CentralStore
from app.store.migrations.central.migrate import SchemaState, require_current
from app.transport.client import Carrier, HttpCarrier, RemoteCaller, Reply, SeatKey
from app.transport.server import HttpServer, Listening, Routes, ServiceThreads
from app.values.errors import Fault
from app.values.identity import Incarnation, PersonId, SystemIds
from app.values.vocabulary import Role
from app.wire.message import RefusalView, decode, encode
from app.wire.operation import Operation
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE
from app.wire.people import Enrol, Session, SignIn
from app.wire.signed import REQUEST, TIME, Head, milliseconds, path_of
from tests.fakes import FixedClock

T = TypeVar("T")

PASSWORD = "correct horse battery staple"
CHEAP = Passwords(memory_kib=64, rounds=1)


class ListLog:
    """Keeps events for a test to look at."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []

    def write(self, event: str, **facts: str | float | None) -> None:
        self.events.append({"event": event, **facts})

    def named(self, event: str) -> list[dict[str, object]]:
        return [written for written in self.events if written["event"] == event]


class Key:
    """A seat's key pair."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_pem(self) -> str:
        kind = PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(Encoding.PEM, kind).decode()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message, ec.ECDSA(SHA256()))


class InProcess:
    """Carries requests to a dispatcher without a socket."""

    def __init__(self, dispatcher: Dispatcher, clock: FixedClock) -> None:
        self._dispatcher = dispatcher
        self._clock = clock

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        operation = path.removeprefix("/v1/")
        name = headers.get(REQUEST, "in-process")
        answer = self._dispatcher.answer(
            Envelope(operation=operation, headers=headers, body=body, request_id=name)
        )
        told = {TIME: str(milliseconds(self._clock.now())), REQUEST: name}
        return Reply(status=answer.status, headers=told, body=answer.body)

    def close(self) -> None:
        """Nothing to let go."""


class Centre:
    """Store, dispatcher and administration over one database, with some services."""

    def __init__(
        self,
        url: str,
        table: tuple[Operation[Any, Any], ...] = (),
        *services: Callable[[Handlers], None],
        dispatcher: Dispatcher | None = None,
    ) -> None:
        """With a dispatcher that something else has built, or with one for `table`."""
        self.url = url
        self.clock = FixedClock()
        self.ids = SystemIds()
        self.log = ListLog()
        self.is_fit = True
        self.port = 0
        self.store = CentralStore(url, connections=8)
        self._owner_store = CentralStore(url, connections=2, role=OWNER_ROLE)
        self.transactions = Transactions(self.store, self.clock, self.ids)
        self.administration = Transactions(self._owner_store, self.clock, self.ids)
        self.people = People(CHEAP)
        self.seats = Seats(self.log)
        self.identity = Identity(CHEAP, session_hours=12)
        self.dispatcher = dispatcher or self._dispatcher(table, services)
        self.carrier: Carrier = InProcess(self.dispatcher, self.clock)

    def _dispatcher(
        self,
        table: tuple[Operation[Any, Any], ...],
        services: tuple[Callable[[Handlers], None], ...],
    ) -> Dispatcher:
        handlers = Handlers()
        for register in (self.identity.register, self.seats.register, *services):
            register(handlers)
        return Dispatcher(
            table, handlers, self.transactions, self.identity, self.clock, self.ids, self.log
        )

    def close(self) -> None:
        self.store.close()
        self._owner_store.close()

    def require_fit(self) -> None:
        """Ready as long as a test does not say otherwise."""
        if not self.is_fit:
            require_current(SchemaState.OLDER)
        self.store.ping()

    @contextmanager
    def over_http(
        self, certificate: Path | None = None, key: Path | None = None
    ) -> Generator[HttpCarrier]:
        """Callers made meanwhile go over a real socket, with TLS where there is a certificate."""
        threads = ServiceThreads(8)
        routes = Routes(
            self.dispatcher, self.require_fit, threads, self.clock, self.ids, version="test"
        )
        listening = Listening(address="127.0.0.1:0", certificate=certificate, certificate_key=key)
        server = HttpServer(routes, threads, listening)
        thread = threading.Thread(target=server.run, name="server under test")
        thread.start()
        scheme = "http" if certificate is None else "https"
        carrier = HttpCarrier(f"{scheme}://127.0.0.1:{server.port}")
        in_process, self.carrier = self.carrier, carrier
        self.port = server.port
        try:
            if not server.wait_until_started(10):
                raise Fault("not_started", "The server under test did not start.")
            yield carrier
        finally:
            server.stop()
            thread.join(20)
            self.carrier = in_process
            carrier.close()

    def caller(self) -> RemoteCaller:
        """A caller whose seat is not enrolled."""
        return RemoteCaller(self.carrier, self.clock, self.ids)

    def code(self, name: str = "Desk 1", extension: str | None = None) -> str:
        """A one-time code for a seat."""

        def issue(tx: Transaction) -> str:
            return self.seats.issue_code(tx, name, extension)

        return self.administration.write(issue)

    def enrolled(self, name: str = "Desk 1", extension: str | None = None) -> SeatKey:
        """A new seat, and what signs for it."""
        key = Key()
        enrol = Enrol(
            code=self.code(name, extension),
            public_key=key.public_pem,
            incarnation=Incarnation(self.ids.new()),
        )
        known = self.caller().call(ENROL_DEVICE, enrol)
        return SeatKey(device_id=known.device_id, sign=key.sign)

    def seat(self, name: str = "Desk 1") -> RemoteCaller:
        """A caller whose seat is enrolled."""
        caller = self.caller()
        caller.use_seat(self.enrolled(name))
        return caller

    def person(self, login: str, role: Role = Role.CSR, team: str = "") -> PersonId:
        """Someone who may sign in with PASSWORD."""
        new = NewPerson(login=login, name=login.title(), role=role, team=team, password=PASSWORD)

        def add(tx: Transaction) -> PersonId:
            return self.people.add(tx, new)

        return self.administration.write(add)

    def sign_in(self, caller: RemoteCaller, login: str, password: str = PASSWORD) -> Session:
        """Give a caller's seat a person."""
        session = caller.call(SIGN_IN_AT_CENTRE, SignIn(login=login, password=password))
        caller.use_session(session.token)
        return session

    def signed_in(self, role: Role = Role.CSR, login: str | None = None) -> RemoteCaller:
        """A seat with a new person of that role."""
        name = login or f"{role.value}-{self.ids.new().hex[-6:]}"
        self.person(name, role)
        caller = self.seat(f"Seat of {name}")
        self.sign_in(caller, name)
        return caller

    def send_signed(
        self,
        seat: SeatKey,
        operation: Operation[Any, Any],
        request: object,
        *,
        session: str | None = None,
        body: bytes | None = None,
        changed: Mapping[str, str] | None = None,
        without: str = "",
    ) -> tuple[int, RefusalView]:
        """Send a signed request that something was done to on the way; status and refusal."""
        path, signed = path_of(operation.name), encode(request)
        at_ms = milliseconds(self.clock.now())
        nonce = self.ids.new().hex
        head = Head(device_id=seat.device_id, at_ms=at_ms, nonce=nonce, session=session)
        headers = head.headers(seat.sign(head.to_sign(path, signed))) | dict(changed or {})
        headers.pop(without, None)
        reply = self.carrier.post(path, headers, signed if body is None else body, 20)
        return reply.status, decode(reply.body, RefusalView)

    def clear(self, tables: Sequence[str]) -> None:
        """Empty these tables, whatever refers to them or forbids it.

        Ten times as fast as TRUNCATE, which makes new files for sixty tables and their indexes.
        """
        with psycopg.connect(self.url) as connection:
            connection.execute("SET session_replication_role = replica")
            for table in tables:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    def rows(self, statement: str, **values: object) -> list[Any]:
        """What a statement finds, read as the owner."""

        def read(tx: Transaction) -> list[Any]:
            return list(tx.session.execute(text(statement), values).all())

        return self.administration.read(read)
