"""The protocol of an order: read-back and closing, told for somebody who was not there.

What was asked and when, what was answered, what was put right and why. From the record alone; pure.
The words for values are in `protocol_words`, the payment in `protocol_payment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.services.rules.protocol_payment import payment_fact, payment_rows
from app.services.rules.protocol_words import (
    CAUSES,
    CHANNELS,
    OF_A_CHANGE,
    OUTCOMES,
    PAYMENTS,
    STATES,
    STEPS,
    Words,
    counted,
    how_in_words,
    span_in_words,
)
from app.services.rules.read_back import changes_between
from app.services.rules.regions import RegionRules
from app.services.rules.review import sentence_for
from app.values.identity import PersonId
from app.values.order_number import OrderNumber, grouped, holds
from app.values.vocabulary import Channel, CheckpointKind, ClosingStep, How
from app.wire.guidance import Guidance
from app.wire.orders import OrderView, PlacedOrder
from app.wire.protocol import (
    Mark,
    ProtocolFact,
    ProtocolRow,
    ProtocolSection,
    ReadBackProtocol,
    Remark,
)
from app.wire.read_back import (
    Asked,
    Began,
    ClosedCall,
    Confirmed,
    Corrected,
    NotMatched,
    NumberSaidBack,
    Overridden,
    Part,
    ReadBackEntry,
    Told,
)

SPOKEN = frozenset({Channel.PHONE, Channel.COUNTER})
"""Orders with somebody to talk to."""

_READ_BACK = "Read-back"
_PAYMENT = "Payment"
_CLOSING = "Before hanging up"


def protocol_of(
    view: OrderView, rules: RegionRules, titles: Mapping[str, str] | None = None
) -> ReadBackProtocol:
    """The whole story of an order. `titles` name an administrator's own points, by their key."""
    entries = _all_entries(view)
    words = Words(view.placed.document, rules, titles or {})
    story = _Story(words, view.placed.number, entries, _Names(view))
    for entry in entries:
        story.tell(entry)
    read_back, closing = story.rows(_READ_BACK), story.rows(_CLOSING)
    payment = payment_rows(view, words)
    sections = [(_READ_BACK, read_back), (_PAYMENT, payment), (_CLOSING, closing)]
    return ReadBackProtocol(
        number=view.placed.number,
        region=view.placed.document.region,
        facts=_facts(view, entries, words),
        notable=(*_notable((*read_back, *payment, *closing)), *_left_out(view, entries)),
        sections=tuple(ProtocolSection(heading=name, rows=rows) for name, rows in sections if rows),
        reasons=tuple(sentence_for(reason) for reason in view.review_reasons),
    )


def titles_in(guidance: Guidance) -> dict[str, str]:
    """What an administrator calls their own points, by their keys."""
    return {
        item.key: item.title
        for checklist in guidance.checklists
        for item in checklist.items
        if item.check is CheckpointKind.EXTRA and item.title
    }


def people_in(placed: PlacedOrder, closed: ClosedCall | None) -> frozenset[PersonId]:
    """Everyone whom the protocol of an order names."""
    people = {placed.placed_by}
    entries = placed.read_back
    if closed is not None:
        people.add(closed.closed_by)
        entries += closed.entries
    for entry in entries:
        people.add(entry.by)
        if isinstance(entry, Overridden):
            people.add(entry.lead)
    return frozenset(people)


def _all_entries(view: OrderView) -> tuple[ReadBackEntry, ...]:
    """What was sent with the order, then what its closing adds to it."""
    until_placed = view.placed.read_back
    if view.closed is None:
        return until_placed
    known = set(map(repr, until_placed))
    return (*until_placed, *(entry for entry in view.closed.entries if repr(entry) not in known))


class _Names:
    """Who somebody is; who is not known is called so, never left out."""

    def __init__(self, view: OrderView) -> None:
        self._names = {person.person_id: person.name for person in view.people}
        self._taken_by = view.placed.placed_by

    def of(self, person: PersonId) -> str:
        if person in self._names:
            return self._names[person]
        return "who took the order" if person == self._taken_by else "somebody else"

    def known(self, person: PersonId) -> str:
        """The name, if there is one."""
        return self._names.get(person, "")


@dataclass(slots=True)
class _Row:
    """A row while it grows."""

    section: str
    key: str
    at: datetime
    about: str
    said: str = ""
    remarks: list[Remark] = field(default_factory=list)
    took: str = ""


class _Story:
    """Turns entries into rows, one question with all that came of it in each."""

    def __init__(
        self,
        words: Words,
        number: OrderNumber,
        entries: Iterable[ReadBackEntry],
        names: _Names,
    ) -> None:
        self._words = words
        self._number = number
        self._names = names
        self._rows: list[_Row] = []
        self._agreed: dict[str, Confirmed] = {}
        self._began = False
        self._by: PersonId | None = None
        self._later: dict[tuple[str, str], tuple[Part, ...]] = {
            (entry.checkpoint, entry.sha256): entry.parts
            for entry in entries
            if isinstance(entry, Confirmed)
        }

    def rows(self, section: str) -> tuple[ProtocolRow, ...]:
        """The rows of one part of the call; the day stands where it is another than before."""
        made, day = [], None
        for row in self._rows:
            today = self._words.local_day(row.at)
            if row.section == section:
                new_day = "" if day in {None, today} else f"{self._words.day(today)}, "
                made.append(
                    ProtocolRow(
                        time=new_day + self._words.clock(row.at),
                        about=row.about,
                        said=row.said,
                        remarks=tuple(row.remarks),
                        took=row.took,
                    )
                )
            day = today
        return tuple(made)

    def tell(self, entry: ReadBackEntry) -> None:
        """One entry more."""
        self._hand_over(entry)
        match entry:
            case Began():
                self._begin(entry)
            case Asked():
                self._ask(entry)
            case Confirmed():
                self._confirm(entry)
            case NotMatched():
                row = self._row(entry.checkpoint, entry)
                words = f"The caller said \u201c{entry.heard}\u201d, which is not in the order."
                row.remarks.append(Remark(mark=Mark.NOT_MATCHED, words=words))
            case Corrected():
                self._correct(entry)
            case Overridden():
                self._override(entry)
            case NumberSaidBack():
                self._say_back(entry)
            case Told():
                self._new(_CLOSING, entry.step.value, entry, STEPS[entry.step]).said = _quoted(
                    entry.said
                )

    def _hand_over(self, entry: ReadBackEntry) -> None:
        """Somebody else goes on with it."""
        if self._by is not None and entry.by != self._by:
            words = f"From here on: {self._names.of(entry.by)}."
            row = self._new(_READ_BACK, "", entry, "Another person")
            row.remarks.append(Remark(mark=Mark.CHANGED, words=words))
        self._by = entry.by

    def _begin(self, entry: Began) -> None:
        again = "The read-back was taken up again." if self._began else "The read-back began."
        pace = " One fact at a time." if entry.slow else ""
        self._began = True
        about = "Taken up again" if len(self._rows) else "Begun"
        row = self._new(_READ_BACK, "", entry, about)
        row.remarks.append(Remark(words=again + pace))

    def _ask(self, entry: Asked) -> None:
        key, parts = entry.checkpoint, self._parts(entry.checkpoint, entry.sha256)
        last = self._rows[-1] if self._rows else None
        if last is not None and last.key == key and last.said and not last.remarks:
            last.said = f"{last.said} {_quoted(entry.said)}"  # the next turn of the same question
            return
        row = self._new(_READ_BACK, key, entry, self._words.about(key, parts))
        row.said = _quoted(entry.said)
        self._compare(row, entry.sha256)

    def _confirm(self, entry: Confirmed) -> None:
        key = entry.checkpoint
        row = self._row(key, entry)
        if not row.said:
            self._compare(row, entry.sha256)
        row.about = self._words.about(key, entry.parts)
        row.remarks.append(Remark(mark=Mark.GOOD, words=how_in_words(entry.how, entry.heard)))
        row.took = span_in_words(timedelta(milliseconds=entry.took_ms)) if entry.took_ms else ""
        self._agreed[key] = entry

    def _compare(self, row: _Row, sha256: str) -> None:
        """Tell what had changed where something agreed has to be asked again."""
        before = self._agreed.get(row.key)
        if before is None or before.sha256 == sha256:
            return
        now = self._parts(row.key, sha256)
        told = self._words.changes(changes_between(before.parts, now)) if now else ""
        what = f": {told}" if told else ""
        if any(part.name in OF_A_CHANGE for part in now):
            # A change of the order is agreed to anew, also where the total stays as it was.
            row.remarks.append(Remark(words=f"Agreed anew for a change of the order{what}."))
            return
        words = f"Changed after it was agreed, so it was asked again{what}."
        row.remarks.append(Remark(mark=Mark.CHANGED, words=words))

    def _correct(self, entry: Corrected) -> None:
        change = self._words.change(entry.part, entry.old, entry.new)
        note = f" ({entry.note})" if entry.note else ""
        words = f"{change}, {CAUSES[entry.cause]}{note}."
        row = self._row(entry.checkpoint, entry)
        row.remarks.append(Remark(mark=Mark.CORRECTED, words=words))

    def _override(self, entry: Overridden) -> None:
        lead = entry.lead_name or self._names.of(entry.lead)
        passed = "; ".join(
            self._words.about(one.checkpoint, self._parts(one.checkpoint, one.sha256))
            for one in entry.checkpoints
        )
        words = f"{lead} let this pass without an answer: {passed}. Reason: {entry.reason}"
        row = self._new(_READ_BACK, "", entry, "A lead's decision")
        offline = " The central service could not be asked." if entry.offline else ""
        words = f"{words.rstrip('.')}.{offline}"
        row.remarks.append(Remark(mark=Mark.OVERRIDDEN, words=words))

    def _say_back(self, entry: NumberSaidBack) -> None:
        row = self._new(_CLOSING, "number", entry, "Number said back")
        digits = entry.heard
        heard = grouped(OrderNumber(digits)) if digits.isdecimal() else digits
        if entry.matched:
            words = f"The caller said {heard}, which is the number."
            row.remarks.append(Remark(mark=Mark.GOOD, words=words))
            return
        why = "another order's number" if holds(digits) else "the check digits show a slip"
        words = f"The caller said {heard}: {why}. The number is {grouped(self._number)}."
        row.remarks.append(Remark(mark=Mark.NOT_MATCHED, words=words))

    def _parts(self, key: str, sha256: str) -> tuple[Part, ...]:
        return self._later.get((key, sha256), ())

    def _row(self, key: str, entry: ReadBackEntry) -> _Row:
        """The row about a checkpoint that is being asked, or a new one."""
        if self._rows and self._rows[-1].key == key:
            return self._rows[-1]
        return self._new(_READ_BACK, key, entry, self._words.about(key))

    def _new(self, section: str, key: str, entry: ReadBackEntry, about: str) -> _Row:
        self._rows.append(_Row(section=section, key=key, at=entry.at, about=about))
        return self._rows[-1]


def _quoted(said: str) -> str:
    return f"\u201c{said}\u201d" if said else ""


def _notable(rows: Iterable[ProtocolRow]) -> Iterable[Remark]:
    """All that did not go as it should, with the time to find it by."""
    for row in rows:
        for remark in row.remarks:
            if remark.mark.is_notable:
                words = f"{row.time}  {row.about}. {remark.words}"
                yield Remark(mark=remark.mark, words=words)


def _left_out(view: OrderView, entries: Iterable[ReadBackEntry]) -> Iterable[Remark]:
    """What nobody said before hanging up; with a paper there is nobody to say it to."""
    if view.closed is None or view.placed.document.channel not in SPOKEN:
        return
    done = {entry.step for entry in entries if isinstance(entry, Told)}
    if any(isinstance(entry, NumberSaidBack) and entry.matched for entry in entries):
        done.add(ClosingStep.NUMBER_SAID_BACK)
    left = [STEPS[step] for step in ClosingStep if step not in done]
    if left:
        yield Remark(mark=Mark.NOT_SAID, words=f"Not said before hanging up: {', '.join(left)}.")


def _facts(
    view: OrderView, entries: Sequence[ReadBackEntry], words: Words
) -> tuple[ProtocolFact, ...]:
    """What the order is, who took it, and how long it all took."""
    placed, document = view.placed, view.placed.document
    payment = PAYMENTS[document.payment]
    told = {
        "Customer": document.customer.name if document.customer else "",
        "Total": f"{placed.totals.total}, {payment}".replace("-", "\u2212"),
        "Payment": payment_fact(view),
        "Lines": f"{len(document.lines):,}",
        "Placed": words.moment(placed.placed_at),
        "Taken by": _Names(view).known(placed.placed_by),
        "Came in": CHANNELS[document.channel],
        "Read-back": _read_back_in_short(entries),
        "Answers": _answers_in_short(entries),
        "Checklists": f"Edition {placed.guidance}" if placed.guidance else "",
        "Call": _call(view, words),
        "State": STATES.get(view.state, view.state.replace("_", " ").capitalize()),
    }
    return tuple(ProtocolFact(name=name, value=value) for name, value in told.items() if value)


def _read_back_in_short(entries: Sequence[ReadBackEntry]) -> str:
    answered = [entry for entry in entries if isinstance(entry, Confirmed)]
    if not answered:
        return "There is none."
    began = next((entry.at for entry in entries if isinstance(entry, Began)), answered[0].at)
    points = len({entry.checkpoint for entry in answered})
    took = span_in_words(answered[-1].at - began)
    return f"{counted(points, 'point', 'points')} in {took}"


def _answers_in_short(entries: Sequence[ReadBackEntry]) -> str:
    """How often the caller spoke, and how often something was put right."""
    spoken = sum(isinstance(e, Confirmed) and e.how is How.CALLER_SPOKE for e in entries)
    corrected = sum(isinstance(e, Corrected) for e in entries)
    parts = [f"{spoken:,} said by the caller"] if spoken else []
    if corrected:
        parts.append(counted(corrected, "correction", "corrections"))
    return ", ".join(parts)


def _call(view: OrderView, words: Words) -> str:
    closed = view.closed
    if closed is None:
        return "Not ended yet"
    took = span_in_words(closed.closed_at - view.placed.document.started_at)
    note = f": {closed.note}" if closed.note else ""
    return f"{OUTCOMES[closed.outcome]}{note}. Ended {words.clock(closed.closed_at)}, took {took}"
