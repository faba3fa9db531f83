"""Makes the recorders that the service's settings name, ours and those of a site's own package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec

from app.services.central.recorder import MakeRecorder, Recorder, RecorderSettings, RecorderTimes
from app.values.clock import Clock
from app.values.errors import Refusal

GROUP = "readback.recorders"
_OWN: Mapping[str, str] = {
    "asterisk": "app.adapters.recorders.asterisk:make",
    "freeswitch": "app.adapters.recorders.freeswitch:make",
    "webhook": "app.adapters.recorders.webhook:make",
    "command": "app.adapters.recorders.command:make",
}
"""Kinds that ship with the program: `kind` to `module:maker`; a checkout has no entry points."""


def load_recorders(tables: tuple[dict[str, Any], ...], clock: Clock) -> tuple[Recorder, ...]:
    """One recorder per `[[centre.recorders]]` table. Raises Refusal `settings_malformed`."""
    names = [str(table.get("name", "")) for table in tables]
    if len(set(names)) < len(names):
        raise Refusal("settings_malformed", "Every recorder has a name of its own.")
    return tuple(_made(table, clock) for table in tables)


def _made(table: dict[str, Any], clock: Clock) -> Recorder:
    options = dict(table)
    kind, name = str(options.pop("kind", "")), str(options.pop("name", ""))
    if not kind or not name:
        raise Refusal("settings_malformed", "Every recorder has a name and a kind.")
    try:
        times = msgspec.convert(options.pop("times", {}), RecorderTimes)
    except msgspec.ValidationError as cause:
        raise Refusal("settings_malformed", f"Recorder {name}: {cause}.") from cause
    settings = RecorderSettings(name=name, kind=kind, times=times, options=options)
    return _maker(kind)(settings, clock)


def _maker(kind: str) -> MakeRecorder:
    """Ours are found without entry points too; a site cannot take the name of one of ours."""
    if kind in _OWN:
        return _loaded(EntryPoint(name=kind, value=_OWN[kind], group=GROUP))
    for point in entry_points(group=GROUP):
        if point.name == kind:
            return _loaded(point)
    raise Refusal("settings_malformed", f"There is no recorder of the kind {kind}.")


def _loaded(point: EntryPoint) -> MakeRecorder:
    try:
        maker: MakeRecorder = point.load()
    except (ImportError, AttributeError) as cause:
        raise Refusal(
            "settings_malformed", f"The recorder of the kind {point.name} cannot be used."
        ) from cause
    return maker
