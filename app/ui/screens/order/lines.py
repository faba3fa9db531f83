"""The lines of a placed order as a table: what of it, how it stands, what it costs. Passive."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui import formatting, theme
from app.ui.screens.order import words
from app.ui.screens.order.words import tr
from app.ui.table_model import Align, Column, RowsModel
from app.ui.widgets.rows_view import RowsView
from app.values.identity import LineId
from app.wire.order_page import LineStanding


class LinesTable(RowsView[LineStanding]):
    """Shows the lines that there are and, in grey, those that are gone."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, RowsModel(_columns(), key=_key), parent)


def _columns() -> tuple[Column[LineStanding], ...]:
    return (
        Column(title=tr("#"), text=_position, chars=4, gives_way=4, tone=_muted),
        Column(title=tr("Code"), text=_code, chars=8, gives_way=2),
        Column(title=tr("Item"), text=_description, tone=_tone_of_gone),
        Column(
            title=tr("How it stands"),
            text=words.stands,
            chars=30,
            tone=words.stands_tone,
            icon=words.stands_icon,
            hint=words.all_counters,
            read=words.all_counters,
        ),
        Column(title=tr("Qty"), text=_quantity, chars=5, align=Align.END, bold=_is_there),
        Column(title=tr("Price"), text=_price, chars=8, align=Align.END, gives_way=3),
        Column(title=tr("Total"), text=_charged, chars=10, align=Align.END, bold=_is_there),
    )


def _key(line: LineStanding) -> LineId:
    return line.line_id


def _position(line: LineStanding) -> str:
    return str(line.position)


def _code(line: LineStanding) -> str:
    return line.code


def _description(line: LineStanding) -> str:
    return line.description or line.code


def _quantity(line: LineStanding) -> str:
    return formatting.quantity(line.quantity)


def _price(line: LineStanding) -> str:
    return formatting.unit_price(line.price) if line.quantity else ""


def _charged(line: LineStanding) -> str:
    return formatting.money(line.charged)


def _is_there(line: LineStanding) -> bool:
    return line.quantity > 0


def _muted(_line: LineStanding) -> theme.Tone:
    return theme.Tone.MUTED


def _tone_of_gone(line: LineStanding) -> theme.Tone:
    return theme.Tone.NORMAL if line.quantity else theme.Tone.MUTED
