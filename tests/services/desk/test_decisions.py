"""What is decided about an order at the centre is known at the desk that sent it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.models.desk.tables import CommandRow
from app.services.desk.desk import Desk
from app.values.errors import Unreachable
from app.values.vocabulary import ChangeKind, CommandState
from app.wire.orders import PlacedOrder
from app.wire.outbox import AskOutbox, OutboxEntry
from app.wire.outbox_operations import ASK_OUTBOX
from app.wire.sync import OrderDecision, Outcome
from tests.builders import a_product
from tests.services.desk.sending import lose_the_answer, send_all, states
from tests.services.desk.site import Site, feed_product, place, ready, status

KINDS_OF_A_SNAPSHOT = 5


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def followed(desk: Desk) -> Desk:
    """The snapshot is taken; each step from now on asks for changes."""
    for _ in range(KINDS_OF_A_SNAPSHOT):
        desk.feed.step()
    return desk


def to_be_looked_at(site: Site, desk: Desk) -> PlacedOrder:
    """An order that the centre has taken, and somebody has to look at."""
    placed = place(ready(desk), site.order())
    site.centre.outcomes[placed.number] = Outcome.NEEDS_REVIEW
    send_all(desk)
    assert states(desk) == [CommandState.NEEDS_REVIEW]
    return placed


def decide(
    site: Site, placed: PlacedOrder, state: str, sentence: str = "", revision: int = 2
) -> None:
    order_id = placed.document.order_id
    decision = OrderDecision(
        order_id=order_id,
        number=placed.number,
        state=state,
        sentence=sentence,
        decided_at=site.clock.now(),
        revision=revision,
    )
    site.centre.put(ChangeKind.ORDER, str(order_id), decision, revision)


def listed(desk: Desk) -> OutboxEntry:
    """The one command, as the screen shows it."""
    page = desk.caller.call(ASK_OUTBOX, AskOutbox(with_settled=True))
    assert len(page.entries) == 1
    return page.entries[0]


@pytest.mark.parametrize("state", ["accepted", "released", "cancelled"])
def test_an_order_that_was_looked_at_is_settled(site: Site, state: str) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, state, "Looked at by Bert Hall.")
        desk.feed.step()
        entry = listed(desk)
        assert (entry.state, entry.decision) == (CommandState.SETTLED, state)
        assert entry.sentence == "Looked at by Bert Hall."
        assert status(desk).needs_person == 0
        assert status(desk).decided == 1


def test_an_order_that_is_still_looked_at_tells_the_newest_sentence(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, "needs_review", "The caller is to be asked for her postcode.")
        desk.feed.step()
        entry = listed(desk)
    assert entry.state is CommandState.NEEDS_REVIEW
    assert entry.sentence == "The caller is to be asked for her postcode."


def test_an_order_that_was_settled_may_need_a_person_later(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(followed(desk)), site.order())
        send_all(desk)
        decide(site, placed, "needs_review", "The pay link was paid twice.")
        desk.feed.step()
        assert listed(desk).state is CommandState.NEEDS_REVIEW


def test_an_older_decision_that_comes_late_changes_nothing(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, "accepted", "All is well.", revision=3)
        decide(site, placed, "needs_review", "Not yet.", revision=2)
        decide(site, placed, "cancelled", "The same again.", revision=3)
        desk.feed.step()
        entry = listed(desk)
    assert (entry.state, entry.sentence) == (CommandState.SETTLED, "All is well.")


def test_a_decision_that_is_here_before_the_answer_holds_against_it(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(followed(desk)), site.order())
        site.centre.outcomes[placed.number] = Outcome.NEEDS_REVIEW
        site.centre.after_call = lose_the_answer
        with pytest.raises(Unreachable):
            desk.outbox.send_batch()
        site.centre.after_call = None
        decide(site, placed, "accepted", "All is well.")
        desk.feed.step()
        assert states(desk) == [CommandState.PENDING], "it is sent until it is answered for"
        send_all(desk)
        entry = listed(desk)
    assert (entry.state, entry.sentence) == (CommandState.ACKED, "All is well.")


def test_after_a_restore_that_lost_the_decision_it_needs_a_person_again(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, "accepted", "All is well.", revision=9)
        desk.feed.step()
        site.centre.orders.clear()
        site.centre.restore([])
        desk.feed.step()
        send_all(desk)
        assert states(desk) == [CommandState.NEEDS_REVIEW]
        for _ in range(KINDS_OF_A_SNAPSHOT):
            desk.feed.step()
        decide(site, placed, "accepted", "Once more.", revision=2)
        desk.feed.step()
        entry = listed(desk)
    assert (entry.state, entry.sentence) == (CommandState.SETTLED, "Once more.")


def test_what_was_decided_while_the_feed_was_not_followed_comes_with_the_fresh_copy(
    site: Site,
) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, "released", "Looked at by Bert Hall.")
        site.centre.restore(list(site.centre.changes))
        desk.feed.step()
        send_all(desk)
        followed(desk)
        entry = listed(desk)
    assert (entry.state, entry.sentence) == (CommandState.SETTLED, "Looked at by Bert Hall.")


def test_decisions_that_could_not_be_asked_for_are_asked_for_by_the_next_run(site: Site) -> None:
    def lose_decisions(operation: str) -> None:
        if operation == "changes.snapshot" and site.centre.snapshots > KINDS_OF_A_SNAPSHOT:
            lose_the_answer(operation)

    with site.opened() as desk:
        placed = to_be_looked_at(site, desk)
        decide(site, placed, "accepted", "All is well.")
        site.centre.after_call = lose_decisions
        followed(desk)
        assert listed(desk).state is CommandState.NEEDS_REVIEW
    site.centre.after_call = None
    feed_product(site.centre, a_product("MUG-03"))  # so that the step does not wait for a change
    with site.opened() as desk:
        desk.feed.step()
        assert states(desk) == [CommandState.SETTLED]


def test_a_decision_in_words_of_a_newer_centre_is_passed_over(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        site.centre.put(ChangeKind.ORDER, str(placed.document.order_id), {"new": True}, 2)
        assert desk.feed.step() == 0.0
        assert listed(desk).state is CommandState.NEEDS_REVIEW


def test_a_decision_about_an_order_that_is_not_here_any_more_changes_nothing(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, _of_another(placed, site), "accepted")
        desk.feed.step()
        assert listed(desk).state is CommandState.NEEDS_REVIEW


def _of_another(placed: PlacedOrder, site: Site) -> PlacedOrder:
    return msgspec.structs.replace(placed, document=site.order())


def test_nothing_of_a_decision_lies_beside_the_encrypted_store(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        decide(site, placed, "accepted", "Eleanor agreed on the telephone.")
        desk.feed.step()
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if b"Eleanor agreed" in path.read_bytes()]


def test_a_decided_order_is_kept_for_a_month_from_its_decision(site: Site) -> None:
    with site.opened() as desk:
        placed = to_be_looked_at(site, followed(desk))
        site.clock.advance(days=20)
        decide(site, placed, "accepted")
        desk.feed.step()
        with desk.records.store.read() as connection:
            answered_at = connection.execute(select(CommandRow.answered_at)).scalar_one()
    assert answered_at is not None
    assert site.clock.now() - answered_at < timedelta(seconds=1)
