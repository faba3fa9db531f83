"""The declarative base of the desk's tables (SQLCipher, and the plain catalogue replica).

Instants come from the Clock and ids from Ids; no column asks the database for either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase

from app.models.base import NAMING, UtcInstant

_TYPES: dict[Any, Any] = {
    str: Text(),
    int: Integer(),
    bytes: LargeBinary(),
    UUID: Uuid(),
    datetime: UtcInstant(),
}


class DeskTable(DeclarativeBase):
    """Every table of the encrypted store."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = _TYPES


class ReplicaTable(DeclarativeBase):
    """Every table of the catalogue replica, which holds nothing secret and can be fetched again."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = _TYPES
