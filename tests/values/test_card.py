"""Card numbers in free text: published test numbers are found however they are written, and numbers
that are something else are let through. No number stands in a test's name or in its failure.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.card import (
    find_card_number,
    find_split,
    mask_card_digits,
    mask_texts,
    refuse_card_digits,
)
from app.values.card_brands import brand_of, card_brand, passes_luhn
from app.values.errors import Refusal
from app.values.order_number import COUNT, grouped, with_check_digits

PUBLISHED = (
    "4242424242424242",
    "4000056655665556",
    "4000000000000002",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3056930009020004",
    "36227206271667",
    "30569309025904",
    "3566002020360505",
    "6759649826438453",
    "4917300800000000",
)
"""Test numbers that gateways publish, one per kind; see Stripe's and Worldpay's documentation."""

Write = Callable[[str], str]


def pieces(number: str, size: int, between: str) -> str:
    return between.join(number[at : at + size] for at in range(0, len(number), size))


def every(size: int, between: str) -> Write:
    return lambda number: pieces(number, size, between)


def in_script(zero: str) -> Write:
    return lambda number: "".join(chr(ord(zero) + int(digit)) for digit in number)


WRITINGS: dict[str, Write] = {
    "plain": str,
    "blanks": every(4, " "),
    "no-break blanks": every(4, "\u00a0"),
    "thin blanks": every(4, "\u2009"),
    "dashes": every(4, "-"),
    "long dashes": every(4, " \u2013 "),
    "dots": every(4, "."),
    "slashes": every(4, "/"),
    "underscores": every(4, "_"),
    "bullets": every(4, " \u2022 "),
    "one line each": every(4, "\n"),
    "lines of a file": every(4, "\r\n"),
    "eight on a line": every(8, "\n"),
    "commas": every(4, ", "),
    "words between": every(4, " then "),
    "emoji between": every(4, "\U0001f642"),
    "pairs": every(2, " "),
    "threes": every(3, " "),
    "digit by digit": every(1, " "),
    "digits with dashes": every(1, "-"),
    "halves": lambda n: f"{n[:8]} {n[8:]}",
    "last four apart": lambda n: f"{n[:-4]}, last four {n[-4:]}" if len(n) > 14 else n,
    "two lines": lambda n: f"{pieces(n[:8], 4, ' ')}\n{pieces(n[8:], 4, ' ')}",
    "half and half": lambda n: f"{pieces(n[:8], 4, ' ')} and then {pieces(n[8:], 4, ' ')}",
    "as embossed": lambda n: f"{n[:4]} {n[4:10]} {n[10:]}" if len(n) in {14, 15} else n,
    "full width": in_script("\uff10"),
    "Arabic-Indic": in_script("\u0660"),
    "Devanagari": in_script("\u0966"),
    "key caps": lambda n: "".join(f"{digit}\ufe0f\u20e3" for digit in n),
    "invisible characters": every(1, "\u200b"),
    "soft hyphens": every(4, "\u00ad"),
    "in a sentence": lambda n: f"Card {n}, expires 12/28, code 123.",
    "joined to letters": lambda n: f"VISA{n}EXP1228",
    "behind other numbers": lambda n: f"2 x 22423, ring 07700 900412: {pieces(n, 4, ' ')} 12 28",
}


def unseen(writing: str, numbers: tuple[str, ...]) -> list[str]:
    """Brand and length of every number that is not found when it is written so."""
    missed = [n for n in numbers if find_card_number(WRITINGS[writing](n)) is None]
    return [f"{kind_of(number)} of {len(number)} digits" for number in missed]


def kind_of(number: str) -> str:
    brand = brand_of(number)
    return brand.name if brand else "no brand"


@pytest.mark.parametrize("writing", sorted(WRITINGS))
def test_published_test_numbers_are_found(writing: str) -> None:
    assert unseen(writing, PUBLISHED) == []


@pytest.mark.parametrize("writing", sorted(WRITINGS))
def test_what_was_found_is_masked_and_nothing_is_left(writing: str) -> None:
    texts = [f"Before 12 {WRITINGS[writing](number)} after" for number in PUBLISHED]
    masked = [mask_card_digits(text) for text in texts]
    assert not [at for at, text in enumerate(masked) if find_card_number(text)]
    assert all(text.startswith("Before 12 ") and text.endswith(" after") for text in masked)
    assert [len(text) for text in masked] == [len(text) for text in texts]


@pytest.mark.parametrize(
    ("at", "name"),
    [
        *[(0, "Visa"), (1, "Visa"), (2, "Visa"), (3, "Mastercard"), (4, "Mastercard")],
        *[(5, "American Express"), (6, "Discover"), (7, "Diners Club"), (8, "Diners Club")],
        *[(9, "Diners Club"), (10, "JCB"), (11, "Maestro"), (12, "Visa")],
    ],
)
def test_a_whole_number_tells_its_brand(at: int, name: str) -> None:
    brand = card_brand(PUBLISHED[at])
    assert brand is not None
    assert brand.name == name


def test_a_wrong_check_digit_a_foreign_range_and_a_wrong_length_are_no_card() -> None:
    right = PUBLISHED[0]
    assert card_brand(right[:-1] + "1") is None
    assert card_brand("9" * 16) is None
    assert card_brand(right + "4") is None
    assert brand_of("") is None


def test_the_longest_prefix_wins() -> None:
    assert kind_of("4011780000000000") == "Elo"
    assert kind_of("6500310000000000") == "Elo"
    assert kind_of("6500340000000000") == "Discover"
    assert kind_of("2200000000000000") == "Mir"


@given(st.text("0123456789", min_size=1, max_size=18))
def test_exactly_one_last_digit_passes_luhn(digits: str) -> None:
    assert sum(passes_luhn(f"{digits}{last}") for last in range(10)) == 1


@given(st.text("0123456789", min_size=2, max_size=19), st.data())
def test_luhn_finds_every_wrong_digit(digits: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from("0123456789"))
    wrong = digits[:at] + other + digits[at + 1 :]
    assert not (wrong != digits and passes_luhn(wrong) and passes_luhn(digits))


def test_the_refusal_tells_what_to_do() -> None:
    with pytest.raises(Refusal) as refused:
        refuse_card_digits(f"pay with {PUBLISHED[0]}", "internal_note")
    assert refused.value.code == "card_digits"
    assert refused.value.field == "internal_note"
    assert PUBLISHED[0] not in f"{refused.value!r} {refused.value.sentence}"


def test_a_text_without_card_digits_comes_back_as_it_is() -> None:
    text = "Leave with neighbour at no. 16 if out. Ring twice."
    assert refuse_card_digits(text, "instructions") == text


def test_a_hit_says_where_it_stands_and_never_which_number_it_is() -> None:
    text = f"a {pieces(PUBLISHED[0], 4, ' ')} b"
    hit = find_card_number(text)
    assert hit is not None
    assert (hit.start, hit.end) == (2, len(text) - 2)
    assert not any(c in repr(hit) for c in [PUBLISHED[0], PUBLISHED[0][-4:]])


def test_several_numbers_in_one_text_are_all_masked() -> None:
    text = " and ".join(PUBLISHED)
    assert not [c for c in mask_card_digits(text) if c.isdigit()]


# ---------------------------------------------------------------- over several fields


@pytest.mark.parametrize("size", [4, 8])
def test_a_number_split_over_fields_is_found(size: int) -> None:
    for number in PUBLISHED:
        first, second = number[:8], number[8:]
        fields = ("Thompson", pieces(first, size, " "), "no digits", pieces(second, size, " "))
        if len(number) == 13:
            continue
        hit = find_split(*fields)
        assert hit is not None, kind_of(number)
        assert hit.texts == (1, 3)
        assert all(find_card_number(field) is None for field in fields)


def test_a_number_split_over_fields_is_masked_in_all_of_them() -> None:
    number = PUBLISHED[0]
    first, second = mask_texts(f"note: {number[:8]}", f"{number[8:]} gift")
    assert first == "note: " + "\u2022" * 8
    assert second == "\u2022" * 8 + " gift"


def test_a_number_in_one_field_is_not_split() -> None:
    assert find_split("14 Mill Lane", PUBLISHED[0], "LS6 3AA") is None


def test_addresses_and_telephone_numbers_in_fields_are_not_split_numbers() -> None:
    assert find_split("+447700900412", "4750 N Division", "Ste 1136", "99207", "12 x 22423") is None


# ---------------------------------------------------------------- what is something else

Make = Callable[[random.Random], str]


def digits_of(chance: random.Random, count: int, first: str = "") -> str:
    return first + "".join(chance.choice("0123456789") for _ in range(count - len(first)))


def bar_code(chance: random.Random, size: int, first: str = "") -> str:
    body = digits_of(chance, size - 1, first)
    weighted = sum(int(c) * (1 if at % 2 else 3) for at, c in enumerate(reversed(body)))
    return body + str(-weighted % 10)


def an_order_number(chance: random.Random) -> str:
    number = with_check_digits(chance.randrange(COUNT))
    return chance.choice([number, grouped(number)])


def a_british_phone(chance: random.Random) -> str:
    start = chance.choice(["07700 ", "020 79", "01632 ", "0113 49", "077", "0800 "])
    return start + digits_of(chance, 6 if start.endswith(" ") else 11 - len(start.replace(" ", "")))


def an_american_phone(chance: random.Random) -> str:
    area = digits_of(chance, 3, chance.choice("23456789"))
    exchange = digits_of(chance, 3, chance.choice("23456789"))
    shape = chance.choice(
        ["({}) {}-{}", "{}-{}-{}", "{} {} {}", "{}.{}.{}", "1 {} {} {}", "{}{}{}"]
    )
    return shape.format(area, exchange, digits_of(chance, 4))


def an_international_phone(chance: random.Random) -> str:
    shapes = ["+4477#########", "+44 20 #### ####", "+44 (0)1632 ######", "+1 ### ### ####"]
    shapes += ["+49 17# #######", "+33 # ## ## ## ##", "+353 87 ### ####", "+423 ### ####"]
    shape = chance.choice(shapes)
    return "".join(digits_of(chance, 1) if c == "#" else c for c in shape)


def a_time(chance: random.Random) -> str:
    instant = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**9))
    shapes = ["%d/%m/%Y %H:%M", "%d.%m.%Y %H.%M.%S", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"]
    shapes += ["%m/%d/%Y", "%d-%m-%y", "%H:%M", "%Y-%m-%dT%H:%M:%SZ"]
    return instant.strftime(chance.choice(shapes))


def a_postcode(chance: random.Random) -> str:
    british = f"LS{digits_of(chance, 1)} {digits_of(chance, 1)}AA"
    zip_code = digits_of(chance, 5)
    return chance.choice([british, zip_code, f"{zip_code}-{digits_of(chance, 4)}"])


def a_quantity(chance: random.Random) -> str:
    return str(chance.choice([1, 2, 3, 4, 6, 8, 10, 12, 24, 25, 36, 48, 72, 96, 120, 144, 1000]))


def a_code(chance: random.Random) -> str:
    sizes = [f"{digits_of(chance, 5)}", f"{digits_of(chance, 5)}A", f"TEA-{digits_of(chance, 4)}"]
    return chance.choice([*sizes, digits_of(chance, 7, chance.choice("123456"))])


def listed(make: Make, most: int, *betweens: str) -> Make:
    def several(chance: random.Random) -> str:
        between = chance.choice(betweens)
        return between.join(make(chance) for _ in range(chance.randint(2, most)))

    return several


def beside(*makes: Make) -> Make:
    def side_by_side(chance: random.Random) -> str:
        return chance.choice([" ", ", ", "\n", " or "]).join(make(chance) for make in makes)

    return side_by_side


def coded_quantity(chance: random.Random) -> str:
    return f"{a_quantity(chance)} x {a_code(chance)}"


HARMLESS: dict[str, Make] = {
    "EAN-8": lambda c: bar_code(c, 8),
    "UPC": lambda c: bar_code(c, 12),
    "EAN-13": lambda c: bar_code(c, 13, c.choice(["4", "50", "54", "6", ""])),
    "GTIN-14": lambda c: bar_code(c, 14, c.choice(["30", "36", "6", ""])),
    "two EAN-13": beside(lambda c: bar_code(c, 13, "4"), lambda c: bar_code(c, 13, "50")),
    "two EAN-8": beside(lambda c: bar_code(c, 8, "4"), lambda c: bar_code(c, 8, "5")),
    "EAN-13 and how many": beside(lambda c: bar_code(c, 13, c.choice("45")), a_quantity),
    "order number": an_order_number,
    "two order numbers": beside(an_order_number, an_order_number),
    "British telephone": a_british_phone,
    "American telephone": an_american_phone,
    "international telephone": an_international_phone,
    "two British telephones": beside(a_british_phone, a_british_phone),
    "two American telephones": beside(an_american_phone, an_american_phone),
    "two international telephones": beside(an_international_phone, an_international_phone),
    "telephones of two countries": beside(an_american_phone, a_british_phone),
    "order number and telephone": beside(an_order_number, a_british_phone),
    "time": a_time,
    "two times": beside(a_time, a_time),
    "time and telephone": beside(a_time, a_british_phone),
    "postcodes": listed(a_postcode, 3, " ", ", ", "\n"),
    "quantities": listed(a_quantity, 12, ", ", "; ", "\n", " and "),
    "product codes": listed(a_code, 6, ", ", "; ", "\n", " and "),
    "codes with quantities": listed(coded_quantity, 6, ", ", "; ", "\n"),
    "prices": listed(lambda c: f"\u00a3{a_quantity(c)}.95", 8, " ", ", "),
}


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_what_is_something_else_is_let_through(kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - the same samples in every run
    stopped = [text for _ in range(2_000) if find_card_number(text := HARMLESS[kind](chance))]
    assert stopped == []


# ---------------------------------------------------------------- any text


def test_no_card_number_is_missed_that_is_written_in_fours() -> None:
    chance = random.Random(4)  # noqa: S311 - the same samples in every run
    missed = 0
    for start, size in (("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("36", 14)):
        for _ in range(500):
            body = digits_of(chance, size - 1, start)
            last = next(d for d in range(10) if passes_luhn(f"{body}{d}"))
            missed += find_card_number(pieces(f"{body}{last}", 4, " ")) is None
    assert missed == 0


@given(st.text(max_size=120))
def test_any_text_is_looked_through_and_masked_once(text: str) -> None:
    masked = mask_card_digits(text)
    assert len(masked) == len(text)
    assert find_card_number(masked) is None
    assert (masked == text) is (find_card_number(text) is None)


@given(st.text("0123456789 -.\n/+()x", max_size=120))
def test_any_digits_are_looked_through_and_masked_once(text: str) -> None:
    assert find_card_number(mask_card_digits(text)) is None


@pytest.mark.parametrize("text", ["9" * 10_000, "9 " * 5_000, "+9 " * 3_333, "12.12.12 " * 1_000])
def test_ten_thousand_characters_are_looked_through(text: str) -> None:
    assert len(mask_card_digits(text)) == len(text)
