"""The declarative base of the central tables (PostgreSQL).

Instants come from the Clock and ids from Ids: no column asks the database for the time or an id.
The exceptions are counters, not facts: transaction id and row number of audit, change and event.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, Cast, MetaData, Text, Uuid, cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType
from typing_extensions import override

from app.models.base import NAMING, UtcInstant


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id (xid8), a plain int in Python."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: object) -> str:
        return "xid8"

    @override
    def bind_processor(self, dialect: object) -> Callable[[int | None], str | None]:
        del dialect
        return _as_text

    @override
    def bind_expression(self, bindvalue: BindParameter[int]) -> Cast[int]:
        return cast(cast(bindvalue, Text), TransactionId)

    @override
    def result_processor(
        self, dialect: object, coltype: object
    ) -> Callable[[str | int | None], int | None]:
        del dialect, coltype
        return _as_int


def _as_text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _as_int(value: str | int | None) -> int | None:
    return None if value is None else int(value)


class CentralTable(DeclarativeBase):
    """Every table at the centre."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        UUID: Uuid(),
        datetime: UtcInstant(),
        dict[str, Any]: JSONB(),
    }
