"""What the law gives the customer, in plain words, and the form for cancelling.

Writes on a sheet at its pen. Pure; the thread of its sheet. The words are in resources/documents.
"""

from __future__ import annotations

from itertools import zip_longest

from app.documents.lettering import SEMIBOLD, Style
from app.documents.sheet import ACCENT, BODY, INK, LEADING, MUTED, SMALL, STRONG, Sheet
from app.documents.texts import CancellationForm, RegionTexts
from app.wire.sync import Company

_BESIDE = 128
"""Where texts begin that have their heading on the left."""
_BETWEEN = 7
_HEADING = Style(SEMIBOLD, 13, INK)
_WRITING_LINE = 18.5


def write_beside(sheet: Sheet, heading: str, text: str) -> None:
    """A clean text with its heading on its left; long ones run over the page."""
    headings = sheet.lettering.wrap(heading, STRONG, _BESIDE - 14)
    _write_rows(sheet, headings, sheet.lettering.wrap(text, BODY, sheet.width - _BESIDE))


def write_rights(sheet: Sheet, texts: RegionTexts, company: Company) -> None:
    """All sections; on this page if they fit whole, else from the next."""
    wrap, clean = sheet.lettering.wrap, sheet.lettering.clean
    reach = clean(texts.ways_to_reach(company))
    sections = [
        (
            wrap(section.heading, STRONG, _BESIDE - 14),
            wrap(section.text.format(reach=reach), BODY, sheet.width - _BESIDE),
        )
        for section in texts.rights.sections
    ]
    height = sum(max(map(len, section)) * LEADING + _BETWEEN for section in sections)
    sheet.down(20)
    sheet.need(height + 30)
    sheet.enter(texts.rights.heading)
    _write_heading(sheet, texts.rights.heading)
    for headings, lines in sections:
        sheet.down(_BETWEEN)
        _write_rows(sheet, headings, lines)


def write_form(sheet: Sheet, form: CancellationForm, company: Company, order: str) -> None:
    """The form for cancelling `order`, on one page, with lines to write on."""
    to = ", ".join(part for part in (company.name, *company.address, company.email) if part)
    blanks = ("", "", form.received, form.name, form.address, "", form.signature, form.date)
    sheet.down(20)
    sheet.need(len(blanks) * _WRITING_LINE + 8 * LEADING + 40)
    sheet.enter(form.heading)
    _write_heading(sheet, form.heading)
    sheet.down(LEADING + 4)
    sheet.words(sheet.left, form.intro, Style(size=BODY.size, colour=MUTED))
    sheet.down(_BETWEEN)
    write_beside(sheet, form.to, sheet.lettering.clean(to))
    sheet.down(4)
    write_beside(sheet, form.order, order)
    sheet.down(_BETWEEN + LEADING)
    sheet.words(sheet.left, form.notice, BODY)
    for label in blanks:
        _write_line_to_fill(sheet, label)
    sheet.down(LEADING + 4)
    sheet.words(sheet.left, form.delete, SMALL)


def _write_rows(sheet: Sheet, headings: list[str], lines: list[str]) -> None:
    sheet.need(min(len(lines), 3) * LEADING)
    for heading, line in zip_longest(headings, lines, fillvalue=""):
        sheet.need(LEADING)
        sheet.down(LEADING)
        sheet.words(sheet.left, heading, STRONG)
        sheet.words(sheet.left + _BESIDE, line, BODY)


def _write_heading(sheet: Sheet, heading: str) -> None:
    sheet.down(14)
    sheet.words(sheet.left, heading, _HEADING)
    sheet.down(6)
    sheet.rule(ACCENT, thick=0.9)


def _write_line_to_fill(sheet: Sheet, label: str) -> None:
    sheet.down(_WRITING_LINE)
    sheet.words(sheet.left, label, STRONG)
    sheet.down(3)
    sheet.rule(MUTED, thick=0.4, x=sheet.left + _BESIDE if label else sheet.left)
    sheet.down(-3)
