"""`python -m app` is the command `readback`."""

from __future__ import annotations

import sys

from app.cli.program import main

sys.exit(main())
