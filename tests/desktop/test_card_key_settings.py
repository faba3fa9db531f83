"""The card vault's root key goes from the settings and the command line to the desk that opens."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.adapters.key_file import KeyFile
from app.desktop import Setting, _setting, open_desk
from app.services.desk import memory
from app.services.desk.card_keys import RootKey
from app.services.desk.desk import Desk
from app.settings import DeskSettings
from app.values.errors import Refusal
from tests.services.desk.centre import POLICY
from tests.services.desk.site import Site

FIRST, SECOND = "A" * 43, "B" * 43


@pytest.fixture
def settings(tmp_path: Path) -> DeskSettings:
    """Of a seat that was enrolled."""
    site = Site(tmp_path / "seat")
    site.keys = KeyFile(tmp_path / "keys.json")
    with site.opened():
        pass
    return DeskSettings(seat_folder=site.folder, key_file=tmp_path / "keys.json")


def hear(desk: Desk, root_key: str) -> None:
    """The policy names this root key from now on."""
    policy = msgspec.structs.replace(POLICY, card_root_key=root_key)
    with desk.records.store.write() as connection:
        memory.remember(connection, memory.POLICY, policy)


def pinned(desk: Desk, root_key: str) -> str:
    hear(desk, root_key)
    return RootKey(desk.records.store, given="").pinned()


def asked(*words: str) -> Namespace:
    said = Namespace(centre=None, settings=None, seat_folder=None, enrol=None, scheme=None)
    said.trust_card_key = "--trust-card-key" in words
    return said


def test_the_command_line_says_that_a_new_root_key_is_trusted() -> None:
    assert _setting(asked("--trust-card-key")).trust_card_key
    assert not _setting(asked()).trust_card_key


def test_a_new_root_key_is_refused_until_the_desk_is_told_to_trust_it(
    settings: DeskSettings,
) -> None:
    desk = open_desk(Setting(settings=settings))
    assert pinned(desk, FIRST) == FIRST
    with pytest.raises(Refusal, match="card_key_changed"):
        pinned(desk, SECOND)
    desk.close()
    desk = open_desk(Setting(settings=settings, trust_card_key=True))
    assert pinned(desk, SECOND) == SECOND
    with pytest.raises(Refusal, match="card_key_changed"):
        pinned(desk, FIRST)
    desk.close()


def test_the_root_key_of_the_settings_goes_before_the_policys(settings: DeskSettings) -> None:
    desk = open_desk(Setting(settings=replace(settings, card_root_key=SECOND)))
    hear(desk, FIRST)
    known = desk.payments._root_key  # noqa: SLF001 - what it goes by is told to nobody
    assert known.pinned() == SECOND
    desk.close()
