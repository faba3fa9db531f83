"""An empty window and nothing else: the least a Qt program can do, which the desk is measured by.

`python -m app.ui.empty_window` prints `painted` when it is, and stays until it is ended.
"""

import os
import sys
from functools import partial

from PySide6.QtWidgets import QApplication, QWidget

from app.ui.first_paint import FirstPaint

SIZE_PX = (1366, 768)
STANDARD_OUTPUT = 1


def main() -> int:
    """Show it until the process is ended."""
    application = QApplication(sys.argv[:1])
    window = QWidget()
    window.resize(*SIZE_PX)
    FirstPaint(window, partial(os.write, STANDARD_OUTPUT, b"painted\n"))
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
