"""The benches of the card run to their end: everything behind them is real and on this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.campaigns.bench.cards import card_entry, renewals
from app.campaigns.bench.given import Given


@pytest.fixture
def given() -> Iterator[Given]:
    """Outside every folder that only one account may enter, for the database has its own."""
    folder = Path(tempfile.mkdtemp(prefix="readback-test-"))
    folder.chmod(0o711)
    yield Given(folder=folder)
    shutil.rmtree(folder)


def test_a_card_is_taken_from_f9_to_the_bank_s_yes(given: Given) -> None:
    opened, authorised, released = card_entry(given, rounds=2)
    assert (opened.n, authorised.n, released.n) == (2, 2, 2)
    assert opened.p50 < authorised.p50


def test_renewals_are_counted_for_desks_on_calls_of_their_own(given: Given) -> None:
    answered, rate = renewals(given, seats=2, seconds=0.2)
    assert rate.p50 == answered.n / 0.2
