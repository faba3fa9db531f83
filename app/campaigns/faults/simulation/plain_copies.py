"""A simulated seat's copy of the catalogue: what is known of it is not read again, nor indexed.

Finding words has no part in the protocol, and the real index commits to files on threads of its
own: here it is made in memory from the replica at each start. The replica is the real one; only its
marks, asked for many times a step, are remembered until it is written to.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from app.campaigns.faults.simulation.engines import share_compiled
from app.store.catalogue_replica import CatalogueReplica
from app.store.product_search import ProductIndex, code_key
from app.wire.catalogue import ProductView
from app.wire.message import decode

T = TypeVar("T")


class PlainReplica(CatalogueReplica):
    """The real replica, whose marks are read once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._marks: dict[str, Any] = {}
        share_compiled(self._engine)

    def recalled(self, name: str, kind: type[T]) -> T | None:
        """What was last marked under the name, if anything."""
        if name not in self._marks:
            self._marks[name] = super().recalled(name, kind)
        found: T | None = self._marks[name]
        return found

    def make_anew(self) -> None:
        """Give up what is there."""
        self._marks.clear()
        super().make_anew()

    @contextmanager
    def _write(self) -> Generator[Any]:
        self._marks.clear()
        with super()._write() as connection:
            yield connection


class PlainIndex(ProductIndex):
    """Products by their codes."""

    def __init__(self) -> None:
        """Empty; the desk's feed brings it up to its replica."""
        self.applied = 0
        self._products: dict[str, ProductView] = {}

    def get(self, code: str) -> ProductView | None:
        """One product, withdrawn or not."""
        return self._products.get(code_key(code))

    def count(self) -> int:
        """How many products it holds."""
        return len(self._products)

    def put(self, products: Iterable[bytes]) -> None:
        """Add or replace products."""
        for document in products:
            product = decode(document, ProductView)
            self._products[code_key(product.code)] = product

    def remove(self, codes: Iterable[str]) -> None:
        """Take products out."""
        for code in codes:
            self._products.pop(code_key(code), None)

    def commit(self, applied: int) -> None:
        """It is there already."""
        self.applied = applied

    def rest(self) -> None:
        """Nothing to give back."""

    def is_sound(self) -> bool:
        """There is no file that could be damaged."""
        return True

    def clear(self) -> None:
        """Start again with an empty index."""
        self.applied = 0
        self._products.clear()
