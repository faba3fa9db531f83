"""What is worked out for one engine of SQLAlchemy serves all: statements compiled, types looked up.

A real process has one engine and compiles each statement once. Here desks and replicas end and
begin hundreds of times in one process, and compiling anew cost more than all they say.
"""

from __future__ import annotations

from typing import Any

_STATEMENTS = 3_000
_known: dict[tuple[str, Any], tuple[Any, Any]] = {}


def share_compiled(*engines: Any) -> None:  # noqa: ANN401 - SQLAlchemy is named in the stores only
    """Let engines of one pool use what was compiled for others of their kind in this process."""
    first = engines[0]
    kind = (first.dialect.name, first.dialect.dbapi)
    if kind not in _known:
        with first.connect():
            pass  # a dialect asks the database what it can when it first connects
        larger = type(first._compiled_cache)(_STATEMENTS)  # noqa: SLF001 - as below
        _known[kind] = first.dialect, larger
    dialect, compiled = _known[kind]
    for engine in engines:
        engine.dialect = dialect
        engine._compiled_cache = compiled  # noqa: SLF001 - there is no way to give one from outside
