"""Files for imports to read, written by a test."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

SALE = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


class Folder:
    """Where a test writes its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rejects = path / "rejects.csv"

    def file(self, *lines: str, name: str = "list.csv", encoding: str = "utf-8") -> Path:
        """A file of these lines."""
        return self.raw("".join(f"{line}\n" for line in lines).encode(encoding), name)

    def gz(self, *lines: str, name: str = "list.csv.gz") -> Path:
        """The same, packed."""
        return self.raw(gzip.compress("".join(f"{line}\n" for line in lines).encode()), name)

    def raw(self, content: bytes, name: str = "list.csv") -> Path:
        path = self.path / name
        path.write_bytes(content)
        return path

    def rejected(self) -> list[list[str]]:
        """Rows of the rejects file, without its header."""
        with self.rejects.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))[1:]


def a_sale(
    code: str = "TEA-1",
    quantity: int = 1,
    price: str = "2.95",
    day: int = 1,
    customer: str = "17850",
    invoice: str = "536365",
    description: str = "BREAKFAST TEA",
) -> str:
    """An order line of the Online Retail format, on a day of March 2011."""
    date = f"2011-03-{day:02d} 08:26:00"
    return f"{invoice},{code},{description},{quantity},{date},{price},{customer},United Kingdom"
