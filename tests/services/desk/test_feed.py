"""The change feed: the catalogue at the desk is the centre's, through restarts and damage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.models.desk.tables import SettingRow
from app.services.desk import memory
from app.services.desk.desk import Desk
from app.values.errors import Fault, Refusal
from app.values.identity import ProductCode
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.catalogue import FindProducts, GetProduct, ProductView
from app.wire.guidance import GUIDANCE_KEY, Guidance
from app.wire.sync import AskStatus, Change, Town
from tests.builders import a_product
from tests.read_backs import a_checklist, a_guidance, an_extra
from tests.services.desk.centre import POLICY, a_change
from tests.services.desk.site import Signal, Site, feed_product, sign_in, status

PAGE = 500


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "seat")
    site.centre.put(ChangeKind.GUIDANCE, GUIDANCE_KEY, a_guidance())
    for number in range(20):
        feed_product(site.centre, a_product(f"MUG-{number:02}", description=f"Mug {number}"))
    return site


def found(desk: Desk, text: str) -> list[str]:
    hits = desk.caller.call(operations.FIND_PRODUCTS, FindProducts(text=text)).hits
    return [hit.product.code for hit in hits]


def follow(desk: Desk, steps: int = 5) -> None:
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


def guidance(desk: Desk) -> Guidance:
    return desk.caller.call(operations.GET_GUIDANCE, AskStatus())


def publish(site: Site, edition: Guidance) -> None:
    site.centre.put(ChangeKind.GUIDANCE, GUIDANCE_KEY, edition, edition.revision)


def a_newer_guidance(revision: int = 2) -> Guidance:
    return a_guidance(a_checklist("age", an_extra()), revision=revision)


def test_before_the_first_word_from_the_centre_there_are_no_checklists(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        with pytest.raises(Fault) as broken:
            guidance(desk)
    assert broken.value.code == "guidance_unknown"


def test_a_snapshot_brings_the_guidance(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        assert guidance(desk) == a_guidance()
        site.centre.go_away()
    with site.opened() as desk:
        site.centre.come_back()
        sign_in(desk)
        assert guidance(desk) == a_guidance()


def test_an_edition_that_is_published_meanwhile_is_followed(site: Site) -> None:
    followed = Signal()
    with site.opened() as desk:
        follow(desk)
    with site.running() as desk:
        sign_in(desk)
        desk.feed.when_followed(followed.happened)
        publish(site, a_newer_guidance())
        followed.wait_for(1)
        assert guidance(desk) == a_newer_guidance()


def test_an_edition_is_decoded_once_and_again_when_another_arrives(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        first = guidance(desk)
        assert guidance(desk) is first
        publish(site, a_newer_guidance())
        follow(desk, 1)
        assert guidance(desk).revision == 2


def as_a_version_without_guidance_left_it(desk: Desk) -> None:
    """The cursor is past the guidance, which neither store nor replica has heard of."""
    with desk.records.store.write() as connection:
        connection.execute(delete(SettingRow).where(SettingRow.name == memory.GUIDANCE))


def test_a_replica_of_a_version_without_guidance_is_completed(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
        as_a_version_without_guidance_left_it(desk)
    with closing(sqlite3.connect(site.folder / "catalogue" / "replica.db")) as replica:
        replica.execute("DELETE FROM replica WHERE kind = 'guidance'")
        replica.commit()
    site.centre.put(ChangeKind.POLICY, "policy", POLICY, 2)
    with site.opened() as desk:
        sign_in(desk)
        follow(desk, 1)
        assert guidance(desk) == a_guidance()
        assert len(found(desk, "mug")) == 20
    assert site.centre.snapshots == 7


def test_what_a_new_store_lacks_is_fetched_although_the_replica_is_not_new(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
        with desk.records.store.write() as connection:
            connection.execute(delete(SettingRow).where(SettingRow.name == memory.POLICY))
            connection.execute(delete(SettingRow).where(SettingRow.name == memory.GUIDANCE))
    publish(site, a_newer_guidance())
    with site.opened() as desk:
        sign_in(desk)
        follow(desk, 1)
        assert guidance(desk) == a_newer_guidance()
        policy = desk.caller.call(operations.GET_POLICY, AskStatus())
        assert policy.company.name == "Readback Ltd"


def test_an_edition_this_version_cannot_read_leaves_the_last_good_one(site: Site) -> None:
    strange = {"revision": 2, "checklists": [{"name": "x", "items": [{"check": "mood"}]}]}
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        site.centre.put(ChangeKind.GUIDANCE, GUIDANCE_KEY, strange, 2)
        feed_product(site.centre, a_product("POT-1", description="Teapot"))
        follow(desk, 1)
        assert guidance(desk) == a_guidance()
        assert found(desk, "teapot") == ["POT-1"]
        assert "cannot read" in status(desk).sentence
        publish(site, a_newer_guidance(revision=3))
        follow(desk, 1)
        assert (guidance(desk).revision, status(desk).sentence) == (3, "")


def test_an_edition_that_could_not_be_read_is_fetched_again_by_the_next_run(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
        site.centre.put(ChangeKind.GUIDANCE, GUIDANCE_KEY, {"revision": 2}, 2)
        follow(desk, 1)
    site.centre.changes[-1] = a_change(
        ChangeKind.GUIDANCE, GUIDANCE_KEY, a_newer_guidance(), revision=2
    )
    feed_product(site.centre, a_product("POT-1", description="Teapot"))
    with site.opened() as desk:
        sign_in(desk)
        follow(desk, 1)
        assert guidance(desk) == a_newer_guidance()


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
    assert site.centre.snapshots == 6


def test_a_snapshot_that_was_interrupted_goes_on_after_a_restart(site: Site) -> None:
    for number in range(3 * PAGE):
        feed_product(site.centre, a_product(f"CUP-{number:04}"))
    with site.opened() as desk:
        follow(desk, 3)
    with site.opened() as desk:
        follow(desk, 5)
        assert status(desk).products == 3 * PAGE + 20
    assert site.centre.snapshots == 9


def test_an_unknown_cursor_means_a_new_snapshot_without_what_is_gone(site: Site) -> None:
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        kept = [change for change in site.centre.changes if change.key != "MUG-03"]
        site.centre.restore(kept)
        follow(desk, 6)
        assert len(found(desk, "mug")) == 19
        with pytest.raises(Refusal):
            product(desk, "MUG-03")


def test_a_snapshot_after_a_restore_overrules_newer_revisions(site: Site) -> None:
    feed_product(site.centre, a_product("MUG-03", description="Lost", revision=9))
    with site.opened() as desk:
        sign_in(desk)
        follow(desk)
        site.centre.restore([c for c in site.centre.changes if c.revision < 9])
        follow(desk, 6)
        assert product(desk, "MUG-03").description == "Mug 3"


class Ended(BaseException):
    """The program has ended here."""


def test_a_program_that_ends_while_it_hears_of_a_restore_hears_of_it_again(site: Site) -> None:
    told: list[str] = []

    def end() -> None:
        raise Ended

    with site.opened() as desk:
        follow(desk)
        site.centre.restore(list(site.centre.changes))
        desk.feed.when_restored(end)
        with pytest.raises(Ended):
            follow(desk)
    with site.opened() as desk:
        desk.feed.when_restored(partial(told.append, "restored"))
        follow(desk)

    assert told == ["restored"]


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
        follow(desk, 6)
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
        follow(desk, 28)
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
