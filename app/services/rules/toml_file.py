"""Reads a file of rules that people write: strictly, so that a slip is named and not passed over.

Pure but for the reading; any thread.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from app.values.errors import Refusal

T = TypeVar("T")


def read_toml(path: Path, kind: type[T], refuse: Callable[[str, str], Refusal]) -> T:
    """The file as a message of that kind. Raises what `refuse` makes of a key and a reason."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(table, kind, strict=True)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise refuse("the file", str(cause)) from cause
    except msgspec.ValidationError as cause:
        reason, _, place = str(cause).partition(" - at `$")
        raise refuse(place.strip("`.") or "the file", reason) from cause
