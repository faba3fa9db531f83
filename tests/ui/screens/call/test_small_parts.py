"""The parts a call is made of, each for itself: history, guard, keeper, book, words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.background import Debounce, InlineBackground, Lane, Question
from app.ui.screens.call import card_guard, lookalikes, repeating
from app.ui.screens.call.keeping import DraftKeeper, Kept
from app.ui.screens.call.line_book import LineBook
from app.ui.screens.call.order_in_hand import MOST_STEPS, OrderInHand
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, ProductCode
from app.values.vocabulary import Channel
from tests.builders import a_product, an_id, an_order, changed, with_charge, with_line
from tests.ui.screens.fake_desk import FakeDesk


def test_changes_under_one_name_are_one_step() -> None:
    order = OrderInHand()
    order.begin(an_order())
    for text in ("R", "Ri", "Ring"):
        order.change("note", internal_note=text)
    order.settle()
    order.change("note", internal_note="Ring twice")
    order.undo()
    assert order.document.internal_note == "Ring"
    order.undo()
    assert order.document.internal_note == ""
    order.redo()
    assert order.document.internal_note == "Ring"


def test_a_change_after_undo_ends_what_could_be_redone() -> None:
    order = OrderInHand()
    order.begin(an_order())
    order.change("channel", channel=Channel.FAX)
    order.undo()
    order.change("channel", channel=Channel.POST)
    order.redo()
    assert order.document.channel is Channel.POST


def test_what_follows_from_a_change_is_taken_back_with_it() -> None:
    order = OrderInHand()
    order.begin(an_order())
    order.change("channel", channel=Channel.FAX)
    order.follow_up(internal_note="By itself")
    order.undo()
    assert order.document == an_order()


def test_the_history_is_long_and_not_endless() -> None:
    order = OrderInHand()
    order.begin(an_order())
    for number in range(MOST_STEPS + 50):
        order.change(f"step {number}", internal_note=str(number))
    for _ in range(MOST_STEPS + 50):
        order.undo()
    assert order.document.internal_note == "49"
    assert not order.can_undo


CARD = "4242 4242 4242 4242"


def test_most_of_a_card_number_is_held_back_and_the_whole_is_masked() -> None:
    seen = [card_guard.while_typing(CARD[:length]) for length in range(1, len(CARD) + 1)]
    assert not any(judged.held for judged in seen[:9])
    assert all(judged.held for judged in seen[10:-1])
    assert not seen[-1].held
    assert not any(c.isdigit() for c in seen[-1].text)
    assert seen[-1].sentence


@pytest.mark.parametrize(
    "text",
    [
        "07700 900412",
        "+44 7700 900412",
        "417 302 9823",
        "5012345678900",
        "Ring 24 11 2026 after 17",
        "Flat 12, 340 High Street",
    ],
)
def test_other_numbers_pass(text: str) -> None:
    assert card_guard.when_left(text).text == text


def test_a_number_that_turned_out_harmless_is_kept_when_its_field_is_left() -> None:
    assert card_guard.while_typing("5012345678").held
    assert card_guard.when_left("5012345678") == card_guard.Judged("5012345678")


class SlowLane:
    """A background whose writes end only when told."""

    def __init__(self, inline: InlineBackground) -> None:
        self._inline = inline
        self.waiting: list[Callable[[], None]] = []

    def run(
        self,
        lane: Lane,
        work: Callable[[], object],
        *,
        owner: QObject,
        then: Callable[[object], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        def later() -> None:
            self._inline.run(lane, work, owner=owner, then=then, failed=failed)

        self.waiting.append(later)

    def close(self) -> None:
        self.waiting.clear()


@pytest.fixture
def lane(inline: InlineBackground) -> SlowLane:
    return SlowLane(inline)


@pytest.fixture
def keeper(desk: FakeDesk, lane: SlowLane) -> DraftKeeper:
    made = DraftKeeper(desk, lane, quiet_ms=0)  # type: ignore[arg-type] # a generic run in a plain class
    made.begin(an_order().order_id)
    return made


def test_only_the_newest_document_is_written_after_the_one_under_way(
    keeper: DraftKeeper, lane: SlowLane, desk: FakeDesk
) -> None:
    for number in range(5):
        keeper.keep(an_order(changed(internal_note=str(number))))
    assert len(lane.waiting) == 1
    seen = []
    while lane.waiting:
        lane.waiting.pop()()
        seen.append(keeper.state.kept)
    assert seen == [Kept.WAITING, Kept.SAVED]
    assert desk.calls["drafts.save"] == 2
    assert desk.draft(an_order().order_id).internal_note == "4"


def test_the_time_of_a_change_does_not_begin_with_the_end_of_the_save_before_it(
    lane: SlowLane, desk: FakeDesk, qtbot: QtBot
) -> None:
    keeper = DraftKeeper(desk, lane, quiet_ms=1)  # type: ignore[arg-type] # as above
    quiet = keeper.findChild(Debounce)
    assert isinstance(quiet, Debounce)
    keeper.begin(an_order().order_id)
    keeper.keep(an_order())
    qtbot.waitUntil(lambda: len(lane.waiting) == 1)
    keeper.keep(an_order(changed(internal_note="meanwhile")))
    qtbot.waitUntil(lambda: not quiet.is_waiting())
    lane.waiting.pop()()
    assert len(lane.waiting) == 1
    lane.waiting.pop()()
    assert desk.draft(an_order().order_id).internal_note == "meanwhile"


def test_an_order_that_was_left_is_written_though_another_is_in_hand(
    keeper: DraftKeeper, lane: SlowLane, desk: FakeDesk
) -> None:
    keeper.keep(an_order(changed(internal_note="first")))
    keeper.keep(an_order(changed(internal_note="second")))
    keeper.begin(OrderId(an_id(501)))
    keeper.keep(an_order(changed(order_id=OrderId(an_id(501)))))
    while lane.waiting:
        lane.waiting.pop()()
    assert desk.draft(an_order().order_id).internal_note == "second"
    assert OrderId(an_id(501)) in desk.drafts


def test_an_order_that_was_placed_is_not_written_again(
    keeper: DraftKeeper, lane: SlowLane, desk: FakeDesk
) -> None:
    keeper.keep(an_order())
    keeper.keep(an_order(changed(internal_note="late")))
    keeper.forget(an_order().order_id)
    while lane.waiting:
        lane.waiting.pop()()
    assert desk.calls["drafts.save"] == 1
    assert keeper.is_idle


def test_at_the_end_everything_goes_to_the_lane_at_once(
    keeper: DraftKeeper, lane: SlowLane
) -> None:
    keeper.keep(an_order())
    keeper.keep(an_order(changed(internal_note="last words")))
    keeper.write_out()
    assert len(lane.waiting) == 2


def test_the_book_counts_goods_and_charges_apart() -> None:
    book = LineBook()
    book.follow(an_order(with_line("A", 3, "1.00"), with_charge("POST", "18.00")).lines)
    assert book.pieces == 3
    assert sum(book.sums.values()) == 2_100
    assert book.unknown_codes() == ("A", "POST")


def test_the_book_follows_any_change_of_the_lines() -> None:
    lines = an_order(*[with_line(code, 1, "1.00") for code in "ABCDE"]).lines
    book = LineBook()
    for shown in (lines, lines[:2], lines[1:], lines[::-1], (), lines[2:3], lines):
        book.follow(shown)
        assert [row.line for row in book.rows] == list(shown)
        assert [row.number for row in book.rows] == list(range(1, len(shown) + 1))
        assert sum(book.sums.values()) == 100 * len(shown)
        assert book.pieces == len(shown)


def told_apart(*descriptions: str) -> tuple[lookalikes.Told, ...]:
    return lookalikes.told_apart(
        [a_product(f"X{at}X", description=text) for at, text in enumerate(descriptions)]
    )


def test_descriptions_one_word_apart_are_told_apart() -> None:
    red, white, other = told_apart("Red metal bell", "White metal bell", "Tea towel")
    assert [word.text for word in red.words if word.differs] == ["Red"]
    assert white.alike
    assert not other.alike


def test_an_order_is_repeated_without_what_is_gone_and_without_charges(desk: FakeDesk) -> None:
    desk.products["71053"] = a_product("71053", withdrawn=True)
    lines = an_order(
        with_line("22423", 2, "12.75"), with_line("71053"), with_line("NO"), with_charge("POST")
    ).lines
    repeated = repeating.look_up(desk, lines)
    assert [product.code for product, _ in repeated.products] == ["22423"]
    assert repeated.gone == ("71053", "NO")
    assert repeated.charges == (ProductCode("POST"),)
    words = repeating.in_words(repeated)
    assert words.startswith("1 line added at today's price.")
    assert "71053, NO" in words
