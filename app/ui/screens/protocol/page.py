"""A protocol as rich text: what is worth a look first, then question by question.

Everything that people said or typed is escaped. Colours and drawings are those of the theme in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain, zip_longest

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QUrl
from PySide6.QtGui import QTextDocument

from app.ui import theme
from app.ui.icons import Icon, drawing
from app.wire.protocol import (
    Mark,
    ProtocolFact,
    ProtocolRow,
    ProtocolSection,
    ReadBackProtocol,
    Remark,
)

MARK_PX = 12
ROWS_IN_A_PIECE = 20
_TABLE = '<table width="100%" cellpadding="4" cellspacing="0">'
_COLUMNS = (
    (QT_TRANSLATE_NOOP("Protocol", "Time"), "11%", "left"),
    (QT_TRANSLATE_NOOP("Protocol", "About"), "25%", "left"),
    (QT_TRANSLATE_NOOP("Protocol", "What was said and answered"), "54%", "left"),
    (QT_TRANSLATE_NOOP("Protocol", "Took"), "10%", "right"),
)
_LOOKS = {
    Mark.GOOD: (Icon.CHECK, theme.Tone.OK),
    Mark.NOT_MATCHED: (Icon.ERROR, theme.Tone.ERROR),
    Mark.CORRECTED: (Icon.WARNING, theme.Tone.WARN),
    Mark.CHANGED: (Icon.STALE, theme.Tone.WARN),
    Mark.OVERRIDDEN: (Icon.PERSON_NEEDED, theme.Tone.WARN),
    Mark.NOT_SAID: (Icon.OPEN, theme.Tone.WARN),
}


def begin(document: QTextDocument, ratio: float) -> None:
    """Make a document ready for the pieces; `ratio` is that of the screen, for sharp drawings."""
    document.clear()
    for mark, (icon, tone) in _LOOKS.items():
        picture = drawing(icon, theme.colour(tone), MARK_PX, ratio)
        kind = QTextDocument.ResourceType.ImageResource.value
        document.addResource(kind, QUrl(_address(mark)), picture)
    document.setDefaultFont(theme.font(theme.BODY_POINTS))


def pieces(protocol: ReadBackProtocol) -> Iterator[str]:
    """The page from top to bottom, each piece quick to lay out: a long order has many."""
    parts = [_facts(protocol.facts), _heading(_tr("Worth a look"))]
    parts.append(_remarks(protocol.notable) or _line(_tr("Nothing: all was right at once.")))
    if protocol.reasons:
        parts.append(_heading(_tr("Why somebody has to look at it")))
        parts.append("".join(_line(escape(reason)) for reason in protocol.reasons))
    # Goes with what follows: a piece that begins with words would run into the line before it.
    intro = "".join(parts)
    for piece in chain.from_iterable(map(_section, protocol.sections)):
        yield intro + piece
        intro = ""
    if intro:
        yield intro


def html_of(protocol: ReadBackProtocol) -> str:
    """The whole page."""
    return "".join(pieces(protocol))


def _facts(facts: tuple[ProtocolFact, ...]) -> str:
    """Two facts beside each other."""
    middle = (len(facts) + 1) // 2
    rows = [
        "<tr>" + _fact(left) + _fact(right) + "</tr>"
        for left, right in zip_longest(facts[:middle], facts[middle:])
    ]
    return f'<table width="100%" cellpadding="3">{"".join(rows)}</table>'


def _fact(fact: ProtocolFact | None) -> str:
    if fact is None:
        return "<td></td><td></td>"
    return (
        f'<td width="12%" style="color:{theme.colours().muted}">{escape(fact.name)}</td>'
        f'<td width="38%">{escape(fact.value)}</td>'
    )


def _section(section: ProtocolSection) -> Iterator[str]:
    muted = theme.colours().muted
    heads = "".join(
        f'<td width="{wide}" align="{side}" style="color:{muted}">{escape(_tr(title))}</td>'
        for title, wide, side in _COLUMNS
    )
    first = f"{_heading(section.heading)}{_TABLE}<tr>{heads}</tr>"
    for start in range(0, max(len(section.rows), 1), ROWS_IN_A_PIECE):
        some = section.rows[start : start + ROWS_IN_A_PIECE]
        rows = "".join(_row(row, at) for at, row in enumerate(some, start=start))
        yield f"{_TABLE if start else first}{rows}</table>"


def _row(row: ProtocolRow, at: int) -> str:
    said = f"<div>{escape(row.said)}</div>" if row.said else ""
    ground = theme.colours().base if at % 2 else theme.colours().alternate
    return (
        f'<tr style="background-color:{ground}"><td width="11%">{escape(row.time)}</td>'
        f'<td width="25%"><b>{escape(row.about)}</b></td>'
        f'<td width="54%">{said}{_remarks(row.remarks)}</td>'
        f'<td width="10%" align="right">{escape(row.took)}</td></tr>'
    )


def _remarks(remarks: Iterable[Remark]) -> str:
    return "".join(_remark(remark) for remark in remarks)


def _remark(remark: Remark) -> str:
    words = escape(remark.words)
    if remark.mark not in _LOOKS:
        return _line(words)
    tone = _LOOKS[remark.mark][1]
    colour = theme.colours().tone(tone)
    words = f"<b>{words}</b>" if remark.mark.is_notable else words
    picture = f'<img src="{_address(remark.mark)}" width="{MARK_PX}" height="{MARK_PX}">'
    return _line(f'{picture} <span style="color:{colour}">{words}</span>')


def _address(mark: Mark) -> str:
    return f"mark:{mark.value}"


def _heading(words: str) -> str:
    return f'<h3 style="margin-top:14px;margin-bottom:4px">{escape(words)}</h3>'


def _line(words: str) -> str:
    return f'<div style="margin-top:2px">{words}</div>'


def _tr(words: object) -> str:
    return QCoreApplication.translate("Protocol", str(words))
