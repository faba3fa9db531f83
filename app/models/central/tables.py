"""All central tables, imported once so that their metadata is whole; migrations read it."""

from __future__ import annotations

from app.models.central import (
    catalogue,
    clash,
    contact,
    customer,
    handover,
    installation,
    order,
    order_life,
    payment,
    people,
    privacy,
    read_back,
    record,
    recording,
    stock,
    warehouse,
    worklist,
)
from app.models.central.table import CentralTable

MODULES = (
    catalogue,
    clash,
    contact,
    customer,
    privacy,
    handover,
    installation,
    order,
    order_life,
    payment,
    people,
    read_back,
    record,
    recording,
    stock,
    warehouse,
    worklist,
)
METADATA = CentralTable.metadata
