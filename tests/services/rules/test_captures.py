"""Money for what was sent: to the penny, never more than is owed or approved."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from app.services.rules.captures import Approved, due_for, reach, split, to_take
from app.services.rules.pricing import totals
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.values.identity import AttemptId
from app.values.vocabulary import Region
from app.wire.orders import OrderDocument
from tests.builders import an_id, an_order, with_charge, with_line, zero_rated

REGIONS = load_regions(resource_folder() / "regions")


def rules(order: OrderDocument) -> RegionRules:
    return REGIONS[order.region]


def due(order: OrderDocument, *pieces: int) -> int:
    shipped = {
        line.line_id: count for line, count in zip(order.lines, pieces, strict=False) if count
    }
    return due_for(order, totals(order, rules(order)), shipped)


TEA = an_order(with_line("TEA-1", 3, "2.95"), with_line("CUP-2", 2, "1.005"), with_charge())


def test_nothing_is_due_before_something_was_sent() -> None:
    assert due(TEA) == 0


def test_delivery_and_charges_are_due_with_the_first_parcel() -> None:
    assert due(TEA, 1) == 295 + 1_800 + 495


def test_the_last_parcel_takes_the_rest() -> None:
    assert due(TEA, 3, 2) == totals(TEA, rules(TEA)).total.minor


def test_tax_that_is_added_is_due_by_its_share() -> None:
    order = an_order(with_line("TEA-1", 3, "2.95"), region=Region.US)
    whole = totals(order, rules(order))
    first = due(order, 1)
    net = 295 + whole.delivery.minor
    assert first == net + whole.tax.minor * net // (whole.goods.minor + whole.delivery.minor)
    assert due(order, 3) == whole.total.minor


def test_what_was_credited_since_is_not_taken() -> None:
    assert to_take(due=1_000, owed=900, taken=400) == 500
    assert to_take(due=1_000, owed=900, taken=950) == 0


def test_more_than_one_authorisation_is_taken_from_the_oldest_first() -> None:
    one = Approved(attempt_id=AttemptId(an_id(1)), approved=500, taken=100)
    two = Approved(attempt_id=AttemptId(an_id(2)), approved=300, taken=0)
    assert split(600, [one, two]) == ((one.attempt_id, 400), (two.attempt_id, 200))
    assert split(1_000, [one, two]) == ((one.attempt_id, 400), (two.attempt_id, 300))
    assert split(0, [one, two]) == ()


lines = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 99_999), st.booleans()), min_size=1, max_size=6
)


@given(lines, st.sampled_from(list(Region)), st.randoms(use_true_random=False), st.integers(0, 3))
def test_any_parcels_in_any_order_take_the_total_once(
    wanted: list[tuple[int, int, bool]], region: Region, chance: object, cards: int
) -> None:
    makers = [
        (zero_rated if is_free else with_line)(f"P-{at}", quantity, f"{price / 10_000:.4f}")
        for at, (quantity, price, is_free) in enumerate(wanted)
    ]
    order = an_order(*makers, region=region)
    whole = totals(order, rules(order))
    pieces = [line.line_id for line in order.lines for _ in range(line.quantity)]
    chance.shuffle(pieces)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    share = whole.total.minor // (cards + 1)
    approvals = [share] * cards + [whole.total.minor - share * cards]
    taken = [0] * len(approvals)
    shipped = dict.fromkeys((line.line_id for line in order.lines), 0)
    for line in pieces:
        shipped[line] += 1
        now = [
            Approved(attempt_id=AttemptId(an_id(at)), approved=most, taken=taken[at])
            for at, most in enumerate(approvals)
        ]
        amount = to_take(due_for(order, whole, shipped), whole.total.minor, sum(taken))
        assert amount <= reach(now)
        for attempt, part in split(amount, now):
            taken[next(at for at in range(len(now)) if an_id(at) == attempt)] += part
    assert taken == approvals
