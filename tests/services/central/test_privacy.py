"""One person's data: given out whole, restricted, and erased until no table says who it was."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from app.services.central.audit import AuditChain
from app.services.central.customer_changes import CustomerChange
from app.services.central.privacy import Erased, Privacy
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.identity import CustomerId
from app.values.order_number import grouped
from app.values.vocabulary import Role
from app.wire.customers import FindCustomers
from app.wire.operations import FIND_CUSTOMERS
from app.wire.orders import PlacedOrder
from app.wire.worklist import ClaimWork
from app.wire.worklist_operations import CLAIM_WORK
from tests.builders import A_MORNING, an_address, changed, delivered_to, with_delivery, with_line
from tests.order_desk import OrderCentre, SendingDesk, regions

STREET, NAME, PHONE, MAIL = "9 Quince Walk", "Philippa Zinzan", "+442079460712", "pz@example.org"
NOTE, GIFT = "Her dog bites", "Happy birthday Wilhelmina"
EIGHT_YEARS = timedelta(days=8 * 366)
TEXTS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'ARRAY')
      AND table_name <> 'alembic_version'
"""

WORDS_OF_OTHERS = (
    """
    INSERT INTO warehouse_message (message_id, order_id, revision, kind, state, sentence,
        written_at, tries, settled_at)
    VALUES (:id, :order, 1, 'order.new', 'refused', 'Zinzan waited in vain', :at, 1, :at)
    """,
    """
    INSERT INTO order_refund (refund_id, order_id, way, amount_minor, reason, state, refusal_code,
        refusal_sentence, asked_at, tries)
    VALUES (:id, :order, 'by_hand', 1, 'Zinzan waited', 'due', '', 'To Zinzan waited', :at, 0)
    """,
)


@pytest.fixture
def privacy() -> Privacy:
    return Privacy(regions())


def ordered(desk: SendingDesk) -> tuple[PlacedOrder, CustomerId]:
    """An order of somebody whose words stand nowhere else, and the end of the call about it."""
    document = desk.order(
        with_line("TEA-1", 2),
        delivered_to(an_address(name=NAME, street=(STREET,))),
        with_delivery(instructions="Behind the shed", gift_message=GIFT),
        changed(internal_note=NOTE, caller_number=PHONE),
    )
    customer = document.customer
    assert customer is not None
    known = changed_customer(customer, name=NAME, phone=PHONE, email=MAIL)
    document = changed(customer=known)(document)
    placed = desk.placed(document)
    closed = desk.closed(placed, note="She was called Philippa Zinzan")
    desk.send(desk.command(placed), desk.command(closed))
    return placed, known.customer_id


def changed_customer(customer: Any, **different: Any) -> Any:  # noqa: ANN401 - a frozen message
    return type(customer)(
        **{name: getattr(customer, name) for name in customer.__struct_fields__} | different
    )


def over(centre: OrderCentre) -> None:
    """Everything was delivered."""
    centre.run("UPDATE sales_order SET fulfilment = 'delivered'")


def places_of(centre: OrderCentre, words: str) -> set[str]:
    """Tables that hold a text, wherever in them."""
    found = set()
    for table, column in centre.rows(TEXTS):
        rows = centre.rows(
            f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE :w',  # noqa: S608 - names of its own tables
            w=f"%{words}%",
        )
        if rows[0][0]:
            found.add(table)
    return found


def rang(centre: OrderCentre, desk: SendingDesk, number: str) -> None:
    """A call about nothing, of somebody nobody asked for a name."""
    centre.run(
        """
        INSERT INTO contact (contact_id, channel, device_id, person_id, caller_number, started_at,
                             note)
        VALUES (:c, 'phone', :d, :p, :n, :at, 'Asked for the hours')
        """,
        c=centre.ids.new(),
        d=desk.seat.device_id,
        p=desk.person,
        n=number,
        at=centre.clock.now(),
    )


def run(centre: OrderCentre, work: Any) -> Any:  # noqa: ANN401 - whatever the act answers
    return centre.administration.write(work)


def erase(centre: OrderCentre, data: Privacy, customer: CustomerId) -> Erased:
    def work(tx: Transaction) -> Erased:
        return data.erase(tx, customer)

    return centre.administration.write(work)


def test_a_person_is_given_everything_that_is_kept_of_them(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    placed, customer = ordered(desk)

    def work(tx: Transaction) -> bytes:
        return privacy.export(tx, customer)

    given = json.loads(run(local, work))
    text = json.dumps(given)
    assert all(words in text for words in (NAME, PHONE, MAIL, STREET, NOTE, GIFT))
    assert [one["number"] for one in given["orders"]] == [placed.number]
    assert given["audit"]
    assert run(local, work)


def test_what_is_erased_is_in_no_table_but_what_tax_needs(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    placed, customer = ordered(desk)
    over(local)
    erased = erase(local, privacy, customer)
    assert erased.orders == 1
    assert "tax records need them" in erased.kept[0]
    for words in (PHONE, MAIL, NOTE, GIFT, "Behind the shed", "Philippa Zinzan was"):
        assert places_of(local, words) == set(), words
    assert places_of(local, NAME) == {"order_version"}
    assert places_of(local, STREET) == {"order_version"}
    assert local.rows("SELECT count(*) FROM read_back_entry")[0][0] == len(placed.read_back) + 2


def test_so_are_words_that_others_said_of_them(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    placed, customer = ordered(desk)
    for statement in WORDS_OF_OTHERS:
        local.run(statement, order=placed.document.order_id, id=local.ids.new(), at=A_MORNING)
    lead = local.signed_in(Role.TEAM_LEAD)
    claimed = lead.call(CLAIM_WORK, ClaimWork()).item
    assert claimed is not None
    assert claimed.customer == NAME
    answers = "SELECT count(*) FROM applied_command WHERE convert_from(answer, 'UTF8') LIKE :w"
    assert local.rows(answers, w=f"%{NAME}%") == [(1,)]
    over(local)
    local.run("UPDATE order_refund SET state = 'done'")
    erase(local, privacy, customer)
    assert places_of(local, "Zinzan waited") == set()
    assert local.rows(answers, w=f"%{NAME}%") == [(0,)]
    assert local.rows(answers, w=f"%{placed.number}%") == [(2,)]


def test_so_is_that_they_rang_about_no_order(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    _, customer = ordered(desk)
    rang(local, desk, PHONE)
    over(local)
    erase(local, privacy, customer)
    assert places_of(local, PHONE) == places_of(local, "the hours") == set()


def test_the_audit_chain_verifies_afterwards(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    _, customer = ordered(desk)
    over(local)
    chain = AuditChain()
    local.transactions.write(chain.seal)
    erase(local, privacy, customer)
    local.transactions.write(chain.seal)
    assert local.administration.read(chain.verify).broken_at is None
    done = local.rows("SELECT operation FROM audit WHERE operation LIKE 'admin.privacy%'")
    assert done == [("admin.privacy.erase",)]


def test_names_on_tax_records_go_when_their_years_are_over(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    ordered(desk)
    over(local)
    assert run(local, privacy.sweep).orders == 0
    local.clock.advance(seconds=EIGHT_YEARS.total_seconds())
    assert run(local, privacy.sweep).orders == 1
    assert run(local, privacy.sweep).orders == 0
    assert places_of(local, NAME) == set()
    assert places_of(local, STREET) == set()


def test_who_rang_about_no_order_is_forgotten_after_years(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    rang(local, desk, "+442079460713")
    run(local, privacy.sweep)
    assert places_of(local, "+442079460713") == {"contact"}
    local.clock.advance(seconds=EIGHT_YEARS.total_seconds())
    run(local, privacy.sweep)
    assert places_of(local, "+442079460713") == places_of(local, "the hours") == set()


def test_nobody_is_erased_while_an_order_is_under_way(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    placed, customer = ordered(desk)
    with pytest.raises(Refusal, match="open_order") as refusal:
        erase(local, privacy, customer)
    assert grouped(placed.number) in refusal.value.sentence
    assert places_of(local, NOTE) == {"order_version"}


def test_erasing_twice_says_that_it_was_done(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    _, customer = ordered(desk)
    over(local)
    erase(local, privacy, customer)
    with pytest.raises(Refusal, match="customer_erased"):
        erase(local, privacy, customer)


def test_a_restricted_person_is_found_by_nobody_until_it_is_lifted(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    _, customer = ordered(desk)
    lead = local.signed_in(Role.TEAM_LEAD)

    def restrict(tx: Transaction) -> None:
        privacy.restrict(tx, customer)

    def lift(tx: Transaction) -> None:
        privacy.restrict(tx, customer, lift=True)

    run(local, restrict)
    assert lead.call(FIND_CUSTOMERS, FindCustomers(text=PHONE[-7:])).customers == ()
    assert local.administration.read(privacy.restricted) == [customer]
    with pytest.raises(Refusal, match="restricted"):
        run(local, restrict)
    run(local, lift)
    assert len(lead.call(FIND_CUSTOMERS, FindCustomers(text=PHONE[-7:])).customers) == 1


def test_a_name_is_corrected_from_now_on(
    local: OrderCentre, desk: SendingDesk, privacy: Privacy
) -> None:
    _, customer = ordered(desk)

    def correct(tx: Transaction) -> None:
        privacy.correct(tx, customer, CustomerChange(name="Philippa Sinclair"))

    run(local, correct)
    (found,) = local.rows("SELECT name, revision FROM customer")
    assert found == ("Philippa Sinclair", 2)
    assert places_of(local, NAME) >= {"order_version", "customer_version"}
