"""A lead's word for a read-back: given with a password at a CSR's screen, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from app.services.central.identity import TRIES_MOST
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import OrderId, OverrideId, PersonId
from app.values.vocabulary import Region, Role
from app.wire.operations import AUTHORISE_OVERRIDE, SIGN_IN_AT_CENTRE
from app.wire.orders import PlacedOrder
from app.wire.people import SignIn
from app.wire.read_back import AuthoriseOverride, Overridden, OverrideAuthorised, Stood
from app.wire.sync import CommandOutcome, Outcome
from tests.centre import PASSWORD
from tests.order_desk import OrderCentre, SendingDesk, regions, shipped
from tests.read_backs import checkpoints_of, without

REASON = "The line was very bad."


class Call:
    """An order on a bad line: its price was never confirmed, and a lead is asked."""

    def __init__(self, centre: OrderCentre, role: Role = Role.CSR) -> None:
        self.centre = centre
        self.desk = SendingDesk(centre, "Desk 1", login=f"asker-{centre.ids.new().hex[-6:]}")
        login = centre.rows("SELECT login FROM person WHERE person_id = :id", id=self.desk.person)[
            0
        ].login
        if role is not Role.CSR:
            centre.run(
                "UPDATE person SET role = :role WHERE login = :login", role=role, login=login
            )
        self.login = login
        centre.sign_in(self.desk.caller, login)
        self.lead_login = f"lead-{centre.ids.new().hex[-6:]}"
        self.lead = centre.person(self.lead_login, Role.TEAM_LEAD)
        placed = self.desk.placed()
        self.placed = msgspec.structs.replace(placed, read_back=without(placed.read_back, "price"))
        point = next(
            p
            for p in checkpoints_of(placed.document, regions()[Region.GB], shipped())
            if p.key == "price"
        )
        self.stood = Stood(checkpoint=point.key, sha256=point.sha256)
        self.override_id = OverrideId(centre.ids.new())

    def asked(self, **different: Any) -> AuthoriseOverride:  # noqa: ANN401 - whatever a test names
        asked = AuthoriseOverride(
            override_id=self.override_id,
            order_id=self.placed.document.order_id,
            checkpoints=(self.stood,),
            reason=REASON,
            login=self.lead_login,
            password=PASSWORD,
        )
        return msgspec.structs.replace(asked, **different)

    def authorise(self, **different: Any) -> OverrideAuthorised:  # noqa: ANN401 - as above
        return self.desk.caller.call(AUTHORISE_OVERRIDE, self.asked(**different))

    def refused(self, **different: Any) -> str:  # noqa: ANN401 - as above
        with pytest.raises(Refusal) as refusal:
            self.authorise(**different)
        assert refusal.value.sentence.endswith(".")
        return refusal.value.code

    def send(self, **different: Any) -> CommandOutcome:  # noqa: ANN401 - as above
        """The order with the lead's word in its record."""
        word = Overridden(
            override_id=self.override_id,
            checkpoints=(self.stood,),
            reason=REASON,
            lead=self.lead,
            at=self.placed.placed_at,
            by=self.desk.person,
        )
        entries = (*self.placed.read_back, msgspec.structs.replace(word, **different))
        placed = msgspec.structs.replace(self.placed, read_back=entries)
        return self.desk.send(self.desk.command(placed))[0]


@pytest.fixture
def call(either: OrderCentre) -> Call:
    """In process and over HTTP."""
    return Call(either)


@pytest.fixture
def local_call(local: OrderCentre) -> Call:
    return Call(local)


class TestALead:
    def test_gives_their_word_at_the_screen_of_a_csr(self, call: Call) -> None:
        answer = call.authorise()
        assert (answer.override_id, answer.lead.person_id, answer.at) == (
            call.override_id,
            call.lead,
            call.centre.clock.now(),
        )
        assert (answer.lead.role, answer.lead.login) == (Role.TEAM_LEAD, call.lead_login)
        row = call.centre.rows("SELECT * FROM read_back_override")[0]
        assert (row.order_id, row.device_id, row.lead_id, row.asked_by, row.reason) == (
            call.placed.document.order_id,
            call.desk.seat.device_id,
            call.lead,
            call.desk.person,
            REASON,
        )
        assert row.checkpoints == [{"checkpoint": "price", "sha256": call.stood.sha256}]

    def test_is_audited_with_who_asked_for_what(self, call: Call) -> None:
        call.authorise()
        row = call.centre.rows("SELECT * FROM audit WHERE operation = 'read_back.authorise'")[0]
        assert (row.outcome, row.subject, row.person_id, row.device_id) == (
            "done",
            call.placed.document.order_id,
            call.desk.person,
            call.desk.seat.device_id,
        )
        assert row.facts == {
            "order": str(call.placed.document.order_id),
            "override": str(call.override_id),
            "checkpoints": 1,
            "lead": str(call.lead),
            "own": False,
        }

    def test_leaves_nothing_of_the_password_behind(self, call: Call) -> None:
        call.authorise()
        tables = ("audit", "applied_command", "read_back_override", "change")
        assert PASSWORD not in call.centre.text_in(*tables)
        assert PASSWORD not in str(call.centre.log.events)

    def test_whose_answer_was_lost_may_be_asked_again(self, call: Call) -> None:
        first = call.authorise()
        call.centre.clock.advance(minutes=1)
        assert call.authorise() == first
        assert len(call.centre.rows("SELECT * FROM read_back_override")) == 1

    def test_gives_each_word_once(self, local_call: Call) -> None:
        local_call.authorise()
        assert local_call.refused(reason="Another reason.") == "override_reused"
        assert local_call.refused(order_id=OrderId(local_call.centre.ids.new())) == (
            "override_reused"
        )

    def test_who_takes_the_order_may_give_it_themselves_and_the_audit_says_so(
        self, local: OrderCentre
    ) -> None:
        call = Call(local, Role.TEAM_LEAD)
        answer = call.authorise(login=call.login)
        assert answer.lead.person_id == call.desk.person
        facts = local.rows("SELECT facts FROM audit WHERE operation = 'read_back.authorise'")[0][0]
        assert (facts["own"], facts["lead"]) == (True, str(call.desk.person))

    def test_may_give_it_for_a_thousand_lines(self, local_call: Call) -> None:
        many = tuple(Stood(checkpoint=f"line:{n}", sha256=f"{n:064}") for n in range(1_114))
        local_call.authorise(checkpoints=many)
        kept = local_call.centre.rows("SELECT checkpoints FROM read_back_override")[0].checkpoints
        assert len(kept) == 1_114


class TestItIsRefused:
    def test_to_a_csr(self, call: Call) -> None:
        assert call.refused(login=call.login) == "not_a_lead"
        row = call.centre.rows("SELECT * FROM audit WHERE operation = 'read_back.authorise'")[0]
        assert (row.outcome, row.facts["lead"]) == ("not_a_lead", str(call.desk.person))

    def test_to_an_administrator(self, local_call: Call) -> None:
        local_call.centre.person("root", Role.ADMINISTRATOR)
        assert local_call.refused(login="root") == "not_a_lead"

    def test_with_a_wrong_password(self, call: Call) -> None:
        assert call.refused(password="wrong") == "sign_in_wrong"
        assert call.centre.rows("SELECT * FROM read_back_override") == []

    def test_for_a_name_nobody_has(self, local_call: Call) -> None:
        assert local_call.refused(login="nobody") == "sign_in_wrong"

    def test_to_a_lead_who_may_no_longer_sign_in(self, local_call: Call) -> None:
        local_call.centre.run(
            "UPDATE person SET disabled_at = created_at WHERE login = :login",
            login=local_call.lead_login,
        )
        assert local_call.refused() == "sign_in_wrong"

    @pytest.mark.parametrize("reason", [" ", "\t\n"])
    def test_without_a_reason(self, local_call: Call, reason: str) -> None:
        assert local_call.refused(reason=reason) == "reason_missing"

    def test_with_card_digits_in_the_reason(self, local_call: Call) -> None:
        assert local_call.refused(reason="4242 4242 4242 4242") == "card_digits"

    def test_for_a_checkpoint_that_cannot_be_kept(self, local_call: Call) -> None:
        odd = msgspec.structs.replace(local_call.stood, checkpoint="a\0b")
        assert local_call.refused(checkpoints=(odd,)) == "malformed"

    def test_at_a_seat_where_nobody_is_signed_in(self, local: OrderCentre) -> None:
        call = Call(local)
        caller = local.caller()
        caller.use_seat(call.desk.seat)
        with pytest.raises(Refusal) as refusal:
            caller.call(AUTHORISE_OVERRIDE, call.asked())
        assert refusal.value.code == "session_over"


class TestTries:
    def test_in_vain_are_counted_and_lock_the_lead_out_of_signing_in_too(self, call: Call) -> None:
        codes = [call.refused(password="wrong") for _ in range(TRIES_MOST)]
        assert codes == ["sign_in_wrong"] * (TRIES_MOST - 1) + ["locked_out"]
        assert call.refused() == "locked_out"
        assert refusal_of_sign_in(call.desk.caller, call.lead_login) == "locked_out"

    def test_are_counted_anew_after_the_right_password(self, local_call: Call) -> None:
        local_call.refused(password="wrong")
        local_call.authorise()
        tries = local_call.centre.rows(
            "SELECT failed_tries FROM credential WHERE person_id = :id", id=local_call.lead
        )
        assert tries[0].failed_tries == 0

    def test_in_vain_are_audited_about_the_lead(self, local_call: Call) -> None:
        local_call.refused(password="wrong")
        row = local_call.centre.rows("SELECT * FROM audit WHERE operation = 'read_back.authorise'")[
            0
        ]
        assert (row.outcome, row.subject, row.facts["order"]) == (
            "sign_in_wrong",
            local_call.lead,
            str(local_call.placed.document.order_id),
        )


def refusal_of_sign_in(caller: RemoteCaller, login: str) -> str:
    with pytest.raises(Refusal) as refusal:
        caller.call(SIGN_IN_AT_CENTRE, SignIn(login=login, password=PASSWORD))
    return refusal.value.code


class TestAnOrder:
    def test_with_a_lead_s_word_is_accepted_and_audited(self, call: Call) -> None:
        call.authorise()
        outcome = call.send()
        assert (outcome.outcome, outcome.reasons) == (Outcome.ACCEPTED, ())
        row = call.centre.rows("SELECT * FROM audit WHERE operation = 'order.place'")[0]
        assert row.facts == {"overrides": str(call.override_id)}

    def test_with_a_word_that_was_never_given_is_looked_at(self, call: Call) -> None:
        outcome = call.send()
        assert outcome.reasons == ("override_unproved",)
        assert outcome.sentence == "A lead's word for the read-back was not given at the centre."
        row = call.centre.rows("SELECT * FROM audit WHERE operation = 'order.place'")[0]
        assert "overrides" not in row.facts

    def test_with_a_word_given_offline_is_always_looked_at(self, call: Call) -> None:
        assert call.send(offline=True).reasons == ("override_unproved",)

    def test_with_an_offline_word_that_was_given_here_too_is_looked_at(
        self, local_call: Call
    ) -> None:
        local_call.authorise()
        assert local_call.send(offline=True).reasons == ("override_unproved",)

    @pytest.mark.parametrize(
        "different",
        [
            lambda call: {"lead": PersonId(call.centre.ids.new())},
            lambda call: {"override_id": OverrideId(call.centre.ids.new())},
        ],
        ids=["another lead", "another id"],
    )
    def test_with_another_word_than_was_given_is_looked_at(
        self, local_call: Call, different: Callable[[Call], dict[str, Any]]
    ) -> None:
        local_call.authorise()
        assert local_call.send(**different(local_call)).reasons == ("override_unproved",)

    def test_with_more_checkpoints_than_the_word_was_for_is_looked_at(
        self, local_call: Call
    ) -> None:
        local_call.authorise()
        other = Stood(checkpoint="delivery", sha256=local_call.stood.sha256)
        outcome = local_call.send(checkpoints=(local_call.stood, other))
        assert outcome.reasons == ("override_unproved",)

    def test_that_was_changed_after_the_word_is_open_again(self, local_call: Call) -> None:
        other = msgspec.structs.replace(local_call.stood, sha256="a" * 64)
        local_call.authorise(checkpoints=(other,))
        assert local_call.send(checkpoints=(other,)).reasons == ("read_back_open:price",)

    def test_with_the_word_for_another_order_is_looked_at(self, local_call: Call) -> None:
        local_call.authorise(order_id=OrderId(local_call.centre.ids.new()))
        assert local_call.send().reasons == ("override_unproved",)

    def test_of_another_seat_cannot_use_the_word(self, local: OrderCentre) -> None:
        call = Call(local)
        call.authorise()
        other = SendingDesk(local, "Desk 2", login="other")
        call.desk, first = other, call.desk
        document = msgspec.structs.replace(
            call.placed.document, device_id=other.seat.device_id, taken_by=other.person
        )
        call.placed = moved(call.placed, other, document_of=document)
        assert call.send().reasons == ("override_unproved",)
        assert first is not other


def moved(placed: PlacedOrder, desk: SendingDesk, document_of: Any) -> PlacedOrder:  # noqa: ANN401 - a document
    """The order as if another seat had taken it."""
    return msgspec.structs.replace(
        placed, number=desk.number(), document=document_of, placed_by=desk.person
    )
