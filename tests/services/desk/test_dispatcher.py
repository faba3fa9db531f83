"""The desk answers what is its own and asks the centre for the rest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.services.desk.dispatcher import DeskCaller, Handlers
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import OrderId
from app.wire import operations
from app.wire.addresses import LookUpAddress
from app.wire.message import Nothing
from app.wire.operation import Home, Operation
from app.wire.operations import ALL
from app.wire.orders import Drafts, ListDrafts, MakePaper, SaveDraft
from app.wire.people import DepositStoreKey
from app.wire.read_back import NoteReadBack, NotMatched
from tests.builders import A_MORNING, an_id, an_order
from tests.fakes import FixedClock
from tests.read_backs import A_CSR
from tests.services.desk.centre import FakeCentre
from tests.services.desk.site import Site, ready, record, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def test_every_operation_of_the_desk_is_handled(site: Site) -> None:
    with site.opened() as desk:
        assert isinstance(desk.caller, DeskCaller)


def test_a_desk_that_does_not_handle_everything_is_not_made() -> None:
    with pytest.raises(Fault) as fault:
        DeskCaller(Handlers(), FakeCentre(), SignedIn(FixedClock()), Standing(FixedClock()))
    assert fault.value.code == "no_handler"


def test_an_operation_of_the_centre_goes_to_the_centre(site: Site) -> None:
    with site.opened() as desk:
        request = DepositStoreKey(sealed_key="sealed")
        assert desk.caller.call(operations.DEPOSIT_STORE_KEY, request) == Nothing()
    assert "sealed" in site.centre.sealed_keys


def test_a_call_the_centre_does_not_answer_shows_in_the_call_bar(site: Site) -> None:
    with site.opened() as desk:
        ready(desk)
        site.centre.go_away()
        with pytest.raises(Unreachable):
            desk.caller.call(operations.DEPOSIT_STORE_KEY, DepositStoreKey(sealed_key="x"))
        assert not status(desk).online


def test_a_person_who_signed_in_may_do_what_their_role_may(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        found = caller.call(
            operations.LOOK_UP_ADDRESS, LookUpAddress(country="GB", postcode="LS6 3AA")
        )
        assert found.source == "nobody"


@pytest.mark.parametrize(
    "operation",
    [row for row in ALL if row.home is Home.DESK and row.permission is not None],
    ids=lambda row: row.name,
)
def test_no_operation_that_needs_a_permission_is_open_to_strangers(
    site: Site, operation: Operation[object, object]
) -> None:
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        desk.caller.call(operation, MakePaper(order_id=OrderId(an_id(1))))
    assert refused.value.code == "not_signed_in"


def test_a_draft_that_could_not_be_read_again_is_refused_with_its_field(site: Site) -> None:
    order = an_order()
    assert order.customer is not None
    customer = msgspec.structs.replace(order.customer, name="x" * 201)
    document = msgspec.structs.replace(order, customer=customer)
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal) as refusal:
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        assert (refusal.value.code, refusal.value.field) == ("malformed", "customer.name")
        assert caller.call(operations.LIST_DRAFTS, ListDrafts()) == Drafts(drafts=())


def test_an_entry_that_could_not_be_read_again_is_refused_and_the_record_stays_whole(
    site: Site,
) -> None:
    order = an_order()
    entry = NotMatched(
        checkpoint="delivery",
        sha256="0" * 64,
        part="postcode",
        heard="L" * 201,
        at=A_MORNING,
        by=A_CSR,
    )
    with site.opened() as desk:
        caller = ready(desk)
        request = NoteReadBack(order_id=order.order_id, entries=(entry,))
        with pytest.raises(Refusal) as refusal:
            caller.call(operations.NOTE_READ_BACK, request)
        assert (refusal.value.code, refusal.value.field) == ("malformed", "entries[0].heard")
        assert record(caller, order) == ()


def test_a_text_with_half_a_sign_is_refused_in_words(site: Site) -> None:
    document = msgspec.structs.replace(an_order(), internal_note="\ud83d")
    with site.opened() as desk, pytest.raises(Refusal, match="cannot be kept"):
        ready(desk).call(operations.SAVE_DRAFT, SaveDraft(document=document))
