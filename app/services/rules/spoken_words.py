"""Values put into words: numbers, digits, money, days, codes and e-mail addresses.

Two values that are different are different in words, too; tests hold that over every quantity,
amount, day and code. Pure; any thread.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from app.services.rules.speech_book import CurrencyWords, SpeechBook
from app.values.money import MINOR_SCALE, Money
from app.values.wording import ascii_digits

SAID_TWICE_FROM = 10
"""Numbers from here on are said in words and digit by digit: fifteen, one five."""

_MILLION, _THOUSAND, _HUNDRED, _TWENTY = 1_000_000, 1_000, 100, 20
_NUMBER_IN_ADDRESS = re.compile(r"(?<![\w.])(\d+)([A-Za-z]?)(?![\w.])")
_RANGE = re.compile(r"(?<=\d)\s*[-\u2013]\s*(?=\d)")
_LONGEST_IN_WORDS = 2
"""Digits of a house number that is said as a number; longer ones are said digit by digit."""


def number_words(number: int, book: SpeechBook) -> str:
    """A whole number in words: one hundred and five."""
    words = book.words
    if number < 0:
        return f"{words.minus} {number_words(-number, book)}"
    if number < _TWENTY:
        return words.ones[number]
    if number < _HUNDRED:
        ten, one = divmod(number, 10)
        return words.tens[ten - 2] + (f"-{words.ones[one]}" if one else "")
    size, name = next((size, name) for size, name in _sizes(book) if number >= size)
    many, rest = divmod(number, size)
    said = f"{number_words(many, book)} {name}"
    if not rest:
        return said
    joint = f" {words.before_rest} " if rest < _HUNDRED and words.before_rest else " "
    return said + joint + number_words(rest, book)


def _sizes(book: SpeechBook) -> tuple[tuple[int, str], ...]:
    words = book.words
    return (_MILLION, words.million), (_THOUSAND, words.thousand), (_HUNDRED, words.hundred)


def digit_words(text: str, book: SpeechBook) -> str:
    """Every digit by itself: four one two. Signs between them are left out."""
    digits = (c for c in ascii_digits(text) if c in "0123456789")
    return " ".join(book.words.ones[int(digit)] for digit in digits)


def is_said_twice(number: int) -> bool:
    """Whether a number could be taken for another by its sound, or is too long to be sure of."""
    return number >= SAID_TWICE_FROM


def number_twice(number: int, book: SpeechBook) -> str:
    """In words, and digit by digit where that is needed: fifteen, one five."""
    said = number_words(number, book)
    return f"{said}, {digit_words(str(number), book)}" if is_said_twice(number) else said


def money_words(amount: Money, book: SpeechBook) -> str:
    """An amount with its unit: forty-two pounds fifty."""
    named = book.currencies[amount.currency]
    whole, minor = divmod(abs(amount.minor), MINOR_SCALE)
    said = _amount_words(whole, minor, named, book)
    return f"{book.words.minus} {said}" if amount.minor < 0 else said


def _amount_words(whole: int, minor: int, named: CurrencyWords, book: SpeechBook) -> str:
    large = f"{number_words(whole, book)} {named.one if whole == 1 else named.many}"
    small = f"{number_words(minor, book)} {named.minor_one if minor == 1 else named.minor_many}"
    if not minor:
        return large
    if not whole:
        return small
    if named.minor_is_named or minor < SAID_TWICE_FROM:
        return book.say("both", first=large, last=small)
    return f"{large} {number_words(minor, book)}"


def money_twice(amount: Money, book: SpeechBook) -> str:
    """An amount with its unit, and digit by digit: forty-two pounds fifty, four two point ..."""
    whole, minor = divmod(abs(amount.minor), MINOR_SCALE)
    digits = f"{digit_words(str(whole), book)} {book.words.point} "
    return f"{money_words(amount, book)}, {digits}{digit_words(f'{minor:02d}', book)}"


def date_words(day: date, book: SpeechBook) -> str:
    """A day as it is said, with its weekday; the year is understood."""
    return book.say(
        "date_said",
        weekday=book.words.weekdays[day.weekday()],
        ordinal=book.words.ordinals[day.day - 1],
        month=book.words.months[day.month - 1],
    )


def date_figures(day: date, book: SpeechBook) -> str:
    """A day as the screen shows it: Tuesday 24 November."""
    return book.say(
        "date_shown",
        weekday=book.words.weekdays[day.weekday()],
        day=str(day.day),
        month=book.words.months[day.month - 1],
    )


def spelled(text: str, book: SpeechBook) -> str:
    """Character by character: four seven B Bravo. Capital and small letters are said alike."""
    return " ".join(_sign_words(c, book) for c in ascii_digits(text.casefold()).upper())


def spelled_postcode(text: str, book: SpeechBook) -> str:
    """The same with a pause for a blank: L Lima S Sierra six, three A Alpha A Alpha."""
    return ", ".join(spelled(word, book) for word in text.split())


def _sign_words(character: str, book: SpeechBook) -> str:
    if character in book.letters:
        return f"{character} {book.letters[character]}"
    if character in "0123456789":
        return book.words.ones[int(character)]
    if character in book.signs:
        return book.signs[character]
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()


def email_words(email: str, book: SpeechBook) -> str:
    """As it is said in passing: m dot thompson at Gmail dot com."""
    local, domain = _parted(email)
    if not domain:
        return _read_out(local, book)
    return f"{_read_out(local, book)} {book.signs['@']} {_domain_words(domain, book)}"


def email_spelled(email: str, book: SpeechBook) -> str:
    """The part before the @ letter by letter, the domain as it is said in passing."""
    local, domain = _parted(email)
    if not domain:
        return spelled(local, book)
    return f"{spelled(local, book)}, {book.signs['@']} {_domain_words(domain, book)}"


def _parted(email: str) -> tuple[str, str]:
    local, _, domain = email.rpartition("@")
    return (local, domain) if local else (domain, "")


def _domain_words(domain: str, book: SpeechBook) -> str:
    return book.domains.get(domain.lower()) or _read_out(domain, book)


def _read_out(text: str, book: SpeechBook) -> str:
    """Runs of letters as words, digits and signs one by one."""
    runs = re.findall(r"[^\W\d_]+|.", text)
    return " ".join(run if run.isalpha() else _sign_words(ascii_digits(run), book) for run in runs)


def address_words(text: str, book: SpeechBook) -> str:
    """A line of an address: its numbers are said so that a teen is not taken for a ten."""
    plain = _RANGE.sub(f" {book.say('to_number')} ", ascii_digits(text))
    return _NUMBER_IN_ADDRESS.sub(lambda found: _address_number(found[1], found[2], book), plain)


def _address_number(digits: str, letter: str, book: SpeechBook) -> str:
    is_long = len(digits) > _LONGEST_IN_WORDS or digits.startswith("0")
    said = digit_words(digits, book) if is_long else number_twice(int(digits), book)
    if letter:
        said = f"{said} {spelled(letter, book)}"
    return f"{said}," if " " in said else said


def description_words(text: str) -> str:
    """A description in the middle of a sentence: capitals that only shout become small."""
    if text.isupper():
        return text.lower()
    if len(text) > 1 and text[0].isupper() and text[1].islower():
        return text[0].lower() + text[1:]
    return text
