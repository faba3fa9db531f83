"""The finder: what was meant comes first, whatever was typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store.product_search import ProductIndex
from app.values.errors import Fault
from app.values.identity import ProductCode
from app.values.vocabulary import ProductKind
from app.wire.catalogue import Match, ProductView
from app.wire.message import encode
from tests.builders import a_product

PRODUCTS = (
    a_product("85123A", description="WHITE HANGING HEART T-LIGHT HOLDER"),
    a_product("85123B", description="CREAM HANGING HEART T-LIGHT HOLDER"),
    a_product("71053", description="White metal lantern"),
    a_product("22423", description="Regency cakestand 3 tier"),
    a_product("22424", description="Regency teacup, withdrawn", withdrawn=True),
    a_product("RED-1", description="Small mug"),
    a_product("MUG-R", description="Red mug"),
    a_product("MUG-RR", description="Red mug with a redder handle"),
    a_product("CAFÉ", description="Crème brûlée dish"),
    a_product("KIDS", description="Children's apron"),
    a_product("15056BL", description="Edwardian parasol black"),
    a_product("15056bl", description="Edwardian parasol blue"),
    a_product("GC 12/3", description="Gift card"),
    a_product("DOT", description="Dotcom postage"),
)


def an_index(folder: Path, *products: ProductView) -> ProductIndex:
    index = ProductIndex(folder)
    index.put(encode(product) for product in products)
    index.commit(1)
    index.rest()
    return index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ProductIndex:
    return an_index(tmp_path_factory.mktemp("catalogue"), *PRODUCTS)


def codes(index: ProductIndex, text: str) -> list[str]:
    return [hit.product.code for hit in index.find(text, 50).hits]


def matches(index: ProductIndex, text: str) -> list[tuple[str, Match]]:
    return [(hit.product.code, hit.match) for hit in index.find(text, 50).hits]


@pytest.mark.parametrize("typed", ["85123A", "85123a", " 85123A "])
def test_a_whole_code_comes_first_letters_small_or_capital(index: ProductIndex, typed: str) -> None:
    assert matches(index, typed)[0] == ("85123A", Match.EXACT_CODE)


def test_the_beginning_of_a_code_finds_all_that_begin_so(index: ProductIndex) -> None:
    assert matches(index, "8512") == [
        ("85123A", Match.CODE_PREFIX),
        ("85123B", Match.CODE_PREFIX),
    ]


def test_one_digit_is_a_beginning_too(index: ProductIndex) -> None:
    assert "71053" in codes(index, "7")


def test_codes_that_differ_in_case_only_are_both_shown_the_typed_one_first(
    index: ProductIndex,
) -> None:
    exact = Match.EXACT_CODE
    assert matches(index, "15056bl")[:2] == [("15056bl", exact), ("15056BL", exact)]
    assert matches(index, "15056BL")[:2] == [("15056BL", exact), ("15056bl", exact)]


def test_a_code_with_a_blank_and_a_slash_is_found(index: ProductIndex) -> None:
    assert matches(index, "gc 12/3")[0] == ("GC 12/3", Match.EXACT_CODE)


def test_words_are_found_in_any_order_and_the_last_may_be_unfinished(index: ProductIndex) -> None:
    assert codes(index, "heart whi") == ["85123A"]


def test_words_may_all_be_beginnings(index: ProductIndex) -> None:
    assert "85123A" in codes(index, "whi hang hea")


def test_code_and_words_may_be_mixed(index: ProductIndex) -> None:
    assert codes(index, "heart 85123b")[0] == "85123B"


def test_a_code_that_begins_so_comes_before_words(index: ProductIndex) -> None:
    assert codes(index, "red")[:2] == ["RED-1", "MUG-R"]


def test_the_description_that_says_least_else_comes_first(index: ProductIndex) -> None:
    assert codes(index, "red mug")[:2] == ["MUG-R", "MUG-RR"]


@pytest.mark.parametrize("typed", ["regancy", "regenc", "rgency", "egency", "cakstand", "regeny"])
def test_one_slip_is_forgiven(index: ProductIndex, typed: str) -> None:
    assert "22423" in codes(index, typed)


def test_what_was_spelt_right_comes_before_slips(index: ProductIndex) -> None:
    found = matches(index, "white metal")
    assert found[0] == ("71053", Match.WORDS)


def test_a_size_is_never_a_slip(index: ProductIndex) -> None:
    assert codes(index, "cakestand 4") == []


@pytest.mark.parametrize("typed", ["creme brulee", "CRÈME BRÛLÉE", "cre\u0300me", "brulée"])
def test_accents_may_be_left_out(index: ProductIndex, typed: str) -> None:
    assert codes(index, typed) == ["CAFÉ"]


@pytest.mark.parametrize("typed", ["children's", "childrens", "children’s apron"])
def test_apostrophes_may_be_left_out(index: ProductIndex, typed: str) -> None:
    assert codes(index, typed) == ["KIDS"]


def test_a_withdrawn_product_is_hidden_from_words_and_beginnings(index: ProductIndex) -> None:
    assert "22424" not in codes(index, "regency")
    assert "22424" not in codes(index, "2242")


def test_a_withdrawn_product_is_shown_for_its_whole_code(index: ProductIndex) -> None:
    hit = index.find("22424", 50).hits[0]
    assert (hit.product.code, hit.match, hit.product.withdrawn) == (
        "22424",
        Match.EXACT_CODE,
        True,
    )


def test_no_more_rows_than_asked_for(index: ProductIndex) -> None:
    assert len(index.find("e", 2).hits) <= 2


def test_the_answer_says_what_it_answers(index: ProductIndex) -> None:
    assert index.find(" Red ", 5).text == " Red "


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "🎁",
        '"',
        "red AND mug OR (",
        "mug:red^2~",
        "*",
        "\\",
        "-mug +red",
        "\x00",
        "\ud800",
    ],
)
def test_no_text_upsets_the_finder(index: ProductIndex, typed: str) -> None:
    index.find(typed, 50)


@pytest.mark.parametrize("typed", ["x" * 10_000, "red " * 2_500, "é" * 10_000, "🎁" * 5_000])
def test_very_long_texts_do_not_upset_the_finder(index: ProductIndex, typed: str) -> None:
    index.find(typed, 50)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(typed=st.text(max_size=60))
def test_whatever_is_typed_gets_an_answer(index: ProductIndex, typed: str) -> None:
    hits = index.find(typed, 50).hits
    assert len({hit.product.code for hit in hits}) == len(hits)


@given(product=st.sampled_from(PRODUCTS))
def test_every_product_is_first_for_its_own_code(index: ProductIndex, product: ProductView) -> None:
    assert index.find(product.code, 50).hits[0].product == product


def test_one_product_by_its_code(index: ProductIndex) -> None:
    found = index.get("mug-r")
    assert found is not None
    assert found.description == "Red mug"
    assert index.get("15056bl") == PRODUCTS[11]
    assert index.get("nothing") is None


def test_a_changed_product_replaces_what_was_there(tmp_path: Path) -> None:
    index = an_index(tmp_path, a_product("TEA-1", description="Old kettle"))
    index.put([encode(a_product("TEA-1", description="New teapot", revision=2))])
    index.commit(2)
    assert codes(index, "kettle") == []
    assert codes(index, "teapot") == ["TEA-1"]
    assert index.count() == 1
    index.rest()


def test_a_removed_product_is_gone(tmp_path: Path) -> None:
    index = an_index(tmp_path, *PRODUCTS)
    index.remove(["MUG-R"])
    index.commit(2)
    assert index.get("MUG-R") is None
    index.rest()


def taken_for(index: ProductIndex, code: str, limit: int = 50) -> set[str]:
    product = index.get(code)
    assert product is not None
    return {other.code for other in index.candidates(product, limit)}


def test_what_a_product_could_be_taken_for_is_found(index: ProductIndex) -> None:
    assert taken_for(index, "85123A") == {"85123B"}
    assert taken_for(index, "71053") == set()


def test_products_that_sound_the_same_come_before_those_one_word_apart(tmp_path: Path) -> None:
    twins = [a_product(f"T{at}X", description=f"Mug word{at}") for at in range(50)]
    same = a_product("SAME", description="Mugs")
    index = an_index(tmp_path, *twins, a_product("M-1", description="Mug"), same)
    assert taken_for(index, "M-1", 60) == {"SAME", *(twin.code for twin in twins)}
    assert len(taken_for(index, "M-1", 5)) <= 2 * (5 + 1)
    product = index.get("T1X")
    assert product is not None
    by_sound = a_product("SOUND", description="Mugs word1")
    index.put([encode(by_sound)])
    index.commit(2)
    index.rest()
    assert index.candidates(product, 5)[0] == by_sound


def test_nothing_is_taken_for_a_withdrawn_product_or_a_charge(tmp_path: Path) -> None:
    index = an_index(
        tmp_path,
        a_product("1", description="Red mug"),
        a_product("2", description="Blue mug", withdrawn=True),
        a_product("3", description="Green mug", kind=ProductKind.CHARGE),
        a_product("4", description="White mug"),
    )
    assert taken_for(index, "1") == {"4"}
    assert taken_for(index, "2") == {"1", "4"}


def test_lookalikes_follow_what_is_put_renamed_and_removed(tmp_path: Path) -> None:
    index = an_index(tmp_path, a_product("1", description="Red mug"))
    assert taken_for(index, "1") == set()
    index.put([encode(a_product("2", description="Blue mug"))])
    index.commit(2)
    assert taken_for(index, "1") == {"2"}
    index.put([encode(a_product("2", description="Tea towel, blue"))])
    index.commit(3)
    assert taken_for(index, "1") == set()
    index.put([encode(a_product("2", description="Red mugs"))])
    index.commit(4)
    assert taken_for(index, "1") == {"2"}
    index.remove(["2"])
    index.commit(5)
    index.rest()
    assert taken_for(index, "1") == set()


DESCRIPTIONS = st.lists(
    st.sampled_from(["red", "mug", "mugs", "set", "of", "13", "30", "B", "P", "photo", "??"]),
    max_size=4,
).map(" ".join)
LIKE_CODES = ["21617", "21670", "21660", "85099B", "85099P", "85099L", "8512A", "85128", "M1"]


@settings(max_examples=25, deadline=None)
@given(descriptions=st.lists(DESCRIPTIONS, min_size=len(LIKE_CODES), max_size=len(LIKE_CODES)))
def test_candidates_go_both_ways_and_are_never_the_product_itself(
    tmp_path_factory: pytest.TempPathFactory, descriptions: list[str]
) -> None:
    products = [
        a_product(code, description=text)
        for code, text in zip(LIKE_CODES, descriptions, strict=True)
    ]
    index = an_index(tmp_path_factory.mktemp("alike"), *products)
    found = {product.code: taken_for(index, product.code) for product in products}
    for code, others in found.items():
        assert code not in others
        assert all(code in found[ProductCode(other)] for other in others)


def test_it_is_there_after_opening_again(tmp_path: Path) -> None:
    an_index(tmp_path, *PRODUCTS)
    index = ProductIndex(tmp_path)
    assert index.applied == 1
    assert codes(index, "85123a")[0] == "85123A"


def test_an_index_of_another_format_is_made_again(tmp_path: Path) -> None:
    an_index(tmp_path, *PRODUCTS)
    mark = tmp_path / "index.json"
    mark.write_text(mark.read_text().replace('"format": ', '"format": 9'))
    index = ProductIndex(tmp_path)
    assert (index.applied, index.count()) == (0, 0)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "\u00e9"])
def test_a_mark_that_cannot_be_read_is_made_again(tmp_path: Path, content: str) -> None:
    an_index(tmp_path, *PRODUCTS)
    (tmp_path / "index.json").write_text(content, encoding="utf-8")
    assert ProductIndex(tmp_path).applied == 0


def test_a_missing_index_is_made_again(tmp_path: Path) -> None:
    index = an_index(tmp_path, *PRODUCTS)
    del index
    for path in tmp_path.glob("index-*/*"):
        path.unlink()
    assert ProductIndex(tmp_path).applied == 0


def segment_files(folder: Path) -> list[Path]:
    return [p for p in folder.glob("index-*/*") if p.suffix not in {".json", ".lock"}]


def test_a_whole_index_is_sound(tmp_path: Path) -> None:
    assert an_index(tmp_path, *PRODUCTS).is_sound()


def test_a_flipped_bit_in_any_file_is_noticed(tmp_path: Path) -> None:
    index = an_index(tmp_path, *PRODUCTS)
    for path in segment_files(tmp_path):
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        assert not index.is_sound(), path.suffix
        path.write_bytes(content)
    assert index.is_sound()


def outcome_of_finding(folder: Path) -> str:
    try:
        index = ProductIndex(folder)
        index.find("mug", 5)
    except Fault as fault:
        return fault.code
    return "made again" if index.applied == 0 else "as it was"


def test_files_cut_short_mean_a_new_index_or_a_plain_fault(tmp_path: Path) -> None:
    an_index(tmp_path, *PRODUCTS)
    for path in segment_files(tmp_path):
        path.write_bytes(path.read_bytes()[:20])
    assert outcome_of_finding(tmp_path) in {"made again", "index_damaged"}


def test_a_cleared_index_is_empty_and_can_be_filled(tmp_path: Path) -> None:
    index = an_index(tmp_path, *PRODUCTS)
    index.clear()
    assert index.count() == 0
    index.put([encode(PRODUCTS[0])])
    index.commit(5)
    assert codes(index, "heart") == ["85123A"]
    assert index.applied == 5
    index.rest()
