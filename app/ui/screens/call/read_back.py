"""The guided read-back: what to say now, what the caller answers, what has to be asked again.

Leads from one open checkpoint to the next; every answer is an entry of the record, which is kept on
disk entry by entry and never changed. Any edit is looked at anew. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.services.rules.read_back import Change, Checkpoint, Standing
from app.services.rules.readiness import Missing
from app.services.rules.regions import RegionRules
from app.services.rules.speech import turns
from app.services.rules.speech_book import SpeechBook
from app.services.rules.speech_changes import changed_words
from app.ui.background import Background
from app.ui.notices import Kind, Notice
from app.ui.screens.call import card_guard, guide_rows, guide_words
from app.ui.screens.call.asking import Asking
from app.ui.screens.call.correcting import UnderRepair, mended, target_of
from app.ui.screens.call.guide_state import Around, ReadBackState, Stage
from app.ui.screens.call.noting import EntryNotes
from app.ui.screens.call.order_in_hand import OrderInHand
from app.ui.screens.call.overriding import Overriding
from app.ui.screens.call.record import LONGEST_HEARD, Record
from app.ui.screens.call.record_source import RecordSource, Sources
from app.ui.screens.call.topics import still_needed, topic_of
from app.values.clock import Clock
from app.values.identity import PersonId
from app.values.vocabulary import CheckpointKind, CorrectionCause, How, Region
from app.wire.orders import Totals
from app.wire.read_back import Overridden, ReadBackEntry

_MENDING = frozenset({Stage.CORRECTING, Stage.CAUSE})


class ReadBackPresenter(QObject):
    """Holds one ReadBackState.

    `focus_asked` tells that the keyboard belongs to the guide now, `correction_asked(Target)` that
    a field is to open, `correction_ended` that it may close, `needed(Topic)` that something has to
    be filled in first.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    focus_asked = Signal()
    correction_asked = Signal(object)
    correction_ended = Signal()
    needed = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        *,
        clock: Clock,
        speech: Mapping[Region, SpeechBook],
        around: Around,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._clock = clock
        self._speech = speech
        self._around = around
        self.notes = EntryNotes(caller, background, again_ms=around.again_ms, parent=self)
        self.override = Overriding(caller, background, self)
        self._source = RecordSource(caller, background, self)
        self._rules: RegionRules | None = None
        self._person_id: PersonId | None = None
        self._record: Record | None = None
        self._totals: Totals | None = None
        self._missing: tuple[Missing, ...] = ()
        self._asking: Asking | None = None
        self._place = 0
        self._repair: UnderRepair | None = None
        self._wants_to_start = False
        self._had_relay = False
        self._state = ReadBackState()
        self._source.found.connect(self._open_record)
        self._source.failed.connect(self._cannot_load)
        self.notes.notice.connect(self.notice)
        self.notes.moved.connect(self._publish)
        self.notes.refused.connect(self._read_again)
        self.override.passed.connect(self._overridden)
        self.override.changed.connect(self._publish)

    @property
    def state(self) -> ReadBackState:
        """What is shown now."""
        return self._state

    @property
    def entries(self) -> tuple[ReadBackEntry, ...]:
        """The record so far."""
        return self._record.entries if self._record else ()

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How every checkpoint stands."""
        self._count_all()
        return self._record.standings if self._record else ()

    def begin(self, rules: RegionRules, person_id: PersonId, *, is_kept: bool) -> None:
        """Another order is in hand; a draft comes with the answers it has."""
        self.leave()
        self._rules, self._person_id = rules, person_id
        self._source.begin(self._order.document.order_id, is_kept=is_kept)

    def leave(self) -> None:
        """No order is in hand; what waits is still written."""
        self._source.forget()
        self._record, self._asking, self._repair = None, None, None
        self._totals, self._missing = None, ()
        self._place, self._had_relay, self._wants_to_start = 0, False, False
        self._state = ReadBackState()
        self.override.close()
        self.notes.go_on()
        self._publish()

    def refresh(self) -> None:
        """Ask for the newest checklists; they may have changed since the call began."""
        self._source.ask()

    def follow(self, totals: Totals, missing: tuple[Missing, ...]) -> None:
        """The order is another one now: look what no longer holds."""
        self._totals, self._missing = totals, missing
        customer = self._order.document.customer
        has_relay = customer is not None and customer.text_relay
        if has_relay and not self._had_relay:
            self._state = replace(self._state, slow=True)
        self._had_relay = has_relay
        record = self._record
        if record is None:
            self._open_record(self._source.sources)
            return
        before = {one.checkpoint.key: one.changes for one in record.stale()}
        record.recount(self._order.document, totals)
        if self._state.stage not in _MENDING:
            self._tell_of_changes(record, before)
            self._keep_asking()
        self._publish()

    def start(self) -> None:
        """F8: begin, or go on where it was."""
        self._count_all()
        if self._state.stage is Stage.CORRECTING:
            self.finish_correction()
        elif self._record is None:
            self._wants_to_start = True
            self._source.ask()
        elif self._asking is not None or self._state.stage is Stage.CAUSE:
            self.focus_asked.emit()
        elif self._missing:
            self._lead_to(self._missing)
        else:
            self._ask_next()

    def go_to_row(self, number: int) -> None:
        """Ctrl+1 and so on: a row by its number."""
        rows = self._state.rows
        if 1 <= number <= len(rows):
            self.go_to(rows[number - 1].key)

    def go_to(self, row_key: str) -> None:
        """Ask a row out of turn: what is open in it, else how it was answered."""
        self._count_all()
        if self._record is None or self._state.stage in _MENDING:
            return
        group = [s for s in self.standings if guide_rows.row_key(s.checkpoint) == row_key]
        found = next((s for s in group if not s.state.holds), group[0] if group else None)
        blocked = guide_rows.blocking(found.checkpoint, self._missing) if found else self._missing
        if found is None or blocked:
            self._lead_to(blocked)
        else:
            self._tell("")
            self._ask(found.checkpoint)

    def confirm(self) -> None:
        """Enter: the caller agrees, or the paper does. The last turn confirms the checkpoint."""
        record, asking = self._asked()
        if record is None or asking is None:
            return
        if record.holds(asking.point.key):
            self._ask_next()
        elif asking.is_on_paper:
            self._confirm(record, asking, How.ON_PAPER)
        elif asking.open_parts():
            asking.prompt()
            self._publish()
        elif asking.go_on():
            self._publish()
        else:
            self._confirm(record, asking, asking.how())

    def hear(self, text: str) -> None:
        """What the caller said was typed: compare it with the record, value by value."""
        record, asking = self._asked()
        text = card_guard.when_left(text[:LONGEST_HEARD]).text.strip()
        if record is None or asking is None or asking.is_on_paper or not text:
            self.confirm()
            return
        for wrong in asking.listen(text):
            record.not_matched(asking, wrong.part, wrong.heard or text)
        if asking.problem or asking.open_parts() or asking.go_on():
            self._publish()
        else:
            self._confirm(record, asking, How.CALLER_SPOKE)

    def open_hearing(self) -> None:
        """Ctrl+H: the caller said the value, also where a yes would do."""
        record, asking = self._asked()
        if record is None or asking is None or record.holds(asking.point.key):
            return
        if not asking.want_value():
            self._tell(self.tr("There is no single value to compare here. Enter confirms."))
        self._publish()
        self.focus_asked.emit()

    def correct(self) -> None:
        """Ctrl+M: open the field of what is asked, in place."""
        record, asking = self._asked()
        if record is None or asking is None:
            return
        target = target_of(asking.point)
        if target is None:
            self._tell(self.tr("There is nothing to put right here. Ask it again."))
            self._publish()
            return
        self._repair = UnderRepair(
            key=asking.point.key,
            document=self._order.document,
            checkpoints={point.key: point for point in record.points},
        )
        asking.hush()
        self._state = replace(self._state, stage=Stage.CORRECTING, told="")
        self._publish()
        self.correction_asked.emit(target)

    def finish_correction(self) -> None:
        """The field is closed: ask for the cause, unless nothing was changed."""
        if self._repair is None or self._record is None or self._state.stage is Stage.CAUSE:
            return
        changed = mended(self._repair, self._record.points)
        if not changed:
            self._end_repair()
            return
        book = self._speech.get(self._order.document.region)
        told = guide_words.mended_words(changed, self._order.document.currency, book)
        self._state = replace(self._state, stage=Stage.CAUSE, mended=changed, told=told)
        self._publish()
        self.focus_asked.emit()

    def cancel_correction(self) -> None:
        """Esc: everything is as it was before the field was opened."""
        if self._repair is not None:
            self._order.put_back(self._repair.document)
            self._end_repair()

    def give_cause(self, cause: CorrectionCause) -> None:
        """Why it had to be put right; the changed value is then asked again."""
        record, repair = self._record, self._repair
        if self._state.stage is Stage.CAUSE and record is not None and repair is not None:
            for one in mended(repair, record.points):
                record.corrected(one, cause)
            self._end_repair()

    def set_slow(self, *, slow: bool) -> None:
        """One fact at a time, for a text relay or somebody who hears badly."""
        if slow != self._state.slow:
            self._state = replace(self._state, slow=slow)
            self._keep_asking(anew=True)
            self._publish()

    def ask_override(self) -> None:
        """Open the form in which a lead lets the open checkpoints pass."""
        if self._missing:
            self._lead_to(self._missing)
        elif self._record is not None and self._record.open():
            self.override.open()
            self.focus_asked.emit()

    def let_pass(self, login: str, password: str, reason: str) -> None:
        """A lead has signed in: everything that does not hold is to pass."""
        self._count_all()
        if self._record is not None:
            stood = tuple(one.checkpoint.stood for one in self._record.open())
            self.override.ask(self._order.document.order_id, stood, login, password, reason)

    def close_override(self) -> None:
        """The lead thought better of it."""
        self.override.close()
        self.focus_asked.emit()

    def _overridden(self, entry: Overridden) -> None:
        if self._record is not None:
            self._record.overridden(entry)
            self._ask_next()

    def _open_record(self, sources: Sources | None) -> None:
        """Checklists and answers are both there, and so is the order."""
        if sources is None or self._totals is None or self._rules is None:
            return
        entries = self._record.entries if self._record is not None else sources.entries
        self._record = Record(
            self._rules,
            sources.guidance,
            entries,
            clock=self._clock,
            person_id=self._person_id or self._order.document.taken_by,
            write=self._write,
        )
        self._record.recount(self._order.document, self._totals)
        if self._state.stage is Stage.LOADING:
            self._state = replace(self._state, stage=Stage.RESTING, begun=bool(entries))
        self._keep_asking()
        self._publish()
        asks_more = self._state.stage is Stage.DONE and bool(self._record.open())
        if self._wants_to_start or asks_more:
            self._wants_to_start = False
            self.start()

    def _count_all(self) -> None:
        record = self._record
        if record is not None and not record.is_whole and self._totals is not None:
            record.recount_all(self._order.document, self._totals)

    def _cannot_load(self, notice: Notice) -> None:
        """The order is taken all the same; F8 tries once more and says it then."""
        if self._wants_to_start:
            self._wants_to_start = False
            self.notice.emit(notice)

    def _lead_to(self, missing: tuple[Missing, ...]) -> None:
        if missing:
            self._say(Kind.INFO, still_needed(missing))
            self.needed.emit(topic_of(missing[0]))

    def _ask_next(self) -> None:
        """To the next open checkpoint that can be asked; the last question comes last."""
        found = self._next_open()
        if found is not None:
            self._ask(found)
            return
        self._asking = None
        all_hold = self._record is not None and not self._record.open()
        self._state = replace(self._state, stage=Stage.DONE if all_hold else Stage.RESTING)
        self._publish()
        if all_hold:
            self.focus_asked.emit()
        else:
            self._lead_to(self._missing)

    def _next_open(self) -> Checkpoint | None:
        record = self._record
        if record is None:
            return None
        points = [one.checkpoint for one in record.open()]
        points = [point for point in points if not guide_rows.blocking(point, self._missing)]
        return guide_rows.next_of(points, later=record.keys_from(self._place))

    def _ask(self, point: Checkpoint) -> None:
        """Show what to say, because somebody went there."""
        record = self._record
        self._around.save()
        if record is None or not self._put_into_words(point):
            return
        record.began(slow=self._state.slow)
        if self._asking is not None and self._asking.has_opening:
            self._tell("")
        if self._asking is not None and not record.holds(self._asking.point.key):
            record.asked(self._asking)
        self._publish()
        self.focus_asked.emit()

    def _put_into_words(self, point: Checkpoint) -> bool:
        """The sentences of a checkpoint, from the document as it is saved."""
        document = self._order.document
        book = self._speech.get(document.region)
        if self._record is None or self._rules is None or self._totals is None:
            return False
        if book is None:
            self._say(Kind.WARN, self.tr("There are no words to say for this region yet."))
            return False
        self._asking = Asking(
            point,
            turns(point, document, self._totals, self._rules, book, slow=self._state.slow),
            book,
            since=self._clock.now(),
            opening=changed_words(self._record.standing(point), document, self._totals, book),
        )
        self._place = self._record.place_of(point.key)
        self._state = replace(self._state, stage=Stage.ASKING, begun=True)
        return True

    def _keep_asking(self, *, anew: bool = False) -> None:
        """The order changed under the sentence: say what it says now, or go on."""
        asking, record = self._asking, self._record
        if asking is None or record is None:
            return
        standing = record.find(asking.point.key)
        if standing is None:
            self._asking = None
            self._tell(self.tr("What was being asked is no longer on the order."))
            found = self._next_open()
            if found is None or not self._put_into_words(found):
                self._state = replace(self._state, stage=Stage.RESTING)
        elif guide_rows.blocking(standing.checkpoint, self._missing):
            self._asking = None
            self._state = replace(self._state, stage=Stage.RESTING)
        elif anew or standing.checkpoint.sha256 != asking.point.sha256:
            is_last = asking.point.kind is CheckpointKind.OBLIGATION
            due = self._next_open() if is_last and not anew else None
            self._put_into_words(due or standing.checkpoint)
        else:
            asking.point = standing.checkpoint

    def _tell_of_changes(self, record: Record, before: Mapping[str, tuple[Change, ...]]) -> None:
        """Say at once what an edit has made stale."""
        stale = record.stale()
        fresh = [one for one in stale if one.changes != before.get(one.checkpoint.key, ())]
        if fresh:
            book = self._speech.get(self._order.document.region)
            self._tell(guide_words.notices_of(fresh, book))
            if self._state.stage is Stage.DONE:
                self._state = replace(self._state, stage=Stage.RESTING)
        elif before and not stale:
            self._tell("")

    def _confirm(self, record: Record, asking: Asking, how: How) -> None:
        record.confirmed(asking, how)
        self._tell("")
        self._ask_next()

    def _write(self, entry: ReadBackEntry) -> None:
        self._around.save()
        self.notes.add(self._order.document.order_id, entry)

    def _read_again(self) -> None:
        """The desk turned an answer down: what it keeps is what holds."""
        self._record = None
        self._source.begin(self._order.document.order_id, is_kept=True)

    def _asked(self) -> tuple[Record | None, Asking | None]:
        """The record and what is being asked, while something is."""
        is_asking = self._state.stage is Stage.ASKING
        return (self._record, self._asking) if is_asking else (None, None)

    def _end_repair(self) -> None:
        """The read-back goes on where it was; a value that changed is asked again."""
        repair, self._repair = self._repair, None
        self._state = replace(self._state, stage=Stage.RESTING, mended=(), told="")
        self.correction_ended.emit()
        standing = self._record.find(repair.key) if repair and self._record else None
        if standing is None or guide_rows.blocking(standing.checkpoint, self._missing):
            self._ask_next()
        else:
            self._ask(standing.checkpoint)

    def _publish(self) -> None:
        """Show how everything stands now."""
        record, asking = self._record, self._asking
        if record is None:
            self._show(self._state)
            return
        is_asking = asking is not None and self._state.stage is Stage.ASKING
        mending = self._repair.key if self._repair is not None else ""
        key = asking.point.key if asking is not None and is_asking else mending
        missing, begun = self._missing, self._state.begun
        rows = guide_rows.rows_of(record.standings, key, missing, begun=begun)
        state = replace(
            self._state,
            rows=rows,
            left=sum(not row.holds for row in rows),
            unwritten=not self.notes.is_idle,
            override=self.override.state,
        )
        if asking is not None and is_asking:
            answered = guide_words.answer_of(record.find(key))
            state = asking.shown_in(state, answered, self._around.twins(asking.point))
        self._show(state)

    def _tell(self, sentence: str) -> None:
        self._state = replace(self._state, told=sentence)

    def _say(self, kind: Kind, sentence: str) -> None:
        self.notice.emit(Notice(kind=kind, sentence=sentence))

    def _show(self, state: ReadBackState) -> None:
        self._state = state
        self.state_changed.emit(state)
