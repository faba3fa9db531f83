"""What the outbox screen says of a command: how it stands, why, what to do, what to say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.services.rules.review import sentence_for
from app.ui import formatting
from app.ui.icons import Icon
from app.ui.palettes import Tone
from app.values.vocabulary import CommandKind, CommandState
from app.wire.outbox import OutboxEntry, OutboxPage

CONTEXT = "Outbox"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: never by colour alone."""

    message: object
    icon: Icon
    tone: Tone


LOOKS = {
    CommandState.CAPTURED: Look(QT_TRANSLATE_NOOP("Outbox", "Kept here"), Icon.DRAFT, Tone.INFO),
    CommandState.PENDING: Look(QT_TRANSLATE_NOOP("Outbox", "Waiting"), Icon.CLOCK, Tone.INFO),
    CommandState.SENDING: Look(QT_TRANSLATE_NOOP("Outbox", "Being sent"), Icon.UPLOAD, Tone.INFO),
    CommandState.ACKED: Look(QT_TRANSLATE_NOOP("Outbox", "At the centre"), Icon.SYNC, Tone.OK),
    CommandState.SETTLED: Look(QT_TRANSLATE_NOOP("Outbox", "Settled"), Icon.CHECK, Tone.OK),
    CommandState.NEEDS_REVIEW: Look(
        QT_TRANSLATE_NOOP("Outbox", "To be looked at"), Icon.PERSON_NEEDED, Tone.WARN
    ),
    CommandState.STUCK: Look(QT_TRANSLATE_NOOP("Outbox", "Stuck"), Icon.WARNING, Tone.WARN),
    CommandState.QUARANTINED: Look(
        QT_TRANSLATE_NOOP("Outbox", "Not readable"), Icon.ERROR, Tone.ERROR
    ),
}

_KINDS = {
    CommandKind.PLACE_ORDER: QT_TRANSLATE_NOOP("Outbox", "Order"),
    CommandKind.CLOSE_CALL: QT_TRANSLATE_NOOP("Outbox", "End of call"),
    CommandKind.GIVE_UP_ORDER: QT_TRANSLATE_NOOP("Outbox", "Draft given up"),
    CommandKind.CHANGE_ORDER: QT_TRANSLATE_NOOP("Outbox", "Change of order"),
    CommandKind.NOTE_CONTACT: QT_TRANSLATE_NOOP("Outbox", "Note of a contact"),
}

_TO_DO = {
    CommandState.CAPTURED: QT_TRANSLATE_NOOP(
        "Outbox", "Nothing: it is on the disk of this computer twice, and goes by itself."
    ),
    CommandState.PENDING: QT_TRANSLATE_NOOP(
        "Outbox", "Nothing: it goes by itself. Send now tries at once."
    ),
    CommandState.SENDING: QT_TRANSLATE_NOOP("Outbox", "Nothing: the answer is on its way."),
    CommandState.ACKED: QT_TRANSLATE_NOOP("Outbox", "Nothing: the central service has it."),
    CommandState.SETTLED: QT_TRANSLATE_NOOP(
        "Outbox", "Nothing: the central service has it, and this desk knows all that came of it."
    ),
    CommandState.NEEDS_REVIEW: QT_TRANSLATE_NOOP(
        "Outbox",
        "The central service has it, and a team lead looks at it. Nothing is to be typed "
        "again. If the caller waits for an answer, tell your lead the number.",
    ),
    CommandState.STUCK: QT_TRANSLATE_NOOP(
        "Outbox",
        "Send now tries it once more. If it stays here, copy the details and give them "
        "to support. It is kept, and holds up no other order.",
    ),
    CommandState.QUARANTINED: QT_TRANSLATE_NOOP(
        "Outbox",
        "Copy the details and give them to support, who can have it taken in by hand. "
        "It is kept here until then; do not place the order again.",
    ),
}

_ON_ITS_WAY = QT_TRANSLATE_NOOP(
    "Outbox", "\u201cYour order is taken, and your number holds. You need do nothing more.\u201d"
)
_LOOKED_AT = QT_TRANSLATE_NOOP(
    "Outbox",
    "\u201cYour order is taken, and your number holds. A colleague looks over it once "
    "more, and we call you if there is anything to settle.\u201d",
)
_BY_HAND = QT_TRANSLATE_NOOP(
    "Outbox",
    "\u201cYour order is taken, and your number holds. It is being passed on by a "
    "colleague. You need do nothing more.\u201d",
)
_TO_SAY = {
    CommandState.NEEDS_REVIEW: _LOOKED_AT,
    CommandState.STUCK: _BY_HAND,
    CommandState.QUARANTINED: _BY_HAND,
}

_DECISIONS = {
    "accepted": QT_TRANSLATE_NOOP("Outbox", "It was looked at, and goes on as it was taken."),
    "released": QT_TRANSLATE_NOOP("Outbox", "It was looked at, and is with the warehouse."),
    "cancelled": QT_TRANSLATE_NOOP("Outbox", "It was looked at, and cancelled."),
}


def tr(message: object) -> str:
    """Words of this screen, translated."""
    return QCoreApplication.translate(CONTEXT, str(message))


def state_name(entry: OutboxEntry) -> str:
    """The state in a word or two."""
    return tr(LOOKS[entry.state].message)


def kind_name(entry: OutboxEntry) -> str:
    """What it is."""
    return tr(_KINDS[entry.kind])


def number(entry: OutboxEntry) -> str:
    """The number of its order; of what has none, what it is."""
    shown = formatting.order_number(entry.number) if entry.number else ""
    if entry.kind is CommandKind.PLACE_ORDER:
        return shown
    return f"{kind_name(entry)} {shown}".rstrip()


def next_try(entry: OutboxEntry, now: datetime) -> str:
    """`in 12 s`; nothing where it does not wait for a time."""
    if entry.is_held or entry.next_try_at is None:
        return formatting.NOTHING
    seconds = max(0, round((entry.next_try_at - now).total_seconds()))
    return tr("in {count} s").format(count=seconds) if seconds else tr("now")


def why(entry: OutboxEntry, *, online: bool) -> str:
    """Why it stands where it stands."""
    if entry.decision in _DECISIONS and entry.state is not CommandState.NEEDS_REVIEW:
        return " ".join(filter(None, (tr(_DECISIONS[entry.decision]), entry.sentence)))
    if entry.state is CommandState.NEEDS_REVIEW:
        reasons = [sentence_for(reason) for reason in entry.reasons]
        told = list(dict.fromkeys(filter(None, (entry.sentence, *reasons))))
        return " ".join(told) or tr("Somebody has to look at it before it goes on.")
    is_kept = entry.reasons and entry.answered_at and not entry.decision
    if entry.kind is CommandKind.CHANGE_ORDER and (is_kept or entry.decision):
        kept = tr("It is kept as a request, and a colleague decides.") if is_kept else ""
        return " ".join(filter(None, (kept, entry.sentence)))
    if entry.is_held:
        return tr("It goes after its order, which the central service does not have yet.")
    if entry.state in {CommandState.CAPTURED, CommandState.PENDING} and not online:
        return tr("The central service does not answer.")
    return entry.sentence


def to_do(entry: OutboxEntry) -> str:
    """What the CSR can do about it."""
    return tr(_TO_DO[entry.state])


def to_say(entry: OutboxEntry) -> str:
    """What to say to the caller of the order; empty where there is no caller to tell."""
    if entry.kind is not CommandKind.PLACE_ORDER:
        return ""
    if entry.decision == "cancelled":
        return tr("Ask your team lead what to say: the order was cancelled.")
    return tr(_TO_SAY.get(entry.state, _ON_ITS_WAY))


def counts(waiting: int, needs_person: int) -> str:
    """`3 waiting, 1 needs a person`; empty when all has gone."""
    one, many = tr("1 needs a person"), tr("{count} need a person")
    parts = []
    if waiting:
        parts.append(tr("{count} waiting").format(count=f"{waiting:,}"))
    if needs_person:
        parts.append(formatting.counted(needs_person, one, many))
    return ", ".join(parts)


def summary(page: OutboxPage) -> str:
    """How the outbox stands as a whole, in a sentence."""
    counted = counts(page.waiting, page.needs_person)
    if not page.online:
        if not counted:
            return tr("The central service does not answer. Nothing waits for it here.")
        return tr(
            "The central service does not answer: {counts}. All of it is kept on this computer "
            "and goes by itself when the service is back."
        ).format(counts=counted)
    return f"{counted}." if counted else tr("The central service has everything.")


def details(entry: OutboxEntry) -> str:
    """For support: ids, times and codes, and nothing of the caller."""
    facts = (
        ("number", entry.number or ""),
        ("order", str(entry.order_id)),
        ("command", str(entry.command_id)),
        ("kind", entry.kind.value),
        ("state", entry.state.value),
        ("taken at", f"{entry.taken_at:%Y-%m-%d %H:%M:%S}Z"),
        ("tries", str(entry.tries)),
        ("answered at", f"{entry.answered_at:%Y-%m-%d %H:%M:%S}Z" if entry.answered_at else ""),
        ("reasons", ", ".join(entry.reasons)),
        ("decision", entry.decision),
        ("said", entry.sentence),
    )
    return "\n".join(f"{name}: {value}" for name, value in facts if value)
