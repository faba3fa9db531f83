"""The window before anything is loaded: its shape and its bar, painted a moment after the start.

Imports Qt and colours only. The real window takes its place as soon as it can be made.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.palettes import DARK, LIGHT, Palette

SIZE_PX = (1366, 768)
BAR_PX = 46
TITLE_PX = 40
"""What a desktop puts above a window, at most."""


def bare_application(argv: Sequence[str]) -> QApplication:
    """The application as the operating system needs it, not dressed yet."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = QApplication(list(argv))
    application.setApplicationName("readback-desk")
    application.setApplicationDisplayName("Readback")
    return application


class FirstFrame(QWidget):
    """An empty desk in the colours of the desktop's own scheme."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Readback")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(_home_size())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the page and the bar."""
        colours = _colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.window))
        painter.fillRect(QRect(0, 0, self.width(), BAR_PX), QColor(colours.bar))
        painter.end()


def fitting(available: QSize) -> QSize:
    """As large as a desk is at home, or as the screen leaves room for, its foot in view too."""
    return QSize(*SIZE_PX).boundedTo(QSize(available.width(), available.height() - TITLE_PX))


def _home_size() -> QSize:
    screen = QGuiApplication.primaryScreen()
    if screen is None or QGuiApplication.platformName() == "offscreen":
        return QSize(*SIZE_PX)  # nobody sits before it
    return fitting(screen.availableGeometry().size())


def _colours() -> Palette:
    dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return DARK if dark else LIGHT
