"""How seats are, as their heartbeats tell, and that a copied seat is found out."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.services.central.seats import Heard, SeatView
from app.transport.client import RemoteCaller
from app.wire.operations import HEARTBEAT
from app.wire.sync import Heartbeat
from tests.builders import A_MORNING
from tests.order_desk import OrderCentre

FIRST, SECOND, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)


class Beating:
    """A seat that is heard."""

    def __init__(self, centre: OrderCentre) -> None:
        self.centre = centre
        self.caller: RemoteCaller = centre.seat("Desk 1")

    def beat(self, *runs: UUID) -> str:
        """Heard by these starts of its program, one after the other; what the last is told."""
        sentence = ""
        for run in runs:
            told = self.caller.call(HEARTBEAT, Heartbeat(waiting=0, version="1", run_id=run))
            sentence = told.sentence
        return sentence

    def seat(self) -> SeatView:
        """As an administrator sees it."""
        seats = self.centre.administration.read(self.centre.seats.all)
        return next(seat for seat in seats if seat.name == "Desk 1")

    def audited(self) -> int:
        rows = self.centre.rows("SELECT FROM audit WHERE operation = 'device.copied'")
        return len(rows)


@pytest.fixture
def seat(local: OrderCentre) -> Beating:
    return Beating(local)


def test_a_seat_that_was_never_heard_says_so(seat: Beating) -> None:
    assert seat.seat().heard is None


def test_a_heartbeat_is_kept_with_its_seat(seat: Beating) -> None:
    beat = Heartbeat(
        waiting=3, oldest_waiting_at=A_MORNING, needs_person=1, version="2.1", run_id=FIRST
    )
    seat.caller.call(HEARTBEAT, beat)
    assert seat.seat().heard == Heard(
        seen_at=seat.centre.clock.now(),
        waiting=3,
        oldest_waiting_at=A_MORNING,
        needs_person=1,
        version="2.1",
        copied_at=None,
    )


def test_what_a_desk_counts_is_kept_within_reason(seat: Beating) -> None:
    seat.caller.call(HEARTBEAT, Heartbeat(waiting=-5, needs_person=2**62, version="v\0" * 500))
    told = seat.seat().heard
    assert told is not None
    assert (told.waiting, told.needs_person, len(told.version)) == (0, 1_000_000, 100)


@pytest.mark.parametrize(
    "runs",
    [
        (FIRST, FIRST, FIRST),
        (FIRST, SECOND, THIRD),
        (FIRST, SECOND, FIRST, SECOND),
        (FIRST, SECOND, FIRST, SECOND, THIRD, THIRD),
    ],
    ids=["one start", "several starts", "a late beat", "a late beat, then another start"],
)
def test_one_computer_is_no_copy(seat: Beating, runs: tuple[UUID, ...]) -> None:
    assert seat.beat(*runs) == ""
    assert seat.audited() == 0


def test_two_computers_in_turn_are_told_at_both(seat: Beating) -> None:
    seat.beat(FIRST, SECOND, FIRST, SECOND)
    assert "copy" in seat.beat(FIRST)
    assert "copy" in seat.beat(SECOND)


def test_three_computers_in_turn_are_found_too(seat: Beating) -> None:
    assert "copy" in seat.beat(FIRST, SECOND, THIRD, FIRST, SECOND, THIRD)


def test_a_copy_is_audited_once_a_day_and_shown(seat: Beating) -> None:
    seat.beat(*(FIRST, SECOND) * 10)
    told = seat.seat().heard
    assert told is not None
    assert told.copied_at == seat.centre.clock.now()
    assert seat.audited() == 1


def test_a_copy_that_was_put_away_is_forgotten_after_a_while(seat: Beating) -> None:
    seat.beat(*(FIRST, SECOND) * 3)
    seat.centre.clock.advance(hours=2)
    assert seat.beat(SECOND) == ""


def test_a_seat_that_is_enrolled_again_begins_anew(seat: Beating) -> None:
    seat.beat(*(FIRST, SECOND) * 3)
    seat.caller = seat.centre.seat("Desk 1")
    assert seat.beat(FIRST, SECOND) == ""
    told = seat.seat().heard
    assert told is not None
    assert told.copied_at is None
