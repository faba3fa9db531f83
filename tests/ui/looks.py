"""What can be checked of any screen without anybody looking: names, sizes, text that is cut."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QWidget

SMALLEST_TARGET_PX = 24


def inputs_of(root: QWidget) -> Iterator[QWidget]:
    """Everything on `root` that a keyboard can reach, without the windows that pop up from it."""
    for widget in root.findChildren(QWidget):
        if widget.window() is not root.window():
            continue
        inside_qt = widget.objectName().startswith("qt_") or widget.focusProxy() is not None
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not inside_qt:
            yield widget


def nameless(root: QWidget) -> list[str]:
    """Inputs that a screen reader cannot name."""
    found = []
    for widget in inputs_of(root):
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface.text(QAccessible.Text.Name):
            found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found


def too_small(root: QWidget) -> list[str]:
    """Inputs that are hard to hit; the root must be shown, so that its layout has run."""
    return [
        f"{type(widget).__name__} {widget.width()}x{widget.height()}"
        for widget in inputs_of(root)
        if widget.isVisible() and min(widget.width(), widget.height()) < SMALLEST_TARGET_PX
    ]


def cut_off(root: QWidget) -> list[str]:
    """Labels with less room than their text needs, those that end in an ellipsis left out."""
    return [
        label.text()
        for label in root.findChildren(QLabel)
        if label.isVisible()
        and label.text()
        and not label.wordWrap()
        and type(label).__name__ != "ElidedLabel"
        and label.width() < label.sizeHint().width()
    ]
