"""Card attempts and links at one seat: written before they are sent, asked for, never repeated."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from app.models.desk.tenders import VOID_WANTED
from app.services.ports import Caller
from app.services.rules.pricing import totals
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, LeaseId, LinkId, OrderId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, DeclineReason, LinkState
from app.wire import card_operations, operations
from app.wire.orders import OrderDocument, SaveDraft, VoidDraft
from app.wire.payments import (
    AskTenders,
    CardAttempt,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidTender,
)
from tests.builders import an_id
from tests.services.desk.site import REGIONS, Site, ready, sign_in
from tests.services.desk.till import ENVELOPE

REASON = "The amount changed."


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def total_of(document: OrderDocument) -> Money:
    return totals(document, REGIONS[document.region]).total


def take_card(
    caller: Caller, document: OrderDocument, amount: Money | None = None, number: int = 1
) -> CardAttempt:
    request = TakeCard(
        attempt_id=AttemptId(an_id(7_000 + number)),
        order_id=document.order_id,
        lease_id=LeaseId(an_id(8_000 + number)),
        amount=amount or total_of(document),
        envelope=ENVELOPE,
    )
    return caller.call(card_operations.TAKE_CARD, request)


def tenders(caller: Caller, document: OrderDocument, *, refresh: bool = False) -> Tenders:
    asked = AskTenders(order_id=document.order_id, refresh=refresh)
    return caller.call(card_operations.ASK_TENDERS, asked)


def void(caller: Caller, attempt: CardAttempt) -> Tenders:
    request = VoidTender(order_id=attempt.order_id, attempt_id=attempt.attempt_id, reason=REASON)
    return caller.call(card_operations.VOID_TENDER, request)


def send_link(caller: Caller, document: OrderDocument, number: int = 1) -> PayLink:
    request = SendPayLink(
        link_id=LinkId(an_id(9_000 + number)),
        order_id=document.order_id,
        amount=total_of(document),
        send_to="m.thompson@example.org",
    )
    return caller.call(card_operations.OFFER_PAY_LINK, request)


def states(found: Tenders) -> list[AttemptState]:
    return [attempt.state for attempt in found.attempts]


def test_what_the_bank_said_is_kept(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        attempt = take_card(ready(desk), document)
        assert attempt.state is AttemptState.AUTHORISED
    with site.opened() as desk:
        sign_in(desk)
        assert tenders(desk.caller, document) == Tenders(attempts=(attempt,))
        assert tenders(desk.caller, site.order()) == Tenders()


def test_a_decline_is_kept_with_its_reason(site: Site) -> None:
    document = site.order()
    site.centre.till.decline = DeclineReason.EXPIRED_CARD
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document)
        (attempt,) = tenders(caller, document).attempts
    assert (attempt.state, attempt.decline) == (AttemptState.DECLINED, DeclineReason.EXPIRED_CARD)


def test_an_attempt_is_on_the_disk_before_it_is_sent(site: Site) -> None:
    document, seen = site.order(), []
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.after_call = lambda _: seen.append(tenders(caller, document))
        take_card(caller, document)
        site.centre.after_call = None
    assert states(seen[0]) == [AttemptState.STARTED]


def test_no_envelope_is_ever_written(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.till.lost_before = True
        take_card(caller, site.order())
        with desk.records.store.read() as connection:
            rows = str(connection.execute(text("SELECT * FROM tender")).all())
    assert "attempt_id" in rows
    assert ENVELOPE not in rows


def test_an_attempt_that_was_not_answered_is_unknown_and_never_sent_again(site: Site) -> None:
    document, till = site.order(), site.centre.till
    till.lost_after = True
    with site.opened() as desk:
        caller = ready(desk)
        assert take_card(caller, document).state is AttemptState.UNKNOWN
        assert take_card(caller, document).state is AttemptState.UNKNOWN
        assert states(tenders(caller, document)) == [AttemptState.UNKNOWN]
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.AUTHORISED]
    assert till.envelopes == [ENVELOPE]


def test_nothing_was_taken_where_the_centre_never_had_it(site: Site) -> None:
    document = site.order()
    site.centre.till.lost_before = True
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document)
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.FAILED]


def test_while_the_centre_is_away_what_was_known_is_told(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        assert take_card(caller, document).state is AttemptState.UNKNOWN
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.UNKNOWN]


def test_an_attempt_that_the_end_of_the_desk_cut_off_is_asked_for_after_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        with monkeypatch.context() as patch:
            patch.setattr(desk.payments, "_saved", cut_off)
            with pytest.raises(KeyboardInterrupt):
                take_card(caller, document)
    with site.opened() as desk:
        sign_in(desk)
        assert states(tenders(desk.caller, document)) == [AttemptState.UNKNOWN]
        assert states(tenders(desk.caller, document, refresh=True)) == [AttemptState.AUTHORISED]


def cut_off(attempt: CardAttempt) -> CardAttempt:
    raise KeyboardInterrupt(attempt.attempt_id)


def test_after_a_refusal_the_centre_is_asked_whether_something_was_taken(site: Site) -> None:
    document, till = site.order(), site.centre.till
    till.refuse = Refusal("pause_missing", "The recording was not paused for this card.")
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal, match="pause_missing"):
            take_card(caller, document)
        assert states(tenders(caller, document)) == [AttemptState.FAILED]
    assert till.asked == ["authorise", "attempt"]


def test_a_second_copy_that_is_refused_does_not_hide_that_the_first_went_through(
    site: Site,
) -> None:
    document, till = site.order(), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        other = site.order()
        till.refuse = Refusal("pause_missing", "The recording was not paused for this card.")
        second = msgspec.structs.replace(
            attempt, attempt_id=AttemptId(an_id(7_002)), order_id=other.order_id
        )
        till.attempts[second.attempt_id] = second
        assert take_card(caller, other, number=2) == second


def test_a_card_is_taken_by_nobody_who_signed_in_without_the_centre(site: Site) -> None:
    with site.opened() as desk:
        ready(desk)
    with site.opened() as desk:
        site.centre.go_away()
        sign_in(desk)
        site.centre.come_back()
        with pytest.raises(Refusal, match="signed_in_offline"):
            take_card(desk.caller, site.order())
        with pytest.raises(Refusal, match="signed_in_offline"):
            send_link(desk.caller, site.order())


def test_no_card_is_taken_for_an_order_that_was_given_up(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        request = VoidDraft(order_id=OrderId(document.order_id), reason="hung up")
        caller.call(operations.VOID_DRAFT, request)
        with pytest.raises(Refusal, match="draft_closed"):
            take_card(caller, document)
    assert site.centre.till.asked == []


# Giving back


def test_an_authorisation_is_given_back(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        assert states(void(caller, attempt)) == [AttemptState.VOIDED]
        assert states(void(caller, attempt)) == [AttemptState.VOIDED]
    assert site.centre.till.asked == ["authorise", "void", "attempt"]


def test_while_the_centre_is_away_it_is_remembered_and_asked_for_by_the_line(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        site.centre.go_away()
        assert states(void(caller, attempt)) == [AttemptState.VOIDING]
        desk.line.step()
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.VOIDING]
    site.centre.come_back()
    with site.opened() as desk:
        desk.line.step()
        sign_in(desk)
        assert states(tenders(desk.caller, document)) == [AttemptState.VOIDED]
        desk.line.step()
    assert site.centre.till.asked.count("void") == 1


def test_what_the_centre_goes_on_giving_back_is_followed(site: Site) -> None:
    document, till = site.order(), site.centre.till
    till.state_after_void = AttemptState.VOIDING
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        assert states(void(caller, attempt)) == [AttemptState.VOIDING]
        done = msgspec.structs.replace(attempt, state=AttemptState.VOIDED)
        till.attempts[attempt.attempt_id] = done
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.VOIDED]
    assert till.asked.count("void") == 1


def test_an_attempt_the_centre_never_had_is_given_up_by_giving_it_back(site: Site) -> None:
    document = site.order()
    site.centre.till.lost_before = True
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        assert states(void(caller, attempt)) == [AttemptState.FAILED]


def test_money_that_was_taken_is_not_given_back_here(site: Site) -> None:
    document, till = site.order(), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        taken = msgspec.structs.replace(attempt, state=AttemptState.CAPTURED)
        till.attempts[attempt.attempt_id] = taken
        till.void_refused = Refusal("attempt_captured", "The money has been taken already.")
        for _ in range(2):
            with pytest.raises(Refusal, match="attempt_captured"):
                void(caller, attempt)
        assert states(tenders(caller, document)) == [AttemptState.CAPTURED]


def test_a_refusal_to_give_back_does_not_hold_up_the_line(site: Site) -> None:
    document, till = site.order(), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        site.centre.go_away()
        void(caller, attempt)
        site.centre.come_back()
        till.void_refused = Refusal("gateway_other", "Another gateway has it.")
        assert desk.line.step() > 1
        desk.line.step()
        assert till.asked.count("void") == 1
        till.void_refused = None
        site.clock.advance(hours=1)
        desk.line.step()
        assert states(tenders(caller, document)) == [AttemptState.VOIDED]


def test_a_payment_of_another_order_is_not_given_back(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, site.order())
        other = msgspec.structs.replace(attempt, order_id=site.order().order_id)
        with pytest.raises(Refusal, match="attempt_unknown"):
            void(caller, other)


def test_what_is_to_be_given_back_is_looked_up_in_its_index(site: Site) -> None:
    query = f"EXPLAIN QUERY PLAN SELECT * FROM tender WHERE {VOID_WANTED}"  # noqa: S608 - our own words
    with site.opened() as desk, desk.records.store.read() as connection:
        plan = str(connection.exec_driver_sql(query).all())
    assert "ix_tender_void_wanted" in plan


# Links


def test_a_link_is_sent_and_followed(site: Site) -> None:
    document, till = site.order(), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        link = send_link(caller, document)
        assert tenders(caller, document).links == (link,)
        paid = msgspec.structs.replace(link, state=LinkState.PAID)
        till.links[link.link_id] = paid
        assert tenders(caller, document, refresh=True).links == (paid,)
        tenders(caller, document, refresh=True)
    assert till.asked == ["send", "link"]


def test_a_new_link_takes_the_place_of_the_first(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        send_link(caller, document)
        send_link(caller, document, number=2)
        found = tenders(caller, document).links
    assert [link.state for link in found] == [LinkState.REPLACED, LinkState.SENT]


def test_a_link_needs_the_centre(site: Site) -> None:
    document, till = site.order(), site.centre.till
    till.lost_before = True
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Unreachable):
            send_link(caller, document)
        assert tenders(caller, document).links == ()
        till.lost_before = False
        assert send_link(caller, document).state is LinkState.SENT
        assert len(tenders(caller, document).links) == 1


def test_a_link_that_was_sent_though_the_answer_was_lost_is_found(site: Site) -> None:
    document, till = site.order(), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        link = send_link(caller, document)
        with desk.records.store.write() as connection:
            connection.execute(text("UPDATE tender SET document = NULL"))
        assert tenders(caller, document).links == ()
        assert tenders(caller, document, refresh=True).links == (link,)
        till.links.clear()
        with desk.records.store.write() as connection:
            connection.execute(text("UPDATE tender SET document = NULL"))
        assert tenders(caller, document, refresh=True).links == ()


def test_money_of_another_currency_pays_for_nothing(site: Site) -> None:
    document = site.order()
    dollars = Money(total_of(document).minor, Currency.USD)
    with site.opened() as desk:
        assert take_card(ready(desk), document, dollars).amount == dollars
