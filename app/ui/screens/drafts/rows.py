"""What the list of drafts says of each: how it stands, until when, in words and a shape. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from app.ui import formatting
from app.ui.icons import Icon
from app.ui.palettes import Tone
from app.values.identity import OrderId
from app.values.money import Money
from app.values.vocabulary import Handing
from app.wire.handover import OfferedDraft
from app.wire.orders import CallBack, DraftSummary, HandedAway


class Stand(StrEnum):
    """How a draft stands, the most urgent first."""

    OVERDUE = "overdue"
    FOR_ME = "for_me"
    TO_CALL = "to_call"
    PARKED = "parked"
    OPEN = "open"
    AWAY = "away"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Look:
    """Never by colour alone."""

    icon: Icon
    tone: Tone


LOOKS = {
    Stand.OVERDUE: Look(Icon.WARNING, Tone.WARN),
    Stand.FOR_ME: Look(Icon.PERSON, Tone.INFO),
    Stand.TO_CALL: Look(Icon.PHONE, Tone.INFO),
    Stand.PARKED: Look(Icon.PAUSE, Tone.NORMAL),
    Stand.OPEN: Look(Icon.DRAFT, Tone.NORMAL),
    Stand.AWAY: Look(Icon.CLOCK, Tone.MUTED),
    Stand.TAKEN: Look(Icon.LOCKED, Tone.MUTED),
}
READ_ONLY = frozenset({Stand.AWAY, Stand.TAKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One draft of this desk, or one that a colleague offers (`offered`)."""

    stand: Stand
    order_id: OrderId
    words: str
    customer_name: str
    call_back: CallBack
    line_count: int
    total: Money
    saved_at: datetime
    offered: OfferedDraft | None = None


def rows_of(
    drafts: tuple[DraftSummary, ...], offered: tuple[OfferedDraft, ...], now: datetime
) -> tuple[DraftRow, ...]:
    """Overdue call backs, what is offered, then the rest as the desk lists it."""
    here = [_own(draft, now) for draft in drafts]
    rows = [*here, *(_theirs(one) for one in offered)]
    first = {Stand.OVERDUE: 0, Stand.FOR_ME: 1, Stand.AWAY: 3, Stand.TAKEN: 4}
    ranks = [first.get(row.stand, 2) for row in rows]
    order = sorted(range(len(rows)), key=ranks.__getitem__)
    return tuple(rows[at] for at in order)


def summary(rows: tuple[DraftRow, ...]) -> str:
    """`1 call back overdue, 2 parked, 3 open, 1 handed to you, 1 with a colleague`."""
    count = {stand: sum(row.stand is stand for row in rows) for stand in Stand}
    parked = count[Stand.TO_CALL] + count[Stand.PARKED]
    told = (
        (count[Stand.OVERDUE], tr("1 call back overdue"), tr("{count} call backs overdue")),
        (count[Stand.FOR_ME], tr("1 handed to you"), tr("{count} handed to you")),
        (parked, tr("1 parked"), tr("{count} parked")),
        (count[Stand.OPEN], tr("1 open"), tr("{count} open")),
        (count[Stand.AWAY], tr("1 with a colleague"), tr("{count} with colleagues")),
    )
    parts = [formatting.counted(number, one, many) for number, one, many in told if number]
    return "  \u00b7  ".join(parts)


def _own(draft: DraftSummary, now: datetime) -> DraftRow:
    stand, words = _stand(draft, now)
    if draft.changes is not None:
        of_order = tr("Change of {number}").format(number=formatting.order_number(draft.changes))
        words = of_order if stand is Stand.OPEN else f"{of_order}: {words}"
    return DraftRow(
        stand=stand,
        order_id=draft.order_id,
        words=words,
        customer_name=draft.customer_name,
        call_back=draft.call_back or CallBack(),
        line_count=draft.line_count,
        total=draft.total,
        saved_at=draft.saved_at,
    )


def _theirs(offered: OfferedDraft) -> DraftRow:
    return DraftRow(
        stand=Stand.FOR_ME,
        order_id=offered.order_id,
        words=tr("From {name}, {time}").format(
            name=offered.from_name, time=formatting.clock_time(offered.offered_at)
        ),
        customer_name=offered.customer_name,
        call_back=offered.call_back,
        line_count=offered.line_count,
        total=offered.total,
        saved_at=offered.offered_at,
        offered=offered,
    )


def _stand(draft: DraftSummary, now: datetime) -> tuple[Stand, str]:
    if draft.handed is not None:
        return _handed(draft.handed)
    if draft.call_back is None:
        return Stand.OPEN, tr("Open")
    at = draft.call_back.at
    if at is None:
        return Stand.PARKED, tr("Parked")
    if at <= now:
        return Stand.OVERDUE, tr("Overdue: call back {time}").format(time=_when(at, now))
    return Stand.TO_CALL, tr("Call back {time}").format(time=_when(at, now))


def _handed(handed: HandedAway) -> tuple[Stand, str]:
    time = formatting.clock_time(handed.at)
    if handed.state is Handing.TAKEN:
        words = tr("Taken over by {name} {time}")
        return Stand.TAKEN, words.format(name=handed.by_name, time=time)
    if handed.state is Handing.OFFERING:
        return Stand.AWAY, tr("Going to {name}: no answer yet").format(name=handed.to_name)
    return Stand.AWAY, tr("With {name} since {time}").format(name=handed.to_name, time=time)


def _when(at: datetime, now: datetime) -> str:
    """The time alone for today, with the day for any other."""
    is_near = at.astimezone().date() == now.astimezone().date() and abs(at - now) < timedelta(1)
    return formatting.clock_time(at) if is_near else formatting.short_date_time(at)


def tr(words: str) -> str:
    """Translated."""
    return QCoreApplication.translate("DraftsScreen", words)
