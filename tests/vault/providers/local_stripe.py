"""localstripe on a free port of loopback, which it says; run as a program.

By itself it listens everywhere and writes card numbers, in clear and readable by all, to one fixed
file in the folder for temporary files: neither happens here. Its other limits: 16 digits and a code
of three only, no check digit, one brand, refunds without a ceiling, generic declines.
"""

from __future__ import annotations

import socket
import sys

from aiohttp import web
from localstripe import resources, server


def keep_nothing(store: object) -> None:
    """Instead of writing to the disk."""


def main() -> None:
    resources.Store.dump_to_disk = keep_nothing
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        web.run_app(server.app, sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    main()
