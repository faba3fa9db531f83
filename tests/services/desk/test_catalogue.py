"""What a product could be taken for, asked of a desk that follows the centre."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.desk.catalogue import CatalogueService
from app.services.desk.desk import Desk
from app.services.rules.confusables import as_heard, resemblance
from app.store.product_search import ProductIndex
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.catalogue import FindLookalikes, Likeness, Lookalikes, ProductView
from app.wire.message import encode
from tests.builders import a_product
from tests.services.desk.site import Site, feed_product, sign_in


def catalogue_of(folder: Path, *products: ProductView) -> CatalogueService:
    index = ProductIndex(folder)
    index.put(encode(product) for product in products)
    index.commit(1)
    index.rest()
    return CatalogueService(index)


def lookalikes(catalogue: CatalogueService, code: str, limit: int = 8) -> Lookalikes:
    return catalogue.lookalikes(FindLookalikes(code=ProductCode(code), limit=limit))


def asked(desk: Desk, code: str) -> Lookalikes:
    request = FindLookalikes(code=ProductCode(code))
    return desk.caller.call(operations.FIND_LOOKALIKES, request)


def test_twins_are_named_with_the_word_to_say(tmp_path: Path) -> None:
    catalogue = catalogue_of(
        tmp_path,
        a_product("22697", description="GREEN REGENCY TEACUP AND SAUCER"),
        a_product("22699", description="ROSES REGENCY TEACUP AND SAUCER"),
        a_product("22423", description="REGENCY CAKESTAND 3 TIER"),
    )
    found = lookalikes(catalogue, "22699")
    assert (found.code, found.must_say) == ("22699", "ROSES")
    assert [(o.product.code, o.likeness) for o in found.others] == [("22697", Likeness.ONE_WORD)]


def test_a_product_like_no_other_asks_for_nothing(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, a_product("1", description="Tea towel"))
    assert lookalikes(catalogue, "1") == Lookalikes(code=ProductCode("1"))


def test_an_unknown_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        lookalikes(catalogue_of(tmp_path), "NO")
    assert refused.value.code == "product_unknown"


def test_hundreds_of_twins_of_one_sort_hide_none_of_another(tmp_path: Path) -> None:
    twins = [a_product(f"T{at}X", description=f"Mug number {at} blue") for at in range(1000, 1400)]
    mug = a_product("M", description="Mug number one blue")
    catalogue = catalogue_of(tmp_path, *twins, mug)
    found = lookalikes(catalogue, "M", 3)
    assert len(found.others) == 3
    assert found.must_say == "one"
    red = a_product("Z", description="Mug number one red")
    catalogue = catalogue_of(tmp_path / "more", *twins, mug, red)
    assert lookalikes(catalogue, "M", 3).must_say == "one blue"


def test_a_change_of_the_feed_is_followed(tmp_path: Path) -> None:
    site = Site(tmp_path / "seat")
    feed_product(site.centre, a_product("MUG-R", description="Red mug"))
    with site.opened() as desk:
        sign_in(desk)
        while desk.feed.fresh_at() is None:
            desk.feed.step()
        assert asked(desk, "MUG-R").others == ()
        feed_product(site.centre, a_product("MUG-B", description="Blue mug"))
        desk.feed.step()
        assert asked(desk, "mug-r").must_say == "Red"
        feed_product(site.centre, a_product("MUG-B", description="Blue towel", revision=2))
        desk.feed.step()
        assert asked(desk, "MUG-R").others == ()
        feed_product(site.centre, a_product("MUG-B", description="Red mug", revision=3))
        desk.feed.step()
        assert asked(desk, "MUG-R").must_say == "MUG-R"
        site.centre.put(ChangeKind.PRODUCT, "MUG-B", {}, 4, deleted=True)
        desk.feed.step()
        assert asked(desk, "MUG-R").others == ()


CODES = ("21617", "21670", "85099B", "85099P", "8512A", "85128", "M1", "M2")
DESCRIPTIONS = st.lists(
    st.sampled_from(["red", "blue", "mug", "mugs", "13", "30", "5", "9", "B", "P", "??", "photo"]),
    max_size=4,
).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(descriptions=st.lists(DESCRIPTIONS, min_size=len(CODES), max_size=len(CODES)))
def test_every_pair_that_can_be_confused_is_found_from_both_sides(
    tmp_path_factory: pytest.TempPathFactory, descriptions: list[str]
) -> None:
    products = [a_product(c, description=d) for c, d in zip(CODES, descriptions, strict=True)]
    catalogue = catalogue_of(tmp_path_factory.mktemp("alike"), *products)
    found = {
        product.code: {other.product.code for other in lookalikes(catalogue, product.code).others}
        for product in products
    }
    for one, other in combinations(products, 2):
        alike = resemblance(as_heard(one), as_heard(other)) is not None
        assert (other.code in found[one.code]) is alike
        assert (one.code in found[other.code]) is alike
