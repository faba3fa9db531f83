"""What reaches the record: each turn as it is said, and no answer that the desk turned down."""

from __future__ import annotations

from app.ui.notices import Notice
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.presenter import CallPresenter
from app.values.errors import Refusal
from app.wire import operations
from app.wire.read_back import Asked, Confirmed, NotMatched
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.screens.guided import asked, begin, kept, words


def all_kept(call: CallPresenter) -> bool:
    return call.read_back.notes.is_idle


def test_nothing_is_on_record_as_said_before_it_was_said(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.hear("50")
    *_, ask, doubt = kept(call, desk)
    assert isinstance(ask, Asked)
    assert isinstance(doubt, NotMatched)
    assert "fifteen" not in ask.said
    call.read_back.confirm()
    call.read_back.hear("15")
    call.read_back.confirm()
    after = [entry for entry in kept(call, desk) if isinstance(entry, Asked | Confirmed)]
    say, confirmed = after[after.index(ask) + 1 : after.index(ask) + 3]
    assert isinstance(say, Asked)
    assert say.said == "So fifteen, one five."
    assert isinstance(confirmed, Confirmed)


def test_an_answer_that_the_desk_turns_down_is_open_again(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    begin(call)
    refusal = Refusal("other_person", "Somebody else is signed in at this desk.")
    desk.broken[operations.NOTE_READ_BACK.name] = refusal
    call.read_back.confirm()
    assert notices[-1].sentence == "Somebody else is signed in at this desk."
    assert all_kept(call)
    del desk.broken[operations.NOTE_READ_BACK.name]
    call.read_back.start()
    assert words(call)["Customer and contact"] != "Confirmed"
    assert not call.state.can_place


def test_an_answer_given_after_the_sign_in_ran_out_waits_for_the_next(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    desk.broken[operations.NOTE_READ_BACK.name] = Refusal("session_over", "Please sign in again.")
    call.read_back.confirm()
    assert not all_kept(call)
    assert words(call)["Customer and contact"] == "Confirmed"
    del desk.broken[operations.NOTE_READ_BACK.name]
    call.read_back.notes.go_on()
    assert all_kept(call)
    assert call.read_back.state.stage is Stage.ASKING
    assert asked(call) == "line"
