"""Lines that could be taken for something else: what has to be said, and what is shown."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.background import InlineBackground
from app.ui.notices import Notice
from app.ui.screens.call import lookalikes
from app.ui.screens.call.finder import FinderPresenter
from app.ui.screens.call.items_pane import ItemsPane
from app.ui.screens.call.lookalikes import LookalikeWatch, Telling
from app.ui.screens.call.pick_list import PickList
from app.ui.screens.call.presenter import CallPresenter
from app.values.errors import Fault, Refusal
from app.values.identity import ProductCode
from app.values.vocabulary import ProductKind
from app.wire.catalogue import Likeness, ProductView
from tests.builders import a_product, an_order, with_charge, with_line
from tests.fakes import CountingIds, FixedClock
from tests.ui.screens.call.test_finder import SlowBackground
from tests.ui.screens.fake_desk import DEVICE, FakeDesk, a_person, the_regions
from tests.ui.stage import AT_ONCE

WHITE, RED, BUNTING = "85123a", "21733", "47566"


def said(call: CallPresenter) -> list[str]:
    return [line.must_say for line in call.order.document.lines]


def told_apart(*descriptions: str) -> tuple[lookalikes.Told, ...]:
    return lookalikes.told_apart(
        [a_product(f"X{at}X", description=text) for at, text in enumerate(descriptions)]
    )


def test_a_line_with_a_twin_has_what_to_say(call: CallPresenter, desk: FakeDesk) -> None:
    call.add_product(desk.products[WHITE], 1)
    call.add_product(desk.products[BUNTING], 1)
    assert said(call) == ["White", ""]
    found = call.lines.lookalikes_of(ProductCode("85123A"))
    assert found is not None
    assert [other.product.code for other in found.others] == ["21733"]


def test_it_is_no_step_of_its_own_to_take_back(call: CallPresenter, desk: FakeDesk) -> None:
    call.add_product(desk.products[WHITE], 1)
    call.undo()
    assert call.order.document.lines == ()
    call.redo()
    assert said(call) == ["White"]


def test_the_quantity_of_a_line_changes_nothing_about_it(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = call.lines.add_product(desk.products[WHITE])
    assert line_id is not None
    call.lines.set_quantity(line_id, "12")
    assert said(call) == ["White"]


def test_another_product_on_the_line_has_words_of_its_own(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = call.lines.add_product(desk.products[WHITE], 3)
    assert line_id is not None
    assert call.lines.exchange(line_id, desk.products[RED])
    (line,) = call.order.document.lines
    assert (line.line_id, line.code, line.quantity, line.must_say) == (line_id, "21733", 3, "Red")
    assert call.lines.exchange(line_id, desk.products[BUNTING])
    assert said(call) == [""]
    call.undo()
    assert said(call) == ["Red"]


def test_a_product_cannot_be_put_on_a_line_that_is_gone(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = call.lines.add_product(desk.products[WHITE], 3)
    assert line_id is not None
    call.lines.remove(line_id)
    assert not call.lines.exchange(line_id, desk.products[RED])


def test_a_charge_is_not_taken_for_anything(call: CallPresenter, desk: FakeDesk) -> None:
    price = desk.products[WHITE].breaks[0].price
    call.lines.add_charge(ProductCode("85123A"), "Carriage", 1, price)
    assert said(call) == [""]
    assert desk.calls["catalogue.lookalikes"] == 0


def test_every_product_is_asked_about_once(call: CallPresenter, desk: FakeDesk) -> None:
    call.add_product(desk.products[WHITE], 1)
    call.lines.add_lines(((desk.products[WHITE], 2), (desk.products[RED], 1)))
    assert said(call) == ["White", "White", "Red"]
    assert desk.calls["catalogue.lookalikes"] == 2


def test_a_draft_keeps_what_it_has_and_gets_what_it_lacks(
    call: CallPresenter, desk: FakeDesk
) -> None:
    order = an_order(with_line("85123A", must_say="the white one"), with_line("21733"))
    call.resume(msgspec.structs.replace(order, lines=order.lines))
    assert said(call) == ["the white one", "Red"]
    assert [row.sounds_like for row in call.lines.state.rows] == [
        desk.products[RED],
        desk.products[WHITE],
    ]


def test_a_draft_of_thousands_of_products_is_asked_about_in_turn(
    call: CallPresenter, desk: FakeDesk
) -> None:
    codes = [f"{number}-{number % 7}" for number in range(3_000)]
    call.resume(an_order(*(with_line(code) for code in codes[:1_200]), with_charge("POST")))
    assert desk.calls["catalogue.lookalikes"] == 1_200


def test_a_product_that_is_gone_has_no_lookalikes(
    call: CallPresenter, notices: list[Notice]
) -> None:
    call.resume(an_order(with_line("GONE")))
    assert said(call) == [""]
    assert not notices


def test_a_broken_list_of_products_is_told(
    call: CallPresenter,
    desk: FakeDesk,
    notices: list[Notice],
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk.broken["catalogue.lookalikes"] = Fault("index_damaged", "The list is damaged.")
    call.add_product(desk.products[WHITE], 1)
    assert said(call) == [""]
    assert len(notices) == 1
    assert "index_damaged" in caplog.text


class LateCall:
    """A call whose answers come when the test says so."""

    def __init__(self, desk: FakeDesk, slow: SlowBackground, call: CallPresenter) -> None:
        self.slow = slow
        self.call = call
        self.desk = desk


@pytest.fixture
def late(desk: FakeDesk, inline: InlineBackground, clock: FixedClock) -> LateCall:
    slow = SlowBackground(inline)
    call = CallPresenter(
        desk,
        slow,  # type: ignore[arg-type] # a generic run in a plain class
        regions=the_regions(),
        clock=clock,
        ids=CountingIds(),
        device_id=DEVICE,
        pace=AT_ONCE,
    )
    call.start_call(a_person().person_id, desk.policy)
    return LateCall(desk, slow, call)


def test_a_line_removed_before_the_answer_is_left_alone(late: LateCall) -> None:
    line_id = late.call.lines.add_product(late.desk.products[WHITE], 1)
    assert line_id is not None
    late.call.add_product(late.desk.products[RED], 1)
    late.call.lines.remove(line_id)
    late.slow.catch_up()
    late.slow.catch_up()
    assert said(late.call) == ["Red"]
    late.call.undo()
    assert said(late.call) == ["White", "Red"]


def test_an_answer_for_the_order_before_is_dropped(late: LateCall) -> None:
    late.call.add_product(late.desk.products[WHITE], 1)
    late.call.start_call(a_person().person_id, late.desk.policy)
    late.call.add_product(late.desk.products[RED], 1)
    late.slow.catch_up()
    late.slow.catch_up()
    assert said(late.call) == ["Red"]


def test_an_answer_after_the_order_was_left_harms_nothing(late: LateCall) -> None:
    late.call.add_product(late.desk.products[WHITE], 1)
    late.call.leave()
    late.slow.catch_up()
    assert not late.call.order.is_open


def test_a_watch_asks_for_a_few_products_at_a_time(
    desk: FakeDesk, inline: InlineBackground
) -> None:
    slow = SlowBackground(inline)
    watch = LookalikeWatch(desk, slow)  # type: ignore[arg-type] # as above
    watch.look_out_for(ProductCode(f"NO-{number}X") for number in range(120))
    slow.catch_up()
    assert desk.calls["catalogue.lookalikes"] == lookalikes.CODES_AT_A_TIME
    slow.catch_up()
    slow.catch_up()
    assert desk.calls["catalogue.lookalikes"] == 120


@pytest.mark.parametrize(
    ("one", "other", "telling"),
    [
        ("Red metal bell", "White metal bell", Telling.COLOUR),
        ("Small heart", "Large heart", Telling.SIZE),
        ("Heart bell", "Star bell", Telling.WORD),
        ("Gift bag", "Gift bag", Telling.CODE),
        ("Photo frame", "Photoframe", Telling.CODE),
        ("Set of 13", "Set of 30", Telling.NUMBER),
    ],
)
def test_what_tells_two_apart_is_named(one: str, other: str, telling: Telling) -> None:
    first, second = told_apart(one, other)
    assert first.alike
    assert (first.telling, second.telling) == (telling, telling)


def test_codes_that_sound_alike_are_marked_in_the_code(inline: InlineBackground) -> None:
    desk = FakeDesk(
        a_product("85099B", description="Jumbo bag"), a_product("85099P", description="Small bag")
    )
    finder = FinderPresenter(desk, inline)
    finder.search("bag")
    told = finder.state.rows[0].told
    assert told.kinds == (Likeness.ONE_WORD, Likeness.SUFFIX)
    bag, fan = lookalikes.told_apart(
        [a_product("85099B", description="Bag"), a_product("85099P", description="Fan, blue")]
    )
    assert bag.by_code
    assert fan.telling is Telling.LAST_LETTER
    assert not any(word.differs for word in fan.words)


@pytest.mark.parametrize(
    "other",
    [
        a_product("2", description="Blue mug", withdrawn=True),
        a_product("2", description="Blue mug", kind=ProductKind.CHARGE),
    ],
    ids=["withdrawn", "charge"],
)
def test_what_cannot_be_ordered_confuses_nobody(other: ProductView) -> None:
    products = [a_product("1", description="Red mug"), other]
    assert not any(told.alike for told in lookalikes.told_apart(products))


@pytest.mark.parametrize(
    ("descriptions", "words"),
    [
        (("Red mug", "Blue mug"), "These two sound alike. Say the colour first."),
        (("Red mug", "Blue mug", "Green mug"), "These sound alike. Say the colour first."),
        (("Small mug", "Large mug"), "These two sound alike. Say the size first."),
        (("Star mug", "Heart mug"), "These two sound alike. Say the difference first."),
        (
            ("Mug", "Mug"),
            "These two sound alike. Only the code tells them apart. Say the code.",
        ),
        (
            ("Mug of 13", "Mug of 30"),
            "Their numbers sound alike. Say them digit by digit.",
        ),
    ],
)
def test_the_finder_says_what_to_say_first(
    call: CallPresenter, desk: FakeDesk, descriptions: tuple[str, ...], words: str
) -> None:
    desk.products = {
        f"x{at}x": a_product(f"X{at}X", description=text) for at, text in enumerate(descriptions)
    }
    pane = ItemsPane(call.finder, call.lines, call.stock)
    call.finder.search("mug")
    picks = pane.findChild(PickList)
    assert picks is not None
    assert picks.sentence() == words


def test_a_line_that_sounds_like_another_is_marked_with_an_icon_and_words(
    call: CallPresenter, desk: FakeDesk
) -> None:
    pane = ItemsPane(call.finder, call.lines, call.stock)
    call.add_product(desk.products[WHITE], 1)
    call.add_product(desk.products[BUNTING], 1)
    model = pane.table.rows()
    (column,) = (at for at, one in enumerate(model.columns) if one.title == "Sounds like")
    twin, other = model.index(0, column), model.index(1, column)
    assert twin.data() == "21733"
    assert not twin.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert "The caller has to say “White”." in twin.data(Qt.ItemDataRole.ToolTipRole)
    assert (other.data(), other.data(Qt.ItemDataRole.DecorationRole)) == ("", None)


def test_the_line_being_edited_shows_its_twin_with_the_difference_in_bold(
    call: CallPresenter, desk: FakeDesk
) -> None:
    pane = ItemsPane(call.finder, call.lines, call.stock)
    call.add_product(desk.products[WHITE])
    shown = [one for one in pane.editor.findChildren(QLabel) if "<b>Red " in one.text()]
    assert [one.isVisibleTo(pane) for one in shown] == [True]
    assert "21733" in shown[0].text()
    call.lines.stop_editing()
    call.add_product(desk.products[BUNTING])
    assert not shown[0].isVisibleTo(pane)


def test_a_line_whose_twins_are_not_known_is_marked_too(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.broken["catalogue.lookalikes"] = Refusal("product_unknown", "There is no such product.")
    pane = ItemsPane(call.finder, call.lines, call.stock)
    call.resume(an_order(with_line("85123A", must_say="White")))
    model = pane.table.rows()
    (column,) = (at for at, one in enumerate(model.columns) if one.title == "Sounds like")
    assert model.index(0, column).data() == "another"
