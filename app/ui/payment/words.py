"""What is told about pauses, cards and pay links: to the CSR, and for the CSR to say.

Never holds anything of a card but brand and last four, which come from the gateway. Pure.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.ui import formatting
from app.values.errors import Fault, Refusal, Unreachable
from app.values.money import Money
from app.values.vocabulary import CallEventKind


def not_paused(error: Refusal | Fault) -> str:
    """Why the recording could not be paused."""
    match error:
        case Refusal():
            return error.sentence
        case Unreachable():
            return _tr("The central service does not answer, so the recording cannot be paused.")
        case _:
            return _tr("The recording could not be paused: {sentence}").format(
                sentence=error.sentence
            )


def no_answer() -> str:
    """The recorders did not confirm in time."""
    return _tr("The recorder did not confirm the pause in time.")


def nothing_recorded() -> str:
    """A pause without a recording is none."""
    return _tr("No recorder confirmed that it is paused.")


def renewal_late() -> str:
    """The lease may run out."""
    return _tr("The central service did not answer in time, so the card fields were wiped.")


def lease_over() -> str:
    """The centre says so."""
    return _tr("The recording is no longer held back, so the card fields were wiped.")


def line_lost() -> str:
    """Nothing is heard of the call."""
    return _tr("The line to the central service was lost, so the card fields were wiped.")


def too_long() -> str:
    """The longest pause is over."""
    return _tr("The recording was paused as long as it may be, so the card fields were wiped.")


def idle() -> str:
    """Nobody pressed a key."""
    return _tr("No key was pressed for a while, so the card fields were wiped.")


def left_window() -> str:
    """Another window came in front, the pane was left, the desk was locked."""
    return _tr("The card fields were left, so they were wiped.")


def call_changed(kind: CallEventKind) -> str:
    """What became of the call, or of its recording."""
    return {
        CallEventKind.HANGUP: _tr("The call has ended, so the card fields were wiped."),
        CallEventKind.TRANSFER: _tr("The call was transferred, so the card fields were wiped."),
        CallEventKind.HOLD: _tr("The call was put on hold, so the card fields were wiped."),
        CallEventKind.RECORDER_LOST: _tr("A recorder was lost, so the card fields were wiped."),
    }.get(kind, lease_over())


def still_paused() -> str:
    """The banner while no recorder has confirmed that it records again."""
    return _tr(
        "Nobody has confirmed yet that the recording runs again. "
        "This desk and the central service keep trying."
    )


def no_safe() -> str:
    """The desk has nothing to keep digits in."""
    return _tr("This desk cannot take cards. Another way to pay is needed.")


def no_total() -> str:
    """Nothing to pay."""
    return _tr("There is nothing left to pay on this order.")


def waiting() -> str:
    """The reason under Place order while the bank is asked."""
    return _tr("Waiting for the authorisation")


def say_waiting() -> str:
    """For the caller, while the bank is asked."""
    return _tr("Thank you. One moment, please, while your bank answers.")


def second_card() -> str:
    """A card is asked for while another is not decided."""
    return _tr("No second card is taken until it is known what became of the first.")


def changed_total(approved: Money, total: Money) -> str:
    """The order changed after the authorisation."""
    words = _tr(
        "{approved} was authorised, and the order now comes to {total}. The authorisation is "
        "given back once the caller has agreed to the new total."
    )
    return words.format(approved=formatting.money(approved), total=formatting.money(total))


def given_back(approved: Money, total: Money) -> str:
    """What was done about it."""
    words = _tr(
        "The authorisation of {approved} was given back, because the order now comes to {total}. "
        "The payment has to be taken again."
    )
    return words.format(approved=formatting.money(approved), total=formatting.money(total))


def given_back_for_another_way(approved: Money) -> str:
    """The order is to be paid in another way."""
    words = _tr("The authorisation of {approved} is given back: the order is paid another way.")
    return words.format(approved=formatting.money(approved))


def say_authorised(amount: Money) -> str:
    """For the caller, once the bank has said yes."""
    words = _tr("Thank you, your bank has authorised {amount}.")
    return words.format(amount=formatting.money(amount))


def answered_late(words: str) -> str:
    """The bank answered when another order was in hand already."""
    return _tr("For the order before this one: {words}.").format(words=words)


def link_unknown() -> str:
    """The question for a link got no answer."""
    return _tr("Nobody knows whether the link was sent. Sending it again sends the same one.")


def marked(reference: str) -> str:
    """F12 was pressed, and the centre has noted it."""
    if not reference:
        return _tr("Card spoken too early: noted. An administrator will find the recording.")
    words = _tr("Card spoken too early: call {reference} is marked for purging.")
    return words.format(reference=reference)


def not_marked(error: Refusal | Fault) -> str:
    """F12 was pressed in vain."""
    words = _tr("The call could not be marked for purging: {sentence}")
    return words.format(sentence=error.sentence)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Payment", text)
