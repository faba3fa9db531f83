"""Which products can be taken for one another, and what the caller has to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.confusables import as_heard, lookalikes, resemblance, words_apart
from app.values.vocabulary import ProductKind
from app.wire.catalogue import Likeness, Lookalikes, ProductView
from tests.builders import a_product

GREEN = a_product("22697", description="GREEN REGENCY TEACUP")
ROSES = a_product("22699", description="ROSES REGENCY TEACUP")


def kinds(one: ProductView, other: ProductView) -> tuple[Likeness, ...]:
    found = resemblance(as_heard(one), as_heard(other))
    return found.kinds if found is not None else ()


def described(one: str, other: str) -> tuple[Likeness, ...]:
    return kinds(a_product("X", description=one), a_product("YY", description=other))


def said_of(product: ProductView, *others: ProductView) -> str:
    return lookalikes(product, others, 8).must_say


def marked(one: str, other: str) -> list[str]:
    left, right = (as_heard(a_product("X", description=text)) for text in (one, other))
    return [word.text for word in words_apart(one, left, right) if word.differs]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Gift bag", "GIFT  BAG", Likeness.IDENTICAL),
        ("Metal sign,cupcake", "Metal sign cupcake", Likeness.SOUNDS_ALIKE),
        ("Photo frame", "Photoframe", Likeness.SOUNDS_ALIKE),
        ("Grey mug", "Gray mug", Likeness.SOUNDS_ALIKE),
        ('Letter "B" ring', 'Letter "P" ring', Likeness.SOUNDS_ALIKE),
        ("Set of 5 pegs", "Set of 9 pegs", Likeness.SOUNDS_ALIKE),
        ("Set of 13 pegs", "Set of 30 pegs", Likeness.TEEN_TY),
        ("Set of thirteen pegs", "Set of thirty pegs", Likeness.TEEN_TY),
        ("Red mug", "Blue mug", Likeness.ONE_WORD),
        ("Red mug", "Mug", Likeness.ONE_WORD),
        ("Heart small wicker", "Large heart wicker", Likeness.ONE_WORD),
        ('Letter "A" ring', 'Letter "R" ring', Likeness.ONE_WORD),
    ],
)
def test_descriptions_are_alike_by_kind(one: str, other: str, kind: Likeness) -> None:
    assert described(one, other) == (kind,)
    assert described(other, one) == (kind,)


@pytest.mark.parametrize(
    ("one", "other"), [("Red mug", "Blue towel"), ("Mug", "Cup"), ("Red big mug", "Blue mug")]
)
def test_descriptions_two_words_apart_are_not_confused(one: str, other: str) -> None:
    assert described(one, other) == ()


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("85099B", "85099P", Likeness.SUFFIX),
        ("85099M", "85099n", Likeness.SUFFIX),
        ("85099b", "85099B", Likeness.SUFFIX),
        ("8512A", "85128", Likeness.SUFFIX),
        ("21617", "21670", Likeness.TEEN_TY),
        ("21617A", "21670A", Likeness.TEEN_TY),
    ],
)
def test_codes_are_alike_by_kind(one: str, other: str, kind: Likeness) -> None:
    bag, towel = a_product(one, description="Bag"), a_product(other, description="Tea towel")
    assert kinds(bag, towel) == kinds(towel, bag) == (kind,)


@pytest.mark.parametrize("other", ["85099L", "85098B", "85099", "85099BB", "21618", "21610"])
def test_codes_that_differ_otherwise_are_not_confused(other: str) -> None:
    for code in ("85099B", "21617"):
        bag = a_product(code, description="Bag")
        assert kinds(bag, a_product(other, description="Tea towel")) == ()


def test_both_reasons_are_told_the_stronger_first() -> None:
    red = a_product("85099B", description="Jumbo bag red")
    blue = a_product("85099C", description="Jumbo bag blue")
    assert kinds(red, blue) == (Likeness.ONE_WORD, Likeness.SUFFIX)


def test_the_word_that_tells_twins_apart_is_to_be_said() -> None:
    found = lookalikes(ROSES, [GREEN], 8)
    assert found.must_say == "ROSES"
    assert [(o.product.code, o.likeness, o.must_say) for o in found.others] == [
        ("22697", Likeness.ONE_WORD, "ROSES")
    ]


def test_one_word_that_settles_all_is_enough() -> None:
    mug = a_product("M1", description="Small red mug")
    others = [
        a_product("M2", description="Large red mug"),
        a_product("M3", description="Medium red mug"),
    ]
    assert said_of(mug, *others) == "Small"


def test_as_many_words_as_it_takes_are_said_in_their_order() -> None:
    mug = a_product("M1", description="Small red mug")
    others = [
        a_product("M2", description="Small blue mug"),
        a_product("M3", description="Large red mug"),
    ]
    assert said_of(mug, *others) == "Small red"


@pytest.mark.parametrize(
    "other",
    [
        a_product("M2", description="Small mug"),
        a_product("M2", description="SMALL MUGS"),
        a_product("M2", description="Large small mug"),
    ],
)
def test_the_code_is_to_be_said_where_no_word_helps(other: ProductView) -> None:
    assert said_of(a_product("M1", description="Small mug"), other) == "M1"


def test_a_number_that_sounds_like_the_other_is_no_help() -> None:
    thirteen = a_product("M1", description="Set of 13 pegs")
    assert said_of(thirteen, a_product("M2", description="Set of 30 pegs")) == "M1"


def test_a_word_heard_inside_the_other_is_no_help() -> None:
    heart = a_product("M1", description="Heart tray")
    assert said_of(heart, a_product("M2", description="Sweetheart tray")) == "M1"


def test_a_word_of_an_unlike_description_is_said_where_only_codes_are_alike() -> None:
    bag = a_product("85099B", description="The jumbo bag")
    assert said_of(bag, a_product("85099P", description="Tea towel")) == "jumbo"


def test_nothing_has_to_be_said_where_nothing_is_alike() -> None:
    found = lookalikes(ROSES, [a_product("1", description="Tea towel"), ROSES], 8)
    assert found == Lookalikes(code=ROSES.code)


def test_withdrawn_products_and_charges_are_left_out() -> None:
    withdrawn = a_product("22698", description="PINK REGENCY TEACUP", withdrawn=True)
    charge = a_product("C", description="BLUE REGENCY TEACUP", kind=ProductKind.CHARGE)
    assert lookalikes(ROSES, [withdrawn, charge], 8).others == ()
    assert lookalikes(charge, [ROSES], 8).others == ()


def test_the_nearest_comes_first_and_of_equals_the_one_at_the_same_price() -> None:
    mug = a_product("10013", "2.00", description="Red mug")
    dearer = a_product("1", "3.00", description="Blue mug")
    same_price = a_product("2", "2.00", description="Green mug")
    identical = a_product("3", "9.00", description="Red mug")
    by_code = a_product("10030", "2.00", description="Tea towel")
    found = lookalikes(mug, [by_code, dearer, same_price, identical], 3)
    assert [other.product.code for other in found.others] == ["3", "2", "1"]


def test_what_has_to_be_said_settles_those_beyond_the_limit_too() -> None:
    mug = a_product("M1", description="Small red mug")
    others = [
        a_product("M2", description="Small blue mug"),
        a_product("M3", description="Large red mug"),
    ]
    found = lookalikes(mug, others, 1)
    assert len(found.others) == 1
    assert found.must_say == "Small red"


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("ROSES REGENCY TEACUP", "GREEN REGENCY TEACUP", ["ROSES"]),
        ("Red red mug", "Red blue mug", ["red"]),
        ('Letter "B" ring', 'Letter "P" ring', ['"B"']),
        ("Set of 13 pegs", "Set of 30 pegs", ["13"]),
        ("Mug", "Red mug", []),
        ("Gift bag", "Gift bag", []),
    ],
)
def test_the_words_that_differ_are_marked(one: str, other: str, words: list[str]) -> None:
    assert marked(one, other) == words


TEXTS = st.lists(
    st.sampled_from(["red", "blue", "mug", "mugs", "set", "of", "13", "30", "B", "P", "photo"]),
    max_size=5,
).map(" ".join)
CODES = st.sampled_from(["21617", "21670", "85099B", "85099P", "M1", "8512A", "85128"])


@given(TEXTS, TEXTS, CODES, CODES)
def test_likeness_goes_both_ways(one: str, other: str, code: str, second: str) -> None:
    left, right = a_product(code, description=one), a_product(second, description=other)
    assert kinds(left, right) == kinds(right, left)


@given(TEXTS, st.lists(TEXTS, max_size=6))
def test_what_has_to_be_said_is_never_words_of_a_lookalike(own: str, others: list[str]) -> None:
    product = a_product("M0", description=own)
    twins = [a_product(f"N{at}x", description=text) for at, text in enumerate(others)]
    found = lookalikes(product, twins, 8)
    assert bool(found.must_say) == bool(found.others)
    if found.must_say != "M0":
        for other in found.others:
            heard = set(as_heard(other.product).sounds)
            spoken = as_heard(a_product("M0", description=found.must_say)).sounds
            assert not set(spoken) <= heard
