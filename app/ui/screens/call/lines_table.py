"""The table of order lines: its columns, what they say, and its keys.

Passive: shows rows of the line book and hands on keys.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.services.rules.stock_words import later_words, shortage_title, wanted_now
from app.ui import formatting, theme
from app.ui.icons import Icon
from app.ui.screens.call.line_book import LineRow, Stock
from app.ui.table_model import Align, Column, always
from app.ui.widgets.rows_view import RowsView
from app.values.identity import LineId
from app.values.vocabulary import ProductKind

_COVERED = "\u2022\u2022\u2022"
"""In place of what the caller is asked to say: the CSR types what is heard, not what is seen."""


class LinesTable(RowsView[LineRow]):
    """The lines; Enter edits the one under the cursor, Up on the first goes back to the finder."""

    left = Signal()
    edit_asked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.edit_asked.emit()
        elif event.key() == Qt.Key.Key_Up and self.currentIndex().row() <= 0:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def line_columns() -> tuple[Column[LineRow], ...]:
    """What the table shows of a line."""
    return (
        Column(title="#", text=_number, chars=4, gives_way=2, tone=_muted),
        Column(title=_tr("Code"), text=_code, chars=10),
        Column(title=_tr("Item"), text=_description, icon=_mark, hint=_remark, tone=_odd_price),
        Column(
            title=_tr("Sounds like"),
            text=_twin,
            chars=11,
            gives_way=3,
            icon=_twin_mark,
            hint=_what_to_say,
            tone=_warned,
        ),
        Column(
            title=_tr("Stock held for this call"),
            text=_stock,
            chars=18,
            gives_way=1,
            icon=_stock_mark,
            hint=_stock_hint,
            tone=_stock_tone,
        ),
        Column(
            title=_tr("Qty"),
            text=_quantity,
            chars=8,
            align=Align.END,
            bold=always,
            tone=_odd,
            read=_read_quantity,
        ),
        Column(title=_tr("Price"), text=_price, chars=9, align=Align.END, hint=_told),
        Column(
            title=_tr("Total"),
            text=_total,
            chars=11,
            align=Align.END,
            bold=always,
            read=_read_total,
        ),
    )


def _tr(words: str) -> str:
    return QCoreApplication.translate("ItemsPane", words)


def key_of(row: LineRow) -> LineId:
    """What a row stands for."""
    return row.line_id


def _number(row: LineRow) -> str:
    return str(row.number)


def _code(row: LineRow) -> str:
    return row.line.code


def _description(row: LineRow) -> str:
    return row.line.description


def _remark(row: LineRow) -> str:
    """What is odd about a line, in words."""
    if row.lacking is not None:
        return shortage_title(row.lacking, None)
    if row.withdrawn:
        return _tr(
            "Withdrawn from the catalogue. This caller can still have it; somebody will check it."
        )
    if row.was is not None and not row.is_asked:
        return _tr("Had {count} before.").format(count=row.was) if row.was else _tr("New.")
    if row.new_list_price is None:
        return ""
    price = formatting.unit_price(row.new_list_price)
    return _tr("The list price is {price} now; this caller was quoted before.").format(price=price)


def _mark(row: LineRow) -> Icon | None:
    """What is short is marked here too: where there is little room the stock is not shown."""
    if row.lacking is not None or row.withdrawn:
        return Icon.WARNING
    if row.was is not None:
        return Icon.ADD if row.was == 0 else Icon.DRAFT
    return Icon.STALE if row.new_list_price is not None else None


def _odd_price(row: LineRow) -> theme.Tone:
    is_odd = row.new_list_price is not None or row.lacking is not None or row.withdrawn
    return theme.Tone.WARN if is_odd else theme.Tone.NORMAL


def _twin(row: LineRow) -> str:
    """The nearest product that a line can be taken for."""
    if not row.line.must_say:
        return ""
    return row.sounds_like.code if row.sounds_like is not None else _tr("another")


def _twin_mark(row: LineRow) -> Icon | None:
    return Icon.WARNING if row.line.must_say else None


def _what_to_say(row: LineRow) -> str:
    """Which product it can be taken for, and what the caller has to say."""
    if not row.line.must_say:
        return ""
    say = _tr("The caller has to say “{words}”.").format(words=row.line.must_say)
    if row.sounds_like is None:
        return say
    other = row.sounds_like
    twin = _tr("Can be taken for {code} {description}.")
    return f"{twin.format(code=other.code, description=other.description)} {say}"


def _warned(row: LineRow) -> theme.Tone:
    return theme.Tone.WARN if row.line.must_say else theme.Tone.NORMAL


def _stock(row: LineRow) -> str:
    match row.stock:
        case Stock.ENOUGH:
            return _tr("In stock")
        case Stock.SHORT:
            return _short(row)
        case Stock.LATER:
            return _later(row)
        case Stock.LAST_KNOWN:
            at = formatting.clock_time(row.known_at) if row.known_at is not None else ""
            return _tr("{count} at {time}").format(count=_left(row), time=at) if at else _left(row)
        case _:
            return _tr("Charge") if row.line.kind is ProductKind.CHARGE else ""


def _left(row: LineRow) -> str:
    return formatting.quantity(max(0, row.available or 0))


def _short(row: LineRow) -> str:
    """Held for this call, or what the catalogue says until the centre has answered."""
    if row.lacking is None:
        return _tr("{count} now").format(count=_left(row))
    all_of = formatting.quantity(row.lacking.held + row.lacking.short)
    held = formatting.quantity(row.lacking.held)
    return _tr("{held} of {all}").format(held=held, all=all_of)


def _later(row: LineRow) -> str:
    line = row.line
    now, later = wanted_now(line), formatting.quantity(line.back_ordered)
    if line.back_order_on is None:
        words, day = _tr("{later} later"), ""
    else:
        words, day = _tr("{later} on {day}"), formatting.short_day(line.back_order_on)
    rest = words.format(later=later, day=day)
    return _tr("{now} now, {rest}").format(now=formatting.quantity(now), rest=rest) if now else rest


def _stock_mark(row: LineRow) -> Icon | None:
    marks = {
        Stock.SHORT: Icon.WARNING,
        Stock.LATER: Icon.CLOCK,
        Stock.LAST_KNOWN: Icon.OFFLINE,
        Stock.ENOUGH: Icon.CHECK,
    }
    return marks.get(row.stock)


def _stock_hint(row: LineRow) -> str:
    """The same in a whole sentence."""
    match row.stock:
        case Stock.SHORT if row.lacking is not None:
            return shortage_title(row.lacking, None)
        case Stock.LATER:
            return later_words(row.line)
        case Stock.LAST_KNOWN:
            return _tr("The central service did not answer; this is the last that was known.")
        case _:
            return ""


def _stock_tone(row: LineRow) -> theme.Tone:
    tones = {
        Stock.ENOUGH: theme.Tone.OK,
        Stock.SHORT: theme.Tone.WARN if row.lacking is None else theme.Tone.ERROR,
        Stock.LATER: theme.Tone.WARN,
    }
    return tones.get(row.stock, theme.Tone.MUTED)


def _quantity(row: LineRow) -> str:
    if row.is_asked:
        return _COVERED
    count = formatting.quantity(row.line.quantity)
    if row.was:
        count = f"{formatting.quantity(row.was)} \u2192 {count}"
    return f"{count} ?" if row.unusual else count


def _read_quantity(row: LineRow) -> str:
    return _tr("covered until the caller has said it") if row.is_asked else _quantity(row)


def _read_total(row: LineRow) -> str:
    return _tr("covered until the caller has said it") if row.is_asked else _total(row)


def _odd(row: LineRow) -> theme.Tone:
    if row.unusual:
        return theme.Tone.WARN
    return theme.Tone.NORMAL if row.was is None else theme.Tone.INFO


def _price(row: LineRow) -> str:
    star = "*" if row.line.told_reason else ""
    return f"{star}{formatting.unit_price(row.line.told_price)}"


def _told(row: LineRow) -> str:
    """Why the told price is another than the list's."""
    if not row.line.told_reason:
        return ""
    price = formatting.unit_price(row.line.list_price)
    words = _tr("The list says {price}. Told because: {reason}.")
    return words.format(price=price, reason=row.line.told_reason)


def _total(row: LineRow) -> str:
    return _COVERED if row.is_asked else formatting.money(row.total)


def _muted(_row: LineRow) -> theme.Tone:
    return theme.Tone.MUTED
