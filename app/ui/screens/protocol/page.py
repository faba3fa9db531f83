"""A protocol as rich text: what is worth a look first, then question by question.

Everything that people said or typed is escaped. Colours and drawings are those of the theme in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import zip_longest

from PySide6.QtCore import QCoreApplication, QUrl
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
_LOOKS = {
    Mark.GOOD: (Icon.CHECK, theme.Tone.OK),
    Mark.NOT_MATCHED: (Icon.ERROR, theme.Tone.ERROR),
    Mark.CORRECTED: (Icon.WARNING, theme.Tone.WARN),
    Mark.CHANGED: (Icon.STALE, theme.Tone.WARN),
    Mark.OVERRIDDEN: (Icon.PERSON_NEEDED, theme.Tone.WARN),
    Mark.NOT_SAID: (Icon.OPEN, theme.Tone.WARN),
}


def write(document: QTextDocument, protocol: ReadBackProtocol, ratio: float) -> None:
    """Fill the document; `ratio` is that of the screen, so that drawings are sharp."""
    document.clear()
    for mark, (icon, tone) in _LOOKS.items():
        picture = drawing(icon, theme.colour(tone), MARK_PX, ratio)
        kind = QTextDocument.ResourceType.ImageResource.value
        document.addResource(kind, QUrl(_address(mark)), picture)
    document.setDefaultFont(theme.font(theme.BODY_POINTS))
    document.setHtml(html_of(protocol))


def html_of(protocol: ReadBackProtocol) -> str:
    """The whole page."""
    parts = [_facts(protocol.facts), _heading(_tr("Worth a look"))]
    parts.append(_remarks(protocol.notable) or _line(_tr("Nothing: all was right at once.")))
    if protocol.reasons:
        parts.append(_heading(_tr("Why somebody has to look at it")))
        parts.append("".join(_line(escape(reason)) for reason in protocol.reasons))
    parts.extend(_section(section) for section in protocol.sections)
    return "".join(parts)


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


def _section(section: ProtocolSection) -> str:
    muted = theme.colours().muted
    titles = (
        (_tr("Time"), "11%", "left"),
        (_tr("About"), "25%", "left"),
        (_tr("What was said and answered"), "54%", "left"),
        (_tr("Took"), "10%", "right"),
    )
    heads = "".join(
        f'<td width="{wide}" align="{side}" style="color:{muted}">{escape(title)}</td>'
        for title, wide, side in titles
    )
    rows = "".join(_row(row, at) for at, row in enumerate(section.rows))
    table = f'<table width="100%" cellpadding="4" cellspacing="0"><tr>{heads}</tr>{rows}</table>'
    return _heading(section.heading) + table


def _row(row: ProtocolRow, at: int) -> str:
    said = f"<div>{escape(row.said)}</div>" if row.said else ""
    ground = theme.colours().base if at % 2 else theme.colours().alternate
    return (
        f'<tr style="background-color:{ground}"><td>{escape(row.time)}</td>'
        f"<td><b>{escape(row.about)}</b></td>"
        f"<td>{said}{_remarks(row.remarks)}</td>"
        f'<td align="right">{escape(row.took)}</td></tr>'
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


def _tr(words: str) -> str:
    return QCoreApplication.translate("Protocol", words)
