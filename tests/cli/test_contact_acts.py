"""`readback admin contacts` as an administrator types it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.cli.program import main
from app.values.order_life import ContactReason
from tests.builders import A_MORNING
from tests.order_desk import OrderCentre, SendingDesk
from tests.services.central.test_contacts import a_contact, note_of

ContactAct = Callable[..., tuple[int, str, str]]
SPAN = ("--from", "2026-11-01", "--to", "2026-11-30")


@pytest.fixture
def contacts(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> ContactAct:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["admin", "contacts", *words])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def desk(central_url: str) -> Iterator[SendingDesk]:
    centre = OrderCentre(central_url)
    yield SendingDesk(centre)
    centre.close()


def test_figures_are_told_with_their_definitions(desk: SendingDesk, contacts: ContactAct) -> None:
    later = A_MORNING + timedelta(days=2)
    again = a_contact(
        desk,
        started_at=later,
        answered_at=later,
        ended_at=later + timedelta(minutes=2),
        reason=ContactReason.WHERE_IS_IT,
    )
    elsewhere = a_contact(desk, caller_number="", reason=ContactReason.PRODUCT_QUESTION)
    desk.send(*(note_of(desk, one) for one in (a_contact(desk), again, elsewhere)))
    code, told, note = contacts(*SPAN)
    lines = {line[:28].strip(): line[28:].strip() for line in told.splitlines()}
    assert code == 0
    assert lines["contacts"] == "3"
    assert lines["handling time, median"] == "3 min 55 s"
    assert told.splitlines()[-2].split() == ["where_is_it", "2", "1"]
    assert "Wilson" in note


def test_where_there_is_nothing_that_is_said(desk: SendingDesk, contacts: ContactAct) -> None:
    del desk
    told = contacts(*SPAN)[1]
    assert "no contact to judge by" in told
    assert "REASON" not in told


def test_a_span_the_wrong_way_round_is_refused(contacts: ContactAct) -> None:
    code, _, said = contacts("--from", "2026-12-01", "--to", "2026-11-01")
    assert code != 0
    assert "--from lies after --to." in said
