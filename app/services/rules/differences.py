"""What differs between two versions of an order, in words, and whether two changes can both hold.

Two changes made from one version merge where they touch other things. An address is one value, and
so is a line: its price hangs on its quantity. What hangs together is not merged either: a way of
delivery fits an address, a day fits a way. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from app.services.rules.order_acts import Act, NumberedLine, acts_needed, lines_apart
from app.services.rules.protocol_words import PAYMENTS
from app.values.contact import PostalAddress
from app.values.day_words import MONTHS, WEEKDAYS
from app.values.identity import LineId
from app.values.order_life import OrderAct
from app.values.postal import format_lines
from app.values.telephone import shown_phone
from app.values.vocabulary import Region
from app.wire.order_changes import Difference
from app.wire.orders import Delivery, OrderCustomer, OrderDocument, OrderLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What two changes of one version come to. `document` None: they clash.

    `overtaken` is what theirs changed since; of a clash `old` is theirs and `new` ours.
    """

    document: OrderDocument | None
    overtaken: tuple[Difference, ...] = ()
    clashes: tuple[Difference, ...] = ()


def differences(before: OrderDocument, after: OrderDocument) -> tuple[Difference, ...]:
    """All that is other than before: lines first, then what stands beside them."""
    was, now = lines_apart(before, after)
    found: list[Difference] = []
    for act in acts_needed(before, after):
        if act.empties:
            count = len(before.lines)
            old = "1 line" if count == 1 else f"{count:,} lines"
            found.append(Difference(act=act.act, what="The whole order", old=old, new=""))
        elif act.line_id is not None:
            old_line, new_line = (_line(act.line_id, side) for side in (was, now))
            found.append(_of_line(act, old_line, new_line, after))
    found += _beside(before, after)
    return tuple(found)


def merged(base: OrderDocument, theirs: OrderDocument, ours: OrderDocument) -> Merging:
    """Ours carried over to theirs, both made from `base`.

    Who took the order, where and when stays as in theirs, also where nobody else changed anything.
    """
    document = msgspec.structs.replace(theirs, amends=None)
    clashes: list[Difference] = []
    for field in _FIELDS:
        was, now, wanted = field.get(base), field.get(theirs), field.get(ours)
        if wanted in (was, now):
            continue
        if now == was:
            document = field.put(document, ours)
        else:
            clashes.append(_difference(field, theirs, ours))
    lines, line_clashes = _merged_lines(base, theirs, ours)
    clashes += [*line_clashes, *_untogether(base, theirs, ours)]
    if not clashes:
        clashes += _two_persons(base, theirs, ours)
    overtaken = differences(base, theirs)
    if clashes:
        return Merging(document=None, overtaken=overtaken, clashes=tuple(clashes))
    document = msgspec.structs.replace(document, lines=lines)
    return Merging(document=document, overtaken=overtaken)


# ---------------------------------------------------------------- lines


def _line(line_id: LineId, lines: Mapping[LineId, NumberedLine]) -> OrderLine | None:
    return lines[line_id][1] if line_id in lines else None


def _of_line(
    act: Act, before: OrderLine | None, after: OrderLine | None, document: OrderDocument
) -> Difference:
    what = f"Line {act.number}, {act.name}"
    match act.act:
        case OrderAct.PRICE:
            old = str(before.told_price) if before is not None else ""
            new = str(after.told_price) if after is not None else ""
            return Difference(act=act.act, what=f"{what}, price", old=old, new=new)
        case OrderAct.DATE:
            parts = [_later(one, document) for one in (before, after)]
            return Difference(act=act.act, what=f"{what}, to follow", old=parts[0], new=parts[1])
        case OrderAct.ADD_LINE:
            return Difference(act=act.act, what=what, old="", new=_pieces(after))
        case OrderAct.REMOVE_LINE:
            return Difference(act=act.act, what=what, old=_pieces(before), new="")
        case _:
            return Difference(act=act.act, what=what, old=_pieces(before), new=_pieces(after))


def _pieces(line: OrderLine | None) -> str:
    return f"{line.quantity:,}" if line is not None else ""


def _later(line: OrderLine | None, document: OrderDocument) -> str:
    if line is None or not line.back_ordered:
        return ""
    day = shown_day(line.back_order_on, document.region)
    return f"{line.back_ordered:,}, about {day}" if day else f"{line.back_ordered:,}"


def _merged_lines(
    base: OrderDocument, theirs: OrderDocument, ours: OrderDocument
) -> tuple[tuple[OrderLine, ...], list[Difference]]:
    """Lines of theirs with what ours did to them, then the new ones of ours."""
    if theirs.lines == base.lines:
        return ours.lines, []
    was = {line.line_id: line for line in base.lines}
    now = {line.line_id: line for line in theirs.lines}
    wanted = {line.line_id: line for line in ours.lines}
    clashes: list[Difference] = []
    kept: list[OrderLine] = []
    for line_id in [*now, *(one for one in wanted if one not in now)]:
        old, their, our = was.get(line_id), now.get(line_id), wanted.get(line_id)
        if our not in (old, their) and their != old:
            clashes.append(_line_clash(line_id, theirs, ours))
        taken = their if our == old else our
        if taken is not None:
            kept.append(taken)
    return tuple(kept), clashes


def _line_clash(line_id: LineId, theirs: OrderDocument, ours: OrderDocument) -> Difference:
    their, our = (
        next((line for line in document.lines if line.line_id == line_id), None)
        for document in (theirs, ours)
    )
    document = theirs if their is not None else ours
    ids = [line.line_id for line in document.lines]
    line = their or our
    name = (line.description or line.code) if line is not None else ""
    act = OrderAct.QUANTITY_LESS if our is not None else OrderAct.REMOVE_LINE
    if their is not None and our is not None and our.quantity > their.quantity:
        act = OrderAct.QUANTITY_MORE
    return Difference(
        act=act,
        what=f"Line {ids.index(line_id) + 1}, {name}",
        old=_priced(their),
        new=_priced(our),
    )


def _priced(line: OrderLine | None) -> str:
    return f"{line.quantity:,} at {line.told_price}" if line is not None else ""


# ---------------------------------------------------------------- beside the lines


@dataclass(frozen=True, slots=True)
class _Field:
    """Something that one person can change while another changes something else."""

    act: OrderAct
    what: str
    get: Callable[[OrderDocument], object]
    put: Callable[[OrderDocument, OrderDocument], OrderDocument]
    show: Callable[[OrderDocument], str]


def _beside(before: OrderDocument, after: OrderDocument) -> Iterator[Difference]:
    for field in _FIELDS:
        if field.get(before) != field.get(after):
            yield _difference(field, before, after)


def _difference(field: _Field, before: OrderDocument, after: OrderDocument) -> Difference:
    return Difference(act=field.act, what=field.what, old=field.show(before), new=field.show(after))


_TOGETHER = (
    (OrderAct.ADDRESS, OrderAct.METHOD),
    (OrderAct.METHOD, OrderAct.ADDRESS),
    (OrderAct.METHOD, OrderAct.DATE),
    (OrderAct.DATE, OrderAct.METHOD),
)
"""What theirs changed, and what ours then cannot change without a look at it."""


def _untogether(
    base: OrderDocument, theirs: OrderDocument, ours: OrderDocument
) -> Iterator[Difference]:
    fields = {field.act: field for field in _FIELDS}
    for first, second in _TOGETHER:
        their, our = fields[first], fields[second]
        is_both = their.get(ours) == their.get(theirs) and our.get(ours) == our.get(theirs)
        if is_both or their.get(base) == their.get(theirs) or our.get(base) == our.get(ours):
            continue
        if our.get(theirs) == our.get(base):
            yield _difference(our, theirs, ours)


def _two_persons(
    base: OrderDocument, theirs: OrderDocument, ours: OrderDocument
) -> Iterator[Difference]:
    """Another customer, and something told of the one before: nobody can say of whom it holds."""
    both = base.customer not in (theirs.customer, ours.customer)
    is_other = _who(base) != _who(theirs) or _who(base) != _who(ours)
    if both and is_other and theirs.customer != ours.customer:
        yield _difference(_FIELDS[0], theirs, ours)


def _customer_field(name: str) -> tuple[Callable[..., object], Callable[..., OrderDocument]]:
    """A field of the person. Where there is nobody yet, they come whole."""

    def get(document: OrderDocument) -> object:
        return getattr(document.customer, name) if document.customer is not None else None

    def put(document: OrderDocument, source: OrderDocument) -> OrderDocument:
        if document.customer is None or source.customer is None:
            return msgspec.structs.replace(document, customer=source.customer)
        changed = {name: getattr(source.customer, name)}
        customer = msgspec.structs.replace(document.customer, **changed)
        return msgspec.structs.replace(document, customer=customer)

    return get, put


def _who(document: OrderDocument) -> object:
    return document.customer.customer_id if document.customer is not None else None


def _put_who(document: OrderDocument, source: OrderDocument) -> OrderDocument:
    return msgspec.structs.replace(document, customer=source.customer)


def _phone(document: OrderDocument) -> object:
    customer = document.customer
    return None if customer is None else (customer.phone, customer.no_phone)


def _put_phone(document: OrderDocument, source: OrderDocument) -> OrderDocument:
    if document.customer is None or source.customer is None:
        return msgspec.structs.replace(document, customer=source.customer)
    customer = msgspec.structs.replace(
        document.customer, phone=source.customer.phone, no_phone=source.customer.no_phone
    )
    return msgspec.structs.replace(document, customer=customer)


def _document_field(name: str) -> tuple[Callable[..., object], Callable[..., OrderDocument]]:
    def get(document: OrderDocument) -> object:
        return getattr(document, name)

    def put(document: OrderDocument, source: OrderDocument) -> OrderDocument:
        return msgspec.structs.replace(document, **{name: getattr(source, name)})

    return get, put


def _delivery_fields(*names: str) -> tuple[Callable[..., object], Callable[..., OrderDocument]]:
    def get(document: OrderDocument) -> object:
        return tuple(getattr(document.delivery, name) for name in names)

    def put(document: OrderDocument, source: OrderDocument) -> OrderDocument:
        changed = {name: getattr(source.delivery, name) for name in names}
        delivery: Delivery = msgspec.structs.replace(document.delivery, **changed)
        return msgspec.structs.replace(document, delivery=delivery)

    return get, put


def _show_customer(name: str) -> Callable[[OrderDocument], str]:
    def show(document: OrderDocument) -> str:
        customer: OrderCustomer | None = document.customer
        value = getattr(customer, name) if customer is not None else None
        return str(value or "")

    return show


def _show_phone(document: OrderDocument) -> str:
    customer = document.customer
    if customer is None or not customer.phone:
        return ""
    return shown_phone(customer.phone, document.region.value.upper())


def _show_relay(document: OrderDocument) -> str:
    return "yes" if document.customer is not None and document.customer.text_relay else ""


def _show_who(document: OrderDocument) -> str:
    return document.customer.name if document.customer is not None else ""


def _show_delivery_address(document: OrderDocument) -> str:
    return _in_one_line(document.deliver_to)


def _show_billing_address(document: OrderDocument) -> str:
    return _in_one_line(document.bill_to) if document.bill_to else "the same as delivery"


def _show_method(document: OrderDocument) -> str:
    delivery = document.delivery
    return f"{delivery.label or delivery.method}, {delivery.charge}"


def _show_date(document: OrderDocument) -> str:
    return shown_day(document.delivery.promised_on, document.region)


def _show_instructions(document: OrderDocument) -> str:
    return document.delivery.instructions


def _show_gift_message(document: OrderDocument) -> str:
    return document.delivery.gift_message


def _show_note(document: OrderDocument) -> str:
    return document.internal_note


def _show_payment(document: OrderDocument) -> str:
    return PAYMENTS[document.payment]


def _show_priority(document: OrderDocument) -> str:
    return document.priority.value


def _show_kind(document: OrderDocument) -> str:
    return document.order_type.value


def _in_one_line(address: PostalAddress | None) -> str:
    return ", ".join(format_lines(address)) if address is not None else ""


def shown_day(day: date | None, region: Region) -> str:
    """`Tuesday 24 November`, or as Americans write it; empty where there is none."""
    if day is None:
        return ""
    weekday, month = WEEKDAYS[day.weekday()], MONTHS[day.month - 1]
    if region is Region.US:
        return f"{weekday}, {month} {day.day}"
    return f"{weekday} {day.day} {month}"


_FIELDS = (
    _Field(OrderAct.CONTACT, "Customer", _who, _put_who, _show_who),
    _Field(OrderAct.CONTACT, "Name", *_customer_field("name"), _show_customer("name")),
    _Field(OrderAct.CONTACT, "Telephone", _phone, _put_phone, _show_phone),
    _Field(OrderAct.CONTACT, "E-mail", *_customer_field("email"), _show_customer("email")),
    _Field(OrderAct.CONTACT, "Text relay", *_customer_field("text_relay"), _show_relay),
    _Field(
        OrderAct.ADDRESS, "Delivery address", *_document_field("deliver_to"), _show_delivery_address
    ),
    _Field(OrderAct.BILLING, "Billing address", *_document_field("bill_to"), _show_billing_address),
    _Field(
        OrderAct.METHOD, "Delivery", *_delivery_fields("method", "label", "charge"), _show_method
    ),
    _Field(OrderAct.DATE, "Delivery date", *_delivery_fields("promised_on"), _show_date),
    _Field(
        OrderAct.NOTES,
        "Delivery instructions",
        *_delivery_fields("instructions"),
        _show_instructions,
    ),
    _Field(OrderAct.NOTES, "Gift message", *_delivery_fields("gift_message"), _show_gift_message),
    _Field(OrderAct.NOTES, "Internal note", *_document_field("internal_note"), _show_note),
    _Field(OrderAct.NOTES, "Priority", *_document_field("priority"), _show_priority),
    _Field(OrderAct.NOTES, "Kind of order", *_document_field("order_type"), _show_kind),
    _Field(OrderAct.PAYMENT, "Payment", *_document_field("payment"), _show_payment),
)
"""Each of them merges by itself."""
