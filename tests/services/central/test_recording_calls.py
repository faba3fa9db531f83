"""Which call is on the line, and calls on the administrator's list of recordings to purge."""

from __future__ import annotations

import pytest

from app.services.central.call_flags import FlaggedCall, flagged_calls, mark_purged
from app.services.central.pause_settings import PauseSettings
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.vocabulary import CallFlag
from app.wire import card_operations as operations
from app.wire.recording import FindCall, MarkSpoken, PauseTimes
from tests.recorded_calls import CardDesk, MakeCentre
from tests.recorders import FakeRecorder


@pytest.fixture
def desk(card_desk: CardDesk) -> CardDesk:
    """A seat at extension 100, in process and over a socket."""
    return card_desk


def test_the_call_on_the_line_brings_the_callers_number(desk: CardDesk, pbx: FakeRecorder) -> None:
    call = desk.caller.call(operations.FIND_CALL, FindCall())
    assert (call.reference, call.caller_number) == ("call-1", "+442079460123")
    assert (call.recordings, call.on_hold) == (2, False)
    pbx.ring("100", "call-1")
    assert desk.caller.call(operations.FIND_CALL, FindCall()).recordings == 0


def test_a_card_spoken_too_early_is_on_the_administrators_list_once(desk: CardDesk) -> None:
    marked = desk.caller.call(operations.MARK_SPOKEN, MarkSpoken(order_id=desk.order_id))
    desk.centre.clock.advance(seconds=5)
    again = desk.caller.call(operations.MARK_SPOKEN, MarkSpoken(order_id=desk.order_id))
    assert (marked.reference, again) == ("call-1", marked)
    listed = desk.centre.administration.read(flagged_calls)
    assert [(f.kind, f.reference, f.order_id) for f in listed] == [
        (CallFlag.SPOKEN_TOO_EARLY, "call-1", desk.order_id)
    ]


def test_a_call_that_no_recorder_knows_is_listed_by_its_order(
    make: MakeCentre, pbx: FakeRecorder
) -> None:
    pbx.freeze()
    desk = CardDesk(make(pbx))
    marked = desk.caller.call(operations.MARK_SPOKEN, MarkSpoken(order_id=desk.order_id))
    assert marked.reference == ""
    (listed,) = desk.centre.administration.read(flagged_calls)

    def purge(tx: Transaction) -> FlaggedCall:
        return mark_purged(tx, listed.flag_id, "root")

    assert desk.centre.administration.write(purge).purged_by == "root"
    assert desk.centre.administration.read(flagged_calls) == ()


def test_times_with_which_nothing_would_be_safe_are_refused(make: MakeCentre) -> None:
    for wrong in (
        PauseSettings(times=PauseTimes(renew_s=18)),
        PauseSettings(times=PauseTimes(margin_s=0)),
        PauseSettings(times=PauseTimes(warn_s=180)),
        PauseSettings(longest_s=170),
        PauseSettings(answer_s=0),
        PauseSettings(pausing_s=11),
    ):
        with pytest.raises(Refusal) as refusal:
            wrong.require_sound()
        assert refusal.value.code == "settings_malformed"
