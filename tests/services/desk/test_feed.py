"""The change feed: the catalogue at the desk is the centre's, through restarts and damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.desk.desk import Desk
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.catalogue import FindProducts, GetProduct, ProductView
from app.wire.sync import AskStatus, Change, Town
from tests.builders import a_product
from tests.services.desk.centre import a_change
from tests.services.desk.site import Signal, Site, feed_product, sign_in, status

PAGE = 500


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "seat")
    for number in range(20):
        feed_product(site.centre, a_product(f"MUG-{number:02}", description=f"Mug {number}"))
    return site


def found(desk: Desk, text: str) -> list[str]:
    hits = desk.caller.call(operations.FIND_PRODUCTS, FindProducts(text=text)).hits
    return [hit.product.code for hit in hits]


def follow(desk: Desk, steps: int = 3) -> None:
    """A snapshot of few rows takes a step for each kind."""
    for _ in range(steps):
        assert desk.feed.step() == 0.0


def test_a_snapshot_brings_products_towns_and_policy(site: Site) -> None:
    town = Town(country="GB", postcode="LS6", city="Leeds")
    site.centre.put(ChangeKind.TOWN, "GB LS6", town)
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        assert len(found(desk, "mug")) == 20
        assert desk.town("GB", "LS6") == town
        policy = desk.caller.call(operations.GET_POLICY, AskStatus())
        assert policy.company.name == "Readback Ltd"
        assert (status(desk).products, status(desk).catalogue_at) == (20, site.clock.now())


def test_before_the_first_word_from_the_centre_there_is_no_policy(site: Site) -> None:
    with site.opened() as desk, pytest.raises(Refusal) as refused:
        desk.caller.call(operations.GET_POLICY, AskStatus())
    assert refused.value.code == "policy_unknown"


def test_a_new_product_is_found_at_once(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        feed_product(site.centre, a_product("POT-1", description="Teapot"))
        follow(desk, 1)
        assert found(desk, "teapot") == ["POT-1"]


def test_a_changed_product_is_found_by_its_new_words_only(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        feed_product(site.centre, a_product("MUG-03", description="Decanter", revision=2))
        follow(desk, 1)
        assert found(desk, "decanter") == ["MUG-03"]


def test_an_older_revision_that_comes_late_changes_nothing(site: Site) -> None:
    feed_product(site.centre, a_product("MUG-03", description="Jug", revision=5))
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        feed_product(site.centre, a_product("MUG-03", description="Older", revision=4))
        follow(desk, 1)
        assert product(desk, "mug-03").description == "Jug"


def product(desk: Desk, code: str) -> ProductView:
    return desk.caller.call(operations.GET_PRODUCT, GetProduct(code=ProductCode(code)))


def test_a_deleted_product_is_gone(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        site.centre.put(ChangeKind.PRODUCT, "MUG-03", {}, 2, deleted=True)
        follow(desk, 1)
        with pytest.raises(Refusal) as refused:
            product(desk, "MUG-03")
    assert refused.value.code == "product_unknown"


def test_it_goes_on_where_it_stopped_after_a_restart(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
    feed_product(site.centre, a_product("POT-1", description="Teapot"))
    with site.opened() as desk:
        sign_in(desk)
        assert len(found(desk, "mug")) == 20
        follow(desk, 1)
        assert found(desk, "teapot") == ["POT-1"]
    assert site.centre.snapshots == 3


def test_a_snapshot_that_was_interrupted_goes_on_after_a_restart(site: Site) -> None:
    for number in range(3 * PAGE):
        feed_product(site.centre, a_product(f"CUP-{number:04}"))
    with site.opened() as desk:
        follow(desk, 3)
    with site.opened() as desk:
        follow(desk, 3)
        assert status(desk).products == 3 * PAGE + 20
    assert site.centre.snapshots == 6


def test_an_unknown_cursor_means_a_new_snapshot_without_what_is_gone(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        kept = [change for change in site.centre.changes if change.key != "MUG-03"]
        site.centre.restore(kept)
        follow(desk, 4)
        assert len(found(desk, "mug")) == 19
        with pytest.raises(Refusal):
            product(desk, "MUG-03")


def test_a_snapshot_after_a_restore_overrules_newer_revisions(site: Site) -> None:
    feed_product(site.centre, a_product("MUG-03", description="Lost", revision=9))
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        site.centre.restore([c for c in site.centre.changes if c.revision < 9])
        follow(desk, 4)
        assert product(desk, "MUG-03").description == "Mug 3"


def test_a_lost_index_is_made_again_without_the_centre(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
    (site.folder / "catalogue" / "index.json").unlink()
    with site.opened() as desk:
        sign_in(desk)
        site.centre.go_away()
        desk.feed.step()
        assert len(found(desk, "mug")) == 20


def test_a_damaged_index_is_made_again_without_the_centre(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
    for path in (site.folder / "catalogue").glob("index-*/*.store"):
        path.write_bytes(b"\x00" + path.read_bytes()[1:])
    with site.opened() as desk:
        sign_in(desk)
        site.centre.go_away()
        desk.feed.step()
        assert len(found(desk, "mug")) == 20


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to look like one"])
def test_a_damaged_replica_is_fetched_again(site: Site, content: bytes) -> None:
    with site.opened() as desk:
        follow(desk)
    (site.folder / "catalogue" / "replica.db").write_bytes(content)
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        assert len(found(desk, "mug")) == 20


def test_pages_of_a_replica_that_are_damaged_mean_that_it_is_fetched_again(site: Site) -> None:
    for number in range(2 * PAGE):
        feed_product(site.centre, a_product(f"CUP-{number:04}"))
    with site.opened() as desk:
        follow(desk, 5)
    replica = site.folder / "catalogue" / "replica.db"
    content = replica.read_bytes()
    replica.write_bytes(content[:4_096] + b"\xff" * (len(content) - 4_096))
    with site.opened() as desk:
        sign_in(desk)
        while status(desk).catalogue_at is None or status(desk).products < 2 * PAGE:
            desk.feed.step()
        assert product(desk, "CUP-0007").code == "CUP-0007"


def test_while_the_centre_is_away_the_catalogue_stays_usable(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        site.centre.go_away()
        assert desk.feed.step() > 0.0
        assert len(found(desk, "mug")) == 20
        assert not status(desk).online


def test_a_long_poll_brings_a_change_to_a_running_desk(site: Site) -> None:
    followed = Signal()
    with site.running() as desk:
        sign_in(desk)
        desk.feed.when_followed(followed.happened)
        feed_product(site.centre, a_product("POT-1", description="Teapot"))
        followed.wait_for(1)
        assert found(desk, "teapot") == ["POT-1"]


def test_a_desk_is_closed_in_the_middle_of_a_long_poll(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
    with site.running():
        pass
    with site.opened() as desk:
        assert status(desk).products == 20


def test_thousands_of_products_are_followed(site: Site) -> None:
    changes = [change_of(a_product(f"CUP-{n:05}", description=f"Cup {n}")) for n in range(12_000)]
    site.centre.restore(changes)
    with site.opened() as desk:
        sign_in(desk)
        follow(desk, 26)
        assert status(desk).products == 12_000
        assert found(desk, "cup 11999")[0] == "CUP-11999"


def change_of(product: ProductView) -> Change:
    return a_change(ChangeKind.PRODUCT, product.code, product)


def test_a_catalogue_is_called_fresh_only_once_its_products_can_be_found(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        while status(desk).catalogue_at is None:
            desk.feed.step()
        assert status(desk).products == 20
        assert len(found(desk, "mug")) == 20
