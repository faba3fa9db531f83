"""F1: the script of the step a call is at, and the answer to what the caller asks.

Asks on the READ lane and drops answers to older questions; what a search led to is noted on the
WRITE lane. Card digits never leave the field. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.scripts import Filling, Step, filled
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.ui.screens.call import card_guard
from app.ui.screens.call.state import CallState, Phase
from app.values.errors import Fault, Refusal
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.guidance import Answer, AnswersFound, FindAnswers, Guidance, NoteSearch, ScriptStep
from app.wire.message import Nothing
from app.wire.sync import AskStatus, Policy

MOST_ANSWERS = 8
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersState:
    """What the pane shows.

    `current` is the row that Enter opens, `reading` the answer that is open. `at` counts the steps
    of the script from nought. `sentence` tells why there is nothing, or what was noted.
    """

    steps: tuple[ScriptStep, ...] = ()
    at: int = 0
    text: str = ""
    rows: tuple[Answer, ...] = ()
    current: int | None = None
    reading: Answer | None = None
    sentence: str = ""
    is_warning: bool = False

    @property
    def step(self) -> ScriptStep | None:
        """The step of the script on view."""
        return self.steps[self.at] if self.at < len(self.steps) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    guidance: Guidance
    policy: Policy


def step_due(state: CallState) -> Step | None:
    """The step of the script a call is at, where the screen can tell."""
    document = state.document
    if document is None or (document.customer is None and not document.lines):
        return Step.GREETING
    if state.phase is Phase.TAKING and not state.missing:
        return Step.IF_LATE if state.read_back_holds else Step.BEFORE_READ_BACK
    return None


class AnswersPresenter(QObject):
    """Holds one AnswersState. `csr` is the name of who is signed in, for the script."""

    state_changed = Signal(object)
    notice = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.csr = ""
        self._caller = caller
        self._background = background
        self._loads = Latest()
        self._questions = Latest()
        self._answered: str | None = None
        self._open_when_answered = False
        self._noted: set[tuple[str, str]] = set()
        self._filling = Filling(company="", csr="", phone="", email="")
        self._state = AnswersState()

    @property
    def state(self) -> AnswersState:
        """What is shown now."""
        return self._state

    def open(self, call: CallState) -> None:
        """Show the script of the step that is due; a search begun before is gone on with."""
        self._background.run(
            Lane.READ,
            partial(_look_up, self._caller),
            owner=self,
            then=partial(self._take_known, step_due(call)),
            failed=self._lack,
            question=self._loads.ask(),
        )

    def close(self) -> None:
        """Back to the call; the next search begins anew. One that found nothing is noted."""
        if self._found_nothing():
            self._note(self._state.text.strip(), "")
        self._loads.forget()
        self._forget_search()
        self._noted.clear()
        self._show(AnswersState(steps=self._state.steps, at=self._state.at))

    def leave(self) -> bool:
        """Esc: from an answer back to the list; False when there is nothing left to go back to."""
        if self._state.reading is None:
            return False
        self._show(replace(self._state, reading=None, sentence="", is_warning=False))
        return True

    def show_other_step(self, by: int) -> None:
        """The next or the previous step of the script."""
        steps = self._state.steps
        if steps:
            self._show(replace(self._state, at=(self._state.at + by) % len(steps)))

    def search(self, text: str) -> None:
        """The text changed; answers follow as soon as they are there."""
        judged = card_guard.while_typing(text[:LONGEST_TEXT])
        if judged.sentence:
            self._forget_search()
            self._show(self._emptied(judged.sentence, is_warning=True))
            return
        if judged.text == self._state.text:
            return
        self._open_when_answered = False
        if not judged.text.strip():
            self._forget_search()
            self._show(replace(self._emptied(), text=judged.text))
            return
        self._show(replace(self._state, text=judged.text, reading=None, sentence=""))
        self._background.run(
            Lane.READ,
            partial(
                self._caller.call,
                operations.FIND_ANSWERS,
                FindAnswers(text=judged.text.strip(), limit=MOST_ANSWERS),
            ),
            owner=self,
            then=partial(self._take_rows, judged.text),
            failed=self._lack,
            question=self._questions.ask(),
        )

    def move(self, by: int) -> None:
        """Up or down the answers found."""
        count = len(self._state.rows)
        if count and self._state.reading is None:
            there = min(max((self._state.current or 0) + by, 0), count - 1)
            self._show(replace(self._state, current=there))

    def choose(self, place: int) -> None:
        """Open the answer that was pointed at."""
        self._show(replace(self._state, current=place))
        self._read()

    def enter(self) -> None:
        """Open the marked answer, as soon as it has come; where there is none, tell a lead."""
        if not self._state.text.strip():
            return
        if self._answered != self._state.text:
            self._open_when_answered = True
        elif self._found_nothing():
            self.none_helps()
        elif self._state.reading is None:
            self._read()

    def none_helps(self) -> None:
        """No answer is any good for this question: a lead will see it."""
        text = self._state.text.strip()
        if not text:
            return
        self._note(text, "")
        words = self.tr("Noted. Your lead sees which answers are lacking.")
        self._show(replace(self._state, reading=None, sentence=words, is_warning=False))

    def _found_nothing(self) -> bool:
        return bool(self._state.text.strip()) and (
            self._answered == self._state.text and not self._state.rows
        )

    def _read(self) -> None:
        state = self._state
        if state.current is None:
            return
        answer = state.rows[state.current]
        self._note(state.text.strip(), answer.key)
        self._show(replace(state, reading=answer, sentence="", is_warning=False))

    def _take_known(self, due: Step | None, known: _Known) -> None:
        company = known.policy.company
        self._filling = Filling(
            company=company.name, csr=self.csr, phone=company.phone, email=company.email
        )
        steps = self._steps_of(known.guidance, known.policy.region)
        keys = [step.key for step in steps]
        at = keys.index(due) if due in keys else min(self._state.at, max(len(steps) - 1, 0))
        self._show(replace(self._state, steps=steps, at=at))

    def _steps_of(self, guidance: Guidance, region: Region) -> tuple[ScriptStep, ...]:
        return tuple(
            msgspec.structs.replace(step, say=filled(step.say, self._filling))
            for script in guidance.scripts
            if script.region is region
            for step in script.steps
        )

    def _take_rows(self, text: str, found: AnswersFound) -> None:
        rows = tuple(
            msgspec.structs.replace(answer, say=filled(answer.say, self._filling))
            for answer in found.answers
        )
        self._answered = text
        nothing = self.tr("No answer is known for that. Try other words; Enter tells your lead.")
        self._show(
            replace(
                self._state,
                rows=rows,
                current=0 if rows else None,
                sentence="" if rows else nothing,
                is_warning=False,
            )
        )
        if self._open_when_answered:
            self._open_when_answered = False
            self._read()

    def _note(self, text: str, chosen: str) -> None:
        """Once for the same words, however often the answer is opened."""
        if (text, chosen) in self._noted:
            return
        self._noted.add((text, chosen))
        self._background.run(
            Lane.WRITE,
            partial(
                self._caller.call, operations.NOTE_SEARCH, NoteSearch(text=text, chosen=chosen)
            ),
            owner=self,
            then=self._kept,
            failed=self._complain,
        )

    def _kept(self, _done: Nothing) -> None:
        """It is on the disk."""

    def _emptied(self, sentence: str = "", *, is_warning: bool = False) -> AnswersState:
        """The script alone, with an empty field."""
        state = self._state
        return AnswersState(
            steps=state.steps,
            at=state.at,
            sentence=sentence,
            is_warning=is_warning,
        )

    def _forget_search(self) -> None:
        self._questions.forget()
        self._answered = None
        self._open_when_answered = False

    def _lack(self, error: Refusal | Fault) -> None:
        """There is no edition yet, or the text was refused: said in the pane itself."""
        self._open_when_answered = False
        self._show(
            replace(self._state, rows=(), current=None, sentence=error.sentence, is_warning=True)
        )

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _show(self, state: AnswersState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _look_up(caller: Caller) -> _Known:
    """The newest edition, and the company that speaks. Blocks."""
    return _Known(
        guidance=caller.call(operations.GET_GUIDANCE, AskStatus()),
        policy=caller.call(operations.GET_POLICY, AskStatus()),
    )
