"""`readback vault`: the card vault, where it is installed beside the central service.

The same as `readback-vault`, which stands alone.
"""

from app.card_vault import add_arguments, run

__all__ = ["add_arguments", "run"]
