"""What needs a person, by keys: claimed before it is decided, told before it is done, then on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui.screens.worklist import deciding, words
from app.ui.screens.worklist.presenter import WorklistPresenter
from app.ui.screens.worklist.state import Detail, Form
from app.values.errors import Refusal, Unreachable
from app.values.identity import CustomerId, PersonId
from app.values.money import Currency, Money
from app.values.order_life import CancelReason
from app.values.vocabulary import CustomerTaskKind, Role
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.clashes import (
    CustomerTask,
    FieldTold,
    KeepApart,
    MergeCustomers,
    SettleCustomerTask,
)
from app.wire.order_changes import ChangePreview, SettleChange
from app.wire.payments import SendPayLink
from app.wire.worklist import HoldOrder, RejectOrder, ReleaseOrder
from app.wire.worklist_operations import LIST_WORK, RELEASE_ORDER
from tests.builders import A_MORNING, a_product, an_attempt, an_id
from tests.fakes import CountingIds, FixedClock
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import PASSWORD, a_known_customer, a_person
from tests.ui.screens.fake_orders import fresh
from tests.ui.screens.fake_worklist import WorkDesk, an_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.background import InlineBackground
    from app.ui.main_window import MainWindow
    from tests.ui.stage import Hands

Key = Qt.Key


@pytest.fixture
def desk() -> WorkDesk:
    return WorkDesk(a_product("47566", "4.95", description="Party bunting"))


@pytest.fixture
def presenter(desk: WorkDesk, inline: InlineBackground, clock: FixedClock) -> WorklistPresenter:
    return WorklistPresenter(desk, inline, clock, CountingIds())


@pytest.fixture
def open_list(on_call: Hands, window: MainWindow, desk: WorkDesk) -> Callable[[], Hands]:
    """Ctrl+W, once the test has said what waits."""

    def go() -> Hands:
        on_call.ctrl(Key.Key_W)
        assert window.pages.currentWidget() is window.pages.worklist
        return on_call

    return go


def a_preview(pounds: int = 5_391) -> ChangePreview:
    amount, nothing = Money(pounds, Currency.GBP), Money(0, Currency.GBP)
    return ChangePreview(
        revision=1,
        old_total=amount,
        new_total=nothing,
        held=amount,
        to_pay=nothing,
        to_refund=amount,
        say=("The order is cancelled.",),
    )


def a_task(kind: CustomerTaskKind = CustomerTaskKind.TWIN) -> CustomerTask:
    other = a_known_customer("Margret Thomson", customer_id=CustomerId(an_id(902)))
    return CustomerTask(
        task_id=an_id(6_001),
        kind=kind,
        opened_at=A_MORNING,
        customer=a_known_customer(),
        other=other if kind is CustomerTaskKind.TWIN else None,
        fields=(FieldTold(field="name", base="Ann Lee", present="Ann Li", said="Ann Lea"),),
    )


def test_the_oldest_stands_first_and_a_figure_lists_one_kind(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    desk.waits(WorkAct.UNHOLD, kind=WorkKind.HOLD)
    hands, screen = open_list(), window.pages.worklist
    assert screen.told()[0] == "2 things wait."
    assert [row.customer for row in screen.table.rows().rows()] == ["Customer 1", "Customer 2"]
    hands.press(Key.Key_3)
    assert [row.item.kind for row in screen.table.rows().rows()] == [WorkKind.HOLD]
    hands.press(Key.Key_0)
    assert len(screen.table.rows().rows()) == 2


def test_where_nothing_waits_the_list_stands_alone_and_says_so(
    open_list: Callable[[], Hands], window: MainWindow
) -> None:
    open_list()
    screen = window.pages.worklist
    assert screen.told()[0] == "Nothing needs a person just now."
    assert not screen.item.isVisible()
    assert not any(chip.isVisible() for chip in screen.chips.values())


def test_an_item_is_claimed_told_decided_and_followed_by_the_next(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    first, second = desk.waits(), desk.waits()
    hands, screen = open_list(), window.pages.worklist
    assert desk.claims == []
    hands.press(Key.Key_R)
    assert desk.claims == [first.item]
    assert screen.item.form.told()[0].startswith("It was looked at: the order goes on")
    assert hands.place() == "Note"
    hands.write("Rang back")
    hands.ctrl(Key.Key_Return)
    assert desk.judged == [
        ReleaseOrder(order_id=first.order_id, revision=1, note="Rang back")  # type: ignore[arg-type] # an order's
    ]
    assert desk.claims == [first.item, second.item]
    assert window.pages.worklist.item.done.sentence() == "Order 417 302 9801 is released."
    assert screen.item.told()[0].startswith("Order 417 302 9802")
    assert hands.place() == "What needs a person"


def test_after_the_last_one_the_list_alone_says_that_nothing_waits(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    hands = open_list()
    before = len(window.notices.notices())
    hands.press(Key.Key_R)
    hands.ctrl(Key.Key_Return)
    assert window.pages.worklist.told()[0] == "Nothing needs a person just now."
    assert len(window.notices.notices()) == before


def test_rejecting_says_what_goes_back_and_where_and_asks_why(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    item = desk.waits()
    assert item.order_id is not None
    page = fresh(desk.orders[item.order_id])
    payments = msgspec.structs.replace(page.order.payments, attempts=(an_attempt(),))
    order = msgspec.structs.replace(page.order, payments=payments)
    desk.pages[item.order_id] = msgspec.structs.replace(page, order=order)
    desk.preview = a_preview()
    hands, screen = open_list(), window.pages.worklist
    hands.press(Key.Key_J)
    will = screen.item.form.told()[0]
    assert will == "Cancels the whole order; £53.91 goes back to Visa ending 4242."
    hands.ctrl(Key.Key_Return)
    assert screen.item.form.told()[1] == "Please say it in a few words."
    hands.write("fra")
    hands.enter()
    hands.write("Known stolen card")
    hands.ctrl(Key.Key_Return)
    (asked,) = desk.judged
    assert isinstance(asked, RejectOrder)
    assert (asked.reason, asked.note) == (CancelReason.FRAUD, "Known stolen card")


def test_a_colleagues_item_is_shown_and_cannot_be_decided(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    item = desk.waits()
    desk.at_it[item.item] = "Bert"
    hands, screen = open_list(), window.pages.worklist
    assert any(told.startswith("Bert is at it, until") for told in screen.item.told())
    assert not screen.item.acts.buttons[WorkAct.RELEASE].isEnabled()
    hands.press(Key.Key_R)
    assert window.notices.notices()[-1].sentence == "Bert is at it just now."
    hands.press(Key.Key_N)
    assert window.notices.notices()[-1].sentence == "Nothing waits that nobody is at."


def test_what_is_claimed_is_let_go_by_turning_to_another_and_by_leaving(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    first, second = desk.waits(), desk.waits()
    hands = open_list()
    hands.press(Key.Key_N)
    hands.press(Key.Key_N)
    assert desk.claims == [first.item, second.item]
    assert desk.left == [first.item]
    hands.press(Key.Key_Escape)
    assert desk.left == [first.item, second.item]
    assert window.pages.currentWidget() is window.call_screen


def test_enter_opens_the_order_keeps_the_claim_and_esc_comes_back(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    hands = open_list()
    hands.press(Key.Key_N)
    hands.enter()
    assert window.pages.currentWidget() is window.pages.order
    assert desk.left == []
    hands.press(Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.worklist


def test_a_pay_link_stays_to_be_given_on(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits(WorkAct.COLLECT, WorkAct.BILL, WorkAct.REJECT, kind=WorkKind.PAYMENT)
    desk.preview = a_preview()
    hands, screen = open_list(), window.pages.worklist
    hands.press(Key.Key_P)
    hands.ctrl(Key.Key_Return)
    (asked,) = desk.judged
    assert isinstance(asked, SendPayLink)
    assert asked.send_to == "07700 900412"
    assert hands.place() == "Pay link"
    assert screen.item.done.link.edit.selectedText().startswith("https://")
    hands.enter()
    assert hands.place() == "What needs a person"


def test_from_a_pay_link_one_key_goes_on_to_the_next(
    open_list: Callable[[], Hands], desk: WorkDesk
) -> None:
    _, held = desk.waits(WorkAct.COLLECT, kind=WorkKind.PAYMENT), desk.waits(kind=WorkKind.HOLD)
    desk.preview = a_preview()
    hands = open_list()
    hands.press(Key.Key_P)
    hands.ctrl(Key.Key_Return)
    hands.press(Key.Key_N)
    assert hands.place() == "What needs a person"
    assert desk.claims[-1] == held.item


def test_without_the_centre_it_says_so_and_what_is_shown_stays(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    hands, screen = open_list(), window.pages.worklist
    desk.offline = True
    hands.press(Key.Key_F5)
    assert "does not answer. This is decided at the central service only." in screen.told()[1]
    assert len(screen.table.rows().rows()) == 1


def test_reading_anew_leaves_the_cursor_and_what_is_typed_alone(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    desk.waits()
    second = desk.waits()
    presenter.begin()
    presenter.choose(second.item)
    presenter.want(WorkAct.RELEASE)
    presenter.write("half a wo")
    desk.work.insert(0, an_item(9, since=A_MORNING - timedelta(days=3)))
    presenter.follow()
    assert presenter.state.items[0].customer == "Customer 9"
    assert presenter.state.chosen is not None
    assert presenter.state.chosen.item == second.item
    assert presenter.state.form == Form(act=WorkAct.RELEASE, note="half a wo")


def test_a_claim_is_renewed_while_it_stands_here(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    item = desk.waits()
    presenter.begin()
    presenter.want(WorkAct.RELEASE)
    for _ in range(20):
        presenter.follow()
    assert desk.claims == [item.item] * 3


def test_what_somebody_else_decided_meanwhile_is_said_and_read_anew(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    desk.waits()
    presenter.begin()
    presenter.want(WorkAct.RELEASE)
    said = "The order was changed meanwhile. Look at it as it is now."
    desk.broken[RELEASE_ORDER.name] = Refusal("order_changed", said)
    asked = desk.calls[LIST_WORK.name]
    presenter.decide()
    assert presenter.state.form is not None
    assert presenter.state.form.problem == said
    assert desk.calls[LIST_WORK.name] == asked + 1


def test_a_decision_that_nobody_answers_stays_to_be_tried_again(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    desk.waits()
    presenter.begin()
    presenter.want(WorkAct.RELEASE)
    desk.broken[RELEASE_ORDER.name] = Unreachable("unreachable", "Nobody answers.")
    presenter.decide()
    assert presenter.state.form is not None
    assert not presenter.state.form.sending
    desk.broken.clear()
    presenter.decide()
    assert len(desk.judged) == 1
    assert presenter.state.form is None


def test_nothing_is_decided_about_an_order_that_cannot_be_seen(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    desk.work = [an_item()]
    presenter.begin()
    presenter.want(WorkAct.RELEASE)
    presenter.decide()
    assert presenter.state.problem == "There is no such order here."
    assert desk.judged == []


def test_card_digits_are_not_taken_into_a_note(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    desk.waits()
    presenter.begin()
    presenter.want(WorkAct.HOLD)
    presenter.write("paid with 4242 4242 4242 4242")
    assert presenter.state.form is not None
    assert presenter.state.form.note == ""
    assert "card fields only" in presenter.state.form.problem


def test_an_order_is_put_on_hold_with_its_code_and_note(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    item = desk.waits()
    presenter.begin()
    presenter.want(WorkAct.HOLD)
    presenter.choose_in_form(HoldCode.ADDRESS.value)
    presenter.write("Calls back")
    presenter.decide()
    assert item.order_id is not None
    assert desk.judged == [
        HoldOrder(order_id=item.order_id, code=HoldCode.ADDRESS, note="Calls back")
    ]


def test_two_customers_are_compared_and_made_one_kept_apart_or_decided(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    task = a_task()
    assert task.other is not None
    twins = an_item(1, WorkKind.TWIN, WorkAct.MERGE, WorkAct.KEEP_APART, number=None, order_id=None)
    told = an_item(2, WorkKind.CUSTOMER, WorkAct.SETTLE, number=None, order_id=None)
    desk.work, desk.tasks = [twins, told], [task]
    presenter.begin()
    presenter.want(WorkAct.MERGE)
    presenter.choose_in_form(str(task.other.customer_id))
    presenter.decide()
    two = msgspec.structs.replace(a_task(CustomerTaskKind.CHANGED), task_id=told.item.subject)
    desk.tasks = [two]
    presenter.refresh()
    presenter.want(WorkAct.SETTLE)
    presenter.take("name", wanted=True)
    presenter.decide()
    desk.work, desk.tasks = [twins], [task]
    presenter.begin()
    presenter.want(WorkAct.KEEP_APART)
    presenter.decide()
    assert desk.judged == [
        MergeCustomers(customer_id=task.customer.customer_id, survivor_id=task.other.customer_id),
        SettleCustomerTask(task_id=told.item.subject, take=("name",)),
        KeepApart(task_id=twins.item.subject),
    ]


def test_what_two_customers_have_in_common_is_marked() -> None:
    rows = {row.field: row for row in words.compared(a_task())}
    assert rows["Telephone"].same
    assert not rows["Name"].same
    assert (rows["Name"].left, rows["Name"].right) == ("Margaret Thompson", "Margret Thomson")


def test_a_change_is_rejected_as_a_change_and_the_order_stays(
    presenter: WorklistPresenter, desk: WorkDesk
) -> None:
    item = desk.waits(WorkAct.APPLY, WorkAct.REJECT, kind=WorkKind.CHANGE)
    presenter.begin()
    presenter.want(WorkAct.REJECT)
    presenter.write("She changed her mind")
    presenter.decide()
    assert desk.judged == [
        SettleChange(change_id=item.item.subject, apply=False, reason="She changed her mind")  # type: ignore[arg-type] # a change's
    ]
    assert presenter.state.done is not None
    assert presenter.state.done.sentence.endswith("the change is rejected.")


@pytest.mark.parametrize("act", list(WorkAct))
def test_every_act_says_what_it_will_do_and_what_came_of_it(act: WorkAct) -> None:
    item = an_item()
    assert words.will_do(act, item, Detail(item=item.item)).endswith(".")
    assert words.act_name(act)
    done = deciding.done(act, item, None) if act is not WorkAct.COLLECT else None
    assert done is None or done.sentence.endswith(".")


def test_kinds_have_names_and_shapes_of_their_own() -> None:
    assert len({words.kind_name(kind) for kind in WorkKind}) == len(WorkKind)
    assert len({words.kind_icon(kind) for kind in WorkKind}) == len(WorkKind)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (2_879, "47 h"), (2_880, "2 days")],
)
def test_an_age_is_told_in_one_unit(minutes: int, told: str) -> None:
    assert words.age(A_MORNING - timedelta(minutes=minutes), A_MORNING) == told


def test_esc_leaves_a_decision_before_it_leaves_the_list(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    hands = open_list()
    hands.press(Key.Key_O)
    hands.press(Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.worklist
    assert desk.judged == []
    hands.press(Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen


def test_a_decision_waits_while_its_lead_looks_elsewhere_and_for_nobody_else(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk
) -> None:
    item = desk.waits()
    hands, form = open_list(), window.pages.worklist.item.form
    hands.press(Key.Key_R)
    hands.write("Rang ba")
    hands.ctrl(Key.Key_T)
    assert desk.left == [item.item]
    hands.ctrl(Key.Key_W)
    assert (form.note.text(), hands.place()) == ("Rang ba", "Note")
    assert desk.claims == [item.item] * 2
    window.trips.person = msgspec.structs.replace(
        a_person(role=Role.TEAM_LEAD), person_id=PersonId(an_id(777))
    )
    hands.ctrl(Key.Key_W)
    assert form.isHidden()


def test_the_bar_counts_for_who_decides_and_leads_there(
    hands: Hands, window: MainWindow, desk: WorkDesk
) -> None:
    desk.waits()
    desk.waits()
    hands.enter()
    hands.write(PASSWORD)
    hands.enter()
    assert "2 to decide" in window.bar.told()
    window.bar.work_chosen.emit()
    hands.press(Key.Key_R)
    hands.ctrl(Key.Key_Return)
    assert "1 to decide" in window.bar.told()
    hands.ctrl(Key.Key_L)
    assert not [told for told in window.bar.told() if "decide" in told]


def test_a_csr_has_no_way_there(on_call: Hands, window: MainWindow, desk: WorkDesk) -> None:
    window.trips.person = a_person(role=Role.CSR)
    asked = desk.calls[LIST_WORK.name]
    on_call.ctrl(Key.Key_W)
    assert window.pages.currentWidget() is window.call_screen
    assert "What needs a person" not in [command.title for command in window.commands()]
    assert desk.calls[LIST_WORK.name] == asked


@pytest.mark.parametrize("size", [(1366, 768), (683, 384)])
def test_everything_has_a_name_and_room(
    open_list: Callable[[], Hands], window: MainWindow, desk: WorkDesk, size: tuple[int, int]
) -> None:
    desk.waits()
    window.resize(*size)
    hands = open_list()
    hands.press(Key.Key_O)
    QApplication.processEvents()
    assert nameless(window.pages.worklist) == []
    assert too_small(window.pages.worklist) == []
    assert cut_off(window.pages.worklist) == []
