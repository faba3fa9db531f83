"""What still stands between a draft and a placed order, and what to ask about on the way.

Missing things are listed in the order of the talk; each has words for the strip at the foot of the
screen and an open question to say. Cautions never stand in the way. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.services.rules.pricing import order_tax
from app.services.rules.regions import RegionRules
from app.services.rules.spoken_words import description_words
from app.values.contact import PostalAddress
from app.values.identity import LineId, ProductCode
from app.values.postal import Place, address_fields, check_address
from app.values.quantity import is_unusual
from app.values.vocabulary import ProductKind
from app.wire.addresses import AddressSuggestions
from app.wire.catalogue import ProductView
from app.wire.orders import OrderDocument, OrderLine

_QUESTIONS = {
    "country": "Which country is it {where}?",
    "street": "Which house number and street is it {where}?",
    "city": "Which town is it {where}?",
}
_OTHER_QUESTION = "Which {label} is it {where}?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that is still missing: `sentence` for the strip, `say` an open question."""

    code: str
    sentence: str
    field: str
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something odd but possible, and a question that settles it; `line_ids`: the lines meant."""

    code: str
    sentence: str
    field: str
    say: str
    line_ids: tuple[LineId, ...] = ()


def place_of(suggestions: AddressSuggestions) -> Place | None:
    """What a look-up says a postcode belongs to, for comparing with what was typed."""
    if not suggestions.city:
        return None
    return Place(suggestions.city, suggestions.area, suggestions.other_cities)


def missing(document: OrderDocument, rules: RegionRules) -> tuple[Missing, ...]:
    """What is still to be asked before the order can be placed, in the order of the talk."""
    return (
        *_missing_of_customer(document),
        *_missing_of_lines(document),
        *_missing_of_delivery_address(document, rules),
        *_missing_of_billing_address(document),
        *_missing_of_delivery(document, rules),
    )


def _missing_of_customer(document: OrderDocument) -> Iterator[Missing]:
    customer = document.customer
    if customer is None or not customer.name.strip():
        yield Missing(
            code="customer_name_missing",
            sentence="customer name",
            field="customer.name",
            say="Who is the order for?",
        )
    if customer is None or not (customer.phone.strip() or customer.no_phone):
        yield Missing(
            code="customer_phone_missing",
            sentence="telephone number",
            field="customer.phone",
            say="Which number can we reach you on?",
        )


def _missing_of_lines(document: OrderDocument) -> Iterator[Missing]:
    if not document.lines:
        yield Missing(
            code="lines_missing",
            sentence="an item",
            field="lines",
            say="What would you like to order?",
        )


def _missing_of_delivery_address(document: OrderDocument, rules: RegionRules) -> Iterator[Missing]:
    method = rules.method(document.delivery.method)
    if method is not None and not method.needs_address:
        return
    if document.deliver_to is None:
        yield Missing(
            code="delivery_address_missing",
            sentence="delivery address",
            field="deliver_to.postcode",
            say="Which postcode and house number is it going to?",
        )
        return
    yield from _missing_of_address(document.deliver_to, "delivery", "deliver_to", "going to")


def _missing_of_billing_address(document: OrderDocument) -> Iterator[Missing]:
    if document.bill_to is not None:
        yield from _missing_of_address(document.bill_to, "billing", "bill_to", "for the bill")


def _missing_of_address(
    address: PostalAddress, kind: str, field: str, where: str
) -> Iterator[Missing]:
    labels = {f.key: _spoken(f.label) for f in address_fields(address.country)}
    for error in check_address(address).errors:
        label = labels.get(error.field, error.field)
        is_missing = error.code == "required"
        question = _QUESTIONS.get(error.field, _OTHER_QUESTION)
        yield Missing(
            code=f"{kind}_{error.field}_{'missing' if is_missing else 'wrong'}",
            sentence=f"{kind} {label}" if is_missing else f"{kind} {label} to mend",
            field=f"{field}.{error.field}",
            say=question.format(label=label, where=where) if is_missing else error.sentence,
        )


def _spoken(label: str) -> str:
    return label if label[:2].isupper() else label[0].lower() + label[1:]


def _missing_of_delivery(document: OrderDocument, rules: RegionRules) -> Iterator[Missing]:
    method = rules.method(document.delivery.method)
    country = document.deliver_to.country if document.deliver_to else rules.country
    if method is None:
        yield Missing(
            code="delivery_method_missing",
            sentence="delivery method",
            field="delivery.method",
            say="How soon do you need it?",
        )
    elif method not in rules.methods_to(country):
        yield Missing(
            code="delivery_method_wrong",
            sentence="delivery method that goes there",
            field="delivery.method",
            say=f"{method.label} does not go there. How soon do you need it?",
        )
    elif document.delivery.promised_on is None:
        yield Missing(
            code="delivery_date_missing",
            sentence="delivery date",
            field="delivery.promised_on",
            say="Which day suits you?",
        )


def warnings(
    document: OrderDocument,
    rules: RegionRules,
    *,
    products: Mapping[ProductCode, ProductView] | None = None,
    place: Place | None = None,
) -> tuple[Caution, ...]:
    """What is odd about the order and should be asked about, never silently settled.

    `products` are those of its codes as they are by now, `place` what the delivery postcode
    belongs to.
    """
    return (
        *_withdrawn_meanwhile(document, products or {}),
        *_unusual_quantities(document, products or {}),
        *_codes_on_two_lines(document),
        *_unusual_address(document, place),
        *_unsure_tax(document, rules),
    )


def _withdrawn_meanwhile(
    document: OrderDocument, products: Mapping[ProductCode, ProductView]
) -> Iterator[Caution]:
    """The order is taken all the same, and looked at by a person."""
    for number, line in enumerate(document.lines, start=1):
        product = products.get(line.code)
        if product is not None and product.withdrawn:
            yield Caution(
                code="product_withdrawn",
                sentence=f"Line {number}: {line.code} was withdrawn from the catalogue.",
                field="lines",
                say=f"The {description_words(line.description)} has just gone out of our range. "
                "I can still ask for it, or would you like something else?",
                line_ids=(line.line_id,),
            )


def _unusual_quantities(
    document: OrderDocument, products: Mapping[ProductCode, ProductView]
) -> Iterator[Caution]:
    for number, line in enumerate(document.lines, start=1):
        product = products.get(line.code)
        typical = product.typical_quantity if product else None
        if line.kind is ProductKind.GOODS and is_unusual(line.quantity, typical):
            usual = f"; {typical} is usual" if typical else ""
            yield Caution(
                code="quantity_unusual",
                sentence=f"Line {number}: {line.quantity:,} of {line.code} is unusual{usual}.",
                field="lines.quantity",
                say=f"How many of the {line.description} would you like?",
                line_ids=(line.line_id,),
            )


def _codes_on_two_lines(document: OrderDocument) -> Iterator[Caution]:
    by_code: dict[str, list[OrderLine]] = {}
    for line in document.lines:
        if line.kind is ProductKind.GOODS:
            by_code.setdefault(line.code.casefold(), []).append(line)
    for lines in by_code.values():
        if len(lines) > 1:
            together = sum(line.quantity for line in lines)
            first = lines[0]
            yield Caution(
                code="code_on_two_lines",
                sentence=f"{first.code} is on {len(lines)} lines. Merge them, or keep them apart?",
                field="lines",
                say=f"I have {first.description} more than once, {together:,} in all. "
                "How many would you like altogether?",
                line_ids=tuple(line.line_id for line in lines),
            )


def _unusual_address(document: OrderDocument, place: Place | None) -> Iterator[Caution]:
    if document.deliver_to is None:
        return
    for problem in check_address(document.deliver_to, place).warnings:
        yield Caution(
            code=problem.code,
            sentence=problem.sentence,
            field=f"deliver_to.{problem.field}",
            say=problem.sentence,
        )


def _unsure_tax(document: OrderDocument, rules: RegionRules) -> Iterator[Caution]:
    if document.deliver_to is None:
        return
    due = order_tax(document, rules)
    if not due.is_known:
        yield Caution(
            code="tax_unknown",
            sentence=f"No {rules.tax.label} rate is known for this address; none is charged.",
            field="deliver_to.area",
            say="I will have the tax checked and tell you if it changes.",
        )
    elif due.local_varies and due.minor:
        yield Caution(
            code="tax_local_varies",
            sentence=f"Only the state's {rules.tax.label} is charged; cities and counties may add.",
            field="deliver_to.area",
            say="The tax is the state's; your city or county may add to it.",
        )
