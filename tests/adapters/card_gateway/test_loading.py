"""Which gateway the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.adapters.card_gateway.loading import load_gateway
from app.values.errors import Refusal


@pytest.fixture
def token(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text("secret\n")
    return str(path)


def test_without_a_table_there_is_no_gateway() -> None:
    assert load_gateway({}) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8480", "http://[::1]:1", "https://vault.example"]
)
def test_a_vault_is_loaded_by_its_address_and_token(token: str, url: str) -> None:
    gateway = load_gateway({"kind": "vault", "url": url, "token_file": token})
    assert gateway is not None
    assert gateway.name == "vault"
    gateway.close()


@pytest.mark.parametrize(
    "different",
    [
        {"kind": "post"},
        {"url": "http://vault.example"},
        {"url": "ftp://127.0.0.1"},
        {"url": ""},
        {"url": 5},
        {"strange": 1},
        {"token_file": "/nowhere/token"},
        {"kind": "passthrough"},
        {"kind": "passthrough", "keys_file": "/nowhere/keys"},
    ],
    ids=repr,
)
def test_settings_that_are_wrong_are_refused(token: str, different: dict[str, Any]) -> None:
    table = {"kind": "vault", "url": "https://vault.example", "token_file": token}
    with pytest.raises(Refusal) as refusal:
        load_gateway(table | different)
    assert refusal.value.code == "settings_malformed"


def test_an_empty_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    table = {"kind": "vault", "url": "http://[::1]:1", "token_file": str(tmp_path / "token")}
    with pytest.raises(Refusal, match="is empty"):
        load_gateway(table)
