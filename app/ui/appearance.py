"""The colours of the program, as commands of the palette. Runs on the GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.command_palette import Command


def appearance_commands() -> tuple[Command, ...]:
    """One for each scheme."""
    return (
        Command(_tr("Light colours"), partial(_wear, theme.Scheme.LIGHT)),
        Command(_tr("Dark colours"), partial(_wear, theme.Scheme.DARK)),
        Command(_tr("High contrast"), partial(_wear, theme.Scheme.HIGH_CONTRAST)),
    )


def _wear(scheme: theme.Scheme) -> None:
    application = QApplication.instance()
    if isinstance(application, QApplication):
        theme.apply(application, scheme)


def _tr(words: str) -> str:
    return QCoreApplication.translate("MainWindow", words)
