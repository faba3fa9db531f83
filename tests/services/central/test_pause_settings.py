"""The settings of pauses and payments: as documented, and never passed over in silence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.services.central.pause_settings import PauseSettings, PauseTable
from app.services.central.payments import PaymentSettings

DOCS = Path(__file__).resolve().parents[3] / "docs"


def table(page: str, name: str) -> dict[str, Any]:
    """`[centre.NAME]` of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"```toml\n(\[centre\.{name}\].*?)```", text, re.DOTALL)
    found: dict[str, Any] = tomllib.loads(block)["centre"][name]
    return found


def test_every_setting_of_a_pause_is_documented_with_what_it_is_without() -> None:
    documented = table("recorders.md", "recording")
    assert documented == msgspec.to_builtins(PauseSettings())
    msgspec.convert(documented, PauseTable).require_sound()


def test_every_setting_of_payments_is_documented_with_what_it_is_without() -> None:
    assert table("card-vault.md", "payments") == msgspec.to_builtins(PaymentSettings())


@pytest.mark.parametrize("given", [{"tttl_s": 5}, {"times": {"tttl_s": 5}}])
def test_a_slip_of_the_pen_is_refused_at_every_depth(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="tttl_s"):
        msgspec.convert(given, PauseTable)
