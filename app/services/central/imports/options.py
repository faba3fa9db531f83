"""How a person says an import file is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """`columns` maps fields to column names where the guess would be wrong.

    With `rejects` None rows that are not taken are counted only.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    rejects: Path | None = None
