"""The QApplication of the desk: typeface, look, translations, and what happens when it breaks.

Knows nothing of screens or services. Made once, on the GUI thread, by a composition root.
"""

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import font_source_sans_pro
from PySide6.QtCore import (
    QLibraryInfo,
    QLocale,
    QLoggingCategory,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    QTranslator,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.first_frame import bare_application
from app.ui.notices import Incidents
from app.values.errors import Fault, Refusal

LOG = logging.getLogger("readback.ui")
QT_LOG = logging.getLogger("readback.qt")
RESOURCES = Path(__file__).parents[2] / "resources"
FACES = ("SourceSansPro", "SourceSansProIt", "SourceSansProSemibold", "SourceSansProBold")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def build_application(argv: Sequence[str], scheme: theme.Scheme) -> QApplication:
    """The application, dressed and speaking the language of the desktop where we have it."""
    qInstallMessageHandler(log_qt_message)
    application = bare_application(argv)
    finish_application(application, scheme)
    return application


def finish_application(application: QApplication, scheme: theme.Scheme) -> None:
    """Give a bare application its log, its languages and its dress."""
    qInstallMessageHandler(log_qt_message)
    silence_qt()
    load_translations(application, QLocale.system(), RESOURCES / "translations")
    dress_application(application, scheme)


def silence_qt() -> None:
    """Let nothing below a warning out of Qt: its debug log holds keys struck and texts drawn.

    Overrules what a person has set in qtlogging.ini; process_hardening takes out what the
    environment says, which would overrule this.
    """
    QLoggingCategory.setFilterRules("*.debug=false\n*.info=false")


def dress_application(application: QApplication, scheme: theme.Scheme) -> None:
    """Load the typeface and put on a scheme; safe to call again with another scheme."""
    if theme.FAMILY not in QFontDatabase.families():
        load_typeface()
    application.setFont(theme.font())
    theme.apply(application, scheme)


def load_typeface() -> None:
    """Make Source Sans Pro known to Qt; where its files are missing the system face stands in."""
    files: dict[str, str] = font_source_sans_pro.font_files_ttf
    for face in FACES:
        if face not in files or QFontDatabase.addApplicationFont(files[face]) < 0:
            LOG.warning("typeface missing face=%s", face)


def load_translations(application: QApplication, locale: QLocale, folder: Path) -> list[str]:
    """Put our translation and Qt's own in place, where there are any; the files loaded."""
    loaded = []
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, place in (("qtbase", qt_folder), ("readback", str(folder))):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", place) and application.installTranslator(translator):
            loaded.append(Path(translator.filePath()).name)
    return loaded


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    """Send what Qt has to say into the log."""
    QT_LOG.log(_LEVELS[kind], "qt category=%s %s", context.category, message)


class FaultHook(QObject):
    """Catches what nobody caught, on any thread, and shows it as a fault on the GUI thread."""

    caught = Signal(object)

    def __init__(self, incidents: Incidents, show: Callable[[Refusal | Fault], None]) -> None:
        super().__init__()
        self._incidents = incidents
        self._show = show
        self.caught.connect(self._show_caught, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the hooks of the interpreter; Ctrl+C still ends the program."""
        sys.excepthook = self.on_exception
        threading.excepthook = self.on_thread_exception

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """What the interpreter calls for an exception on the main thread, slots of Qt included."""
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        self.caught.emit(self._incidents.fault_of(error))

    def on_thread_exception(self, hooked: threading.ExceptHookArgs) -> None:
        """What the interpreter calls for an exception that ends another thread."""
        if isinstance(hooked.exc_value, Exception):
            self.caught.emit(self._incidents.fault_of(hooked.exc_value))

    @Slot(object)
    def _show_caught(self, fault: Refusal | Fault) -> None:
        self._show(fault)
