"""The read-back of an order on paper: who said what when, for somebody who was not there.

A protocol and the company's policy in, the bytes of a PDF out. Words come as they are to be read
and are only laid out here. Pure: no clock, no network, no printer. Any thread.
"""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from app.documents.lettering import SEMIBOLD, Lettering, Style, system_font_folders
from app.documents.sheet import (
    A4,
    ACCENT,
    BODY,
    HAIRLINE,
    INK,
    LABEL,
    LEADING,
    SMALL,
    STRONG,
    US_LETTER,
    Imprint,
    Layout,
    Sheet,
    print_pages,
)
from app.documents.texts import Paper, RegionTexts, texts_of
from app.values.order_number import grouped
from app.wire.protocol import ProtocolRow, ProtocolSection, ReadBackProtocol, Remark
from app.wire.sync import Policy

_SIZES = {Paper.A4: A4, Paper.LETTER: US_LETTER}
_HEADING = Style(SEMIBOLD, 12, INK)
_FIGURE = Style(SEMIBOLD, 21, ACCENT)
_NOTABLE = Style(SEMIBOLD, BODY.size, INK)
_TIME_WIDE, _ABOUT_WIDE, _TOOK_WIDE, _GAP = 62, 138, 50, 12
_TALLEST_ROW_KEPT = 14 * LEADING

Line = tuple[str, Style]


def render_protocol(
    protocol: ReadBackProtocol,
    policy: Policy,
    *,
    made_at: datetime,
    fallback_fonts: tuple[Path, ...] | None = None,
) -> bytes:
    """The protocol as a PDF; the same input gives the same bytes.

    `fallback_fonts` are folders with fonts for letters that the paper's own typeface lacks; None
    means those of the operating system.
    """
    texts = texts_of(protocol.region)
    folders = system_font_folders() if fallback_fonts is None else fallback_fonts
    sheet = Sheet(Layout(size=_SIZES[texts.paper]), Lettering(folders))
    _Written(protocol, texts, sheet).write(made_at)
    title = texts.protocol.order.format(number=grouped(protocol.number))
    imprint = Imprint(
        title=title,
        author=policy.company.name,
        subject=title,
        language=texts.language,
        made_at=made_at,
    )
    return print_pages(sheet, imprint)


class _Written:
    """Writes one protocol on a sheet, from its number to the last word of the call."""

    def __init__(self, protocol: ReadBackProtocol, texts: RegionTexts, sheet: Sheet) -> None:
        self._protocol = protocol
        self._texts = texts
        self._labels = texts.protocol
        self._sheet = sheet
        self._columns = (
            sheet.left,
            sheet.left + _TIME_WIDE + _GAP,
            sheet.left + _TIME_WIDE + _ABOUT_WIDE + 2 * _GAP,
        )
        self._what_wide = sheet.right - _TOOK_WIDE - _GAP - self._columns[2]

    def write(self, made_at: datetime) -> None:
        """Everything, in the order in which it is read."""
        self._sheet.enter(self._labels.order.format(number=grouped(self._protocol.number)))
        self._head(made_at)
        self._facts()
        nothing = Remark(words=self._labels.nothing_notable)
        self._list(self._labels.notable, self._protocol.notable or (nothing,))
        if self._protocol.reasons:
            reasons = tuple(Remark(words=reason) for reason in self._protocol.reasons)
            self._list(self._labels.reasons, reasons)
        for section in self._protocol.sections:
            self._section(section)
        self._running_feet()

    def _head(self, made_at: datetime) -> None:
        sheet = self._sheet
        sheet.down(14)
        sheet.words(sheet.left, self._labels.title, Style(SEMIBOLD, 13, INK))
        made = self._labels.made.format(
            day=self._texts.weekday(self._texts.local_day(made_at)),
            time=self._texts.local_time(made_at),
        )
        sheet.words_to(sheet.right, made, SMALL)
        sheet.down(26)
        x = sheet.left
        for group in grouped(self._protocol.number).split(" "):
            sheet.words(x, group, _FIGURE)
            x += sheet.lettering.width(group, _FIGURE) + 9
        sheet.down(9)
        sheet.rule(ACCENT, thick=1.2)

    def _facts(self) -> None:
        """Two columns of facts, each with its name on its left."""
        sheet, facts = self._sheet, self._protocol.facts
        half = (sheet.width - _GAP) / 2
        name_wide = 84
        sheet.down(8)
        middle = (len(facts) + 1) // 2
        for left, right in zip_longest(facts[:middle], facts[middle:]):
            cells = []
            for fact in (left, right):
                value = sheet.lettering.clean(fact.value) if fact else ""
                cells.append(sheet.lettering.wrap(value, BODY, half - name_wide))
            sheet.need(max(map(len, cells)) * LEADING)
            for at, (fact, lines) in enumerate(zip((left, right), cells, strict=True)):
                x = sheet.left + at * (half + _GAP)
                if fact is not None:
                    sheet.words(x, fact.name, LABEL, rise=-LEADING)
                for down, line in enumerate(lines, 1):
                    sheet.words(x + name_wide, line, BODY, rise=-down * LEADING)
            sheet.down(max(map(len, cells)) * LEADING + 1)

    def _list(self, heading: str, remarks: tuple[Remark, ...]) -> None:
        sheet = self._sheet
        self._heading(heading)
        for remark in remarks:
            lines = sheet.lettering.wrap(sheet.lettering.clean(remark.words), BODY, sheet.width)
            sheet.down(2)
            for line in lines:
                sheet.need(LEADING)
                sheet.down(LEADING)
                sheet.words(sheet.left, line, BODY)

    def _heading(self, words: str) -> None:
        sheet = self._sheet
        sheet.down(14)
        sheet.need(5 * LEADING)
        sheet.down(14)
        sheet.words(sheet.left, words, _HEADING)
        sheet.down(5)
        sheet.rule(ACCENT, thick=0.9)

    def _section(self, section: ProtocolSection) -> None:
        self._heading(section.heading)
        self._column_heads()
        for row in section.rows:
            self._row(row)

    def _column_heads(self) -> None:
        sheet, labels = self._sheet, self._labels
        sheet.down(LEADING + 1)
        for x, words in zip(self._columns, (labels.time, labels.about, labels.what), strict=True):
            sheet.words(x, words, LABEL)
        sheet.words_to(sheet.right, labels.took, LABEL)
        sheet.down(4)
        sheet.rule(HAIRLINE, thick=0.5)

    def _row(self, row: ProtocolRow) -> None:
        """A row stays together unless it is very tall; a new page repeats the heads."""
        sheet = self._sheet
        about = self._wrapped(row.about, STRONG, _ABOUT_WIDE)
        what = self._wrapped(row.said, BODY, self._what_wide)
        for remark in row.remarks:
            style = _NOTABLE if remark.mark.is_notable else BODY
            what += self._wrapped(remark.words, style, self._what_wide)
        height = max(len(about), len(what), 1) * LEADING + 8
        if sheet.room < min(height, _TALLEST_ROW_KEPT):
            sheet.turn()
            self._column_heads()
        sheet.down(2)
        first = True
        for left, right in zip_longest(about, what, fillvalue=("", BODY)):
            if sheet.room < LEADING:
                sheet.turn()
                self._column_heads()
            sheet.down(LEADING)
            if first:
                sheet.words(self._columns[0], row.time, BODY)
                sheet.words_to(sheet.right, row.took, BODY)
            first = False
            sheet.words(self._columns[1], *left)
            sheet.words(self._columns[2], *right)
        sheet.down(5)
        sheet.rule(HAIRLINE, thick=0.5)

    def _wrapped(self, words: str, style: Style, wide: float) -> list[Line]:
        if not words:
            return []
        lettering = self._sheet.lettering
        return [(line, style) for line in lettering.wrap(lettering.clean(words), style, wide)]

    def _running_feet(self) -> None:
        """On every page its number and whose order it is."""
        sheet, labels = self._sheet, self._labels
        order = labels.order.format(number=grouped(self._protocol.number))
        for page in range(1, len(sheet.pages) + 1):
            place = labels.page.format(page=page, pages=len(sheet.pages))
            with sheet.at(page, 34):
                sheet.rule(HAIRLINE, thick=0.5, rise=13)
                sheet.words(sheet.left, order, SMALL)
                sheet.words_to(sheet.right, place, SMALL)
