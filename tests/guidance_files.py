"""A folder of checklists, scripts and answers for tests, and slips to make in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.settings import resource_folder

PARTS = ("checklists", "scripts", "answers")
AGE = """
name = "age"
[when]
channels = ["phone", "counter"]
[[items]]
check = "extra"
key = "age_checked"
title = "Age checked"
say = "Some of this may only be sold to adults. How old are you, please?"
after = "line"
"""


def shipped_files(folder: Path) -> Path:
    """A copy of the files that come with the program."""
    for part in PARTS:
        shutil.copytree(resource_folder() / part, folder / part)
    return folder


def written(folder: Path, name: str, text: str) -> Path:
    """The folder with a file more, or another text in one of its files."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """The folder with something else in a file, the first time it stands there."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    return written(folder, name, text.replace(old, new, 1))
