"""What the window says about the draft, the centre and what waits. Pure."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.ui import formatting, shortcuts
from app.ui.icons import Icon
from app.ui.notices import Kind, Notice
from app.ui.payment.card_words import running
from app.ui.payment.pause_state import PauseShown, PauseStage
from app.ui.screens.call.keeping import KeepingState, Kept
from app.ui.screens.drafts.presenter import DraftsState
from app.ui.screens.sign_in.screen import role_name
from app.ui.shortcuts import Action
from app.ui.widgets.chip import ChipKind
from app.values.vocabulary import Role
from app.wire.people import Session
from app.wire.recording import CallOnLine
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


def role_words(session: Session) -> str:
    """What stands beside the name of who is signed in."""
    if session.offline:
        return _tr("signed in offline")
    return "" if session.person.role is Role.CSR else role_name(session.person.role)


def recording_words(
    pause: PauseShown, call: CallOnLine | None
) -> tuple[ChipKind, str, Icon | None]:
    """How the recording of the call stands: kind, words, and a drawing where the kind has none."""
    if pause.stage is PauseStage.PAUSED:
        words = _tr("Recording paused  {time}").format(time=running(pause))
        return ChipKind.PAUSED, words, None
    if pause.is_doubtful:
        return ChipKind.WARN, _tr("Recording may still be paused"), None
    if pause.stage is PauseStage.PAUSING:
        return ChipKind.NEUTRAL, _tr("Pausing the recording"), Icon.CLOCK
    is_recorded = call is not None and call.recordings > 0
    return ChipKind.RECORDING, _tr("Recording") if is_recorded else "", None


def sync_words(status: DeskStatus, *, for_order: bool = False) -> tuple[ChipKind, str, Icon | None]:
    """How the desk stands with the centre: kind, words, and a drawing where the kind has none.

    `for_order`: an order was placed before the desk said this, and it is what people ask about.
    """
    if status.needs_person:
        return ChipKind.WARN, _person_words(status), Icon.PERSON_NEEDED
    if not status.online:
        waiting = _tr("Working offline: {count} waiting").format(count=status.waiting)
        words = waiting if status.waiting else _tr("Working offline")
        return ChipKind.WARN, words, Icon.OFFLINE
    if status.waiting:
        words = _tr("Sending: {count} waiting").format(count=status.waiting)
        return ChipKind.INFO, words, Icon.UPLOAD
    words = _tr("Order is safe at the centre") if for_order else _tr("In sync")
    return ChipKind.OK, words, None


def _person_words(status: DeskStatus) -> str:
    """What needs a person, and beside it what waits: `3 waiting, 1 needs a person`."""
    if not status.waiting:
        one, many = _tr("1 order needs a person"), _tr("{count} orders need a person")
        words = formatting.counted(status.needs_person, one, many)
        return words if status.online else _tr("Working offline: {words}").format(words=words)
    one = _tr("{waiting} waiting, 1 needs a person")
    many = _tr("{waiting} waiting, {count} need a person")
    words = formatting.counted(
        status.needs_person,
        one.replace("{waiting}", f"{status.waiting:,}"),
        many.replace("{waiting}", f"{status.waiting:,}"),
    )
    return words if status.online else _tr("Working offline: {words}").format(words=words)


def waiting_words(state: DraftsState) -> list[Notice]:
    """What waits from before: callers for a number, and orders for their end."""
    key = shortcuts.keys(Action.DRAFTS)
    unheard = len(state.number_not_given)
    begun = sum(draft.handed is None for draft in state.drafts)
    told = []
    if unheard:
        one = _tr("1 order was placed and its number not given yet: {key}.")
        many = _tr("{count} orders were placed and their numbers not given yet: {key}.")
        told.append((Kind.WARN, unheard, one, many))
    if begun:
        one = _tr("1 order was begun and not finished: {key}.")
        many = _tr("{count} orders were begun and not finished: {key}.")
        told.append((Kind.INFO, begun, one, many))
    return [
        Notice(
            kind=kind,
            sentence=formatting.counted(
                count, one.replace("{key}", key), many.replace("{key}", key)
            ),
        )
        for kind, count, one, many in told
    ]


def _tr(words: str) -> str:
    return QCoreApplication.translate("CallBar", words)
