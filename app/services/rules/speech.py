"""What the CSR says for every checkpoint, rendered from the document: turn by turn.

A turn is what is said before the caller answers: three facts at most, one in slow mode (text relay,
hard of hearing). Values that the caller has to speak are asked for openly and not said before. The
sentences are the book's (resources/speech); nothing is worded here. Pure; any thread.

Source of the rules: DESIGN.md section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.services.rules.read_back import COLLECTED, NO_PHONE, SAME, Checkpoint
from app.services.rules.regions import RegionRules
from app.services.rules.speech_amending import amending_question, amending_statements
from app.services.rules.speech_book import Piece, SpeechBook, load_speech
from app.services.rules.speech_lines import line_turns
from app.services.rules.speech_turns import FACTS_MOST, Sayings, Statement, Turn
from app.services.rules.spoken_words import (
    address_words,
    date_words,
    description_words,
    digit_words,
    email_spelled,
    email_words,
    money_twice,
    money_words,
    spelled_postcode,
)
from app.values.contact import PostalAddress
from app.values.countries import country_name
from app.values.money import Money
from app.values.order_number import OrderNumber, spoken
from app.values.postal_rules import rules_of
from app.values.vocabulary import AnsweredBy, CheckpointKind, ProductKind
from app.values.wording import text_for_search
from app.wire.orders import OrderDocument, Totals

__all__ = [
    "FACTS_MOST",
    "Piece",
    "SpeechBook",
    "Turn",
    "ambiguities",
    "load_speech",
    "number_turn",
    "part_of",
    "title_of",
    "turns",
]

FACT_CHARACTERS = 70
"""As much of a free text counts as one fact."""

_PHONE_DIGITS = 3
_STREET_ROWS = 2


def turns(
    checkpoint: Checkpoint,
    document: OrderDocument,
    totals: Totals,
    rules: RegionRules,
    book: SpeechBook,
    *,
    slow: bool = False,
) -> tuple[Turn, ...]:
    """What is to be said about a checkpoint, one confirmation a turn."""
    is_slow = slow and checkpoint.answered_by is AnsweredBy.CALLER
    talk = _Talk(checkpoint, document, totals, rules, Sayings(book, is_slow))
    return tuple(talk.turns())


def number_turn(number: OrderNumber, book: SpeechBook) -> Turn:
    """The number of a placed order, which the caller reads back."""
    pieces = book.sentences["number"].pieces(number=spoken(number))
    return Turn(pieces=pieces, facts=1, wait=book.waits["number"], speaks=("number",))


def title_of(checkpoint: Checkpoint, document: OrderDocument, book: SpeechBook) -> str:
    """What a checkpoint is called in protocols and refusals: `Line 2, party bunting`."""
    if checkpoint.kind is CheckpointKind.EXTRA and checkpoint.item.title:
        return checkpoint.item.title
    if checkpoint.kind is not CheckpointKind.LINE:
        return book.titles[checkpoint.kind.value].text()
    said = part_of(checkpoint, "description") or part_of(checkpoint, "code")
    for number, line in enumerate(document.lines, start=1):
        if line.line_id == checkpoint.line_id:
            description = description_words(said)
            return book.titles["line"].text(number=str(number), description=description)
    return book.titles["line_gone"].text(description=description_words(said))


def ambiguities(document: OrderDocument, book: SpeechBook) -> tuple[str, ...]:
    """Words in the instructions and the gift message that can be understood in two ways."""
    delivery = document.delivery
    found = [
        *_found_in(delivery.instructions, book.ambiguous_instructions),
        *_found_in(delivery.gift_message, book.ambiguous_gift_message),
    ]
    return tuple(dict.fromkeys(found))


def _found_in(text: str, phrases: Iterable[str]) -> list[str]:
    """The phrases that stand in a text, in its order; of two that overlap the longer one."""
    left = f" {text_for_search(text)} "
    found: dict[int, str] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        at = left.find(f" {phrase} ")
        if at >= 0:
            found[at] = phrase
            left = left[:at] + left[at:].replace(f" {phrase} ", f" {'_' * len(phrase)} ")
    return [phrase for _, phrase in sorted(found.items())]


def part_of(checkpoint: Checkpoint, name: str) -> str:
    """The value of one part; empty where the checkpoint has none of that name."""
    return next((part.value for part in checkpoint.parts if part.name == name), "")


@dataclass(frozen=True, slots=True)
class _Talk:
    """One checkpoint being put into words."""

    point: Checkpoint
    document: OrderDocument
    totals: Totals
    rules: RegionRules
    sayings: Sayings

    @property
    def book(self) -> SpeechBook:
        return self.sayings.book

    @property
    def slow(self) -> bool:
        return self.sayings.slow

    def turns(self) -> Iterator[Turn]:
        match self.point.kind:
            case CheckpointKind.CUSTOMER:
                yield from self._agreed(self._customer(), "agree_customer")
            case CheckpointKind.LINE:
                yield from line_turns(self.point, self.document, self.sayings)
            case CheckpointKind.PRICE:
                yield from self._agreed(self._price(), "agree_price")
            case CheckpointKind.DELIVERY:
                yield from self._delivery()
            case CheckpointKind.BILLING:
                yield from self._billing()
            case CheckpointKind.ARRIVAL:
                yield from self._agreed(self._arrival(), "agree_arrival")
            case CheckpointKind.RIGHTS:
                yield from self._agreed(self._rights(), "agree_rights")
            case CheckpointKind.EXTRA:
                yield self._extra()
            case CheckpointKind.OBLIGATION:
                yield from self._obligation()

    @property
    def _most(self) -> int:
        return self.sayings.most

    @property
    def _is_caller(self) -> bool:
        return self.point.answered_by is AnsweredBy.CALLER

    def _said(self, sentence: str, **values: str) -> Statement:
        return self.sayings.several(1, sentence, **values)

    def _several(self, facts: int, sentence: str, **values: str) -> Statement:
        return self.sayings.several(facts, sentence, **values)

    def _agreed(self, statements: Iterable[Statement], question: str) -> list[Turn]:
        """As few turns as may be; the question of the last one is for the caller only."""
        grouped = self.sayings.grouped(statements)
        if not self._is_caller:
            return grouped
        return [*grouped[:-1], self.sayings.asking(grouped[-1], question)]

    def _customer(self) -> Iterator[Statement]:
        name, phone, email = (part_of(self.point, key) for key in ("name", "phone", "email"))
        yield self._said("name", name=name) if name else self._said("no_name")
        ending = digit_words(phone, self.book).split()[-_PHONE_DIGITS:] if phone != NO_PHONE else []
        yield self._said("phone", digits=" ".join(ending)) if ending else self._said("no_phone")
        said = (email_spelled if self.slow else email_words)(email, self.book)
        yield self._said("email", email=said) if email else self._said("no_email")

    def _price(self) -> Iterator[Statement]:
        totals = self.totals
        if totals.tax_included:
            has_charges = any(line.kind is ProductKind.CHARGE for line in self.document.lines)
            sentence = "goods_and_charges" if has_charges else "goods"
            yield self._said(sentence, amount=self._money(totals.goods))
        free = not totals.delivery.minor
        amount = self._money(totals.delivery)
        yield self._said("delivery_free") if free else self._said("delivery_charge", amount=amount)
        if not totals.tax_included:
            tax = self._money(totals.tax)
            yield self._said("tax", amount=tax) if totals.tax.minor else self._said("no_tax")
        sentence = "total"
        if totals.tax_included:
            sentence = "total_with_tax" if totals.tax.minor else "total_without_tax"
        yield self._said(sentence, amount=money_twice(totals.total, self.book))

    def _money(self, amount: Money) -> str:
        return (money_twice if self.slow else money_words)(amount, self.book)

    def _delivery(self) -> Iterator[Turn]:
        parts = [one.part for one in self.point.must_speak]
        for group in [[part] for part in parts] if self.slow else [parts] if parts else []:
            nothing = Turn(pieces=(), facts=len(group))
            yield self.sayings.asking(nothing, _OPEN_QUESTIONS[tuple(group)], group)
        statements = [*self._going_to(), *self._notes()]
        yield from self._agreed(statements, "agree_delivery")
        if self._is_caller:
            yield from self._meanings()

    def _going_to(self) -> Iterator[Statement]:
        address = self.document.deliver_to
        if part_of(self.point, COLLECTED):
            yield self._said("collected")
        elif address is None:
            yield self._said("no_address")
        else:
            yield from self._address(address, "going_to", "going_on")

    def _address(self, address: PostalAddress, first: str, further: str) -> Iterator[Statement]:
        sentence = first
        for facts in (self._addressee(address), self._place(address)):
            for start in range(0, len(facts), self._most):
                together = facts[start : start + self._most]
                yield self._several(len(together), sentence, address=", ".join(together))
                sentence = further

    def _addressee(self, address: PostalAddress) -> list[str]:
        customer = self.document.customer
        is_customer = customer is not None and customer.name == address.name
        names = ["" if is_customer else address.name, address.organisation]
        return [address_words(name, self.book) for name in names if name]

    def _place(self, address: PostalAddress) -> list[str]:
        """What the post goes by, one fact each: the street, the town, the postcode."""
        rows = [address_words(row, self.book).rstrip(",") for row in address.street if row]
        facts = [
            ", ".join(rows[at : at + _STREET_ROWS]) for at in range(0, len(rows), _STREET_ROWS)
        ]
        area = rules_of(address.country).area_names.get(address.area, address.area)
        town = ", ".join(part for part in (address.city, area) if part)
        facts += [part for part in (address.dependent_locality, town) if part]
        if address.postcode:
            said = spelled_postcode(address.postcode, self.book)
            facts.append(self.book.say("postcode", postcode=said))
        if address.country != self.rules.country:
            facts.append(country_name(address.country))
        return facts

    def _notes(self) -> Iterator[Statement]:
        delivery = self.document.delivery
        yield from self._text("instructions", "instructions_on", delivery.instructions)
        yield from self._text("gift_message", "gift_message_on", delivery.gift_message)

    def _text(self, first: str, further: str, text: str) -> Iterator[Statement]:
        sentence = first
        for part in _chunks(text, FACT_CHARACTERS * self._most):
            facts = min(self._most, -(-len(part) // FACT_CHARACTERS))
            yield self._several(facts, sentence, text=self.book.say("quoted", text=part))
            sentence = further

    def _meanings(self) -> Iterator[Turn]:
        words = ambiguities(self.document, self.book)
        for start in range(0, len(words), self._most):
            together = [
                self.book.say("quoted", text=text) for text in words[start : start + self._most]
            ]
            pieces = self.book.sentences["ask_meaning"].pieces(words=", ".join(together))
            yield Turn(pieces=pieces, facts=len(together), wait=self.book.waits["meaning"])

    def _billing(self) -> Iterator[Turn]:
        address, goods = self.document.bill_to, self.document.deliver_to
        if part_of(self.point, SAME) or address is None:
            sentence = "bill_alone" if goods is None else "bill_same"
            yield from self._agreed([self._said(sentence)], "agree_same")
            return
        statements = [*self._address(address, "bill_to", "bill_on")]
        if goods is None or part_of(self.point, COLLECTED):
            yield from self._agreed(statements, "agree_same")
            return
        statements += self._two_ways(goods, address)
        yield from self._agreed(statements, "agree_billing")

    def _two_ways(self, goods: PostalAddress, bill: PostalAddress) -> Iterator[Statement]:
        going, billed = (self._short(address) for address in (goods, bill))
        if self.slow:
            yield self._said("goods_way", goods=going)
            yield self._said("bill_way", bill=billed)
        else:
            yield self._several(2, "two_ways", goods=going, bill=billed)

    def _short(self, address: PostalAddress) -> str:
        row = address_words(address.street[-1], self.book).rstrip(",") if address.street else ""
        return ", ".join(part for part in (row, address.city) if part)

    def _arrival(self) -> Iterator[Statement]:
        delivery = self.document.delivery
        method = self.rules.method(delivery.method)
        is_collected = method is not None and not method.needs_address
        day = delivery.promised_on
        if day is None:
            yield self._said("no_date")
        else:
            said = date_words(day, self.book)
            yield self._said("ready" if is_collected else "arrives", date=said)
        label = delivery.label or delivery.method
        if label and not is_collected:
            yield self._said("method", method=description_words(label))

    def _rights(self) -> Iterator[Statement]:
        for text in self.book.rights[part_of(self.point, "buyer")]:
            yield Statement(text.pieces())

    def _extra(self) -> Turn:
        speaks = tuple(one.part for one in self.point.must_speak)
        pieces = (Piece(self.point.item.say),)
        return Turn(pieces=pieces, facts=1, wait=self.sayings.wait(speaks), speaks=speaks)

    def _obligation(self) -> Iterator[Turn]:
        amends = self.document.amends
        if amends is not None:
            said = amending_statements(self.document, amends, self.totals, self.sayings)
            yield from self._agreed(said, amending_question(amends, self.totals))
            return
        # The total was said twice with the price; once is enough here, and leaves room to answer.
        say = money_twice if self.slow else money_words
        values = {
            "amount": say(self.totals.total, self.book),
            "payment": self.book.payments[self.document.payment],
        }
        if self.slow:
            amount = self._said("obligation_amount", amount=values["amount"])
            payment = self._said("obligation_payment", payment=values["payment"])
            yield from self._agreed([amount, payment], "ask_obligation")
            return
        sentence = "obligation" if self._is_caller else "obligation_on_paper"
        yield from self.sayings.grouped([self._several(2, sentence, **values)])


_OPEN_QUESTIONS = {
    ("postcode",): "ask_postcode",
    ("postcode", "street"): "ask_postcode_and_house",
    ("city",): "ask_city",
    ("city", "street"): "ask_city_and_house",
    ("street",): "ask_house",
}


def _chunks(text: str, most: int) -> Iterator[str]:
    """A text in pieces of at most so many characters, broken at blanks where there are any."""
    left = " ".join(text.split())
    while len(left) > most:
        cut = left.rfind(" ", 1, most + 1)
        at = cut if cut > 0 else most
        yield left[:at].rstrip()
        left = left[at:].lstrip()
    if left:
        yield left
