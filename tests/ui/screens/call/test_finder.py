"""What the finder takes on Enter, and what it never takes unasked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject

from app.ui.background import InlineBackground, Lane, Question
from app.ui.screens.call.finder import FinderPresenter
from app.values.errors import Fault, Refusal
from app.wire.catalogue import ProductView
from tests.builders import a_product
from tests.ui.screens.fake_desk import FakeDesk

Chosen = list[tuple[ProductView, int | None]]


class SlowBackground:
    """Keeps work until `catch_up`: the answers come after the keys."""

    def __init__(self, inline: InlineBackground) -> None:
        self._inline = inline
        self._waiting: list[Callable[[], None]] = []

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
            self._inline.run(lane, work, owner=owner, then=then, failed=failed, question=question)

        self._waiting.append(later)

    def close(self) -> None:
        self._waiting.clear()

    def catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()


@pytest.fixture
def finder(desk: FakeDesk, inline: InlineBackground) -> FinderPresenter:
    return FinderPresenter(desk, inline)


@pytest.fixture
def slow(inline: InlineBackground) -> SlowBackground:
    return SlowBackground(inline)


@pytest.fixture
def late_finder(desk: FakeDesk, slow: SlowBackground) -> FinderPresenter:
    return FinderPresenter(desk, slow)  # type: ignore[arg-type] # a generic run in a plain class


def listen(finder: FinderPresenter) -> Chosen:
    heard: Chosen = []

    def hear(product: ProductView, quantity: int | None) -> None:
        heard.append((product, quantity))

    finder.chosen.connect(hear)
    return heard


def codes(chosen: Chosen) -> list[str]:
    return [product.code for product, _ in chosen]


def test_an_exact_code_is_taken_at_once_in_small_letters_too(finder: FinderPresenter) -> None:
    chosen = listen(finder)
    finder.search("85123a")
    finder.enter()
    assert codes(chosen) == ["85123A"]
    assert finder.state.text == ""


def test_an_exact_code_is_taken_when_its_answer_comes_after_enter(
    late_finder: FinderPresenter, slow: SlowBackground
) -> None:
    chosen = listen(late_finder)
    late_finder.search("47566")
    late_finder.enter()
    assert not chosen
    slow.catch_up()
    assert codes(chosen) == ["47566"]


def test_words_are_not_taken_before_their_rows_were_seen(
    late_finder: FinderPresenter, slow: SlowBackground
) -> None:
    chosen = listen(late_finder)
    late_finder.search("bunting")
    late_finder.enter()
    slow.catch_up()
    assert not chosen
    assert late_finder.state.rows


def test_an_answer_to_an_older_text_is_dropped(
    late_finder: FinderPresenter, slow: SlowBackground
) -> None:
    late_finder.search("bun")
    late_finder.search("lunch")
    slow.catch_up()
    assert [row.product.code for row in late_finder.state.rows] == ["20725"]


def test_words_that_name_one_product_are_taken_by_enter(finder: FinderPresenter) -> None:
    chosen = listen(finder)
    finder.search("party bunting")
    finder.enter()
    assert codes(chosen) == ["47566"]


def test_lookalikes_are_shown_with_their_difference_and_never_taken_unasked(
    finder: FinderPresenter,
) -> None:
    chosen = listen(finder)
    finder.search("hanging heart")
    telling = [[w.text for w in row.words if w.differs] for row in finder.state.rows]
    assert sorted(telling) == [["Red"], ["White"]]
    finder.enter()
    assert not chosen
    assert "sound alike" in finder.state.sentence
    finder.move(1)
    finder.enter()
    assert len(chosen) == 1


def test_products_with_one_description_are_lookalikes(inline: InlineBackground) -> None:
    twins = [a_product(code, description="Gift bag") for code in ("A1", "A2")]
    finder = FinderPresenter(FakeDesk(*twins), inline)
    chosen = listen(finder)
    finder.search("gift bag")
    finder.enter()
    assert not chosen
    assert finder.state.alike


def test_the_beginning_of_several_codes_is_not_taken(finder: FinderPresenter) -> None:
    chosen = listen(finder)
    finder.search("2")
    finder.enter()
    assert not chosen
    assert finder.state.current is None


def test_an_unknown_code_is_said(finder: FinderPresenter) -> None:
    finder.search("99999")
    finder.enter()
    assert finder.state.sentence == "There is no product with the code 99999."


def test_a_withdrawn_product_is_refused_with_its_code(finder: FinderPresenter) -> None:
    chosen = listen(finder)
    finder.search("71053")
    finder.enter()
    assert not chosen
    assert finder.state.sentence.startswith("71053 is withdrawn")


@pytest.mark.parametrize(
    "text", ["12x47566", "12 x 47566", "12X47566", "12\u00d747566", "12*47566"]
)
def test_a_quantity_may_stand_before_the_code(finder: FinderPresenter, text: str) -> None:
    chosen = listen(finder)
    finder.search(text)
    assert finder.state.quantity == 12
    finder.enter()
    assert [(product.code, quantity) for product, quantity in chosen] == [("47566", 12)]


def test_what_only_looks_like_a_quantity_is_searched_for_as_words(
    inline: InlineBackground,
) -> None:
    finder = FinderPresenter(FakeDesk(a_product("F1", description="Frame 10x15 oak")), inline)
    finder.search("10x15")
    assert [row.product.code for row in finder.state.rows] == ["F1"]
    assert finder.state.quantity is None


def test_a_quantity_of_nothing_before_a_code_is_refused(finder: FinderPresenter) -> None:
    chosen = listen(finder)
    finder.search("0x47566")
    finder.enter()
    assert not chosen
    assert finder.state.sentence == "A quantity is one or more."


def test_card_digits_never_stand_in_the_finder(finder: FinderPresenter, desk: FakeDesk) -> None:
    finder.search("4242 4242 4242 4242")
    assert finder.state.text == ""
    assert "card number" in finder.state.sentence


def test_arrows_stop_at_both_ends(finder: FinderPresenter) -> None:
    finder.search("hanging")
    finder.move(-1)
    assert finder.state.current == 1
    finder.move(1)
    assert finder.state.current == 1
    finder.move(-5)
    assert finder.state.current == 0


def test_enter_with_nothing_typed_goes_on(finder: FinderPresenter) -> None:
    heard: list[str] = []

    def hear() -> None:
        heard.append("passed")

    finder.passed.connect(hear)
    finder.enter()
    assert heard == ["passed"]
