"""Signing in: the centre decides, and while it is away the desk remembers who was here."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.desk.tables import PersonRow
from app.services.desk.desk import Desk
from app.services.desk.verifiers import TRIES_MOST
from app.values.errors import Refusal
from app.wire import operations
from app.wire.catalogue import FindProducts
from app.wire.customers import FindCustomers
from app.wire.orders import ListDrafts, SaveDraft
from app.wire.people import OfferSignIn, Permission, Session, SignIn, SignOut
from tests.services.desk.centre import PASSWORD
from tests.services.desk.site import Site, ready, status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def sign_in(desk: Desk, login: str = "anna", password: str = PASSWORD) -> Session:
    return desk.caller.call(operations.SIGN_IN, SignIn(login=login, password=password))


def refusal_of_sign_in(desk: Desk, password: str = PASSWORD) -> str:
    with pytest.raises(Refusal) as refused:
        sign_in(desk, password=password)
    return refused.value.code


def after_signing_in_once(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
    site.centre.go_away()


def test_the_centre_lets_in_who_knows_the_password(site: Site) -> None:
    with site.opened() as desk:
        session = sign_in(desk)
    assert session.person.name == "Anna Reid"
    assert not session.offline
    assert site.centre.tokens == ["token"]


def test_a_wrong_password_is_the_centres_refusal(site: Site) -> None:
    with site.opened() as desk:
        assert refusal_of_sign_in(desk, "wrong") == "sign_in_wrong"


def test_the_password_is_nowhere_in_the_store(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        with desk.records.store.read() as connection:
            verifier = connection.execute(select(PersonRow.verifier)).scalar_one()
    assert verifier is not None
    assert verifier.startswith("$argon2id$")


def test_who_was_here_lately_gets_in_while_the_centre_is_away(site: Site) -> None:
    after_signing_in_once(site)
    with site.opened() as desk:
        session = sign_in(desk)
    assert session.offline
    assert session.permissions == {Permission.TAKE_ORDERS}
    assert session.token == ""


def test_offline_the_password_still_counts(site: Site) -> None:
    after_signing_in_once(site)
    with site.opened() as desk:
        assert refusal_of_sign_in(desk, "wrong") == "password_wrong"


def test_who_was_never_here_does_not_get_in_offline(site: Site) -> None:
    site.open().close()
    site.centre.reopen()
    site.centre.go_away()
    with site.opened() as desk:
        assert refusal_of_sign_in(desk) == "offline_unknown"


def test_three_days_after_the_last_sign_in_nobody_gets_in_offline(site: Site) -> None:
    after_signing_in_once(site)
    site.clock.advance(hours=72)
    with site.opened() as desk:
        assert sign_in(desk).offline
        site.clock.advance(seconds=1)
        assert refusal_of_sign_in(desk) == "offline_too_long"


def test_a_clock_set_back_does_not_open_the_door(site: Site) -> None:
    after_signing_in_once(site)
    site.clock.advance(days=-1)
    with site.opened() as desk:
        assert refusal_of_sign_in(desk) == "offline_too_long"


def test_ten_wrong_passwords_lock_the_door_for_half_an_hour_restarts_or_not(site: Site) -> None:
    after_signing_in_once(site)
    with site.opened() as desk:
        for _ in range(TRIES_MOST):
            assert refusal_of_sign_in(desk, "wrong") == "password_wrong"
    with site.opened() as desk:
        assert refusal_of_sign_in(desk) == "locked_out"
        site.clock.advance(minutes=29)
        assert refusal_of_sign_in(desk) == "locked_out"
        site.clock.advance(minutes=1)
        assert sign_in(desk).offline


def test_the_right_password_clears_the_wrong_ones(site: Site) -> None:
    after_signing_in_once(site)
    with site.opened() as desk:
        for _ in range(3):
            for _ in range(TRIES_MOST - 1):
                refusal_of_sign_in(desk, "wrong")
            assert sign_in(desk).offline


def test_a_password_the_centre_turns_down_opens_nothing_offline(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        site.centre.passwords["anna"] = "another password"
        assert refusal_of_sign_in(desk) == "sign_in_wrong"
        site.centre.go_away()
        assert refusal_of_sign_in(desk) == "offline_unknown"


def test_a_centre_that_is_broken_counts_as_away(site: Site) -> None:
    after_signing_in_once(site)
    site.centre.go_away("database_away")
    with site.opened() as desk:
        assert sign_in(desk).offline
        assert not status(desk).online


def test_offline_what_needs_the_centre_asks_for_a_new_sign_in(site: Site) -> None:
    after_signing_in_once(site)
    with site.opened() as desk:
        sign_in(desk)
        site.centre.come_back()
        with pytest.raises(Refusal) as refused:
            desk.caller.call(operations.FIND_CUSTOMERS, FindCustomers(text="Smith"))
    assert refused.value.code == "signed_in_offline"


def test_nobody_is_signed_in_at_first(site: Site) -> None:
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        desk.caller.call(operations.FIND_PRODUCTS, FindProducts(text="tea"))
    assert refused.value.code == "not_signed_in"


def test_after_signing_out_nobody_is_signed_in(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        desk.caller.call(operations.SIGN_OUT, SignOut())
        with pytest.raises(Refusal) as refused:
            desk.caller.call(operations.LIST_DRAFTS, ListDrafts())
    assert refused.value.code == "not_signed_in"
    assert site.centre.tokens[-1] is None


def test_signing_out_works_while_the_centre_is_away(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        site.centre.go_away()
        desk.caller.call(operations.SIGN_OUT, SignOut())


def test_a_session_that_ran_out_still_saves_what_was_typed(site: Site) -> None:
    document = site.order()
    with site.opened() as desk:
        caller = ready(desk)
        site.clock.advance(days=500)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        with pytest.raises(Refusal) as refused:
            caller.call(operations.LIST_DRAFTS, ListDrafts())
    assert refused.value.code == "session_over"


def test_a_clock_that_is_set_in_the_middle_of_a_call_ends_no_session(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        for days in (500, -500):
            site.clock.set(site.clock.now() + timedelta(days=days))
            caller.call(operations.LIST_DRAFTS, ListDrafts())


def test_a_session_lasts_as_long_as_the_centre_says_by_its_own_clock(site: Site) -> None:
    """The desk's clock is 600 days ahead: by it the session would have ended before it began."""
    ahead = timedelta(days=600)
    site.clock.set(site.clock.now() + ahead)
    site.centre.clock_offset_ms = -ahead // timedelta(milliseconds=1)
    with site.opened() as desk:
        caller = ready(desk)
        caller.call(operations.LIST_DRAFTS, ListDrafts())
        site.clock.advance(days=500)
        with pytest.raises(Refusal, match="session_over"):
            caller.call(operations.LIST_DRAFTS, ListDrafts())


def test_who_signed_in_here_is_offered_next_time(site: Site) -> None:
    with site.opened() as desk:
        assert desk.caller.call(operations.OFFER_SIGN_IN, OfferSignIn()).people == ()
        sign_in(desk)
    with site.opened() as desk:
        people = desk.caller.call(operations.OFFER_SIGN_IN, OfferSignIn()).people
    assert [person.name for person in people] == ["Anna Reid"]
