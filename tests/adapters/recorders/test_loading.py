"""Recorders are made from the settings file: ours, and those of a site's own package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.adapters.recorders.loading import load_recorders
from app.values.clock import SystemClock
from app.values.errors import Refusal

ROOT = Path(__file__).resolve().parents[3]


def test_all_four_of_ours_are_found_without_an_installation(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    made = load_recorders(
        (
            {"name": "pbx", "kind": "asterisk", "user": "readback", "secret_file": str(secret)},
            {"name": "switch", "kind": "freeswitch", "secret_file": str(secret)},
            {
                "name": "cloud",
                "kind": "webhook",
                "url": "https://hook.example/readback",
                "secret_file": str(secret),
            },
            {"name": "screens", "kind": "command", "program": ["/bin/sh"], "times": {}},
        ),
        SystemClock(),
    )
    assert [recorder.name for recorder in made] == ["pbx", "switch", "cloud", "screens"]
    for recorder in made:
        recorder.close()


def test_the_installed_package_names_the_same_four() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["readback.recorders"]
    assert points == {
        kind: f"app.adapters.recorders.{kind}:make"
        for kind in ("asterisk", "freeswitch", "webhook", "command")
    }


def test_no_recorders_are_no_recorders() -> None:
    assert load_recorders((), SystemClock()) == ()


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "asterisk"},
        {"name": "pbx"},
        {"name": "pbx", "kind": "gramophone"},
        {"name": "pbx", "kind": "command", "program": ["/bin/sh"], "times": {"patience": 1}},
        {"name": "pbx", "kind": "command"},
    ],
)
def test_a_table_that_is_wrong_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(Refusal) as refused:
        load_recorders((table,), SystemClock())
    assert refused.value.code == "settings_malformed"


def test_two_recorders_of_one_name_are_refused() -> None:
    table = {"name": "screens", "kind": "command", "program": ["/bin/sh"]}
    with pytest.raises(Refusal) as refused:
        load_recorders((table, table), SystemClock())
    assert refused.value.code == "settings_malformed"
