"""What the call bar says about the draft and about the centre. Pure; no widget is touched here."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.ui import formatting
from app.ui.icons import Icon
from app.ui.screens.call.keeping import KeepingState, Kept
from app.ui.widgets.chip import ChipKind
from app.wire.sync import DeskStatus


def saved_words(state: KeepingState, now: datetime) -> str:
    """How safe the draft is: `Draft saved 3 s ago`."""
    match state.kept:
        case Kept.SAVED:
            when = formatting.since(now - (state.saved_at or now))
            return _tr("Draft saved {when}").format(when=when)
        case Kept.WAITING:
            return _tr("Saving")
        case Kept.FAILED:
            return _tr("Draft not saved")
        case _:
            return ""


def sync_words(status: DeskStatus) -> tuple[ChipKind, str, Icon | None]:
    """How the desk stands with the centre: kind, words, and a drawing where the kind has none."""
    if status.needs_person:
        one, many = _tr("1 order needs a person"), _tr("{count} orders need a person")
        words = formatting.counted(status.needs_person, one, many)
        return ChipKind.WARN, words, Icon.PERSON_NEEDED
    if not status.online:
        waiting = _tr("Working offline: {count} waiting").format(count=status.waiting)
        words = waiting if status.waiting else _tr("Working offline")
        return ChipKind.WARN, words, Icon.OFFLINE
    if status.waiting:
        words = _tr("Sending: {count} waiting").format(count=status.waiting)
        return ChipKind.INFO, words, Icon.UPLOAD
    return ChipKind.OK, _tr("In sync"), None


def _tr(words: str) -> str:
    return QCoreApplication.translate("CallBar", words)
