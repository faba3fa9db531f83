"""An exchange and a recorder that is connected to it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from app.adapters.recorders.asterisk import Asterisk
from tests.adapters.recorders.exchange import Exchange, Heard, an_exchange, sought


@pytest.fixture
def exchange(tmp_path: Path) -> Generator[Exchange]:
    with an_exchange(tmp_path) as made:
        yield made


@pytest.fixture
def pbx(exchange: Exchange) -> Asterisk:
    return exchange.recorder()


@pytest.fixture
def heard(pbx: Asterisk) -> Heard:
    """What the recorder tells; the line is up."""
    listener = Heard()
    pbx.listen(listener)
    assert pbx.find_call(sought("none")) is None
    return listener
