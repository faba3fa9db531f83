"""Values put right in the middle of a read-back, and checkpoints that a lead lets pass."""

from __future__ import annotations

import pytest

from app.ui.screens.call.correcting import Place, Target
from app.ui.screens.call.guide_state import OverrideField, Stage
from app.ui.screens.call.presenter import CallPresenter
from app.values.vocabulary import CorrectionCause
from app.wire.read_back import (
    Corrected,
    Overridden,
)
from tests.builders import a_price, an_address
from tests.ui.screens.fake_desk import LEAD_LOGIN, LEAD_PASSWORD, FakeDesk
from tests.ui.screens.guided import asked, begin, kept, said, to_row, words
from tests.ui.stage import read_back


def test_a_correction_opens_the_field_and_asks_again_with_its_cause_on_record(
    call: CallPresenter, desk: FakeDesk
) -> None:
    opened: list[Target] = []
    call.read_back.correction_asked.connect(opened.append)
    begin(call)
    line = call.order.document.lines[0]
    call.read_back.confirm()
    call.read_back.correct()
    assert opened == [Target(place=Place.LINE, line_id=line.line_id)]
    call.lines.set_quantity(line.line_id, "50")
    call.read_back.finish_correction()
    assert call.read_back.state.stage is Stage.CAUSE
    assert "15 \u2192 50" in call.read_back.state.told
    call.read_back.give_cause(CorrectionCause.MISHEARD)
    corrected = [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
    assert [(e.part, e.old, e.new, e.cause) for e in corrected] == [
        ("quantity", "15", "50", CorrectionCause.MISHEARD)
    ]
    assert asked(call) == "line"
    call.read_back.hear("50")
    assert said(call.read_back.state) == "So fifty, five zero."
    read_back(call)
    assert words(call)["Items and quantities"] == "Put right"


def test_escape_out_of_a_correction_changes_nothing(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    document = call.order.document
    call.read_back.confirm()
    call.read_back.correct()
    call.lines.set_quantity(document.lines[0].line_id, "50")
    call.read_back.cancel_correction()
    assert call.order.document == document
    assert asked(call) == "line"
    assert not [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]


def test_a_correction_that_changed_nothing_asks_for_no_cause(call: CallPresenter) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.correct()
    call.read_back.finish_correction()
    assert asked(call) == "line"


def test_a_line_taken_off_as_a_correction_is_on_record(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.correct()
    call.lines.remove(call.order.document.lines[0].line_id)
    call.read_back.finish_correction()
    call.read_back.give_cause(CorrectionCause.CHANGED_MIND)
    corrected = [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
    assert ("quantity", "15", "") in {(e.part, e.old, e.new) for e in corrected}
    assert asked(call) == "line"


def test_a_corrected_address_is_one_correction_though_the_bill_goes_there_too(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    to_row(call, "Delivery address")
    call.read_back.correct()
    call.delivery_address.take(an_address(street=("Flat 2", "16 Mill Lane")))
    call.read_back.finish_correction()
    call.read_back.give_cause(CorrectionCause.MISTYPED)
    corrected = [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
    assert {(e.checkpoint, e.part) for e in corrected} == {("delivery", "street")}


def test_there_is_nothing_to_put_right_in_the_rights(call: CallPresenter) -> None:
    begin(call)
    to_row(call, "Rights and terms")
    call.read_back.correct()
    assert call.read_back.state.stage is Stage.ASKING
    assert "nothing to put right" in call.read_back.state.told


def test_a_lead_lets_open_checkpoints_pass(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.ask_override()
    call.read_back.let_pass(LEAD_LOGIN, LEAD_PASSWORD, "The caller hung up.")
    assert call.read_back.state.override is None
    assert call.state.can_place
    assert words(call)["Price"] == "Let pass"
    entry = kept(call, desk)[-1]
    assert isinstance(entry, Overridden)
    assert len(entry.checkpoints) == 8
    call.lines.set_quantity(call.order.document.lines[1].line_id, "3")
    assert not call.state.can_place


@pytest.mark.parametrize(
    ("login", "password", "reason", "field"),
    [
        ("", LEAD_PASSWORD, "Because.", OverrideField.LOGIN),
        (LEAD_LOGIN, "", "Because.", OverrideField.PASSWORD),
        (LEAD_LOGIN, LEAD_PASSWORD, " ", OverrideField.REASON),
        (LEAD_LOGIN, "guessed", "Because.", OverrideField.PASSWORD),
    ],
)
def test_a_refused_override_is_told_beside_its_field(
    call: CallPresenter, login: str, password: str, reason: str, field: OverrideField
) -> None:
    begin(call)
    call.read_back.ask_override()
    call.read_back.let_pass(login, password, reason)
    state = call.read_back.state.override
    assert state is not None
    assert state.field is field
    assert state.problem
    assert not call.state.can_place


def test_a_quantity_put_right_at_the_price_is_the_lines_correction(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    to_row(call, "Price")
    call.read_back.correct()
    call.lines.set_quantity(call.order.document.lines[1].line_id, "3")
    call.read_back.finish_correction()
    call.read_back.give_cause(CorrectionCause.MISHEARD)
    (corrected,) = [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
    assert corrected.checkpoint.startswith("line:")
    assert (corrected.part, corrected.old, corrected.new) == ("quantity", "2", "3")
    assert asked(call) == "price"


def test_a_price_put_right_is_told_by_its_totals(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    to_row(call, "Price")
    call.read_back.correct()
    line_id = call.order.document.lines[1].line_id
    call.lines.tell_price(line_id, a_price("1.00"), "price match")
    call.read_back.finish_correction()
    assert "\u00a3" in call.read_back.state.told
    call.read_back.give_cause(CorrectionCause.CATALOGUE)
    (corrected,) = [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
    assert (corrected.checkpoint, corrected.part) == ("price", "total")


def test_what_is_undone_before_its_cause_is_given_is_no_correction(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.correct()
    call.lines.set_quantity(call.order.document.lines[0].line_id, "50")
    call.read_back.finish_correction()
    call.undo()
    call.read_back.give_cause(CorrectionCause.MISHEARD)
    assert not [entry for entry in kept(call, desk) if isinstance(entry, Corrected)]
