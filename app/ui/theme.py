"""The look: Qt palettes, the typeface, and the only style sheet of the program.

Screens never set a style sheet, a colour or a font. They say what a widget *is* (`theme.dress`) and
the sheet below draws it. Runs on the GUI thread and changes nothing but the QApplication.
"""

from dataclasses import asdict
from enum import StrEnum
from functools import cache
from string import Template

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from app.ui.palettes import LIGHT, PALETTES, Palette, Scheme, Tone

__all__ = [
    "Palette",
    "Scheme",
    "Surface",
    "Text",
    "Tone",
    "apply",
    "colour",
    "colours",
    "dress",
    "font",
    "qt_palette",
    "restyle",
    "set_shown",
    "set_style_properties",
    "style_sheet",
    "table_font",
]

FAMILY = "Source Sans Pro"
BODY_POINTS = 10.0
LINE_POINTS = 10.5
TARGET_PX = 28
TABULAR = QFont.Tag("tnum")
_PALETTE_PROPERTY = "readback_palette"


class Text(StrEnum):
    """The sizes and weights of text, from small to huge."""

    SMALL = "small"
    SMALL_STRONG = "small-strong"
    CAPS = "caps"
    BODY = "body"
    STRONG = "strong"
    LINE = "line"
    SAY = "say"
    NAME = "name"
    PRODUCT = "product"
    TITLE = "title"
    TITLE_LIGHT = "title-light"
    TOTAL = "total"
    FIGURE = "figure"
    HUGE = "huge"


class Surface(StrEnum):
    """The panels that text stands on."""

    CARD = "card"
    SAY = "say"
    PAUSED = "paused"
    BOX_INFO = "box-info"
    BOX_WARN = "box-warn"
    BOX_ERROR = "box-error"
    BOX_OK = "box-ok"
    BAR = "bar"
    STRIP = "strip"
    FLOATING = "floating"


def apply(application: QApplication, scheme: Scheme) -> None:
    """Give the whole program one scheme; with SYSTEM it follows the desktop from now on."""
    follower = application.findChild(_SchemeFollower)
    if follower is None:
        follower = _SchemeFollower(application)
        application.setStyle(QStyleFactory.create("Fusion"))
    follower.choose(scheme)


def colours() -> Palette:
    """The palette in use, for what a style sheet cannot draw; LIGHT before `apply`."""
    application = QApplication.instance()
    name = application.property(_PALETTE_PROPERTY) if application is not None else None
    return PALETTES[Scheme(name)] if isinstance(name, str) else LIGHT


def colour(tone: Tone) -> QColor:
    """The text colour of a tone in the palette in use."""
    return _colour(colours().tone(tone))


@cache
def _colour(name: str) -> QColor:
    return QColor(name)


def dress(
    widget: QWidget,
    *,
    text: Text | None = None,
    tone: Tone | None = None,
    surface: Surface | None = None,
) -> None:
    """Tell the style sheet what a widget is; cheap when nothing changes."""
    wanted = {"text_size": text, "tone": tone, "surface": surface}
    set_style_properties(
        widget, {name: str(value) for name, value in wanted.items() if value is not None}
    )


def set_style_properties(widget: QWidget, wanted: dict[str, str]) -> None:
    """Set the properties the sheet selects by; restyle only when one of them really changed."""
    changed = False
    for name, value in wanted.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        restyle(widget)


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at a widget again, if it has looked before."""
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def set_shown(widget: QWidget, shown: bool) -> None:
    """Take a widget into the layout or out of it; one without a parent never becomes a window."""
    if shown and widget.parentWidget() is None:
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
    else:
        widget.setVisible(shown)


def font(points: float = BODY_POINTS, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The typeface of the program, figures of equal width; a system face where it is missing."""
    made = (
        QFont(FAMILY) if FAMILY in QFontDatabase.families() else QFont(QApplication.font().family())
    )
    made.setPointSizeF(points)
    made.setWeight(weight)
    made.setFeature(TABULAR, 1)
    return made


@cache
def table_font(*, bold: bool) -> QFont:
    """The text of tables; figures stand under each other."""
    return font(LINE_POINTS, QFont.Weight.DemiBold if bold else QFont.Weight.Normal)


class _SchemeFollower(QObject):
    """Owned by the application; with SYSTEM it follows every later change of the desktop."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._scheme = Scheme.SYSTEM
        application.styleHints().colorSchemeChanged.connect(self._desktop_changed)

    def choose(self, scheme: Scheme) -> None:
        self._scheme = scheme
        if scheme is Scheme.SYSTEM:
            self._application.styleHints().unsetColorScheme()
        elif scheme is Scheme.LIGHT:
            self._application.styleHints().setColorScheme(Qt.ColorScheme.Light)
        else:
            self._application.styleHints().setColorScheme(Qt.ColorScheme.Dark)
        self._use(self._resolved())

    @Slot()
    def _desktop_changed(self) -> None:
        if self._scheme is Scheme.SYSTEM:
            self._use(self._resolved())

    def _resolved(self) -> Scheme:
        if self._scheme is not Scheme.SYSTEM:
            return self._scheme
        hints = self._application.styleHints()
        if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
            return Scheme.HIGH_CONTRAST
        return Scheme.DARK if hints.colorScheme() is Qt.ColorScheme.Dark else Scheme.LIGHT

    def _use(self, scheme: Scheme) -> None:
        if self._application.property(_PALETTE_PROPERTY) == scheme.value:
            return
        self._application.setProperty(_PALETTE_PROPERTY, scheme.value)
        palette = PALETTES[scheme]
        self._application.setPalette(qt_palette(palette))
        self._application.setStyleSheet(style_sheet(palette))


def style_sheet(palette: Palette) -> str:
    """The one style sheet, filled with the colours of a palette."""
    return Template(SHEET).substitute(asdict(palette))


def qt_palette(palette: Palette) -> QPalette:
    """The palette Fusion draws with."""
    role = QPalette.ColorRole
    made = QPalette(QColor(palette.window))
    for key, value in {
        role.Window: palette.window,
        role.WindowText: palette.text,
        role.Base: palette.base,
        role.AlternateBase: palette.alternate,
        role.Text: palette.text,
        role.Button: palette.base,
        role.ButtonText: palette.text,
        role.BrightText: palette.error,
        role.PlaceholderText: palette.muted,
        role.Highlight: palette.accent,
        role.HighlightedText: palette.on_accent,
        role.Link: palette.accent,
        role.LinkVisited: palette.accent,
        role.Accent: palette.accent,
        role.ToolTipBase: palette.base,
        role.ToolTipText: palette.text,
        role.Mid: palette.hairline,
        role.Dark: palette.border,
    }.items():
        made.setColor(QPalette.ColorGroup.All, key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(palette.muted))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(palette.hairline))
    return made


# What each kind of widget looks like. Sizes of text are in points, of targets in device-independent
# pixels: inputs and buttons come out 28 px high, steps 36 px, and focus is a ring of 2 px.
SHEET = """
QToolTip { color: $text; background: $base; border: 1px solid $border; padding: 4px 6px; }

QFrame[surface="card"] { background: $base; border: 1px solid $hairline; border-radius: 8px; }
QFrame[surface="say"] { background: $accent_tint; border: 1px solid $accent; border-radius: 8px; }
QFrame[surface="paused"] { background: $base; border: 2px solid $warn; border-radius: 8px; }
QFrame[surface="floating"] { background: $base; border: 1px solid $border; border-radius: 8px; }
QFrame[surface="box-info"] { background: $accent_tint; border: 0; border-radius: 6px; }
QFrame[surface="box-ok"] { background: $ok_tint; border: 0; border-radius: 6px; }
QFrame[surface="box-warn"] { background: $warn_tint; border: 0; border-radius: 6px; }
QFrame[surface="box-error"] { background: $error_tint; border: 0; border-radius: 6px; }
QFrame[surface="strip"] { background: $base; border: 0; border-top: 1px solid $hairline; }
QFrame[surface="bar"] { background: $bar; border: 0; }
QFrame[surface="bar"] QLabel { color: $bar_text; }
QFrame[surface="bar"] QLabel[tone="muted"] { color: $bar_muted; }

QLabel[text_size="small"] { font-size: 9pt; }
QLabel[text_size="small-strong"] { font-size: 9pt; font-weight: 600; }
QLabel[text_size="caps"] { font-size: 8.5pt; font-weight: 600; color: $muted; }
QLabel[text_size="strong"] { font-weight: 600; }
QLabel[text_size="line"] { font-size: 10.5pt; }
QLabel[text_size="say"] { font-size: 12pt; }
QLabel[text_size="name"] { font-size: 12.5pt; font-weight: 600; }
QLabel[text_size="product"] { font-size: 11.5pt; font-weight: 700; }
QLabel[text_size="title"] { font-size: 14pt; font-weight: 600; }
QLabel[text_size="title-light"] { font-size: 13pt; }
QLabel[text_size="total"] { font-size: 16.5pt; font-weight: 600; }
QLabel[text_size="figure"] { font-size: 18pt; font-weight: 600; }
QLabel[text_size="huge"] { font-size: 40pt; font-weight: 700; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="ok"] { color: $ok; }
QLabel[tone="info"] { color: $accent; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="error"] { color: $error; }
QLabel[badge="true"] { font-size: 8.5pt; color: $muted; border: 1px solid $hairline;
    border-radius: 4px;
    padding: 0px 7px; }

QFrame[chip] { border: 1px solid transparent; border-radius: 12px; background: $alternate; }
QFrame[chip] QLabel { font-size: 9pt; font-weight: 600; color: $muted; }
QFrame[chip="ok"] { background: $ok_tint; }
QFrame[chip="ok"] QLabel { color: $ok; }
QFrame[chip="info"] { background: $accent_tint; }
QFrame[chip="info"] QLabel { color: $accent; }
QFrame[chip="warn"] { background: $warn_tint; }
QFrame[chip="warn"] QLabel { color: $warn; }
QFrame[chip="error"] { background: $error_tint; }
QFrame[chip="error"] QLabel { color: $error; }
QFrame[chip="recording"] { background: $bar_alarm_tint; border-color: $bar_alarm_border; }
QFrame[chip="recording"] QLabel { color: $bar_alarm; }
QFrame[chip="paused"] { background: $bar_pause; border-color: $bar_pause; }
QFrame[chip="paused"] QLabel { color: $bar_on_pause; }
QFrame[surface="bar"] QFrame[chip="neutral"], QFrame[surface="bar"] QFrame[chip="info"] {
    background: $bar; border-color: $bar_muted; }
QFrame[surface="bar"] QFrame[chip="neutral"] QLabel,
    QFrame[surface="bar"] QFrame[chip="info"] QLabel {
    color: $bar_text; }
QFrame[surface="bar"] QFrame[chip="ok"] { background: $bar_ok_tint; border-color: $bar_ok_border; }
QFrame[surface="bar"] QFrame[chip="ok"] QLabel { color: $bar_ok; }
QFrame[surface="bar"] QFrame[chip="warn"] { background: $bar; border-color: $bar_pause; }
QFrame[surface="bar"] QFrame[chip="warn"] QLabel { color: $bar_pause; }
QFrame[surface="bar"] QFrame[chip="error"], QFrame[surface="bar"] QFrame[chip="recording"] {
    background: $bar_alarm_tint; border-color: $bar_alarm_border; }
QFrame[surface="bar"] QFrame[chip="error"] QLabel,
    QFrame[surface="bar"] QFrame[chip="recording"] QLabel {
    color: $bar_alarm; }
QFrame[surface="bar"] QFrame[chip="paused"] QLabel { color: $bar_on_pause; }

QLineEdit, QPlainTextEdit, QComboBox { background: $base; color: $text;
    border: 1px solid $border; border-radius: 6px; padding: 2px 8px; min-height: 22px;
    placeholder-text-color: $muted;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled,
QLineEdit:read-only, QPlainTextEdit:read-only { background: $alternate; color: $muted;
    border-color: $hairline; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {
    border: 2px solid $accent; padding: 1px 7px; }
QLineEdit[tone="error"], QPlainTextEdit[tone="error"], QComboBox[tone="error"] {
    border-color: $error; }
QLineEdit[tone="warn"], QPlainTextEdit[tone="warn"], QComboBox[tone="warn"] { border-color: $warn; }
QLineEdit[text_size="line"] { font-size: 10.5pt; min-height: 28px; }
QLineEdit[text_size="title"] { font-size: 16pt; min-height: 42px; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox QAbstractItemView { background: $base; border: 1px solid $border; padding: 2px;
    selection-background-color: $accent_tint; selection-color: $text; outline: 0; }

QPushButton { background: $base; color: $text; border: 1px solid $border; border-radius: 6px;
    font-size: 10.5pt;
    padding: 2px 14px; min-height: 22px; }
QPushButton, QCheckBox, QRadioButton { outline: 0; }
QPushButton:hover { background: $alternate; }
QPushButton:pressed, QPushButton:checked { background: $accent_tint; }
QPushButton:focus { border: 2px solid $accent; padding: 1px 13px; }
QPushButton:disabled { background: $alternate; color: $muted; border: 1px solid $hairline;
    padding: 2px 14px; }
QPushButton[kind="step"] { min-height: 30px; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent;
    font-weight: 600;
    min-height: 30px; }
QPushButton[kind="primary"]:disabled { background: $alternate; color: $muted;
    border-color: $hairline; }
QPushButton[kind="toggle"] { border-color: $hairline; border-radius: 12px; color: $muted;
    font-size: 9pt;
    font-weight: 600; padding: 0px 10px; }
QPushButton[kind="toggle"][one_of_many="true"] { text-align: left; }
QPushButton[kind="toggle"]:checked { background: $accent_tint; color: $accent; }
QPushButton[kind="toggle"]:focus { border: 2px solid $accent; padding: 0px 9px; }
QPushButton[kind="plain"] { border-color: transparent; background: transparent; padding: 2px 6px;
    color: $accent; font-size: 9.5pt; }
QPushButton[kind="plain"]:disabled { color: $muted; }
QPushButton[kind="plain"]:focus { border: 2px solid $accent; padding: 1px 5px; }
QPushButton[kind="row"] { border: 2px solid transparent; background: transparent; padding: 0;
    min-height: 20px; }
QPushButton[kind="row"]:hover { background: $alternate; }
QPushButton[kind="row"]:focus { border-color: $accent; padding: 0; }
QPushButton[kind="page"] { background: transparent; border: 0;
    border-top: 3px solid transparent; border-bottom: 3px solid transparent; border-radius: 0;
    color: $bar_muted; padding: 2px 6px; min-height: 38px; }
QPushButton[kind="page"]:hover { color: $bar_text; }
QPushButton[kind="page"]:checked { color: $bar_text; font-weight: 600;
    border-bottom-color: $bar_accent; }
QPushButton[kind="page"]:focus { border: 2px solid $bar_accent; padding: 1px 4px;
    border-radius: 6px; }
QCheckBox, QRadioButton { min-height: 24px; spacing: 8px; border: 2px solid transparent;
    border-radius: 6px; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; background: $base;
    border: 1px solid $border; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: $accent;
    border-color: $accent; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $hairline; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }

QTextBrowser { background: $base; border: 2px solid transparent; border-radius: 6px; }
QTextBrowser:focus { border-color: $accent; }
QTableView, QListView { background: $base; alternate-background-color: $alternate;
    border: 2px solid transparent;
    border-radius: 6px; selection-background-color: $accent_tint; selection-color: $text;
    outline: 0; }
QTableView { font-size: 10.5pt; gridline-color: $hairline; }
QTableView:focus, QListView:focus { border-color: $accent; }
QHeaderView { background: $base; border: 0; }
QHeaderView::section { background: $base; color: $muted; border: 0;
    border-bottom: 1px solid $hairline;
    font-size: 8.5pt; font-weight: 600; padding: 4px 3px 6px 3px; }
QTableCornerButton::section { background: $base; border: 0; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QScrollArea { border: 0; background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QProgressBar { border: 1px solid $hairline; border-radius: 4px; background: $alternate;
    text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
"""
