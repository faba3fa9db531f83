"""Makes the recorders that the service's settings name, ours and those of a site's own package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import msgspec

from app.services.central.recorder import MakeRecorder, Recorder, RecorderSettings, RecorderTimes
from app.values.clock import Clock
from app.values.errors import Refusal

GROUP = "readback.recorders"
_OWN: Mapping[str, str] = {}
"""Kinds that ship with the program: `kind` to `module:maker`; a checkout has no entry points."""


def load_recorders(tables: tuple[dict[str, Any], ...], clock: Clock) -> tuple[Recorder, ...]:
    """One recorder per `[[centre.recorders]]` table. Raises Refusal `settings_malformed`."""
    return tuple(_made(table, clock) for table in tables)


def _made(table: dict[str, Any], clock: Clock) -> Recorder:
    options = dict(table)
    kind, name = str(options.pop("kind", "")), str(options.pop("name", ""))
    if not kind or not name:
        raise Refusal("settings_malformed", "Every recorder has a name and a kind.")
    times = msgspec.convert(options.pop("times", {}), RecorderTimes)
    settings = RecorderSettings(name=name, kind=kind, times=times, options=options)
    return _maker(kind)(settings, clock)


def _maker(kind: str) -> MakeRecorder:
    found = [point for point in entry_points(group=GROUP) if point.name == kind]
    if not found:
        raise Refusal("settings_malformed", f"There is no recorder of the kind {kind}.")
    maker: MakeRecorder = found[0].load()
    return maker
