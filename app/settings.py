"""What a program is told when it starts; read by the composition roots only.

Everyone else receives arguments. A settings file is TOML; unknown keys are refused, so that a
typing slip is found at the start and not in the middle of a call.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import platformdirs

from app.values.errors import Refusal

APPLICATION = "readback"

S = TypeVar("S", "CentreSettings", "DeskSettings", "VaultSettings")


def resource_folder() -> Path:
    """Icons, regions, checklists and sample data that ship with the program."""
    return Path(__file__).resolve().parent.parent / "resources"


def _usual_seat_folder() -> Path:
    return platformdirs.user_state_path(APPLICATION) / "seat"


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSettings:
    """The central service. `listen` is HOST:PORT; each of the threads has a database connection.

    `metrics_listen` is HOST:PORT for Prometheus, plain HTTP; empty for none. `recording`,
    `payments`, each of the `recorders`, the `card_gateway` and the `warehouse` are tables that the
    parts they are for read themselves.
    """

    database_url: str = ""
    listen: str = "127.0.0.1:8470"
    metrics_listen: str = ""
    threads: int = 12
    session_hours: int = 12
    behind_tls_proxy: bool = False
    certificate: Path | None = None
    certificate_key: Path | None = None
    recording: dict[str, Any] = field(default_factory=dict)
    recorders: tuple[dict[str, Any], ...] = ()
    payments: dict[str, Any] = field(default_factory=dict)
    card_gateway: dict[str, Any] = field(default_factory=dict)
    warehouse: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """One desk. `seat_folder` holds its store; `key_file` replaces the keyring in a trial only.

    `card_root_key` is the card vault's root key; without it the policy's is trusted at first sight.
    """

    centre_url: str = "http://127.0.0.1:8470"
    seat_folder: Path = field(
        default_factory=lambda: platformdirs.user_state_path(APPLICATION) / "seat"
    )
    key_file: Path | None = None
    scheme: str = "system"
    test_addresses: bool = False
    offered_logins: tuple[str, ...] = ()
    card_root_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSettings:
    """The card vault: `[vault]` of `vault.toml` in its folder. `provider`: sandbox or stripe.

    `sandbox` and `stripe` are tables for the provider. A card key is good for `key_days`; it opens
    envelopes on their way for `grace_minutes` more.
    """

    listen: str = "127.0.0.1:8480"
    provider: str = "sandbox"
    certificate: Path | None = None
    certificate_key: Path | None = None
    key_days: int = 90
    grace_minutes: int = 60
    sandbox: dict[str, Any] = field(default_factory=dict)
    stripe: dict[str, Any] = field(default_factory=dict)


def read_settings(path: Path, table: str, kind: type[S]) -> S:
    """The named table of a TOML file as settings; paths in it are seen from the file's folder.

    Raises Refusal `settings_malformed` naming the file.
    """
    try:
        section = tomllib.loads(path.read_text(encoding="utf-8")).get(table, {})
        strange = sorted(set(section) - {known.name for known in fields(kind)})
        if strange:
            raise Refusal("settings_malformed", f"{path}: [{table}] has no setting {strange[0]}.")
        beside = partial(_beside, path.parent)
        return msgspec.convert(section, kind, strict=True, dec_hook=beside)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise Refusal("settings_malformed", f"{path} cannot be read: {cause}.") from cause
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"{path}: [{table}] {cause}.") from cause


def _beside(folder: Path, kind: type[Any], value: object) -> Path:
    if kind is not Path or not isinstance(value, str):
        raise TypeError("a path is written as text")
    return folder / Path(value).expanduser()
