"""What sounds alike on the telephone has a key in common."""

from __future__ import annotations

import pytest

from app.values.sounds import keys_asked, keys_kept, sound_of, sounding, spoken_words


def share_a_key(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return not set(keys_asked(*one)).isdisjoint(keys_kept(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("grey", "GRAY"),
        ("colour", "color"),
        ("jewelled", "jeweled"),
        ("candles", "candle"),
        ("candle", "candl"),
        ("crème", "creme"),
        ("tyre", "tire"),
        ("center", "centre"),
        ("fifteen", "50"),
        ("15", "fifty"),
        ("113", "130"),
        ("15cm", "50cm"),
        ("four", "4"),
        ("5", "9"),
        ("B", "p"),
        ("M", "n"),
        ("8", "A"),
        ("F", "s"),
    ],
)
def test_words_that_sound_alike_are_one(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ball", "bell"),
        ("tub", "tube"),
        ("snack", "snake"),
        ("pole", "pool"),
        ("hat", "hate"),
        ("glass", "glaze"),
        ("red", "green"),
        ("12", "20"),
        ("11", "10"),
        ("3", "13"),
        ("L", "R"),
        ("5", "5cm"),
    ],
)
def test_words_that_are_told_apart_stay_two(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


def test_a_word_is_said_without_what_stands_around_it() -> None:
    words = spoken_words('METAL "SIGN",PINK 70\'s')
    assert [(word.text, word.place) for word in words] == [
        ("METAL", 0),
        ("SIGN", 1),
        ("PINK", 1),
        ("70's", 2),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("A", "Red mug"), ("B", "Blue mug")),
        (("A", "Mug"), ("B", "Red mug")),
        (("A", "Red/white umbrella"), ("B", "Blue umbrella")),
        (("A", "Photo frame"), ("B", "Photoframe")),
        (("85099B", "Jumbo bag"), ("85099P", "Tea towel")),
        (("15056BL", "Parasol"), ("15056PL", "Fan")),
        (("8512A", "Jumbo bag"), ("85128", "Tea towel")),
        (("85128", "Tea towel"), ("8512A", "Jumbo bag")),
        (("21617", "Jumbo bag"), ("21670", "Tea towel")),
        (("1", "Set of 13 pegs"), ("2", "Set of 30 pegs")),
        (("A", "??"), ("B", "??")),
    ],
)
def test_what_may_be_confused_shares_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert share_a_key(one, other)
    assert share_a_key(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("22697", "Red mug"), ("22698", "Blue towel")),
        (("85125", "Jumbo bag"), ("85129", "Tea towel")),
        (("85099B", "Jumbo bag"), ("85099L", "Tea towel")),
        (("85099B", "Jumbo bag"), ("85098B", "Tea towel")),
        (("21612", "Jumbo bag"), ("21620", "Tea towel")),
        (("A", "??"), ("B", "!!")),
    ],
)
def test_codes_that_differ_in_a_digit_share_none(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert not share_a_key(one, other)


def test_a_very_long_description_has_a_bounded_number_of_keys() -> None:
    words = " ".join(f"word{number}" for number in range(1_000))
    assert len(keys_kept("A", words)) < 50


def test_a_description_of_signs_only_has_no_words() -> None:
    heard = sounding("A1", "?? --")
    assert (heard.words, heard.run) == ((), "")
