"""What the read-back says beside the sentence: what to wait for, how something was answered.

Pure.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.services.rules.read_back import Standing, State
from app.ui.screens.call.guide_state import ReadBackState, Stage
from app.values.vocabulary import How


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


def why_not_placed(state: ReadBackState) -> str:
    """Why the read-back does not let the order be placed, in words."""
    if state.stage is Stage.LOADING:
        return _tr("The checklists are not here yet. F8 asks for them.")
    if state.left == 1:
        return _tr("1 checkpoint left before the order can be placed.")
    if state.left:
        words = _tr("{count} checkpoints left before the order can be placed.")
        return words.format(count=state.left)
    return _tr("The last answers are being written.") if state.unwritten else ""


def type_it() -> str:
    """Enter was pressed where the caller has to say something."""
    return _tr("Type what the caller says, then press Enter.")


def _tr(words: str) -> str:
    return QCoreApplication.translate("ReadBack", words)
