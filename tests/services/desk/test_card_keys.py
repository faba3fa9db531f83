"""The key that card data are sealed to: only one that the vault's root key has signed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from app.services.desk import memory
from app.services.desk.desk import Desk
from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.vocabulary import ChangeKind
from app.wire import card_operations
from app.wire.payments import AskCardKey, CardKey
from app.wire.sync import Policy
from tests.services.desk.centre import POLICY
from tests.services.desk.site import Site, ready, sign_in
from tests.services.desk.till import Root


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def card_key(caller: Caller) -> CardKey:
    return caller.call(card_operations.GET_CARD_KEY, AskCardKey())


def trust(site: Site, desk: Desk, root: Root) -> None:
    """The policy names a root key, and the desk has heard of it."""
    policy = msgspec.structs.replace(POLICY, card_root_key=root.public)
    revision = len(site.centre.changes) + 1
    site.centre.put(ChangeKind.POLICY, "policy", policy, revision)
    while known_policy(desk) != policy:
        desk.feed.step()


def known_policy(desk: Desk) -> Policy | None:
    with desk.records.store.read() as connection:
        return memory.recalled(connection, memory.POLICY, Policy)


def test_a_key_that_the_policys_root_has_signed_is_given(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, site.centre.till.root)
        assert card_key(caller) == site.centre.till.key


def test_without_a_root_key_no_card_is_taken(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        with pytest.raises(Refusal, match="no_cards") as refused:
            card_key(caller)
    assert "another way to pay" in refused.value.sentence


def test_a_key_that_another_root_has_signed_is_refused(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, site.centre.till.root)
        site.centre.till.key = Root().signed()
        with pytest.raises(Refusal, match="card_key_untrusted"):
            card_key(caller)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kid", "other"), ("modulus", "AQAC"), ("exponent", "Aw"), ("signature", "not base64!")],
)
def test_a_key_that_was_changed_on_its_way_is_refused(site: Site, field: str, value: str) -> None:
    till = site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, till.root)
        till.key = msgspec.structs.replace(till.key, **{field: value})
        with pytest.raises(Refusal, match="card_key_untrusted"):
            card_key(caller)


@pytest.mark.parametrize("days", [-2, 2])
def test_a_key_is_used_within_its_days_only(site: Site, days: int) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, site.centre.till.root)
        site.centre.clock_offset_ms = round(timedelta(days=days) / timedelta(milliseconds=1))
        with pytest.raises(Refusal, match="card_key_out_of_date"):
            card_key(caller)


def test_a_wrong_clock_of_the_desk_does_not_matter(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, site.centre.till.root)
        site.clock.advance(hours=30)
        site.centre.clock_offset_ms = -30 * 3_600_000
        assert card_key(caller) == site.centre.till.key


def test_a_root_key_that_changes_is_refused_until_it_is_trusted_again(site: Site) -> None:
    till = site.centre.till
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, till.root)
        card_key(caller)
        till.root = Root()
        till.key = till.root.signed()
        trust(site, desk, till.root)
        with pytest.raises(Refusal, match="card_key_changed"):
            card_key(caller)
    with site.opened() as desk:
        sign_in(desk)
        with pytest.raises(Refusal, match="card_key_changed"):
            card_key(desk.caller)
    site.trust_card_key = True
    with site.opened() as desk:
        sign_in(desk)
        assert card_key(desk.caller) == till.key
    site.trust_card_key = False
    with site.opened() as desk:
        sign_in(desk)
        assert card_key(desk.caller) == till.key


def test_the_root_key_of_the_settings_goes_before_the_policys(site: Site) -> None:
    site.card_root_key = site.centre.till.root.public
    with site.opened() as desk:
        caller = ready(desk)
        trust(site, desk, Root())
        assert card_key(caller) == site.centre.till.key
