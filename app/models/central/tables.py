"""All central tables, imported once so that their metadata is whole; migrations read it."""

from __future__ import annotations

from app.models.central import catalogue, customer, installation, order, people, read_back, record
from app.models.central.table import CentralTable

MODULES = (catalogue, customer, installation, order, people, read_back, record)
METADATA = CentralTable.metadata
