"""The first window is never larger than what the screen leaves for it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from app.ui.first_frame import fitting


@pytest.mark.parametrize(
    ("available", "expected"),
    [((1920, 1040), (1366, 768)), ((1366, 728), (1366, 688)), ((1280, 1000), (1280, 768))],
    ids=["a large screen", "one as large as the window, with a task bar", "a narrow one"],
)
def test_it_fits(available: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fitting(QSize(*available)) == QSize(*expected)
