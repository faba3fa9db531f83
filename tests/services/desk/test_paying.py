"""What has to be paid before an order is placed, and what the centre hears of one given up."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from app.models.desk.tables import CommandRow
from app.models.desk.tenders import TenderRow
from app.services.desk.desk import Desk
from app.services.desk.housekeeping import KEPT, Housekeeping
from app.services.desk.recovery import STORE
from app.services.ports import Caller
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, CommandKind, LinkState, PaymentMethod
from app.wire import operations
from app.wire.orders import OrderDocument, SaveDraft, VoidDraft
from tests.builders import a_customer, changed, with_line
from tests.services.desk.site import Site, place, place_at_once, read_back, ready, sign_in, status
from tests.services.desk.test_payments import (
    send_link,
    states,
    take_card,
    tenders,
    total_of,
    void,
)
from tests.services.desk.test_recovery import flip_a_page_in_the_middle

BY_CARD = changed(payment=PaymentMethod.CARD)
BY_LINK = changed(payment=PaymentMethod.PAY_LINK)
ON_ACCOUNT = changed(payment=PaymentMethod.INVOICE)
LINE = with_line("TEA-1", 3)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def refused(caller: Caller, document: OrderDocument) -> Refusal:
    with pytest.raises(Refusal) as caught:
        place(caller, document)
    return caught.value


def pence(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def give_up(caller: Caller, document: OrderDocument) -> None:
    request = VoidDraft(order_id=OrderId(document.order_id), reason="hung up")
    caller.call(operations.VOID_DRAFT, request)


def commands(desk: Desk) -> list[CommandKind]:
    with desk.records.store.read() as connection:
        query = select(CommandRow.kind).order_by(CommandRow.position)
        return list(connection.execute(query).scalars())


def test_an_order_by_card_is_placed_with_what_was_authorised(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        placed = place(caller, document)
        desk.line.step()
    assert placed.attempts == (attempt,)
    assert list(site.centre.orders.values()) == [placed]


def test_without_a_card_an_order_by_card_is_not_placed(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    with site.opened() as desk:
        problem = refused(ready(desk), document)
    assert (problem.code, problem.field) == ("payment_open", "payment")
    assert problem.sentence == "No card has been authorised yet for the £13.80 to pay."


def test_partial_approvals_add_up(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document, pence(1_000))
        assert refused(caller, document).code == "payment_amount_differs"
        take_card(caller, document, pence(380), number=2)
        assert len(place(caller, document).attempts) == 2


def test_an_amount_that_changed_after_it_was_authorised_names_both(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    dearer = with_line("TEA-2", 1, "5.00")(document)
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        problem = refused(caller, dearer)
        assert problem.code == "payment_amount_differs"
        assert problem.sentence == "£13.80 is authorised, but the order comes to £18.80."
        void(caller, attempt)
        take_card(caller, dearer, number=2)
        placed = place_at_once(caller, dearer)
    assert [one.state for one in placed.attempts] == [
        AttemptState.VOIDED,
        AttemptState.AUTHORISED,
    ]


def test_what_the_bank_has_not_answered_keeps_an_order_by_card_open(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    site.centre.till.lost_after = True
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document)
        problem = refused(caller, document)
        assert problem.code == "payment_open"
        assert "has not answered" in problem.sentence
        tenders(caller, document, refresh=True)
        assert place_at_once(caller, document).number


def test_paid_later_may_always_be_placed_and_tells_what_is_not_known(site: Site) -> None:
    document = site.order(LINE)
    site.centre.till.lost_after = True
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document)
        site.centre.go_away()
        placed = place(caller, document)
    assert [one.state for one in placed.attempts] == [AttemptState.UNKNOWN]


def test_an_order_by_link_is_placed_once_the_link_is_sent(site: Site) -> None:
    document = site.order(LINE, BY_LINK)
    with site.opened() as desk:
        caller = ready(desk)
        problem = refused(caller, document)
        assert problem.sentence == "No pay link has been sent yet for the £13.80 to pay."
        link = send_link(caller, document)
        assert place_at_once(caller, document).links == (link,)


@pytest.mark.parametrize("state", [LinkState.EXPIRED, LinkState.CANCELLED, LinkState.REPLACED])
def test_a_link_that_holds_no_more_pays_for_nothing(site: Site, state: LinkState) -> None:
    document = site.order(LINE, BY_LINK)
    till = site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        link = send_link(caller, document)
        till.links[link.link_id] = msgspec.structs.replace(link, state=state)
        tenders(caller, document, refresh=True)
        assert refused(caller, document).code == "payment_open"


def test_a_link_of_another_amount_is_refused_with_both(site: Site) -> None:
    document = site.order(LINE, BY_LINK)
    dearer = with_line("TEA-2", 1, "5.00")(document)
    with site.opened() as desk:
        caller = ready(desk)
        send_link(caller, document)
        problem = refused(caller, dearer)
    assert problem.code == "payment_amount_differs"
    assert "£13.80" in problem.sentence
    assert "£18.80" in problem.sentence


def test_an_invoice_is_for_customers_with_an_account(site: Site) -> None:
    account = changed(customer=a_customer(on_account=True))
    with site.opened() as desk:
        caller = ready(desk)
        assert refused(caller, site.order(LINE, ON_ACCOUNT)).code == "not_on_account"
        assert place(caller, site.order(LINE, ON_ACCOUNT, account)).number


def test_the_payment_of_a_placed_order_stays_as_it_is(site: Site) -> None:
    document = site.order(LINE, BY_CARD)
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        place(caller, document)
        with pytest.raises(Refusal, match="draft_closed"):
            void(caller, attempt)
        with pytest.raises(Refusal, match="draft_closed"):
            take_card(caller, document, number=2)
        assert states(tenders(caller, document)) == [AttemptState.AUTHORISED]


def test_the_centre_hears_of_a_draft_given_up_that_it_holds_money_for(site: Site) -> None:
    document = site.order(LINE)
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        take_card(caller, document)
        give_up(caller, document)
        give_up(caller, document)
        assert commands(desk) == [CommandKind.GIVE_UP_ORDER]
        desk.line.step()
        assert status(desk).waiting == 0
    (given_up,) = site.centre.given_up.values()
    assert (given_up.order_id, given_up.reason) == (document.order_id, "hung up")


def test_so_it_does_where_only_a_link_was_asked_for_and_never_answered(site: Site) -> None:
    document = site.order(LINE)
    site.centre.till.lost_before = True
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        with pytest.raises(Fault):
            send_link(caller, document)
        give_up(caller, document)
        assert commands(desk) == [CommandKind.GIVE_UP_ORDER]


def test_a_draft_without_payments_is_given_up_in_silence(site: Site) -> None:
    document = site.order(LINE)
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        give_up(caller, document)
        assert commands(desk) == []


def test_a_draft_given_up_is_restored_from_the_second_copy(site: Site) -> None:
    document = site.order(LINE)
    with site.opened() as desk:
        caller = ready(desk)
        take_card(caller, document)
        give_up(caller, document)
    for path in site.folder.glob(f"{STORE}*"):
        path.unlink()
    with site.opened() as desk:
        assert commands(desk) == [CommandKind.GIVE_UP_ORDER]
        assert "1 draft given up was restored" in status(desk).sentence
        desk.line.step()
    assert len(site.centre.given_up) == 1


def test_tenders_on_whole_pages_of_a_damaged_store_are_kept(site: Site) -> None:
    document = site.order(LINE)
    with site.opened() as desk:
        caller = ready(desk)
        attempts = [take_card(caller, document, number=number) for number in range(1, 121)]
    flip_a_page_in_the_middle(site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        kept = tenders(desk.caller, document).attempts
    assert 60 <= len(kept) <= 120
    assert set(kept) <= set(attempts)


def test_what_the_centre_gave_back_meanwhile_is_heard_of_when_the_draft_is_taken_up_again(
    site: Site,
) -> None:
    document, till = site.order(LINE, BY_CARD), site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        attempt = take_card(caller, document)
        tenders(caller, document, refresh=True)
        assert till.asked == ["authorise"]
        site.clock.advance(hours=9)
        voided = msgspec.structs.replace(attempt, state=AttemptState.VOIDED)
        till.attempts[attempt.attempt_id] = voided
        assert states(tenders(caller, document, refresh=True)) == [AttemptState.VOIDED]
        assert refused(caller, document).code == "payment_open"


def test_old_tenders_go_with_their_order(site: Site) -> None:
    kept, gone = site.order(LINE), site.order(LINE)
    with site.opened() as desk:
        caller = ready(desk)
        for number, document in enumerate((kept, gone), start=1):
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
            take_card(caller, document, number=number)
        give_up(caller, gone)
        site.clock.advance(days=KEPT.days + 1)
        said: list[str] = []
        housekeeping = Housekeeping(
            site.folder,
            desk.records.store,
            desk._papers,  # noqa: SLF001 - the desk's own parts
            desk.calls,
            site.clock,
            said.append,
        )
        housekeeping.run()
        with desk.records.store.read() as connection:
            count = connection.execute(select(func.count()).select_from(TenderRow)).scalar_one()
        assert count == 1
        assert len(tenders(caller, kept).attempts) == 1


def test_the_total_of_the_builder_is_what_these_tests_say(site: Site) -> None:
    document = site.order(LINE)
    assert total_of(document) == pence(1_380)
    with site.opened() as desk:
        caller = ready(desk)
        read_back(caller, document)
        assert place_at_once(caller, document).totals.total == pence(1_380)
