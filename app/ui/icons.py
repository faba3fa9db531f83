"""The drawings of the program: our own SVG files, tinted with a colour of the palette.

State is never told by colour alone, so every state has its own shape here. Drawings are cached per
name, colour, size and device pixel ratio. Runs on the GUI thread; reads files, never a setting.
"""

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QWidget

from app.ui import theme

ICON_FOLDER = Path(__file__).parents[2] / "resources" / "icons"
ICON_SIZE_PX = 14
RATIOS = (1.0, 1.25, 1.5, 2.0, 3.0)


class Icon(StrEnum):
    """One drawing; the value is the name of its file."""

    ADD = "add"
    CHECK = "check"
    CHOSEN = "chosen"
    CLOCK = "clock"
    CLOSE = "close"
    CURRENT = "current"
    DRAFT = "draft"
    DROP_DOWN = "drop-down"
    ERROR = "error"
    INFO = "info"
    KEY = "key"
    LOCKED = "locked"
    OFFLINE = "offline"
    OPEN = "open"
    PAUSE = "pause"
    PDF = "pdf"
    PERSON = "person"
    PERSON_NEEDED = "person-needed"
    PHONE = "phone"
    PRINT = "print"
    RECORDING = "recording"
    REMOVE = "remove"
    SAID = "said"
    SEARCH = "search"
    STALE = "stale"
    SYNC = "sync"
    UPLOAD = "upload"
    WARNING = "warning"


def drawing(icon: Icon, colour: QColor, size_px: int = ICON_SIZE_PX, ratio: float = 1.0) -> QPixmap:
    """The icon in one colour, sharp at a device pixel ratio."""
    return _drawing(icon, colour.rgba(), size_px, ratio)


def button_icon(icon: Icon, colour: QColor, size_px: int = ICON_SIZE_PX) -> QIcon:
    """The icon for a button or a menu, with a drawing for every usual screen scale."""
    return _button_icon(icon, colour.rgba(), size_px)


@lru_cache(maxsize=128)
def _button_icon(icon: Icon, rgba: int, size_px: int) -> QIcon:
    made = QIcon()
    for ratio in RATIOS:
        made.addPixmap(_drawing(icon, rgba, size_px, ratio))
    return made


@lru_cache(maxsize=512)
def _drawing(icon: Icon, rgba: int, size_px: int, ratio: float) -> QPixmap:
    side = round(size_px * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _renderer(icon).render(painter, QRectF(0, 0, side, side))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(0, 0, side, side, QColor.fromRgba(rgba))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=64)
def _renderer(icon: Icon) -> QSvgRenderer:
    return QSvgRenderer(str(ICON_FOLDER / f"{icon}.svg"))


class IconLabel(QLabel):
    """A drawing in the text colour of the style sheet; follows a change of scheme by itself."""

    def __init__(
        self, icon: Icon | None = None, size_px: int = ICON_SIZE_PX, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._size_px = size_px
        self.setFixedSize(size_px, size_px)
        theme.set_shown(self, icon is not None)

    def icon(self) -> Icon | None:
        """What is drawn, or None."""
        return self._icon

    def show_icon(self, icon: Icon | None) -> None:
        """Draw another icon; None takes the label out of the layout."""
        if icon is self._icon:
            return
        self._icon = icon
        theme.set_shown(self, icon is not None)
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Draw the icon in the present text colour."""
        if self._icon is None:
            return
        painter = QPainter(self)
        colour = self.palette().color(self.foregroundRole())
        painter.drawPixmap(
            0, 0, drawing(self._icon, colour, self._size_px, self.devicePixelRatioF())
        )
        painter.end()
