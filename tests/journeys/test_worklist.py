"""An odd order comes in over HTTP, a lead claims and decides it on the screen's presenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.ui.background import InlineBackground
from app.ui.notices import Incidents, Notice
from app.ui.screens.worklist.presenter import WorklistPresenter
from app.values.order_life import OrderState
from app.values.vocabulary import Role
from app.values.worklist import WorkAct
from tests.builders import with_line
from tests.fakes import CountingIds
from tests.order_desk import OrderCentre, SendingDesk, stored_order


@pytest.fixture
def centre(central_url: str) -> Iterator[OrderCentre]:
    made = OrderCentre(central_url)
    with made.over_http():
        yield made
    made.close()


def screen_of(centre: OrderCentre, login: str) -> WorklistPresenter:
    """What needs a person, as a lead has it before them."""
    caller = centre.signed_in(Role.TEAM_LEAD, login)
    ids = CountingIds()
    return WorklistPresenter(caller, InlineBackground(Incidents(ids)), centre.clock, ids)


@pytest.mark.usefixtures("qapp")
def test_an_odd_order_is_claimed_released_and_leaves_the_list(centre: OrderCentre) -> None:
    desk = SendingDesk(centre)
    orders = [desk.placed(desk.order(with_line("NOPE-9", 1))) for _ in range(2)]
    for placed in orders:
        desk.send(desk.command(placed))
        centre.clock.advance(seconds=60)
    lena, bert = screen_of(centre, "lena"), screen_of(centre, "bert")
    said: list[Notice] = []
    bert.notice.connect(said.append)
    lena.begin()
    assert lena.state.waiting == 2
    assert lena.state.chosen is not None
    assert lena.state.chosen.number == orders[0].number
    assert lena.state.detail is not None
    assert lena.state.detail.rejecting is not None
    lena.want(WorkAct.BILL)

    bert.begin()
    assert bert.state.taken_by == "Lena"
    bert.want(WorkAct.REJECT)
    assert said[-1].sentence == "Lena is at it just now."
    bert.next()
    assert bert.state.chosen is not None
    assert bert.state.chosen.number == orders[1].number

    lena.write("Pays on delivery")
    lena.decide()
    first = orders[0].document.order_id
    assert stored_order(centre, first)["state"] == OrderState.RELEASED
    assert lena.state.done is not None
    assert lena.state.done.sentence.endswith("is released, and you answer for the payment.")
    assert [one.number for one in lena.state.items] == [orders[1].number]
    assert lena.state.mine is None, "the other one is with a colleague"

    bert.want(WorkAct.REJECT)
    bert.choose_in_form("duplicate")
    bert.write("She ordered it this morning")
    bert.decide()
    assert stored_order(centre, orders[1].document.order_id)["state"] == OrderState.CANCELLED
    lena.follow()
    assert lena.state.items == ()
    assert lena.state.waiting == 0
