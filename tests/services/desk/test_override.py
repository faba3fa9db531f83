"""A lead lets a read-back pass: signs in at the CSR's screen, says why, and is kept with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.desk.tables import PersonRow
from app.services.desk.desk import Desk
from app.services.desk.verifiers import TRIES_MOST
from app.services.ports import Caller
from app.values.errors import Refusal
from app.wire import operations
from app.wire.orders import OrderDocument
from app.wire.people import SignIn
from app.wire.read_back import Overridden, OverrideReadBack
from tests.builders import with_delivery
from tests.read_backs import checkpoints_of
from tests.services.desk.centre import A_CSR, A_LEAD, LEAD_PASSWORD, PASSWORD
from tests.services.desk.site import (
    REGIONS,
    Site,
    place,
    place_at_once,
    read_back,
    ready,
    record,
    sign_in,
)

WHY = "The caller had to catch a train"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def override(
    caller: Caller,
    document: OrderDocument,
    login: str = A_LEAD.login,
    password: str = LEAD_PASSWORD,
    reason: str = WHY,
) -> Overridden:
    """A lead lets all checkpoints of the order pass."""
    points = checkpoints_of(document, REGIONS[document.region])
    request = OverrideReadBack(
        order_id=document.order_id,
        checkpoints=tuple(point.stood for point in points),
        reason=reason,
        login=login,
        password=password,
    )
    return caller.call(operations.OVERRIDE_READ_BACK, request)


def refusal(caller: Caller, document: OrderDocument, **different: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        override(caller, document, **different)
    return refused.value


def after_the_lead_was_here(site: Site, desk: Desk) -> Caller:
    """A CSR's desk at which the lead signed in before; the centre is away."""
    desk.caller.call(operations.SIGN_IN, SignIn(login=A_LEAD.login, password=LEAD_PASSWORD))
    caller = ready(desk)
    site.centre.go_away()
    return caller


def test_a_lead_lets_an_order_pass_that_was_not_read_back(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        entry = override(caller, document)
        assert record(caller, document) == (entry,)
        placed = place_at_once(caller, document)
    assert placed.read_back == (entry,)
    assert (entry.by, entry.lead, entry.lead_name) == (
        A_CSR.person_id,
        A_LEAD.person_id,
        "Bert Hall",
    )
    assert (entry.reason, entry.offline, entry.at) == (WHY, False, site.clock.now())


def test_the_centre_is_asked_under_the_id_that_is_kept(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        entry = override(ready(desk), document)
    (asked,) = site.centre.overrides
    assert (asked.override_id, asked.order_id) == (entry.override_id, document.order_id)
    assert asked.checkpoints == entry.checkpoints


def test_a_lead_who_let_an_order_pass_did_not_sign_the_csr_out(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        override(caller, site.order())
        assert place(caller, site.order()).placed_by == A_CSR.person_id


def test_what_a_lead_let_pass_holds_for_these_values_only(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        override(caller, document)
        with pytest.raises(Refusal) as refused:
            place_at_once(caller, with_delivery(label="Express")(document))
    assert (refused.value.code, refused.value.field) == ("read_back_open", "arrival")


def test_a_wrong_password_is_the_centres_refusal_and_keeps_nothing(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        assert refusal(caller, document, password="wrong").code == "sign_in_wrong"
        assert record(caller, document) == ()


def test_a_csr_cannot_let_their_own_order_pass(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        found = refusal(caller, document, login=A_CSR.login, password=PASSWORD)
        assert (found.code, found.field) == ("not_a_lead", "login")
        assert record(caller, document) == ()
        site.centre.go_away()
        sign_in(desk)


def test_a_password_of_a_lead_that_the_centre_turns_down_opens_nothing_offline(
    site: Site,
) -> None:
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        site.centre.come_back()
        site.centre.passwords[A_LEAD.login] = "another password"
        assert refusal(caller, site.order()).code == "sign_in_wrong"
        site.centre.go_away()
        assert refusal(caller, site.order()).code == "offline_unknown"


def test_while_the_centre_is_away_a_lead_who_was_here_is_proved_by_the_desk(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        entry = override(caller, document)
        assert place_at_once(caller, document).read_back == (entry,)
    assert entry.offline
    assert entry.lead == A_LEAD.person_id


def test_who_signed_in_while_the_centre_was_away_has_the_lead_proved_here(site: Site) -> None:
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        sign_in(desk)
        site.centre.come_back()
        assert override(caller, site.order()).offline
    assert site.centre.overrides == []


def test_a_lead_who_was_never_here_cannot_be_proved_offline(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        site.centre.go_away()
        assert refusal(caller, site.order()).code == "offline_unknown"


def test_a_lead_who_was_here_too_long_ago_cannot_be_proved_offline(site: Site) -> None:
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        site.clock.advance(hours=73)
        assert refusal(caller, site.order()).code == "offline_too_long"


def failures(desk: Desk, login: str) -> int:
    query = select(PersonRow.failures).where(PersonRow.login == login)
    with desk.records.store.read() as connection:
        return connection.execute(query).scalar_one()


def test_offline_a_csrs_own_password_is_refused_and_counts_as_a_try(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        found = refusal(caller, document, login=A_CSR.login, password=PASSWORD)
        assert found.code == "not_a_lead"
        assert failures(desk, A_CSR.login) == 1
        assert record(caller, document) == ()


def test_offline_wrong_passwords_lock_the_lead_out_as_at_sign_in(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = after_the_lead_was_here(site, desk)
        for _ in range(TRIES_MOST):
            assert refusal(caller, document, password="wrong").code == "password_wrong"
        assert refusal(caller, document).code == "locked_out"
        site.clock.advance(minutes=30)
        assert override(caller, document).offline
        assert failures(desk, A_LEAD.login) == 0


def test_a_reason_is_wanted_in_words_and_without_card_digits(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        assert refusal(caller, document, reason=" \n").code == "reason_missing"
        found = refusal(caller, document, reason="paid with 4111 1111 1111 1111")
        assert (found.code, found.field) == ("card_digits", "reason")
    assert site.centre.overrides == []


def test_a_placed_order_is_not_let_pass_any_more_and_nobody_is_asked(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        place(caller, document)
        assert refusal(caller, document).code == "already_placed"
    assert site.centre.overrides == []


def test_the_password_is_nowhere_in_the_record(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        override(ready(desk), document)
        with desk.records.store.read() as connection:
            kept = connection.exec_driver_sql("SELECT document FROM read_back_entry").scalar_one()
    assert LEAD_PASSWORD.encode() not in kept


def test_an_answer_after_the_override_counts_again(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        override(caller, document)
        read_back(caller, document)
        assert len(place_at_once(caller, document).read_back) > 1
