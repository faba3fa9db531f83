"""`readback admin payment` as an administrator types it, with a gateway that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from app.cli.program import main
from app.services.central.card_gateway import CardGateway
from app.values.vocabulary import PaymentMethod
from tests.builders import changed, with_line
from tests.gateways import FakeGateway
from tests.paying_desk import PayingCentre, PayingDesk

Payment = Callable[..., tuple[int, str, str]]


@pytest.fixture
def centre(central_url: str) -> Iterator[PayingCentre]:
    made = PayingCentre(central_url)
    yield made
    made.close()


@pytest.fixture
def desk(centre: PayingCentre) -> PayingDesk:
    return PayingDesk(centre)


@pytest.fixture
def payment(
    centre: PayingCentre,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Payment:
    settings = tmp_path / "readback.toml"
    settings.write_text(f'[centre]\ndatabase_url = "{centre.url}"\n')
    gateway: FakeGateway = centre.gateway

    def load(table: object) -> CardGateway:
        return gateway

    monkeypatch.setenv("READBACK_DATABASE_URL", centre.url)
    monkeypatch.setattr("app.cli.payment_acts.load_gateway", load)

    def run(*words: object) -> tuple[int, str, str]:
        more = [] if words[0] in {"show", "orphans"} else ["--settings", str(settings)]
        code = main(["admin", "payment", *map(str, words), *more])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def test_the_payments_of_an_order_are_shown_by_its_number(
    desk: PayingDesk, payment: Payment
) -> None:
    document = desk.order(with_line("TEA-1", 2), changed(payment=PaymentMethod.CARD))
    placed = desk.placed(document)
    attempt = desk.take(document.order_id, placed.totals.total.minor)
    desk.send(desk.command(msgspec.structs.replace(placed, attempts=(attempt,))))
    code, out, _ = payment("show", placed.number)
    assert code == 0
    assert out.startswith(f"Order {document.order_id}: authorised")
    assert str(attempt.attempt_id) in out
    assert "visa 4242" in out


def test_the_payments_of_a_draft_are_shown_by_its_id(desk: PayingDesk, payment: Payment) -> None:
    order = desk.new_order()
    desk.take(order)
    link = desk.link(order, 500)
    code, out, _ = payment("show", order)
    assert code == 0
    assert "not placed yet" in out
    assert str(link.link_id) in out
    assert link.send_to not in out


def test_an_order_without_payments_is_said_to_have_none(desk: PayingDesk, payment: Payment) -> None:
    assert payment("show", desk.new_order())[2] == "No payment was begun for it."


def test_what_was_authorised_is_taken_and_given_back(
    desk: PayingDesk, centre: PayingCentre, payment: Payment
) -> None:
    attempt = desk.take(minor=2_500)
    code, out, _ = payment("capture", attempt.attempt_id, "--amount", "12.50")
    assert (code, "£12.50" in out) == (0, True)
    assert payment("capture", attempt.attempt_id)[0] == 0
    code, out, _ = payment("refund", attempt.attempt_id, "--reason", "Goods came back.")
    assert (code, "refunded" in out) == (0, True)
    (row,) = centre.attempt_rows()
    assert (row.captured_minor, row.refunded_minor) == (2_500, 2_500)
    audited = centre.rows("SELECT * FROM audit WHERE operation LIKE 'payments.%' ORDER BY seq")
    assert [row.operation for row in audited[-3:]] == [
        "payments.capture",
        "payments.capture",
        "payments.refund",
    ]
    assert audited[-1].subject == attempt.attempt_id


def test_more_than_was_authorised_is_refused_in_words(desk: PayingDesk, payment: Payment) -> None:
    attempt = desk.take(minor=2_500)
    code, _, err = payment("capture", attempt.attempt_id, "--amount", "25.01")
    assert (code, err) == (1, "readback: That is more than was authorised.")
    code, _, err = payment("capture", attempt.attempt_id, "--amount", "1.005")
    assert (code, err) == (1, "readback: An amount has at most two decimal places.")


def test_an_authorisation_is_given_back(desk: PayingDesk, payment: Payment) -> None:
    attempt = desk.take()
    code, out, _ = payment("void", attempt.attempt_id, "--reason", "Taken by mistake.")
    assert (code, "voided" in out) == (0, True)
    code, _, err = payment("capture", attempt.attempt_id)
    assert (code, "There is no authorisation" in err) == (1, True)


def test_a_gateway_that_does_not_answer_is_told_and_the_service_finishes_it(
    desk: PayingDesk, centre: PayingCentre, payment: Payment
) -> None:
    attempt = desk.take()
    centre.gateway.lose_next = True
    movement = centre.ids.new()
    code, _, note = payment("capture", attempt.attempt_id, "--movement", movement)
    assert (code, "The gateway did not answer." in note) == (1, True)
    assert "started" in payment("show", attempt.order_id)[1]
    assert payment("capture", attempt.attempt_id, "--movement", movement)[0] == 0
    assert centre.gateway.held(attempt.attempt_id).captured == attempt.approved


def test_money_without_an_order_is_listed(
    desk: PayingDesk, centre: PayingCentre, payment: Payment
) -> None:
    assert payment("orphans") == (0, "", "There is no money without an order.")
    attempt, link = desk.take(), desk.link(desk.new_order())
    centre.gateway.pay_link(link.link_id, centre.clock.now())
    centre.clock.advance(minutes=1)
    centre.payments.look_after()
    code, out, note = payment("orphans")
    assert code == 0
    assert str(attempt.attempt_id) in out
    assert str(link.link_id) in out
    assert note.endswith("needs a person.")


def test_an_attempt_nobody_knows_is_refused(desk: PayingDesk, payment: Payment) -> None:
    code, _, err = payment("void", desk.new_order())
    assert (code, "never came here" in err) == (1, True)
