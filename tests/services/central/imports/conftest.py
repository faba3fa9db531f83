"""A folder for files, and the owner's transactions over an emptied centre."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.central.transaction import Transactions
from tests.import_files import Folder
from tests.order_desk import OrderCentre


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Where a test writes its files."""
    return Folder(tmp_path)


@pytest.fixture
def owner(local: OrderCentre) -> Transactions:
    """Transactions of an administrator; `local` without its products."""
    local.run("TRUNCATE product, price, price_break, change, stock_level CASCADE")
    return local.administration
