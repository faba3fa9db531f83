"""What the read-back says beside the sentence: what to wait for, how something was answered.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from PySide6.QtCore import QCoreApplication

from app.services.rules.read_back import Standing, State
from app.services.rules.speech_book import SpeechBook
from app.services.rules.speech_changes import change_notice
from app.ui import formatting
from app.ui.payment.payment_state import PaymentShown
from app.ui.screens.call.correcting import Mended
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.ui.screens.call.state import CallState
from app.ui.screens.call.topics import still_needed
from app.values.money import Currency, Money
from app.values.vocabulary import CheckpointKind, How

MOST_NOTICES = 3
_ABOUT_TOTAL = frozenset({CheckpointKind.PRICE, CheckpointKind.OBLIGATION})
_AMOUNTS = frozenset({"goods", "delivery", "tax", "total"})


def wait_for(what: str) -> str:
    """The line below the sentence."""
    return _tr("Wait for the caller to say {what}.").format(what=what) if what else ""


def answer_of(standing: Standing | None) -> str:
    """How a checkpoint that holds was answered; empty for one that does not."""
    if standing is None or not standing.state.holds:
        return ""
    confirmed = standing.confirmed
    if standing.state is State.OVERRIDDEN or confirmed is None:
        return _tr("A lead let this pass.")
    if confirmed.how is How.ON_PAPER:
        return _tr("Confirmed: it agrees with the paper.")
    if confirmed.how is How.CALLER_SPOKE:
        words = _tr("Confirmed: the caller said \u201c{heard}\u201d.")
        return words.format(heard=confirmed.heard)
    return _tr("Confirmed: the caller agreed.")


def why_not_placed(state: ReadBackState, *, is_change: bool = False) -> str:
    """Why the read-back does not let the order be placed, or changed, in words."""
    if state.stage is Stage.LOADING:
        return _tr("The checklists are not here yet. F8 asks for them.")
    if state.left == 1:
        if is_change:
            return _tr("1 checkpoint left before the order can be changed.")
        return _tr("1 checkpoint left before the order can be placed.")
    if state.left:
        words = _tr("{count} checkpoints left before the order can be placed.")
        if is_change:
            words = _tr("{count} checkpoints left before the order can be changed.")
        return words.format(count=state.left)
    return _tr("The last answers are being written.") if state.unwritten else ""


def still_to_read(state: ReadBackState) -> tuple[str, ...]:
    """The rows that do not hold, for the strip; nothing before the read-back has begun."""
    rows = [row for row in state.rows if not row.holds] if state.begun else []
    return tuple(f"{row.title[0].lower()}{row.title[1:]}" for row in rows)


def notices_of(stale: Sequence[Standing], book: SpeechBook | None) -> str:
    """What changed and has to be asked again, a few of them; the same amounts once."""
    if book is None:
        return ""
    told, amounts = [], set[str]()
    for one in stale:
        total = next((change for change in one.changes if change.part == "total"), None)
        if total is not None and one.checkpoint.kind in _ABOUT_TOTAL:
            if total.new in amounts:
                continue
            amounts.add(total.new)
        told.append(change_notice(one, book))
    return " ".join(told[:MOST_NOTICES])


def mended_words(changed: Sequence[Mended], currency: Currency, book: SpeechBook | None) -> str:
    """What was put right, old and new."""
    told = []
    for one in changed[:MOST_NOTICES]:
        what = book.parts.get(one.part, one.part) if book is not None else one.part
        old, new = (_shown(one.part, value, currency) for value in (one.old, one.new))
        told.append(f"{what[:1].upper()}{what[1:]}: {old} \u2192 {new}.")
    return " ".join(told)


def _shown(part: str, value: str, currency: Currency) -> str:
    if not value:
        return _tr("none")
    if part in _AMOUNTS:
        return formatting.money(Money(int(value), currency))
    if part == "promised_on":
        return formatting.short_date(date.fromisoformat(value))
    return " ".join(value.split())


def name_of(part: str, book: SpeechBook) -> str:
    """What a value that the caller says is called, at the start of a line."""
    own = {
        "street": _tr("house number"),
        "description": _tr("which one"),
        "item": _tr("the caller said"),
    }
    words = own.get(part) or book.parts.get(part, part)
    return f"{words[:1].upper()}{words[1:]}"


def type_it() -> str:
    """Enter was pressed where the caller has to say something."""
    return _tr("Type what the caller says, then press Enter.")


def _tr(words: str) -> str:
    return QCoreApplication.translate("ReadBack", words)


def with_read_back(state: CallState, guide: ReadBackState, payment: PaymentShown) -> CallState:
    """The state with what the read-back and the payment still need."""
    why_not = still_needed(state.missing) or why_not_placed(guide, is_change=state.is_change)
    return replace(
        state,
        reason_why_not=why_not or payment.reason_why_not,
        to_pay=payment.reason_why_not,
        wants_card=payment.wants_card,
        read_back_holds=guide.holds,
        to_read_back=still_to_read(guide),
    )
