"""What stands beside the card fields, and what to say for each. Counts and states, never a digit.

Pure.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.services.rules.card_check import Check, Standing
from app.ui import shortcuts, theme
from app.ui.payment import words
from app.ui.payment.pause_state import PauseShown, PauseStage

Line = tuple[theme.Tone, str]
"""A state in words, with its tone."""
_AMEX_CODE = 4


def number_line(check: Check) -> Line:
    """Below the card number."""
    match check.standing:
        case Standing.EMPTY:
            return theme.Tone.MUTED, ""
        case Standing.GOOD:
            told = _tr("{count} digits, number checks out").format(count=check.typed)
            return theme.Tone.OK, told
        case Standing.UNPROVED:
            told = _tr("{count} digits; numbers of this kind cannot be checked here")
            return theme.Tone.WARN, told.format(count=check.typed)
        case Standing.TYPING if check.may_end:
            return theme.Tone.MUTED, _tr("Checks out. Enter, if the caller has no more digits.")
        case Standing.TYPING:
            return theme.Tone.MUTED, _to_go(check)
        case _:
            return theme.Tone.ERROR, _tr("Does not check out, ask for it again.")


def expiry_line(check: Check) -> Line:
    """Below the expiry."""
    told = {
        Standing.GOOD: _tr("not expired"),
        Standing.EXPIRED: _tr("This card has expired."),
        Standing.NO_SUCH_MONTH: _tr("No such month, ask for it again."),
        Standing.TOO_FAR_AHEAD: _tr("Too far ahead, ask for it again."),
    }.get(check.standing)
    if told is None:
        return theme.Tone.MUTED, _to_go(check) if check.typed else _tr("Month and year")
    return (theme.Tone.ERROR if check.is_wrong else theme.Tone.OK), told


def code_line(check: Check) -> Line:
    """Below the security code."""
    if check.standing is Standing.GOOD:
        return theme.Tone.OK, _tr("{count} digits").format(count=check.typed)
    if check.may_end:
        return theme.Tone.MUTED, _tr("This card may have none.")
    return theme.Tone.MUTED, _to_go(check) if check.typed else ""


def only_digits() -> Line:
    """A letter was struck, or one digit too many."""
    return theme.Tone.WARN, _tr("Digits only, and no more of them.")


def no_paste() -> Line:
    """Somebody pasted."""
    return theme.Tone.WARN, _tr("Nothing can be pasted here: type it as the caller says it.")


def say_number(check: Check) -> str:
    """The sentence for the card number."""
    if check.is_wrong:
        return _tr("I am sorry, I did not get that right. Could you read me the long number again?")
    return _tr("Could you read me the long number on the front, please?")


def say_expiry(check: Check) -> str:
    """The sentence for the expiry."""
    if check.standing is Standing.EXPIRED:
        return _tr("This card seems to have run out. Do you have a newer one?")
    if check.is_wrong:
        return _tr("I am sorry, could you give me the expiry date again?")
    return _tr("And the expiry date, please: the month and the year?")


def say_code(check: Check) -> str:
    """The sentence for the security code; where it stands depends on the brand."""
    if check.lengths[-1] == _AMEX_CODE and len(check.lengths) == 1:
        return _tr("And the four digits above the number on the front, please.")
    if len(check.lengths) == 1:
        return _tr("And the three digits on the back, please.")
    return _tr("And the security code, please: the last three digits on the back?")


def say_complete(amount: str) -> str:
    """Everything is there."""
    return _tr("Thank you. I am asking your bank for {amount} now.").format(amount=amount)


def say_pausing() -> str:
    """Before the fields open."""
    return _tr(
        "One moment, please: I am pausing the recording before you give me your card details."
    )


def say_not_yet() -> str:
    """While the fields are locked."""
    return _tr("Please do not tell me the card number yet.")


def wait_for_fields() -> str:
    """The hint below it."""
    return _tr("Wait until the fields open.")


def authorisation() -> str:
    """What is still needed once all fields check out."""
    return _tr("authorisation")


def submit_hint() -> str:
    """The hint once all fields check out."""
    key = shortcuts.keys(shortcuts.Action.COMMIT)
    return _tr("{key} asks the bank.").format(key=key)


def listen_hint() -> str:
    """The hint while digits are read out."""
    return _tr("Do not repeat any digit aloud.")


def heading(state: PauseShown) -> str:
    """The banner's first line."""
    return {
        PauseStage.IDLE: _tr("The card fields are locked"),
        PauseStage.PAUSING: _tr("Pausing the recording \u2026"),
        PauseStage.PAUSED: _tr("Recording is paused"),
        PauseStage.LOCKED: _tr("The card fields are locked"),
        PauseStage.RESUMING: _tr("The recording is starting again \u2026"),
        PauseStage.DONE: _tr("The recording is running"),
        PauseStage.FAILED: _tr("The recording is not paused"),
        PauseStage.RESUME_UNCONFIRMED: _tr("The recording may still be paused"),
    }[state.stage]


def banner(state: PauseShown) -> str:
    """The banner's second line."""
    match state.stage:
        case PauseStage.PAUSED if state.left_s is not None:
            told = _tr("This pane locks by itself in {count} seconds.")
            return told.format(count=state.left_s)
        case PauseStage.PAUSED:
            return _confirmed(state)
        case PauseStage.PAUSING:
            return _tr("The card fields open once every recorder has confirmed.")
        case PauseStage.RESUME_UNCONFIRMED:
            return " ".join(part for part in (state.sentence, words.still_paused()) if part)
        case PauseStage.FAILED:
            locked = _tr("The card fields stay locked.")
            advice = _tr("Try again, or choose another way to pay.")
            told = state.sentence.removesuffix(locked).rstrip()  # recorders say so themselves
            return f"{told} {locked} {advice}".strip()
        case _:
            again = _tr("To take the card, pause the recording again.")
            return f"{state.sentence} {again}".strip()


def _confirmed(state: PauseShown) -> str:
    at = _second(state.confirmed_at) if state.confirmed_at is not None else ""
    if state.recordings > 1:
        told = _tr(
            "Confirmed for {count} recordings at {time}. They resume by themselves when you leave "
            "this pane."
        )
        return told.format(count=state.recordings, time=at)
    told = _tr(
        "Confirmed by the recorder at {time}. It resumes by itself when you leave this pane."
    )
    return told.format(time=at)


def running(state: PauseShown) -> str:
    """`0:14` since it was confirmed."""
    return f"{state.paused_s // 60}:{state.paused_s % 60:02d}"


def _second(instant: datetime) -> str:
    return f"{instant.astimezone():%H:%M:%S}"


def _to_go(check: Check) -> str:
    if check.to_go == 1:
        return _tr("1 digit to go")
    return _tr("{count} digits to go").format(count=check.to_go)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Card", text)
