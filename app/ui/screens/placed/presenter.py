"""A placed order until the caller has hung up: number, what is said at the end, paper, outcome.

Says that the number was shown only after it was painted: from then on the caller may have heard it.
What is said and heard is kept entry by entry, in the record of the read-back. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.scripts import Filling
from app.services.rules.speech_book import SpeechBook
from app.services.rules.version_on_paper import paper_of
from app.ui.background import Background, Lane
from app.ui.notices import notice_of
from app.ui.paper_maker import Opener, PaperMaker, PaperWish
from app.ui.printing import Printer
from app.ui.screens.placed.link_watch import LinkWatch
from app.ui.screens.placed.said_back import Heard, SaidBack, judged
from app.ui.screens.placed.sentences import Wording, sentence_for, steps_of
from app.ui.screens.placed.state import ChangeTold, PlacedState
from app.ui.widgets.text import Part, plain
from app.values.card import find_card_number, mask_card_digits
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, PersonId
from app.values.vocabulary import CallOutcome, ClosingStep, Region
from app.wire import operations
from app.wire.guidance import Guidance
from app.wire.message import Nothing
from app.wire.order_operations import ASK_ORDER_PAGE, PRINT_ORDER
from app.wire.order_page import AskOrderPage
from app.wire.orders import MakePaper, NumberShown, Paper, PlacedOrder
from app.wire.payments import Tenders
from app.wire.people import PersonView
from app.wire.read_back import (
    AskReadBack,
    CloseCall,
    Noted,
    NoteReadBack,
    NumberSaidBack,
    ReadBackEntry,
    Told,
)
from app.wire.sync import AskStatus

LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class _Known:
    """What the desk has for the end of a call: the company's words, and what was said already."""

    guidance: Guidance | None
    filling: Filling
    entries: tuple[ReadBackEntry, ...]


_NO_FILLING = Filling(company="", csr="", phone="", email="")


class PlacedPresenter(QObject):
    """Holds one PlacedState. `finished` ends the call; `protocol_asked` wants the read-back."""

    state_changed = Signal(object)
    notice = Signal(object)
    finished = Signal()
    protocol_asked = Signal(object)
    all_said = Signal()

    def __init__(
        self,
        caller: Caller,
        background: Background,
        opener: Opener,
        printer: Printer,
        clock: Clock,
        speech: Mapping[Region, SpeechBook],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._speech = speech
        self._papers = PaperMaker(background, opener, printer, self)
        self._papers.changed.connect(self._follow_paper)
        self._papers.printed.connect(self._note_printed)
        self._papers.notice.connect(self.notice)
        self.links = LinkWatch(caller, background, self)
        self.links.heard.connect(self._follow_payment)
        self._told: OrderId | None = None
        self._noted_number = ""
        self._by: PersonView | None = None
        self._known = _Known(None, _NO_FILLING, ())
        self._state = PlacedState()

    @property
    def state(self) -> PlacedState:
        """What is shown now."""
        return self._state

    def begin(
        self,
        placed: PlacedOrder,
        by: PersonView | None = None,
        change: ChangeTold | None = None,
    ) -> None:
        """Show this order; `by` is who ends the call. `change`: it had its number before."""
        self._told = None
        self._noted_number = ""
        self._by = by
        self._known = _Known(None, _NO_FILLING, ())
        order_id = placed.document.order_id
        if change is None:
            request = MakePaper(order_id=order_id)
            self._papers.begin(partial(self._caller.call, operations.MAKE_PAPER, request))
        else:
            self._papers.begin(partial(_paper_of_change, self._caller, order_id))
        self.links.begin(placed if change is None else None)
        steps = steps_of(placed.document, change)
        state = PlacedState(
            placed=placed,
            change=change,
            since=self._clock.now(),
            number_is_safe=change is not None,
            steps=steps,
        )
        self._ask_for(state, ClosingStep.NUMBER_GIVEN)
        self._background.run(
            Lane.READ,
            partial(_look_up, self._caller, order_id, by.name if by else ""),
            owner=self,
            then=partial(self._learn, order_id),
            failed=self._complain,
        )

    def number_was_painted(self) -> None:
        """The number is on the glass; the desk notes it, once."""
        placed = self._state.placed
        is_change = self._state.change is not None
        if placed is None or is_change or self._told == placed.document.order_id:
            return
        self._told = placed.document.order_id
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.NUMBER_SHOWN, NumberShown(order_id=self._told)),
            owner=self,
            then=self._note_shown,
            failed=self._fail_to_note,
        )

    def hear(self, text: str) -> None:
        """What stands in the field while the caller repeats the number."""
        state, placed = self._state, self._state.placed
        if placed is None or state.said_back.heard is Heard.MATCHED:
            self._show(state)
            return
        said_back = judged(text, placed.number)
        self._state = replace(state, said_back=said_back)
        if said_back.digits and ClosingStep.NUMBER_GIVEN in state.open_steps:
            self._tell(ClosingStep.NUMBER_GIVEN)
        else:
            self._show(self._state)
        if said_back.is_full and said_back.digits != self._noted_number:
            self._note_number(said_back)

    def choose(self, step: ClosingStep) -> None:
        """A step of the list: the one that is asked is said now, another one is asked now."""
        if self._state.placed is None:
            return
        if step is self._state.asked:
            self.say_step()
        else:
            self._ask_for(self._state, step)

    def say_step(self) -> None:
        """What stands there to be said has been said; on to the next. Said twice is noted once."""
        step = self._state.asked
        if step is None or step is ClosingStep.NUMBER_SAID_BACK:
            return
        if step in self._state.done:
            self._finish_step(step)
        else:
            self._tell(step)

    def pick(self, outcome: CallOutcome) -> None:
        """How the call ended."""
        self._show(replace(self._state, outcome=outcome))

    def set_note(self, text: str) -> None:
        """A few words about the outcome; card digits do not stay."""
        problem = ""
        if find_card_number(text) is not None:
            text = mask_card_digits(text)
            problem = self.tr("That looked like a card number, so it was taken out.")
        self._show(replace(self._state, note=text[:LONGEST_NOTE], note_problem=problem))

    def end(self) -> None:
        """End the call; with open steps only after a question, and a second time whatever comes."""
        state = self._state
        if state.placed is None or state.ending:
            return
        if state.not_kept or (state.change is not None and not state.open_steps):
            self._finish()
        elif state.open_steps and not state.asking_to_end:
            self._show(replace(state, asking_to_end=True))
        elif state.change is not None:
            self._finish()
        else:
            self._close_call(state.placed)

    def stay(self) -> None:
        """The call goes on."""
        self._show(replace(self._state, asking_to_end=False))

    def show_pdf(self) -> None:
        """Open the confirmation in the program for PDF files."""
        self._papers.want(PaperWish.SHOW)

    def print_paper(self) -> None:
        """Print the confirmation."""
        self._papers.want(PaperWish.PRINT)

    def show_protocol(self) -> None:
        """How this order was read back."""
        if self._state.placed is not None:
            self.protocol_asked.emit(self._state.placed)

    def _close_call(self, placed: PlacedOrder) -> None:
        state = self._state
        has_note = state.outcome is not CallOutcome.ORDER_PLACED
        request = CloseCall(
            order_id=placed.document.order_id,
            outcome=state.outcome,
            note=state.note.strip() if has_note else "",
        )
        self._show(replace(state, ending=True, asking_to_end=False))
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.CLOSE_CALL, request),
            owner=self,
            then=self._closed,
            failed=self._fail_to_close,
        )

    def _closed(self, _done: Nothing) -> None:
        self._finish()

    def _finish(self) -> None:
        self._papers.begin(None)
        self.links.begin(None)
        self._show(PlacedState())
        self.finished.emit()

    def _fail_to_close(self, error: Refusal | Fault) -> None:
        """The order is safe; only how the call ended is not. Nobody is held up by it."""
        self._show(replace(self._state, ending=False, not_kept=error.sentence))

    def _learn(self, order_id: OrderId, known: _Known) -> None:
        """The words of the company, and what was said before this desk was started again."""
        placed = self._state.placed
        if placed is None or placed.document.order_id != order_id:
            return
        if self._state.change is not None:
            # What was said of the order when it was placed was said in another call.
            known = replace(known, entries=())
        self._known = known
        done, said_back = set(self._state.done), self._state.said_back
        for entry in known.entries:
            if isinstance(entry, Told):
                done.add(entry.step)
            elif isinstance(entry, NumberSaidBack) and entry.matched:
                done.add(ClosingStep.NUMBER_SAID_BACK)
                said_back = SaidBack(entry.heard, Heard.MATCHED)
        state = replace(self._state, done=frozenset(done), said_back=said_back)
        asked = state.asked
        if asked is None or asked in done:
            asked = next(iter(state.open_steps), None)
        self._ask_for(state, asked)

    def _tell(self, step: ClosingStep) -> None:
        said = plain(self._sentence(step))
        self._note(Told(at=self._clock.now(), by=self._person(), step=step, said=said))
        self._finish_step(step)

    def _note_number(self, said_back: SaidBack) -> None:
        self._noted_number = said_back.digits
        matched = said_back.heard is Heard.MATCHED
        entry = NumberSaidBack(
            at=self._clock.now(), by=self._person(), heard=said_back.digits, matched=matched
        )
        self._note(entry)
        if matched:
            self._finish_step(ClosingStep.NUMBER_SAID_BACK)

    def _finish_step(self, step: ClosingStep) -> None:
        """Tick it, and ask the next open one after it, else the first that was left out."""
        state = replace(self._state, done=self._state.done | {step})
        still = state.open_steps
        after = [one for one in still if state.steps.index(one) > state.steps.index(step)]
        self._ask_for(state, next(iter((*after, *still)), None))
        if not still:
            self.all_said.emit()

    def _ask_for(self, state: PlacedState, step: ClosingStep | None) -> None:
        asking_to_end = state.asking_to_end and bool(state.open_steps)
        state = replace(state, asked=step, asking_to_end=asking_to_end)
        self._state = state
        self._show(replace(state, say=self._sentence(step) if step is not None else ()))

    def _sentence(self, step: ClosingStep) -> tuple[Part, ...]:
        placed = self._shown()
        wording = Wording(
            guidance=self._known.guidance,
            filling=self._known.filling,
            book=self._speech.get(placed.document.region),
        )
        return sentence_for(step, placed, wording, self._state.change)

    def _person(self) -> PersonId:
        return self._by.person_id if self._by is not None else self._shown().placed_by

    def _shown(self) -> PlacedOrder:
        if self._state.placed is None:
            message = "no order is shown"
            raise RuntimeError(message)
        return self._state.placed

    def _note(self, entry: ReadBackEntry) -> None:
        if self._state.change is not None:
            return  # the record of the order went with the change
        request = NoteReadBack(order_id=self._shown().document.order_id, entries=(entry,))
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.NOTE_READ_BACK, request),
            owner=self,
            then=self._kept,
            failed=self._complain,
        )

    def _kept(self, _noted: Noted) -> None:
        """It is on the disk."""

    def _follow_payment(self, tenders: Tenders) -> None:
        """A link was paid, or is over, since the order was placed."""
        placed = self._shown()
        now = msgspec.structs.replace(placed, attempts=tenders.attempts, links=tenders.links)
        if now != placed:
            self._ask_for(replace(self._state, placed=now), self._state.asked)

    def _follow_paper(self) -> None:
        papers = self._papers
        self._show(replace(self._state, paper=papers.paper, making_paper=papers.is_busy))

    def _note_printed(self) -> None:
        self._show(replace(self._state, printed_at=self._clock.now()))

    def _note_shown(self, _done: Nothing) -> None:
        self._show(replace(self._state, number_is_safe=True))

    def _fail_to_note(self, error: Refusal | Fault) -> None:
        """The order is safe all the same; at the worst its number is offered once more."""
        self._told = None
        self.notice.emit(notice_of(error))

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))

    def _show(self, state: PlacedState) -> None:
        self._state = state
        self.state_changed.emit(state)


def _paper_of_change(caller: Caller, order_id: OrderId) -> Paper:
    """The confirmation of the order as the centre holds it now. Blocks."""
    page = caller.call(ASK_ORDER_PAGE, AskOrderPage(order_id=order_id))
    return caller.call(PRINT_ORDER, paper_of(page))


def _look_up(caller: Caller, order_id: OrderId, csr: str) -> _Known:
    """Everything for the end of a call. Blocks.

    A desk without guidance or policy yet has words of its own for what it lacks.
    """
    kept = caller.call(operations.ASK_READ_BACK, AskReadBack(order_id=order_id))
    filling = replace(_NO_FILLING, csr=csr)
    guidance: Guidance | None = None
    try:
        company = caller.call(operations.GET_POLICY, AskStatus()).company
        filling = Filling(company=company.name, csr=csr, phone=company.phone, email=company.email)
        guidance = caller.call(operations.GET_GUIDANCE, AskStatus())
    except (Refusal, Fault):
        pass
    return _Known(guidance, filling, kept.entries)
