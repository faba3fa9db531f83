"""One address of the order, typed in talk order: the postcode first, which fills what it can.

Used twice: where the goods go, and where the bill goes. What is typed is in the order at once,
right or wrong; errors and warnings stand beside their fields and nothing is corrected in silence.
Touches no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.screens.call import card_guard
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.contact import PostalAddress
from app.values.errors import Fault, Refusal
from app.values.postal import (
    FieldProblem,
    Place,
    address_fields,
    check_address,
    normal_postcode,
)
from app.values.postal_rules import AddressField
from app.wire import operations
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.customers import AddressView

COUNTRY = "country"
STREET = "street"
POSTCODE = "postcode"
CITY = "city"
AREA = "area"
REQUIRED = "required"


class Part(StrEnum):
    """Which address of the order; the value is the field of the document."""

    DELIVER_TO = "deliver_to"
    BILL_TO = "bill_to"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """What an address card shows.

    `problems` hold no complaint about fields that were not reached yet.
    """

    address: PostalAddress | None = None
    fields: tuple[AddressField, ...] = ()
    editing: bool = False
    house: str = ""
    problems: tuple[FieldProblem, ...] = ()
    is_complete: bool = False
    looking_up: bool = False
    found: tuple[PostalAddress, ...] = ()
    current: int | None = None
    source: str = ""
    sentence: str = ""
    known: tuple[AddressView, ...] = ()

    def problem(self, key: str) -> FieldProblem | None:
        """What stands beside a field: its error, else its warning."""
        own = [problem for problem in self.problems if problem.field == key]
        return next((p for p in own if p.is_error), own[0] if own else None)


def _with(address: PostalAddress, changes: Mapping[str, Any]) -> PostalAddress:
    return replace(address, **changes)


class AddressPresenter(QObject):
    """Holds one AddressState. `finished` tells that the next useful field is due."""

    state_changed = Signal(object)
    notice = Signal(object)
    finished = Signal()

    def __init__(
        self,
        part: Part,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._part = part
        self._order = order
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._home = "GB"
        self._place: Place | None = None
        self._asked_for = ("", "", "")
        self._reached: frozenset[str] = frozenset()
        self._filled: dict[str, str] = {}
        self._held: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._state = AddressState()

    @property
    def state(self) -> AddressState:
        """What is shown now."""
        return self._state

    def begin(self, home: str) -> None:
        """Another order is in hand.

        `home` is the country that addresses are in unless said otherwise.
        """
        self._home = home
        self._forget_look_up()
        self._reached = frozenset()
        self._state = AddressState(address=self._in_order())
        self._judge()

    def follow(self) -> None:
        """The order changed, here or by undo; show its address."""
        address = self._in_order()
        if address is self._state.address:
            return
        self._state = replace(self._state, address=address)
        self._judge()

    def offer(self, known: tuple[AddressView, ...]) -> None:
        """Addresses the customer has used."""
        self._show(replace(self._state, known=known))

    def edit(self, name: str = "") -> None:
        """Open the form; an address that is begun now goes to `name` at home."""
        if self._state.address is None:
            self._put("begin", PostalAddress(country=self._home, name=name))
        self._show(replace(self._state, editing=True, current=None))

    def set_country(self, country: str) -> None:
        """The address is in another country.

        What does not exist there stays until it is emptied.
        """
        address = self._begun()
        if address.country == country:
            return
        self._forget_look_up()
        self._order.settle()
        self._put(COUNTRY, replace(address, country=country))
        self._order.settle()

    def set_text(self, key: str, text: str) -> None:
        """A field as typed so far; `street` has a line per line."""
        judged = card_guard.while_typing(text)
        self._held.pop(key, None)
        if judged.held:
            self._held[key] = text
            return
        self._refused = {key: judged.sentence} if judged.sentence else {}
        self._write(key, judged.text)

    def _write(self, key: str, text: str) -> None:
        value = tuple(text.split("\n")) if key == STREET else text
        address = self._begun()
        if getattr(address, key) == value:
            return
        self._filled.pop(key, None)
        if key == STREET and self._state.found:
            self._state = replace(self._state, found=(), current=None)
        self._put(key, _with(address, {key: value}))

    def set_house(self, text: str) -> None:
        """The house number or name the caller said with the postcode, or the whole street."""
        self._show(replace(self._state, house=text))

    def finish_field(self, key: str) -> None:
        """The field was left.

        It is brought into its country's shape, and a postcode is looked up.
        """
        if key in self._held:
            judged = card_guard.when_left(self._held.pop(key))
            self._refused = {key: judged.sentence} if judged.sentence else {}
            self._write(key, judged.text)
        self._reached |= {key}
        address = self._state.address
        if address is None:
            return
        tidied = check_address(address, self._place).address
        self._order.settle()
        if getattr(tidied, key) != getattr(address, key):
            self._put(key, _with(address, {key: getattr(tidied, key)}))
            self._order.settle()
        else:
            self._judge()
        if key == POSTCODE:
            self._look_up()

    def finish_house(self) -> None:
        """The house was left.

        Look up anew with it, and begin the street with it where nobody knows more.
        """
        if self._asks() != self._asked_for:
            self._look_up()
        elif not self._state.looking_up:
            self._begin_street()

    def accept_suggestion(self, key: str) -> None:
        """Put what a problem suggests into its field; the CSR has seen it and agreed."""
        problem = self._state.problem(key)
        if problem is not None and problem.suggestion:
            self.set_text(key, problem.suggestion)
            self.finish_field(key)

    def move(self, step: int) -> None:
        """Go up or down the addresses that were found, or those the customer has used."""
        count = len(self._state.found) or len(self._state.known)
        if not count:
            return
        here = self._state.current
        there = (
            (0 if step > 0 else count - 1) if here is None else min(max(here + step, 0), count - 1)
        )
        self._show(replace(self._state, current=there))

    def choose(self, place: int) -> None:
        """Take one of the addresses offered."""
        state = self._state
        chosen = state.found[place] if state.found else state.known[place].address
        name = chosen.name or (state.address.name if state.address else "")
        self.take(replace(chosen, name=name))
        self.finished.emit()

    def take(self, address: PostalAddress) -> None:
        """This is the address, whole."""
        self._order.settle()
        self._reached = frozenset()
        self._state = replace(
            self._state, editing=False, found=(), current=None, house="", sentence=""
        )
        self._put("take", address)
        self._order.settle()

    def finish(self) -> None:
        """The form is done; with errors left it stays open and shows them all."""
        address = self._state.address
        if address is None:
            self._show(replace(self._state, editing=False))
            return
        self._reached = frozenset(field.key for field in self._state.fields) | {COUNTRY}
        check = check_address(address, self._place)
        self._order.settle()
        if check.address != address:
            self._put("tidy", check.address)
            self._order.settle()
        self._judge()
        if check.is_valid:
            self._show(replace(self._state, editing=False, found=(), current=None))
            self.finished.emit()

    def close(self) -> None:
        """Leave the form as it is; nothing typed is lost."""
        self._order.settle()
        self._show(replace(self._state, editing=False, found=(), current=None))

    def clear(self) -> None:
        """No address of its own (the bill goes where the goods go)."""
        self._forget_look_up()
        self._order.settle()
        self._put("clear", None)
        self._order.settle()
        self._show(replace(self._state, editing=False))

    def _in_order(self) -> PostalAddress | None:
        document = self._order.document
        return document.deliver_to if self._part is Part.DELIVER_TO else document.bill_to

    def _begun(self) -> PostalAddress:
        return self._state.address or PostalAddress(country=self._home)

    def _put(self, step: str, address: PostalAddress | None) -> None:
        self._order.change(f"{self._part} {step}", **{self._part.value: address})
        self.follow()

    def _judge(self) -> None:
        """Work out what is wrong or odd, and show it where the CSR has been."""
        address = self._state.address
        if address is None:
            self._show(replace(self._state, fields=(), problems=(), is_complete=False, source=""))
            return
        check = check_address(address, self._place)
        told = tuple(
            p for p in check.problems if p.field in self._reached or not self._state.editing
        )
        self._show(
            replace(
                self._state,
                fields=address_fields(address.country),
                problems=(
                    *self._card_problems(),
                    *(p for p in told if p.code != REQUIRED or p.field in self._reached),
                ),
                is_complete=check.is_valid,
            )
        )

    def _card_problems(self) -> tuple[FieldProblem, ...]:
        return tuple(
            FieldProblem(key, "card_digits", sentence, is_error=True)
            for key, sentence in self._refused.items()
        )

    def _asks(self) -> tuple[str, str, str]:
        """Country, postcode and house to look up; no postcode where it does not fit."""
        address = self._begun()
        postcode = normal_postcode(address.country, address.postcode) if address.postcode else None
        return address.country, postcode or "", self._state.house.strip()

    def _look_up(self) -> None:
        asks = self._asks()
        if not asks[1]:
            self._forget_look_up()
            self._judge()
            return
        if asks == self._asked_for:
            return
        self._asked_for = asks
        self._show(replace(self._state, looking_up=True))
        country, postcode, house = asks
        request = LookUpAddress(country=country, postcode=postcode, house=house)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.LOOK_UP_ADDRESS, request),
            owner=self,
            then=self._fill,
            failed=self._leave_to_typing,
            question=self._questions.ask(),
        )

    def _fill(self, told: AddressSuggestions) -> None:
        self._place = (
            Place(city=told.city, area=told.area, other_cities=told.other_cities)
            if told.city
            else None
        )
        self._state = replace(
            self._state,
            looking_up=False,
            found=told.addresses,
            current=None,
            source=told.source,
            sentence="",
        )
        address = self._begun()
        wanted = {CITY: told.city, AREA: told.area}
        changes = {
            key: value
            for key, value in wanted.items()
            if value and getattr(address, key) in {"", self._filled.get(key)}
        }
        self._filled |= changes
        self._order.settle()
        if any(getattr(address, key) != value for key, value in changes.items()):
            self._put("look-up", _with(address, changes))
            self._order.settle()
        else:
            self._judge()
        if len(told.addresses) == 1 and self._state.house.strip():
            self._show(replace(self._state, current=0))
        elif not told.addresses:
            self._begin_street()

    def _begin_street(self) -> None:
        """Nobody knows the street: it begins with the house that was said."""
        house, address = self._state.house.strip(), self._begun()
        if house and not any(address.street) and not self._state.found:
            street = house if " " in house else f"{house} "
            self.set_text(STREET, street)

    def _leave_to_typing(self, error: Refusal | Fault) -> None:
        """Looking up is a comfort; without it the address is typed."""
        self._asked_for = ("", "", "")
        sentence = (
            error.sentence
            if isinstance(error, Refusal)
            else self.tr("Addresses cannot be looked up just now. Please type the address.")
        )
        self._show(replace(self._state, looking_up=False, found=(), sentence=sentence))

    def _forget_look_up(self) -> None:
        self._questions.forget()
        self._place = None
        self._asked_for = ("", "", "")
        self._filled = {}
        self._state = replace(
            self._state, looking_up=False, found=(), current=None, source="", sentence=""
        )

    def _show(self, state: AddressState) -> None:
        self._state = state
        self.state_changed.emit(state)
