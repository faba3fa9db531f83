"""Versions of the desk's store, oldest first; a store names the last one it has been through.

Listed here so that a start needs Alembic only when there is something to do; a test compares
the list with the scripts.
"""

from __future__ import annotations

KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
HEAD = KNOWN[-1]
