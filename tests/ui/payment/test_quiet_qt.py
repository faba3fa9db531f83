"""Qt's own debug log, which holds keys and texts, stays off whatever a person has set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SCRIPT = """
import sys
from PySide6.QtCore import QLoggingCategory
from PySide6.QtWidgets import QApplication
from app.ui.application import silence_qt
application = QApplication([])
if sys.argv[1] == "silenced":
    silence_qt()
category = QLoggingCategory("qt.text.font.cmap")
print(category.isDebugEnabled(), category.isInfoEnabled(), category.isWarningEnabled())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the file lies somewhere else")
@pytest.mark.parametrize(
    ("how", "enabled"), [("silenced", "False False True\n"), ("as-set", "True True True\n")]
)
def test_a_file_of_rules_cannot_make_qt_talk(tmp_path: Path, how: str, enabled: str) -> None:
    rules = tmp_path / "QtProject" / "qtlogging.ini"
    rules.parent.mkdir()
    rules.write_text("[Rules]\n*=true\n", encoding="ascii")
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, how],
        cwd=ROOT,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert said.stdout == enabled
