"""The dispatcher's promises, in process and over HTTP, on small operations made for these tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app.models.central.customer import Customer
from app.services.central.transaction import Actor, Handlers, Hold, KeptRefusal, Transaction
from app.transport.client import RemoteCaller
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import CommandId, DeviceId, SessionId
from app.values.vocabulary import ChangeKind, Role
from app.wire.message import Request, View, encode
from app.wire.operation import Kind, Operation, Ownership, Signer
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE
from app.wire.people import Permission
from app.wire.signed import Head, milliseconds, path_of
from tests.centre import Centre


class Keep(Request, frozen=True, kw_only=True):
    """Keep a name; some names go wrong on the way."""

    customer_id: UUID
    name: str


class Kept(View, frozen=True, kw_only=True):
    """How often the handler has run in this process."""

    runs: int


class Count(Request, frozen=True, kw_only=True):
    """How many names are kept."""

    device_id: DeviceId | None = None
    session_id: SessionId | None = None


class Counted(View, frozen=True, kw_only=True):
    """That many."""

    count: int


KEEP = Operation(
    name="toy.keep",
    request=Keep,
    response=Kept,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
COUNT = Operation(name="toy.count", request=Count, response=Counted, kind=Kind.QUERY)
SPOIL = Operation(
    name="toy.spoil", request=Count, response=Counted, kind=Kind.QUERY, signer=Signer.DEVICE
)
OWN_SEATS = Operation(
    name="toy.own_seats",
    request=Count,
    response=Counted,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
)
OWN_SESSIONS = Operation(
    name="toy.own_sessions",
    request=Count,
    response=Counted,
    kind=Kind.QUERY,
    ownership=Ownership.OWN_SESSION,
)
WAIT = Operation(
    name="toy.wait", request=Count, response=Counted, kind=Kind.WAIT, signer=Signer.DEVICE
)
TOYS = (KEEP, COUNT, SPOIL, OWN_SEATS, OWN_SESSIONS, WAIT)
TABLE = (ENROL_DEVICE, SIGN_IN_AT_CENTRE, SIGN_OUT_AT_CENTRE, *TOYS)


class Toys:
    """Handlers that do what a test needs."""

    def __init__(self) -> None:
        self.runs = 0
        self._lock = threading.Lock()
        self.on_keep: Callable[[Transaction, Keep], None] = self.nothing
        self.pause_seconds = 0.01
        self.waiting = threading.Event()

    def nothing(self, tx: Transaction, request: Keep) -> None:
        """Does nothing."""

    def register(self, handlers: Handlers) -> None:
        handlers.add(KEEP, self.keep)
        for query in (COUNT, OWN_SEATS, OWN_SESSIONS):
            handlers.add(query, self.count)
        handlers.add(SPOIL, self.spoil)
        handlers.add_wait(WAIT, self.wait)

    def keep(self, tx: Transaction, actor: Actor, request: Keep) -> Kept:
        with self._lock:
            self.runs += 1
        tx.connection.execute(
            insert(Customer).values(
                customer_id=request.customer_id,
                revision=1,
                name=request.name,
                text_relay=False,
                on_account=False,
                created_at=tx.at,
                updated_at=tx.at,
            )
        )
        tx.about(request.customer_id, letters=len(request.name))
        tx.changed(ChangeKind.PRODUCT, str(request.customer_id), 1)
        self.on_keep(tx, request)
        return Kept(runs=self.runs)

    def count(self, tx: Transaction, actor: Actor, request: Count) -> Counted:
        return Counted(
            count=tx.connection.execute(text("SELECT count(*) FROM customer")).scalar_one()
        )

    def spoil(self, tx: Transaction, actor: Actor, request: Count) -> Counted:
        tx.connection.execute(text("DELETE FROM customer_phone"))
        return Counted(count=0)

    async def wait(self, hold: Hold, actor: Actor, request: Count) -> Counted:
        def count(tx: Transaction) -> Counted:
            return self.count(tx, actor, request)

        first = await hold.read(count)
        self.waiting.set()
        went_on = await hold.pause(self.pause_seconds)
        return first if went_on else Counted(count=-1)


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest.fixture(params=["in process", "over HTTP"])
def centre(request: pytest.FixtureRequest, central_url: str, toys: Toys) -> Iterator[Centre]:
    made = Centre(central_url, TABLE, toys.register)
    with made.over_http() if request.param == "over HTTP" else nullcontext():
        yield made
    made.close()


def keep(centre: Centre, name: str = "Ada") -> Keep:
    return Keep(customer_id=centre.ids.new(), name=name)


def test_a_command_leaves_its_effect_its_audit_row_and_its_change_row(centre: Centre) -> None:
    csr = centre.signed_in()
    request = keep(centre)
    assert csr.call(KEEP, request).runs == 1
    assert csr.call(COUNT, Count()).count == 1
    audit = centre.rows("SELECT outcome, subject, facts FROM audit WHERE operation = 'toy.keep'")
    assert audit == [("done", request.customer_id, {"letters": 3})]
    assert centre.rows("SELECT key FROM change WHERE kind = 'product'") == [
        (str(request.customer_id),)
    ]


def test_a_refusal_keeps_its_code_sentence_and_field_and_undoes_everything(
    centre: Centre, toys: Toys
) -> None:
    def refuse(tx: Transaction, request: Keep) -> None:
        raise Refusal("too_odd", "That name is too odd.", "name")

    toys.on_keep = refuse
    csr = centre.signed_in()
    with pytest.raises(Refusal) as refusal:
        csr.call(KEEP, keep(centre))
    found = refusal.value
    assert (found.code, found.sentence, found.field) == (
        "too_odd",
        "That name is too odd.",
        "name",
    )
    assert csr.call(COUNT, Count()).count == 0
    assert centre.rows("SELECT outcome FROM audit WHERE operation = 'toy.keep'") == [("too_odd",)]


def test_a_kept_refusal_keeps_what_was_written(centre: Centre, toys: Toys) -> None:
    def refuse(tx: Transaction, request: Keep) -> None:
        raise KeptRefusal("counted", "That was counted.")

    toys.on_keep = refuse
    csr = centre.signed_in()
    with pytest.raises(Refusal, match="That was counted"):
        csr.call(KEEP, keep(centre))
    assert csr.call(COUNT, Count()).count == 1
    assert centre.rows("SELECT outcome FROM audit WHERE operation = 'toy.keep'") == [("counted",)]


def test_a_bug_is_answered_with_an_incident_and_logged_without_names(
    centre: Centre, toys: Toys
) -> None:
    def stumble(tx: Transaction, request: Keep) -> None:
        raise KeyError(request.name)

    toys.on_keep = stumble
    csr = centre.signed_in()
    with pytest.raises(Unreachable) as fault:
        csr.call(KEEP, keep(centre, "Grace Hopper"))
    (event,) = centre.log.named("fault")
    assert event["incident"] == fault.value.incident
    assert event["error"] == "KeyError"
    assert "test_dispatcher.py" not in str(event["where"])
    assert "dispatcher.py" in str(event["where"])
    assert "Grace" not in str(centre.log.events)


def test_a_query_cannot_write(centre: Centre) -> None:
    with pytest.raises(Unreachable):
        centre.seat().call(SPOIL, Count())
    assert centre.log.named("fault")[0]["error"] == "InternalError < ReadOnlySqlTransaction"


def test_a_wait_reads_and_answers(centre: Centre) -> None:
    centre.signed_in().call(KEEP, keep(centre))
    assert centre.seat().call(WAIT, Count()).count == 1


def test_a_person_without_the_permission_is_refused_and_that_is_audited(centre: Centre) -> None:
    administrator = centre.signed_in(Role.ADMINISTRATOR)
    with pytest.raises(Refusal) as refusal:
        administrator.call(KEEP, keep(centre))
    assert refusal.value.code == "permission_missing"
    assert centre.rows("SELECT outcome FROM audit WHERE operation = 'toy.keep'") == [
        ("permission_missing",)
    ]


def test_a_seat_without_a_person_cannot_do_what_a_person_does(centre: Centre) -> None:
    with pytest.raises(Refusal) as refusal:
        centre.seat().call(COUNT, Count())
    assert refusal.value.code == "session_over"


def test_what_names_another_seat_or_session_is_refused(centre: Centre) -> None:
    csr = centre.signed_in()
    stranger = centre.ids.new()
    for operation, request in (
        (OWN_SEATS, Count(device_id=DeviceId(stranger))),
        (OWN_SESSIONS, Count(session_id=SessionId(stranger))),
    ):
        with pytest.raises(Refusal) as refusal:
            csr.call(operation, request)
        assert refusal.value.code == "not_yours"
    assert csr.call(OWN_SEATS, Count()).count == 0


def test_a_request_with_an_unknown_field_is_refused(centre: Centre) -> None:
    class Strange(Request, frozen=True, kw_only=True):
        odd: int = 1

    odd_count = Operation(name=COUNT.name, request=Strange, response=Counted, kind=Kind.QUERY)
    with pytest.raises(Refusal) as refusal:
        centre.signed_in().call(odd_count, Strange())
    assert refusal.value.code == "malformed"


def test_an_operation_that_is_not_in_the_table_is_refused(centre: Centre) -> None:
    unknown = Operation(name="toy.unknown", request=Count, response=Counted, kind=Kind.QUERY)
    with pytest.raises(Refusal) as refusal:
        centre.signed_in().call(unknown, Count())
    assert refusal.value.code == "operation_unknown"


class Repeater:
    """A person's seat that sends the very same command as often as a test wants."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._seat = centre.enrolled("Seat of a repeater")
        centre.person("repeater")
        caller = centre.caller()
        caller.use_seat(self._seat)
        self._session = centre.sign_in(caller, "repeater").token
        self.command = CommandId(centre.ids.new())

    def send(self, request: Keep) -> tuple[int, bytes]:
        body, path = encode(request), path_of(KEEP.name)
        head = Head(
            device_id=self._seat.device_id,
            at_ms=milliseconds(self._centre.clock.now()),
            nonce=self._centre.ids.new().hex,
            session=self._session,
            key=self.command,
        )
        headers = head.headers(self._seat.sign(head.to_sign(path, body)))
        reply = self._centre.carrier.post(path, headers, body, 20)
        return reply.status, reply.body


def test_the_same_command_again_gives_the_same_answer_and_no_second_effect(
    centre: Centre, toys: Toys
) -> None:
    repeater = Repeater(centre)
    request = keep(centre)
    first, second = repeater.send(request), repeater.send(request)
    assert first == second == (200, b'{"runs":1}')
    assert toys.runs == 1
    assert centre.rows("SELECT count(*) FROM audit WHERE operation = 'toy.keep'") == [(1,)]
    assert centre.log.named("request")[-1]["repeated"] == 1


def test_twins_at_the_same_moment_have_one_effect(centre: Centre, toys: Toys) -> None:
    repeater = Repeater(centre)
    request = keep(centre)
    answers: list[tuple[int, bytes]] = []
    together = threading.Barrier(4)

    def send() -> None:
        together.wait(10)
        answers.append(repeater.send(request))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert toys.runs == 1
    assert centre.rows("SELECT count(*) FROM customer") == [(1,)]


def test_a_key_with_another_body_is_refused_changes_nothing_and_is_audited(
    centre: Centre, toys: Toys
) -> None:
    repeater = Repeater(centre)
    repeater.send(keep(centre, "Ada"))
    status, body = repeater.send(keep(centre, "Eve"))
    assert status == 422
    assert b'"key_reused"' in body
    assert centre.rows("SELECT name FROM customer") == [("Ada",)]
    assert centre.rows("SELECT outcome FROM audit WHERE operation = 'toy.keep' ORDER BY seq") == [
        ("done",),
        ("key_reused",),
    ]


def test_a_refused_command_may_be_mended_and_sent_under_the_same_key(
    centre: Centre, toys: Toys
) -> None:
    def refuse(tx: Transaction, request: Keep) -> None:
        if request.name == "Eve":
            raise Refusal("too_odd", "That name is too odd.")

    toys.on_keep = refuse
    repeater = Repeater(centre)
    assert repeater.send(keep(centre, "Eve"))[0] == 422
    assert repeater.send(keep(centre, "Ada"))[0] == 200


def test_the_stored_key_covers_operation_and_body(centre: Centre, toys: Toys) -> None:
    repeater = Repeater(centre)
    request = keep(centre)
    repeater.send(request)
    digest = sha256(b"toy.keep\n" + encode(request)).digest()
    assert centre.rows(
        "SELECT sha256, operation FROM applied_command WHERE command_id = :key",
        key=repeater.command,
    ) == [(digest, "toy.keep")]


def test_a_command_without_a_key_is_refused(centre: Centre) -> None:
    unkeyed = Operation(
        name=KEEP.name,
        request=Keep,
        response=Kept,
        kind=Kind.COMMAND,
        permission=Permission.TAKE_ORDERS,
        keyed=False,
    )
    with pytest.raises(Refusal) as refusal:
        centre.signed_in().call(unkeyed, keep(centre))
    assert refusal.value.code == "key_missing"


def test_a_deadlock_is_tried_again_from_the_start(centre: Centre, toys: Toys) -> None:
    csr = centre.signed_in()
    here, there = keep(centre, "here"), keep(centre, "there")
    csr.call(KEEP, here)
    csr.call(KEEP, there)
    first_locks, met = threading.Barrier(2), set[str]()

    def lock_both(tx: Transaction, request: Keep) -> None:
        ways = [here.customer_id, there.customer_id]
        for customer_id in ways if request.name == "to and fro" else reversed(ways):
            tx.connection.execute(
                text("SELECT 1 FROM customer WHERE customer_id = :id FOR UPDATE"),
                {"id": customer_id},
            )
            if request.name not in met:
                met.add(request.name)
                first_locks.wait(4)

    toys.on_keep = lock_both
    callers = [centre.signed_in(), centre.signed_in()]
    requests = [keep(centre, "to and fro"), keep(centre, "fro and to")]
    threads = [
        threading.Thread(target=caller.call, args=(KEEP, request))
        for caller, request in zip(callers, requests, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert csr.call(COUNT, Count()).count == 4
    assert toys.runs == 5


def test_a_stopping_service_lets_waits_answer_at_once(central_url: str, toys: Toys) -> None:
    toys.pause_seconds = 60.0
    centre = Centre(central_url, TABLE, toys.register)
    answers: list[Counted] = []

    def wait(caller: RemoteCaller) -> None:
        answers.append(caller.call(WAIT, Count()))

    with centre.over_http():
        thread = threading.Thread(target=wait, args=(centre.seat(),))
        thread.start()
        assert toys.waiting.wait(10)
    thread.join(10)
    centre.close()
    assert answers == [Counted(count=-1)]


def test_a_table_whose_demands_cannot_be_proved_is_refused(central_url: str, toys: Toys) -> None:
    unsound = Operation(
        name="toy.unsound",
        request=Count,
        response=Counted,
        kind=Kind.QUERY,
        signer=Signer.DEVICE,
        permission=Permission.TAKE_ORDERS,
    )
    with pytest.raises(Fault, match=r"toy\.unsound"):
        Centre(central_url, (*TABLE, unsound), toys.register)


@pytest.mark.parametrize("kind", [Kind.SAGA, Kind.QUERY])
def test_an_operation_without_a_handler_is_refused_at_the_start(
    central_url: str, toys: Toys, kind: Kind
) -> None:
    orphan = Operation(name="toy.orphan", request=Count, response=Counted, kind=kind)
    with pytest.raises(Fault, match=r"Nobody handles toy\.orphan"):
        Centre(central_url, (*TABLE, orphan), toys.register)


def test_no_operation_has_two_handlers(toys: Toys) -> None:
    handlers = Handlers()
    toys.register(handlers)
    with pytest.raises(ValueError, match="two handlers"):
        toys.register(handlers)


def test_a_handler_of_the_wrong_kind_is_refused(toys: Toys) -> None:
    handlers = Handlers()
    with pytest.raises(ValueError, match="is a query"):
        handlers.add_wait(COUNT, toys.wait)
    with pytest.raises(ValueError, match="is a wait"):
        handlers.add(WAIT, toys.count)
